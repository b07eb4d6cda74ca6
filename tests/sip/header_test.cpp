#include "sipvoice/sip/header.hpp"

#include <vector>

#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::sip;

TEST_CASE("methods are case-sensitive tokens") {
  for (int i = 1; i <= static_cast<int>(method::publish); ++i) {
    const auto m = static_cast<method>(i);
    CHECK_FALSE(name_of(m).empty());
    CHECK(method_of(name_of(m)) == m);
  }
  CHECK(method_of("INVITE") == method::invite);
  CHECK(method_of("REGISTER") == method::register_);
  CHECK(method_of("invite") == method::other);
  CHECK(method_of("RE%47IST%45R") == method::other);
  CHECK(method_of("") == method::other);
  CHECK(name_of(method::other).empty());
}

TEST_CASE("every header name is known in any case") {
  for (int i = 1; i <= static_cast<int>(header_id::sip_if_match); ++i) {
    const auto id = static_cast<header_id>(i);
    const std::string name(name_of(id));
    INFO(name);
    REQUIRE_FALSE(name.empty());
    CHECK(header_of(name) == id);
    std::string upper, lower;
    for (const char c : name) {
      upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
      lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    CHECK(header_of(upper) == id);
    CHECK(header_of(lower) == id);
    CHECK(header_of(name + "x") == header_id::other);
    CHECK(header_of(name.substr(1)) != id);
  }
  CHECK(name_of(header_id::other).empty());
  CHECK(header_of("") == header_id::other);
  CHECK(header_of("X-Room-ID") == header_id::other);
  CHECK(header_of("C%6Fntact") == header_id::other);
}

TEST_CASE("compact forms") {
  const std::pair<const char*, header_id> rows[] = {
      {"v", header_id::via},
      {"f", header_id::from},
      {"t", header_id::to},
      {"i", header_id::call_id},
      {"m", header_id::contact},
      {"l", header_id::content_length},
      {"c", header_id::content_type},
      {"e", header_id::content_encoding},
      {"k", header_id::supported},
      {"s", header_id::subject},
      {"x", header_id::session_expires},
      {"r", header_id::refer_to},
      {"b", header_id::referred_by},
      {"o", header_id::event},
      {"u", header_id::allow_events},
      {"V", header_id::via},
      {"L", header_id::content_length},
      {"q", header_id::other},
      {"\x16", header_id::other},
      {"\xf6", header_id::other},
  };
  for (const auto& [name, id] : rows) {
    INFO(name);
    CHECK(header_of(name) == id);
  }
}

TEST_CASE("parameters are found around quotes and spaces") {
  const params_view p{R"( ; a = 1;b="x;c=2,\";d=3" ;E ;f=;tag=abc;g="")"};
  CHECK(p.get("a") == "1");
  CHECK(p.get("B") == R"("x;c=2,\";d=3")");
  CHECK_FALSE(p.has("c"));
  CHECK_FALSE(p.has("d"));
  REQUIRE(p.get("e"));
  CHECK(p.get("e")->empty());
  CHECK(p.get("f") == "");
  CHECK(p.get("tag") == "abc");
  CHECK(p.get("g") == "\"\"");
  CHECK_FALSE(params_view{}.has("a"));
}

TEST_CASE("Via") {
  struct row {
    const char* text;
    const char *transport, *host;
    bool v6;
    int port;
    const char* branch;
    bool rport;
  };
  const row rows[] = {
      {"SIP/2.0/UDP 192.0.2.1", "UDP", "192.0.2.1", false, 0, "", false},
      {"SIP/2.0/UDP h.example.com:5070;branch=z9hG4bK1;rport", "UDP", "h.example.com", false, 5070,
       "z9hG4bK1", true},
      {"SIP  /   2.0  /UDP     192.0.2.2;branch=390skdjuw", "UDP", "192.0.2.2", false, 0,
       "390skdjuw", false},
      {"SIP  / 2.0  / TCP     spindle.example.com   ;  branch  =   z9hG4bK9ikj8", "TCP",
       "spindle.example.com", false, 0, "z9hG4bK9ikj8", false},
      {"SIP/2.0/UNKNOWN h : 65535 ;x", "UNKNOWN", "h", false, 65535, "", false},
      {"SIP/2.0/UDP [2001:db8::9:1]:6050;received=[2001:db8::9:255];branch=z9hG4bKas3-111", "UDP",
       "2001:db8::9:1", true, 6050, "z9hG4bKas3-111", false},
      {"SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=b", "UDP", "2001:db8::9:1",
       true, 0, "b", false},
      {"SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19;rport=1", "UDP",
       "::ffff:192.0.2.10", true, 19823, "z9hG4bKbh19", true},
      {"SIP/7.0/UDP c.example.com", "UDP", "c.example.com", false, 0, "", false},
      {"SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~", "TCP", "host1.example.com",
       false, 0, "z9hG4bK-.!%66*_+`'~", false},
  };
  for (const row& r : rows) {
    INFO(r.text);
    const auto v = via::parse(r.text);
    REQUIRE(v.has_value());
    CHECK(v->transport == r.transport);
    CHECK(v->host == r.host);
    CHECK(v->host_is_v6 == r.v6);
    CHECK(v->port == r.port);
    CHECK(v->branch() == r.branch);
    CHECK(v->wants_rport() == r.rport);
  }
  for (const char* text : {"",
                           "SIP/2.0",
                           "SIP/2.0/UDP",
                           "SIP/2.0/UDP ",
                           "SIP/2.0/UDPh",
                           "SIP/2.0/ 192.0.2.1;",
                           "SIP/2.0/UDP 192.0.2.15;;,;,,",
                           "SIP/2.0/UDP 192.0.2.15;;",
                           "SIP/2.0/UDP h:",
                           "SIP/2.0/UDP h:0",
                           "SIP/2.0/UDP h:65536",
                           "SIP/2.0/UDP h:5x",
                           "SIP/2.0/UDP h x",
                           "SIP/2.0/UDP [::1",
                           "SIP/2.0/UDP 2001:db8::1",
                           "SIP/2.0/UDP h;a=\"b",
                           "SIP/2.0/UDP h;=b",
                           "SIP 2.0 UDP h",
                           ";",
                           ","}) {
    INFO(text);
    CHECK_FALSE(via::parse(text).has_value());
  }
}

TEST_CASE("From, To and Contact") {
  struct row {
    const char* text;
    const char *display, *plain, *uri, *tag;
  };
  const row rows[] = {
      {"<sip:a@b>", "", "", "sip:a@b", ""},
      {"sip:a@b;tag=1", "", "", "sip:a@b", "1"},
      {"sip:a@b ;   tag    = 1918181833n", "", "", "sip:a@b", "1918181833n"},
      {"  <sip:a@b;lr>;tag=x  ", "", "", "sip:a@b;lr", "x"},
      {"Alice <sip:a@b>;TAG=9", "Alice", "Alice", "sip:a@b", "9"},
      {"caller<sip:caller@example.com>;tag=323", "caller", "caller", "sip:caller@example.com",
       "323"},
      {"T. Watson <sip:a@b>", "T. Watson", "T. Watson", "sip:a@b", ""},
      {"\"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>  ;  tag = 98asjd8",
       "\"J Rosenberg \\\\\\\"\"", "J Rosenberg \\\"", "sip:jdrosen@example.com", "98asjd8"},
      {"\"a <b>, c;tag=no\"<sip:a@b>;tag=yes", "\"a <b>, c;tag=no\"", "a <b>, c;tag=no", "sip:a@b",
       "yes"},
      {"\"\" <sip:a@b>", "\"\"", "", "sip:a@b", ""},
      {"\xc3\xa9t\xc3\xa9 <sip:a@b>", "\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9", "sip:a@b", ""},
      {"J (Work) <sip:a@b>", "J (Work)", "J (Work)", "sip:a@b", ""},
      {"<http://www.example.com>;tag=3234233", "", "", "http://www.example.com", "3234233"},
      {"isbn:2983792873", "", "", "isbn:2983792873", ""},
      {"<sip:a,b?c@h?x=y>;q=0.5", "", "", "sip:a,b?c@h?x=y", ""},
      {"sip:a@b;x=\"<;tag=0>\";tag=2", "", "", "sip:a@b", "2"},
      {"<sip:a@b>;tag=", "", "", "sip:a@b", ""},
  };
  for (const row& r : rows) {
    INFO(r.text);
    const auto a = name_addr::parse(r.text);
    REQUIRE(a.has_value());
    CHECK(a->display == r.display);
    CHECK(a->display_text() == r.plain);
    CHECK(a->uri_text == r.uri);
    CHECK(a->address.text == r.uri);
    CHECK(a->tag() == r.tag);
  }
  for (const char* text : {"",
                           "*",
                           "Bell",
                           "<>",
                           "<sip:a@b",
                           "sip:a@b>",
                           "\"Mr. J. User <sip:j.user@example.com>",
                           "\"a\" sip:a@b",
                           "\"a\"",
                           "\"a\" b <sip:a@b>",
                           "\"a\\\" <sip:a@b>",
                           "Bell, Alexander <sip:a.g.bell@example.com>;tag=43",
                           "\"W\" < sip:t.watson@example.org >",
                           "sip:user@example.com?Route=%3Csip:sip.example.com%3E",
                           "sip:a,b@c",
                           "<sip:a@b>x",
                           "<sip:a@b>;;;;",
                           "<sip:a@b>;",
                           "<sip:a@b>;t=\"x",
                           "sip:a@b c",
                           "sip:a@b;x <sip:c@d>"}) {
    INFO(text);
    CHECK_FALSE(name_addr::parse(text).has_value());
  }
}

TEST_CASE("parameters of an address without brackets belong to the header") {
  const auto bare = *name_addr::parse("sip:+19725552222@gw1.example.net;unknownparam");
  CHECK(bare.params.has("unknownparam"));
  CHECK_FALSE(bare.address.param("unknownparam"));
  const auto inside = *name_addr::parse("<sip:+19725552222@gw1.example.net;unknownparam>");
  CHECK_FALSE(inside.params.has("unknownparam"));
  CHECK(inside.address.param("unknownparam"));
}

TEST_CASE("CSeq") {
  struct row {
    const char* text;
    std::uint32_t number;
    const char* name;
    method m;
  };
  const row rows[] = {
      {"0009   INVITE", 9, "INVITE", method::invite},
      {"0 ACK", 0, "ACK", method::ack},
      {" 1\tBYE ", 1, "BYE", method::bye},
      {"2147483648 OPTIONS", 2147483648u, "OPTIONS", method::options},
      {"4294967295 NEWMETHOD", 4294967295u, "NEWMETHOD", method::other},
      {"139122385 !interesting-Method0123456789_*+`.%indeed'~", 139122385,
       "!interesting-Method0123456789_*+`.%indeed'~", method::other},
  };
  for (const row& r : rows) {
    INFO(r.text);
    const auto c = cseq::parse(r.text);
    REQUIRE(c.has_value());
    CHECK(c->number == r.number);
    CHECK(c->method_name == r.name);
    CHECK(c->method == r.m);
  }
  for (const char* text :
       {"", "1", "1 ", "INVITE", "1INVITE", "-1 INVITE", "4294967296 INVITE",
        "36893488147419103232 REGISTER", "1 IN VITE", "1 IN;VITE", "1, INVITE"}) {
    INFO(text);
    CHECK_FALSE(cseq::parse(text).has_value());
  }
}

TEST_CASE("comma lists are divided outside of quotes and brackets") {
  struct row {
    const char* text;
    std::vector<std::string> elements;
  };
  const row rows[] = {
      {"a, b ,c", {"a", "b", "c"}},
      {"a", {"a"}},
      {"", {""}},
      {",", {"", ""}},
      {"a,,b", {"a", "", "b"}},
      {"<sip:a,b@c>;x=\"1,2\", \"q,\\\",\" <sip:d>",
       {"<sip:a,b@c>;x=\"1,2\"", "\"q,\\\",\" <sip:d>"}},
      {"\"open, b", {"\"open, b"}},
      {"<open, b", {"<open, b"}},
      {"a <\",>, b", {"a <\",>", "b"}},
  };
  for (const row& r : rows) {
    INFO(r.text);
    std::vector<std::string> seen;
    for_each_element(r.text, [&seen](std::string_view one) { seen.emplace_back(one); });
    CHECK(seen == r.elements);
  }
}

TEST_CASE("media types are compared without case and parameters") {
  CHECK(media_type_is("application/sdp", "application/sdp"));
  CHECK(media_type_is(" Application / SDP ; charset=utf-8", "application/sdp"));
  CHECK_FALSE(media_type_is("application/sdpx", "application/sdp"));
  CHECK_FALSE(media_type_is("application", "application/sdp"));
  CHECK_FALSE(media_type_is("", "application/sdp"));
  CHECK_FALSE(media_type_is("text/plain;x=application/sdp", "application/sdp"));
}
