#include "sipvoice/sip/message_stream.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using sipvoice::sip::message_stream;
using sipvoice::sip::stream_limits;

namespace {

std::string with_body(const std::string& body, const std::string& length_name = "Content-Length") {
  return "OPTIONS sip:a@b SIP/2.0\r\n" + length_name + ": " + std::to_string(body.size()) +
         "\r\nTo: x\r\n\r\n" + body;
}

std::vector<std::string> drain(message_stream& s) {
  std::vector<std::string> all;
  while (auto m = s.poll()) all.push_back(std::move(*m));
  return all;
}

}  // namespace

TEST_CASE("many messages in one segment, one message in many") {
  const std::string a = with_body("hello"), b = with_body(""), c = with_body("\r\n\r\n", "l");
  const std::string all = a + b + c;
  for (std::size_t cut = 1; cut <= all.size(); ++cut) {
    message_stream s;
    std::vector<std::string> got;
    for (std::size_t i = 0; i < all.size(); i += cut) {
      s.receive(std::string_view(all).substr(i, cut));
      for (auto& m : drain(s)) got.push_back(std::move(m));
    }
    REQUIRE(got == std::vector<std::string>{a, b, c});
    REQUIRE(!s.waiting());
    REQUIRE(s.broken() == nullptr);
    REQUIRE(s.take_pings() == 0);
  }
}

TEST_CASE("keep-alive counts only between messages") {
  message_stream s;
  s.receive("\r\n\r\n");
  CHECK(drain(s).empty());
  CHECK(s.take_pings() == 1);
  s.receive("\r\n");
  CHECK(drain(s).empty());
  CHECK(s.take_pings() == 0);
  s.receive("\r\n" + with_body("\r\n\r\n\r\n\r\n") + "\r\n\r\n\r\n\r\n");
  CHECK(drain(s).size() == 1);
  CHECK(s.take_pings() == 3);
  s.receive("\r");
  CHECK(drain(s).empty());
  s.receive("\n\r");
  CHECK(drain(s).empty());
  s.receive("\n");
  CHECK(drain(s).empty());
  CHECK(s.take_pings() == 1);
}

TEST_CASE("answers to our pings are none of the peer's") {
  message_stream s;
  for (int i = 0; i < 3; ++i) {
    s.expect_pong();
    s.receive("\r\n");
    CHECK(drain(s).empty());
    CHECK(s.take_pings() == 0);
  }
  s.expect_pong();
  s.receive("\r\n\r\n\r\n");  // the answer, and a ping that crossed ours
  CHECK(drain(s).empty());
  CHECK(s.take_pings() == 1);
}

TEST_CASE("what has no known end breaks the stream after its head") {
  struct row {
    const char* head;
    const char* why;
  };
  const row rows[] = {
      {"OPTIONS sip:a SIP/2.0\r\nTo: x\r\n\r\n", "no Content-Length on a stream"},
      {"OPTIONS sip:a SIP/2.0\r\nContent-Length: -999\r\n\r\n", "Content-Length is no number"},
      {"OPTIONS sip:a SIP/2.0\r\nContent-Length: 5\r\nl: 6\r\n\r\n",
       "two different Content-Length"},
      {"OPTIONS sip:a SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n",
       "Content-Length is no number"},
      {"OPTIONS sip:a SIP/2.0\r\nContent-Length: 262144\r\n\r\n", "message longer than the limit"},
  };
  for (const row& r : rows) {
    INFO(r.head);
    message_stream s;
    s.receive(std::string(r.head) + "garbage");
    CHECK(drain(s) == std::vector<std::string>{r.head});
    CHECK(std::string(s.broken() ? s.broken() : "") == r.why);
    s.receive(with_body(""));
    CHECK(drain(s).empty());
  }
}

TEST_CASE("a head without end is bounded, and a message at the limit passes") {
  message_stream s;
  const std::string line = "X-Filler: " + std::string(500, 'x') + "\r\n";
  s.receive("OPTIONS sip:a SIP/2.0\r\n");
  for (int i = 0; i < 1000 && !s.broken(); ++i) {
    s.receive(line);
    CHECK(drain(s).empty());
  }
  REQUIRE(s.broken() != nullptr);
  CHECK(std::string(s.broken()) == "head too long");

  const std::string exact = with_body(std::string(1000, 'b'));
  message_stream at_limit(exact.size()), below(exact.size() - 1);
  at_limit.receive(exact);
  below.receive(exact);
  CHECK(drain(at_limit).size() == 1);
  CHECK(drain(below).size() == 1);  // its head, for the answer
  CHECK(at_limit.broken() == nullptr);
  CHECK(below.broken() != nullptr);
}

TEST_CASE("waiting() tells a message that is not whole") {
  message_stream s;
  CHECK(!s.waiting());
  s.receive("OPTIONS sip:a SIP/2.0\r\nContent-Le");
  CHECK(drain(s).empty());
  CHECK(s.waiting());
  s.receive("ngth: 2\r\n\r\nx");
  CHECK(drain(s).empty());
  CHECK(s.waiting());
  s.receive("y");
  CHECK(drain(s).size() == 1);
  CHECK(!s.waiting());
}

TEST_CASE("a head over the limit ends the stream alike in one segment and in many") {
  const std::string text =
      "OPTIONS sip:a SIP/2.0\r\nX: " + std::string(250, 'x') + "\r\nl: 0\r\n\r\n";
  message_stream whole(200), bytes(200);
  whole.receive(text);
  CHECK(drain(whole).empty());
  for (const char c : text) {
    bytes.receive(std::string(1, c));
    CHECK(drain(bytes).empty());
  }
  REQUIRE(whole.broken() != nullptr);
  REQUIRE(bytes.broken() != nullptr);
  CHECK(std::string(whole.broken()) == std::string(bytes.broken()));
}

TEST_CASE("the memory of a long message is given back with a keep-alive begun behind it") {
  message_stream s;
  s.receive("INFO sip:a@b SIP/2.0\r\nContent-Length: 200000\r\n\r\n" + std::string(200'000, 'x') +
            "\r");
  CHECK(s.poll().has_value());
  CHECK_FALSE(s.poll().has_value());
  CHECK(s.room() <= stream_limits::most_kept);
  s.receive("\n");
  CHECK_FALSE(s.poll().has_value());
  CHECK(s.room() <= stream_limits::most_kept);
}

TEST_CASE("the memory of a long message is given back behind it") {
  message_stream s;
  const std::string head = "INFO sip:a@b SIP/2.0\r\nContent-Length: 200000\r\n\r\n";
  s.receive(head + std::string(199'999, 'x'));
  CHECK_FALSE(s.poll().has_value());
  CHECK(s.buffered() == head.size() + 199'999);
  CHECK(s.room() >= s.buffered());
  s.receive("x");
  CHECK(s.poll().has_value());
  CHECK(s.room() <= stream_limits::most_kept);
}
