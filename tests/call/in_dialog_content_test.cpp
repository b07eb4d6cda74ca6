#include "sipvoice/call/in_dialog_content.hpp"

#include "call/support.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

peer_request with_body(const sip::message& ok, const std::string& method, std::uint32_t cseq,
                       const std::string& type, const std::string& body) {
  auto r = in_dialog(ok, method, cseq, "z9hG4bK-b" + std::to_string(cseq));
  r.content_type = type;
  r.body = body;
  return r;
}

}  // namespace

TEST_CASE("digits in INFO are told, other bodies are refused") {
  struct row {
    const char *headers, *type, *body;
    int status;
    char digit;
  };
  node n;
  const auto ok = establish(n);
  std::uint32_t cseq = 1;
  for (const row& r :
       {row{"", "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", 200, '5'},
        row{"", "Application/DTMF-Relay;x=y", "Signal=10\n", 200, '*'},
        row{"", "application/dtmf", "#", 200, '#'},
        row{"", "application/dtmf-relay", "Signal=16\r\n", 200, 0},
        row{"", "application/dtmf-relay", "Signal=99\r\n", 400, 0},
        row{"", "application/media_control+xml", "<x/>", 415, 0}, row{"", "", "", 200, 0},
        row{"Info-Package: foo\r\n", "application/x", "x", 469, 0}}) {
    INFO(r.type << " " << r.body);
    const auto before = n.events<call::call_digit>().size();
    auto info = with_body(*ok, "INFO", ++cseq, r.type, r.body);
    info.headers = r.headers;
    n.receive(info.text());
    CHECK(n.last_sent().status() == r.status);
    CHECK(n.events<call::call_digit>().size() == before + (r.digit != 0 ? 1 : 0));
    if (r.digit != 0) CHECK(n.last<call::call_digit>().digit == r.digit);
    if (r.status == 415)
      CHECK(n.last_sent().value(sip::header_id::accept) ==
            "application/dtmf-relay, application/dtmf");
  }
  CHECK(n.events<call::call_digit>().front().duration_ms == 160);
  n.receive(in_dialog(*ok, "INFO", 2, "z9hG4bK-old").text());
  CHECK(n.last_sent().status() == 500);
}

TEST_CASE("a MESSAGE inside a dialog is told up to its bound") {
  node n;
  const auto ok = establish(n);
  n.receive(with_body(*ok, "MESSAGE", 2, "text/plain;charset=utf-8", "hello").text());
  CHECK(n.last_sent().status() == 200);
  CHECK(n.last<call::call_message>().text == "hello");
  n.receive(with_body(*ok, "MESSAGE", 3, "text/html", "<b>").text());
  CHECK(n.last_sent().status() == 415);
  CHECK(n.last_sent().value(sip::header_id::accept) == "text/plain");
  const std::string most(call::content_limits::max_text, 'x');
  n.receive(with_body(*ok, "MESSAGE", 4, "text/plain", most).text());
  CHECK(n.last_sent().status() == 200);
  n.receive(with_body(*ok, "MESSAGE", 5, "text/plain", most + "x").text());
  CHECK(n.last_sent().status() == 413);
  CHECK(n.events<call::call_message>().size() == 2);
}

TEST_CASE("our digits and messages go out inside the dialog") {
  node n;
  const auto ok = establish(n);
  const auto id = n.last_call;
  call::endpoint& e = n.endpoint();
  REQUIRE(e.send_info_digit(id, '7', 120, n.now()));
  n.drain();
  CHECK(n.last_sent("INFO").message->body() == "Signal=7\r\nDuration=120\r\n");
  CHECK(n.last_sent("INFO").message->value(sip::header_id::content_type) ==
        "application/dtmf-relay");
  CHECK(n.events<call::call_digit_sent>().empty());
  n.receive(respond_to(*n.last_sent("INFO").message, 200, ""));
  CHECK(n.last<call::call_digit_sent>().status == 200);
  CHECK_FALSE(e.send_info_digit(id, 'x', 120, n.now()));
  CHECK_FALSE(e.send_info_digit(id, '1', 0, n.now()));
  CHECK_FALSE(e.send_info_digit(id, '1', 60'001, n.now()));
  REQUIRE(e.send_message(id, "text/plain", "hi", n.now()));
  n.drain();
  CHECK(n.last_sent("MESSAGE").message->body() == "hi");
  CHECK_FALSE(e.send_message(id, "text", "hi", n.now()));
  CHECK_FALSE(e.send_message(id, "text/plain\r\nVia: x", "hi", n.now()));
  const std::string most(call::content_limits::max_text_sent, 'x');
  CHECK_FALSE(e.send_message(id, "text/plain", most + "x", n.now()));
  n.hang_up();
  CHECK_FALSE(e.send_message(id, "text/plain", "hi", n.now()));
}

TEST_CASE("a MESSAGE outside a dialog is told with who sent it to whom") {
  struct row {
    const char *headers, *type;
    std::size_t size;
    int status;
    const char *header, *value;
  };
  const std::size_t most = call::content_limits::max_text;
  for (const row& r :
       {row{"", "text/plain;charset=utf-8", 5, 200, "Contact", ""}, row{"", "", 0, 200, "", ""},
        row{"", "text/plain", most, 200, "", ""}, row{"", "text/plain", most + 1, 413, "", ""},
        row{"", "text/html", 3, 415, "Accept", "text/plain"},
        row{"", "message/cpim", 3, 415, "Accept", "text/plain"},
        row{"Content-Encoding: gzip\r\n", "text/plain", 3, 415, "Accept-Encoding", "identity"},
        row{"Content-Encoding: identity\r\n", "text/plain", 3, 200, "", ""},
        row{"Require: teleport\r\n", "text/plain", 3, 420, "Unsupported", "teleport"}}) {
    INFO(r.type << " " << r.size << " " << r.headers);
    node n;
    peer_request m;
    m.method = "MESSAGE";
    m.from = "\"A\" <sip:alice@127.0.0.2;x=y>;tag=a1";
    m.headers = r.headers;
    m.content_type = r.type;
    m.body = std::string(r.size, 'x');
    n.receive(m.text());
    CHECK(n.last_sent().status() == r.status);
    CHECK_FALSE(tag_of_to(n.last_sent()).empty());
    if (r.header[0] != '\0') CHECK(n.last_sent().value(r.header) == r.value);
    n.receive(m.text());  // a copy gets the same answer and is not told again
    CHECK(n.ladder().size() == 2);
    CHECK(n.sent[0].message->bytes() == n.sent[1].message->bytes());
    const auto told = n.events<call::page_message>();
    REQUIRE(told.size() == (r.status == 200 ? 1 : 0));
    CHECK(n.all_events.size() == told.size());
    if (!told.empty()) {
      CHECK(told[0].from_uri == "sip:alice@127.0.0.2");
      CHECK(told[0].to_uri == "sip:bob@127.0.0.1");
      CHECK(told[0].content_type == r.type);
      CHECK(told[0].text == m.body);
    }
    CHECK(n.endpoint().calls() == 0);
    n.advance(seconds(32));
    CHECK(n.is_clean());
  }
}
