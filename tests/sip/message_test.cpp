#include "sipvoice/sip/message.hpp"

#include <stdexcept>

#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::sip;
using namespace std::string_literals;

namespace {

const std::string rest =
    "Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1\r\n"
    "From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n"
    "Call-ID: c1\r\nCSeq: 1 OPTIONS\r\n";
const std::string start = "OPTIONS sip:b@example.com SIP/2.0\r\n";

message parsed(const std::string& text) {
  auto m = message::parse(text);
  INFO(text);
  REQUIRE(m.has_value());
  return std::move(*m);
}

std::string text_of(const char* s) { return s == nullptr ? "" : s; }

}  // namespace

TEST_CASE("start lines") {
  struct row {
    std::string line;
    const char* defect;  // nullptr: none
    const char *method, *uri, *version;
    int status;
    const char* reason;
  };
  const char* const spaces = "several spaces in the request line";
  const row rows[] = {
      {"INVITE sip:a@b SIP/2.0", nullptr, "INVITE", "sip:a@b", "SIP/2.0", 0, ""},
      {"INVITE sip:a@b sip/2.0", nullptr, "INVITE", "sip:a@b", "sip/2.0", 0, ""},
      {"INVITE sip:a@b SIP/7.0", nullptr, "INVITE", "sip:a@b", "SIP/7.0", 0, ""},
      {"INVITE  sip:a@b  SIP/2.0", spaces, "INVITE", "sip:a@b", "SIP/2.0", 0, ""},
      {"INVITE sip:a@b; lr SIP/2.0", nullptr, "INVITE", "sip:a@b; lr", "SIP/2.0", 0, ""},
      {"INVITE sip:a@b SIP/2.0  ", "space at the end of the request line", "INVITE", "sip:a@b",
       "SIP/2.0", 0, ""},
      {"IN(VITE sip:a@b SIP/2.0", "method that is no token", "IN(VITE", "sip:a@b", "SIP/2.0", 0,
       ""},
      {"SIP/2.0 200 OK", nullptr, "", "", "SIP/2.0", 200, "OK"},
      {"SIP/2.0 486 Busy  here", nullptr, "", "", "SIP/2.0", 486, "Busy  here"},
      {"SIP/2.0 100 ", nullptr, "", "", "SIP/2.0", 100, ""},
      {"SIP/2.0 100", nullptr, "", "", "SIP/2.0", 100, ""},
      {"SIP/3.0 699 x", nullptr, "", "", "SIP/3.0", 699, "x"},
  };
  for (const row& r : rows) {
    INFO(r.line);
    const message m = parsed(r.line + "\r\n" + rest + "\r\n");
    CHECK(text_of(m.defect()) == text_of(r.defect));
    CHECK(m.is_request() == (r.status == 0));
    CHECK(m.method_name() == r.method);
    CHECK(m.request_uri() == r.uri);
    CHECK(m.version() == r.version);
    CHECK(m.status() == r.status);
    CHECK(m.reason_phrase() == r.reason);
  }
}

TEST_CASE("what is not SIP fails") {
  const std::string rows[] = {
      "",
      "\r\n\r\n",
      "\r\n",
      "\n",
      "hello",
      "GET / HTTP/1.1",
      "INVITE sip:a@b",
      "INVITE SIP/2.0",
      " INVITE sip:a@b SIP/2.0",
      "INVITE sip:a@b SIP",
      "INVITE sip:a@b SIP/",
      "SIP/2.0",
      "SIP/2.0 99 x",
      "SIP/2.0 099 x",
      "SIP/2.0 700 x",
      "SIP/2.0 2000 x",
      "SIP/2.0 20 x",
      "SIP/2.0 4294967301 better not break the receiver",
      "SIP/2.0 -20 x",
      "SIP/2.0  200 OK",
      "INVITE sip:" + std::string(message_limits::max_start_line, 'a') + " SIP/2.0",
      std::string(200, '\0')};
  for (const std::string& line : rows) {
    INFO(line);
    CHECK_FALSE(message::parse(line).has_value());
    CHECK_FALSE(message::parse(line + "\r\nVia: SIP/2.0/UDP h\r\n\r\n").has_value());
  }
}

TEST_CASE("folded lines are one line, whatever their ends") {
  const message m = parsed(start + rest +
                           "Subject: one\r\n two\r\n\t three \r\nX-A:\r\n  b\r\nX-B: c\n d\n"
                           "X-C: \r\n \r\nX-D:e\r\n\r\n");
  CHECK(m.check() == nullptr);
  CHECK(m.value(header_id::subject) == "one   two  \t three");
  CHECK(m.value("x-a") == "b");
  CHECK(m.value("X-B") == "c  d");
  CHECK(m.value("X-C") == "");
  CHECK(m.value("X-D") == "e");
  CHECK(m.value("X-E") == "");
  for (const auto& f : m.fields())
    CHECK(m.value(f).find_first_of("\r\n") == std::string_view::npos);
}

TEST_CASE("line ends of LF alone, and line ends before the message, are tolerated") {
  std::string text = start + rest + "\r\nbody";
  std::string lf;
  for (const char c : text)
    if (c != '\r') lf += c;
  const message m = parsed("\r\n\r\n\n" + lf);
  CHECK(m.check() == nullptr);
  CHECK(m.fields().size() == 5);
  CHECK(m.body() == "body");
}

TEST_CASE("names in any case, compact, with spaces before the colon, repeated ones in order") {
  const message m =
      parsed(start +
             "v : SIP/2.0/UDP h;branch=z9hG4bKx, SIP/2.0/TCP i\r\nF:<sip:a@b>;tag=1\r\n"
             "tO\t:<sip:b@c>\r\nI:x\r\ncSEQ: 7 OPTIONS\r\nK: timer\r\nk: 100rel, REPLACES\r\n"
             "X-Tag: one\r\nx-tAG: two\r\n\r\n");
  CHECK(m.check() == nullptr);
  CHECK(m.top_via()->branch() == "z9hG4bKx");
  CHECK(m.from()->tag() == "1");
  CHECK(m.to()->uri_text == "sip:b@c");
  CHECK(m.call_id() == "x");
  CHECK(m.cseq()->number == 7);
  CHECK(m.count(header_id::supported) == 2);
  CHECK(m.lists(header_id::supported, "replaces"));
  CHECK(m.lists(header_id::supported, "Timer"));
  CHECK_FALSE(m.lists(header_id::supported, "path"));
  CHECK_FALSE(m.lists(header_id::require, "timer"));
  CHECK(m.value("SUPPORTED") == "timer");
  std::string tags;
  for (const auto& f : m.fields())
    if (f.id == header_id::other)
      tags += std::string(m.name(f)) + "=" + std::string(m.value(f)) + " ";
  CHECK(tags == "X-Tag=one x-tAG=two ");
  CHECK_FALSE(m.contact().has_value());
}

TEST_CASE("Content-Length") {
  struct row {
    const char* lines;
    const char* defect;
    const char* body;
  };
  const row rows[] = {
      {"", nullptr, "0123456789"},
      {"Content-Length: 10\r\n", nullptr, "0123456789"},
      {"l:4\r\n", nullptr, "0123"},
      {"Content-Length: 0004\r\n", nullptr, "0123"},
      {"Content-Length: 0\r\n", nullptr, ""},
      {"Content-Length: 4\r\nl: 4\r\n", nullptr, "0123"},
      {"Content-Length: 4\r\nl: 5\r\n", "two different Content-Length", "0123"},
      {"Content-Length: 11\r\n", "Content-Length beyond the message", "0123456789"},
      {"Content-Length: 4294967296\r\n", "unreadable Content-Length", "0123456789"},
      {"Content-Length: 99999999999999999999999\r\n", "unreadable Content-Length", "0123456789"},
      {"Content-Length: -999\r\n", "unreadable Content-Length", "0123456789"},
      {"Content-Length:\r\n", "unreadable Content-Length", "0123456789"},
      {"Content-Length: 4 4\r\n", "unreadable Content-Length", "0123456789"},
      {"Content-Length: 4, 4\r\n", "unreadable Content-Length", "0123456789"},
  };
  for (const row& r : rows) {
    INFO(r.lines);
    const message m = parsed(start + rest + r.lines + "\r\n0123456789");
    CHECK(text_of(m.defect()) == text_of(r.defect));
    CHECK(text_of(m.check()) == text_of(r.defect));
    CHECK(m.body() == r.body);
  }
}

TEST_CASE("broken header sections are messages with a defect") {
  struct row {
    std::string tail;
    const char* defect;
  };
  const row rows[] = {
      {"no colon here\r\n\r\n", "header line without a name and a colon"},
      {": x\r\n\r\n", "header line without a name and a colon"},
      {"X(: x\r\n\r\n", "header line without a name and a colon"},
      {"X-A: a\rFrom: b\r\n\r\n", "carriage return inside a header line"},
      {"X-A: a\r\r\n\r\n", "carriage return inside a header line"},
      {"X-A: a\r\n", "no empty line behind the headers"},
      {"X-A: a", "no empty line behind the headers"},
      {"X-A", "header line without a name and a colon"},
      {"", "no empty line behind the headers"},
      {"\r", "header line without a name and a colon"},
  };
  for (const row& r : rows) {
    INFO(r.tail);
    const message m = parsed(start + rest + r.tail);
    CHECK(text_of(m.defect()) == r.defect);
    CHECK(m.call_id() == "c1");
    for (const auto& f : m.fields())
      CHECK(m.value(f).find_first_of("\r\n") == std::string_view::npos);
  }
  CHECK(text_of(parsed(start + " folded\r\n" + rest + "\r\n").defect()) ==
        "header line without a name and a colon");
}

TEST_CASE("the number of headers is bounded") {
  std::string text = start + rest;
  for (std::size_t i = 5; i < message_limits::max_headers; ++i) text += "X: y\r\n";
  CHECK(parsed(text + "\r\n").check() == nullptr);
  const message more = parsed(text + "X: y\r\n\r\nbody");
  CHECK(text_of(more.check()) == "too many headers");
  CHECK(more.fields().size() == message_limits::max_headers);
  CHECK(more.call_id() == "c1");
}

TEST_CASE("mandatory headers") {
  struct row {
    const char* headers;
    const char* wrong;
  };
  const row rows[] = {
      {"v:SIP/2.0/UDP h\r\nf:<sip:a@b>\r\nt:<sip:b@c>\r\ni:1\r\nCSeq:1 OPTIONS\r\n", nullptr},
      {"f:<sip:a@b>\r\nt:<sip:b@c>\r\ni:1\r\nCSeq:1 OPTIONS\r\n", "no Via"},
      {"v:SIP/2.0/UDP h\r\nt:<sip:b@c>\r\ni:1\r\nCSeq:1 OPTIONS\r\n", "no From"},
      {"v:SIP/2.0/UDP h\r\nf:<sip:a@b>\r\ni:1\r\nCSeq:1 OPTIONS\r\n", "no To"},
      {"v:SIP/2.0/UDP h\r\nf:<sip:a@b>\r\nt:<sip:b@c>\r\nCSeq:1 OPTIONS\r\n", "no Call-ID"},
      {"v:SIP/2.0/UDP h\r\nf:<sip:a@b>\r\nt:<sip:b@c>\r\ni:\r\nCSeq:1 OPTIONS\r\n",
       "empty Call-ID"},
      {"v:SIP/2.0/UDP h\r\nf:<sip:a@b>\r\nt:<sip:b@c>\r\ni:1\r\n", "no CSeq"},
      {"CSeq:1 INVITE\r\n", "CSeq of another method"},
      {"CSeq:1 options\r\n", "CSeq of another method"},
      {"CSeq:1\r\n", "unreadable CSeq"},
      {"CSeq:1 OPTIONS\r\nCSeq:1 OPTIONS\r\n", "more than one CSeq"},
      {"CSeq:1 OPTIONS\r\nt:<sip:x@y>\r\n", "more than one To"},
      {"CSeq:1 OPTIONS\r\nf:<sip:x@y>\r\n", "more than one From"},
      {"CSeq:1 OPTIONS\r\ni:2\r\n", "more than one Call-ID"},
      {"CSeq:1 OPTIONS\r\nMax-Forwards: 0\r\n", nullptr},
      {"CSeq:1 OPTIONS\r\nMax-Forwards: 0068\r\n", nullptr},
      {"CSeq:1 OPTIONS\r\nMax-Forwards: 255\r\n", nullptr},
      {"CSeq:1 OPTIONS\r\nMax-Forwards: 256\r\n", "unreadable Max-Forwards"},
      {"CSeq:1 OPTIONS\r\nMax-Forwards: x\r\n", "unreadable Max-Forwards"},
      {"CSeq:1 OPTIONS\r\nMax-Forwards: 1\r\nMax-Forwards: 1\r\n", "more than one Max-Forwards"},
      {"CSeq:1 OPTIONS\r\nv: x\r\n", "unreadable Via"},
      {"CSeq:1 OPTIONS\r\nm: <sip:a@b>, Bell <sip:c@d>\r\n", nullptr},
      {"CSeq:1 OPTIONS\r\nm: *\r\n", nullptr},
      {"CSeq:1 OPTIONS\r\nm: <sip:a@b>, x\r\n", "unreadable Contact"},
  };
  for (const row& r : rows) {
    INFO(r.headers);
    std::string text = start;
    if (std::string_view(r.headers).substr(0, 4) == "CSeq")
      text += "v:SIP/2.0/UDP h\r\nf:<sip:a@b>\r\nt:<sip:b@c>\r\ni:1\r\n";
    const message m = parsed(text + r.headers + "\r\n");
    CHECK(m.defect() == nullptr);
    CHECK(text_of(m.check()) == text_of(r.wrong));
  }
}

TEST_CASE("NUL bytes in values and bodies survive, into the response too") {
  const message m = parsed(
      "OPTIONS sip:b@c SIP/2.0\r\nv:SIP/2.0/UDP h\r\nf:<sip:a@b>\r\nt: \"\\\0x\" "
      "<sip:b@c>\r\ni:1\r\nCSeq:1 OPTIONS\r\nl:3\r\n\r\na\0b"s);
  CHECK(m.check() == nullptr);
  CHECK(m.body() == "a\0b"s);
  CHECK(m.to()->display_text() == "\0x"s);
  const std::string answer = message_builder::response_to(m, 200, {}, "t").finish();
  CHECK(parsed(answer).to()->display_text() == "\0x"s);
  CHECK(parsed(answer).to()->tag() == "t");
}

TEST_CASE("a response has the method of its CSeq") {
  const message m = parsed("SIP/2.0 200 OK\r\n" + rest + "\r\n");
  CHECK(m.method() == method::options);
  CHECK(m.method_name().empty());
  CHECK(m.check() == nullptr);
}

TEST_CASE("a message may be copied and moved") {
  message a = parsed(start + rest + "\r\nbody");
  const message b = a;
  const message c = std::move(a);
  CHECK(b.body() == "body");
  CHECK(c.call_id() == b.call_id());
  CHECK(c.bytes() == b.bytes());
}

TEST_CASE("building a request") {
  auto b = message_builder::request("INVITE", "sip:b@c");
  b.add(header_id::max_forwards, 70).add("X-Room-ID", "1").add(header_id::subject, "");
  CHECK(b.finish("application/sdp", "v=0\r\n") ==
        "INVITE sip:b@c SIP/2.0\r\nMax-Forwards: 70\r\nX-Room-ID: 1\r\nSubject: \r\n"
        "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n");
  CHECK(message_builder::response(200).finish("application/sdp") ==
        "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK(message_builder::response(299).finish() ==
        "SIP/2.0 299 Unknown\r\nContent-Length: 0\r\n\r\n");
  CHECK(message_builder::response(486, "Not now").finish().substr(0, 21) ==
        "SIP/2.0 486 Not now\r\n");
}

TEST_CASE("unsafe values are refused where they are added") {
  for (const std::string& bad : {"a\rb"s, "a\nb"s, "a\0b"s, "\r\nX: y"s}) {
    CHECK_FALSE(is_safe_value(bad));
    auto b = message_builder::response(200);
    if (bad.find('\0') == std::string::npos) {
      CHECK_THROWS_AS(b.add(header_id::subject, bad), std::invalid_argument);
      CHECK_THROWS_AS(b.add("X-A", bad), std::invalid_argument);
      CHECK_THROWS_AS(b.finish(bad, "x"), std::invalid_argument);
    }
    CHECK_THROWS_AS(b.add(bad, "x"), std::invalid_argument);
    CHECK_THROWS_AS(message_builder::request("INVITE", bad), std::invalid_argument);
    CHECK_THROWS_AS(message_builder::request(bad, "sip:a"), std::invalid_argument);
    CHECK_THROWS_AS(message_builder::response(200, bad), std::invalid_argument);
  }
  CHECK(is_safe_value("\t \x7f\xff"));
  // What came may go back: a quoted-pair of NUL (RFC 4475 3.1.1.2).
  const std::string null = "\"a\\\0b\" <sip:a@b>"s;
  CHECK_FALSE(is_safe_value(null));
  CHECK(message_builder::response(200).add(header_id::to, null).finish().find(null) !=
        std::string::npos);
  CHECK_THROWS_AS(message_builder::response(99), std::invalid_argument);
  CHECK_THROWS_AS(message_builder::response(700), std::invalid_argument);
  CHECK_THROWS_AS(message_builder::request("INVITE", "sip:a b"), std::invalid_argument);
  CHECK_THROWS_AS(message_builder::request("INVITE", ""), std::invalid_argument);
  auto b = message_builder::response(200);
  CHECK_THROWS_AS(b.add(header_id::other, "x"), std::invalid_argument);
}

TEST_CASE("a response's top Via says where the request came from") {
  struct row {
    const char* via;
    const char* source;
    const char* expected;
  };
  const row rows[] = {
      {"SIP/2.0/UDP 192.0.2.1:5070;branch=b", "192.0.2.1:5070",
       "SIP/2.0/UDP 192.0.2.1:5070;branch=b"},
      {"SIP/2.0/UDP 192.0.2.1:5070;branch=b", "192.0.2.1:9", "SIP/2.0/UDP 192.0.2.1:5070;branch=b"},
      {"SIP/2.0/UDP 192.0.2.1;branch=b", "192.0.2.2:9",
       "SIP/2.0/UDP 192.0.2.1;branch=b;received=192.0.2.2"},
      {"SIP/2.0/UDP bobspc.biloxi.com:5060", "192.0.2.4:5060",
       "SIP/2.0/UDP bobspc.biloxi.com:5060;received=192.0.2.4"},
      // The example of RFC 3581 section 6.
      {"SIP/2.0/UDP 10.1.1.1:4540;rport;branch=z9hG4bKkjshdyff", "192.0.2.1:9988",
       "SIP/2.0/UDP 10.1.1.1:4540;rport=9988;branch=z9hG4bKkjshdyff;received=192.0.2.1"},
      // received goes with rport always (section 4).
      {"SIP/2.0/UDP 10.1.1.1:4540;branch=b; rport ;x", "10.1.1.1:4540",
       "SIP/2.0/UDP 10.1.1.1:4540;branch=b;rport=4540;x;received=10.1.1.1"},
      {"SIP/2.0/UDP 10.1.1.1;RPORT=1;received=1.1.1.1", "10.1.1.2:7",
       "SIP/2.0/UDP 10.1.1.1;rport=7;received=10.1.1.2"},
      {"SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=b", "[2001:db8::2]:5060",
       "SIP/2.0/UDP [2001:db8::9:1];branch=b;received=2001:db8::2"},
      {"SIP/2.0/UDP [::ffff:192.0.2.1];branch=b", "192.0.2.1:5060",
       "SIP/2.0/UDP [::ffff:192.0.2.1];branch=b"},
      {"SIP/2.0/UDP h ;branch=b , SIP/2.0/TCP second;received=9.9.9.9;rport", "192.0.2.1:1",
       "SIP/2.0/UDP h;branch=b;received=192.0.2.1, SIP/2.0/TCP second;received=9.9.9.9;rport"},
      {"what is this", "192.0.2.1:1", "what is this"},
  };
  for (const row& r : rows) {
    INFO(r.via);
    const message m = parsed("OPTIONS sip:b@c SIP/2.0\r\nVia: "s + r.via +
                             "\r\nv: SIP/2.0/UDP third;rport\r\nf:<sip:a@b>\r\n\r\n");
    const auto source = *socket_address::parse(r.source);
    const message a = parsed(message_builder::response_to(m, 200, source, "").finish());
    std::vector<std::string> vias;
    for (const auto& f : a.fields())
      if (f.id == header_id::via) vias.emplace_back(a.value(f));
    CHECK(vias == std::vector<std::string>{r.expected, "SIP/2.0/UDP third;rport"});
  }
}

TEST_CASE("a response copies what RFC 3261 8.2.6 names") {
  const std::string request =
      "INVITE sip:b@c SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nRecord-Route: <sip:p1;lr>, "
      "<sip:p2;lr>\r\n"
      "Record-Route: <sip:p3;lr>\r\nFrom: A <sip:a@b>;tag=1\r\nTo: B <sip:b@c>\r\nCall-ID: x\r\n"
      "CSeq: 5 INVITE\r\nTimestamp: 54\r\nContact: <sip:a@192.0.2.1>\r\nX-A: 1\r\n\r\n";
  const socket_address source = *socket_address::parse("192.0.2.1:5060");
  const std::string head = "Via: SIP/2.0/UDP 192.0.2.1\r\n";
  const std::string routes =
      "Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nRecord-Route: <sip:p3;lr>\r\n";
  const std::string from = "From: A <sip:a@b>;tag=1\r\n";
  const std::string tail = "Call-ID: x\r\nCSeq: 5 INVITE\r\n";
  const auto answer = [&](int status, const char* tag) {
    return message_builder::response_to(parsed(request), status, source, tag).finish();
  };
  const std::string end = "Content-Length: 0\r\n\r\n";
  CHECK(answer(100, "") == "SIP/2.0 100 Trying\r\n" + head + from + "To: B <sip:b@c>\r\n" + tail +
                               "Timestamp: 54\r\n" + end);
  CHECK(answer(180, "t") == "SIP/2.0 180 Ringing\r\n" + head + routes + from +
                                "To: B <sip:b@c>;tag=t\r\n" + tail + end);
  CHECK(answer(200, "t") ==
        "SIP/2.0 200 OK\r\n" + head + routes + from + "To: B <sip:b@c>;tag=t\r\n" + tail + end);
  CHECK(answer(486, "t") ==
        "SIP/2.0 486 Busy Here\r\n" + head + from + "To: B <sip:b@c>;tag=t\r\n" + tail + end);
}

TEST_CASE("a To tag is added once, and where it belongs") {
  struct row {
    const char *to, *expected;
  };
  const row rows[] = {
      {"<sip:b@c>", "<sip:b@c>;tag=new"},
      {"<sip:b@c;tag=uri>", "<sip:b@c;tag=uri>;tag=new"},
      {"<sip:b@c>;TAG=old", "<sip:b@c>;TAG=old"},
      {"sip:b@c", "sip:b@c;tag=new"},
      {"sip:b@c;tag=old", "sip:b@c;tag=old"},
      {"\"x;tag=y\" <sip:b@c>", "\"x;tag=y\" <sip:b@c>;tag=new"},
      {"\"open <sip:b@c>", "\"open <sip:b@c>;tag=new"},
      {"\"open <sip:b@c>;tag=old", "\"open <sip:b@c>;tag=old"},
  };
  for (const row& r : rows) {
    INFO(r.to);
    const message m = parsed("BYE sip:b@c SIP/2.0\r\nt: "s + r.to + "\r\n\r\n");
    const message a = parsed(message_builder::response_to(m, 400, {}, "new").finish());
    CHECK(a.value(header_id::to) == r.expected);
  }
}

TEST_CASE("a request without anything is answered with nothing") {
  const message m = parsed("BYE sip:b@c SIP/2.0\r\n\r\n");
  CHECK(message_builder::response_to(m, 400, {}, "t").finish() ==
        "SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  CHECK_THROWS_AS(message_builder::response_to(m, 400, {}, "a\r\n"), std::invalid_argument);
}

TEST_CASE("standard reasons") {
  CHECK(standard_reason(100) == "Trying");
  CHECK(standard_reason(200) == "OK");
  CHECK(standard_reason(422) == "Session Interval Too Small");
  CHECK(standard_reason(488) == "Not Acceptable Here");
  CHECK(standard_reason(608) == "Rejected");
  CHECK(standard_reason(299) == "Unknown");
  CHECK(standard_reason(0) == "Unknown");
  CHECK(standard_reason(700) == "Unknown");
}

TEST_CASE("a header is copied as it came, whatever the spaces, the name's form and its line ends") {
  const auto m = message::parse(
      "OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP h\r\nTo  :\t <sip:a@b>\r\nX-Empty:\r\n"
      "Subject: one\r\n two\r\nX-Tight:x\r\n\r\n");
  REQUIRE(m.has_value());
  auto out = message_builder::request("OPTIONS", "sip:a@b", std::string(4000, 'x'));
  for (const auto& f : m->fields()) out.copy(*m, f);
  CHECK(out.finish() ==
        "OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP h\r\nTo: <sip:a@b>\r\nX-Empty: \r\n"
        "Subject: one   two\r\nX-Tight: x\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("CR, LF and NUL are found at every place of a value of any length") {
  for (std::size_t size = 1; size < 70; ++size) {
    CHECK(is_safe_value(std::string(size, '\t')));
    for (std::size_t at = 0; at < size; ++at)
      for (const char bad : {'\r', '\n', '\0'}) {
        std::string value(size, '\xff');
        value[at] = bad;
        CHECK_FALSE(is_safe_value(value));
      }
  }
}
