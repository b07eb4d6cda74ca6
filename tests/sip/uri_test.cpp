#include "sipvoice/sip/uri.hpp"

#include "support/catch.hpp"

using namespace sipvoice;
using sip::uri;

TEST_CASE("sip URIs are divided as RFC 3261 19.1.1 says") {
  struct row {
    const char* text;
    const char *user, *password, *host;
    bool v6;
    int port;
    const char *params, *headers;
  };
  const row rows[] = {
      {"sip:alice@atlanta.com", "alice", "", "atlanta.com", false, 0, "", ""},
      {"sip:alice:secretword@atlanta.com;transport=tcp", "alice", "secretword", "atlanta.com",
       false, 0, "transport=tcp", ""},
      {"sips:alice@atlanta.com?subject=project%20x&priority=urgent", "alice", "", "atlanta.com",
       false, 0, "", "subject=project%20x&priority=urgent"},
      {"sip:+1-212-555-1212:1234@gateway.com;user=phone", "+1-212-555-1212", "1234", "gateway.com",
       false, 0, "user=phone", ""},
      {"sip:alice@192.0.2.4", "alice", "", "192.0.2.4", false, 0, "", ""},
      {"sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", "", "", "atlanta.com", false, 0,
       "method=REGISTER", "to=alice%40atlanta.com"},
      {"sip:alice;day=tuesday@atlanta.com", "alice;day=tuesday", "", "atlanta.com", false, 0, "",
       ""},
      {"SIP:h:65535", "", "", "h", false, 65535, "", ""},
      {"sip:[::1]:5070;lr", "", "", "::1", true, 5070, "lr", ""},
      {"sip:a@[2001:db8::10:5070]", "a", "", "2001:db8::10:5070", true, 0, "", ""},
      {"sip:a@[2001:db8:::192.0.2.1]", "a", "", "2001:db8:::192.0.2.1", true, 0, "", ""},
      {"sip:my_host", "", "", "my_host", false, 0, "", ""},
      {"sip:a:@h", "a", "", "h", false, 0, "", ""},
      {"sip:user;par=u%40example.net@example.com", "user;par=u%40example.net", "", "example.com",
       false, 0, "", ""},
      {"sip:a?b/c@h?x=1", "a?b/c", "", "h", false, 0, "", "x=1"},
      {"sip:h;", "", "", "h", false, 0, "", ""},
      {"sip:h?", "", "", "h", false, 0, "", ""},
  };
  for (const row& r : rows) {
    INFO(r.text);
    const auto u = uri::parse(r.text);
    REQUIRE(u.has_value());
    CHECK(u->is_sip());
    CHECK(u->text == r.text);
    CHECK(u->user == r.user);
    CHECK(u->password == r.password);
    CHECK(u->host == r.host);
    CHECK(u->host_is_v6 == r.v6);
    CHECK(u->port == r.port);
    CHECK(u->params == r.params);
    CHECK(u->headers == r.headers);
  }
}

TEST_CASE("what is no URI is refused") {
  using namespace std::string_view_literals;
  const std::string_view rows[] = {
      "",
      "sip",
      "sip:",
      ":a@b",
      "1sip:a@b",
      "sip:@host",
      "sip::secret@host",
      "sip:a@",
      "sip:a@:5060",
      "sip:a@h:",
      "sip:a@h:0",
      "sip:a@h:65536",
      "sip:a@h:5060x",
      "sip:2001:db8::10",
      "sip:a@[::1",
      "sip:a@[1]",
      "sip:a@[]",
      "sip:a@[::g]",
      "sip:a@[::1]x",
      "sip:a@h/x",
      "sip:a@b@c@",
      " sip:a@b",
      "sip:a@b ",
      "sip:a@b; lr",
      "<sip:a@b>",
      "sip:a\"@b",
      "sip:a\r\n@b",
      "sip:a\0@b"sv,
      "sip:a\x7f@b",
      "alice@example.com",
  };
  for (const std::string_view text : rows) {
    INFO(text);
    CHECK_FALSE(uri::parse(text).has_value());
  }
}

TEST_CASE("other schemes are kept whole") {
  for (const char* text : {"tel:+358-555-1234567", "nobodyKnowsThisScheme:totallyopaquecontent",
                           "soap.beep://192.0.2.103:3002", "isbn:2983792873", "siph:a@b"}) {
    INFO(text);
    const auto u = uri::parse(text);
    REQUIRE(u.has_value());
    CHECK_FALSE(u->is_sip());
    CHECK(u->text == text);
    CHECK(u->scheme == std::string_view(text).substr(0, u->scheme.size()));
    CHECK(u->host.empty());
    CHECK(u->without_params() == text);
  }
  CHECK(uri::parse("sIpS:a@b")->is_sips());
  CHECK_FALSE(uri::parse("sip:a@b")->is_sips());
}

TEST_CASE("URI parameters are found by name without case, escaped names too") {
  const auto u = *uri::parse("sip:a@h;Transport=tcp;LR;maddr=[::1];x=;n%61me=v%61lue;lr=on?x=1");
  CHECK(u.param("transport") == "tcp");
  REQUIRE(u.param("lr"));
  CHECK(u.param("lr")->empty());
  CHECK(u.param("lr")->data() != nullptr);
  CHECK(u.param("MADDR") == "[::1]");
  CHECK(u.param("x") == "");
  CHECK(u.param("name") == "v%61lue");
  CHECK_FALSE(u.param("absent"));
  CHECK_FALSE(uri::parse("sip:a@h")->param("lr"));
}

TEST_CASE("without_params keeps what routes match") {
  CHECK(uri::parse("sip:a:pw@h:5070;lr?x=y")->without_params() == "sip:a@h:5070");
  CHECK(uri::parse("sips:[2001:db8::1]:5061;lr")->without_params() == "sips:[2001:db8::1]:5061");
  CHECK(uri::parse("sip:h")->without_params() == "sip:h");
}

TEST_CASE("escapes are decoded once") {
  using namespace std::string_view_literals;
  CHECK(sip::unescape("sips%3Auser%40example.com") == "sips:user@example.com");
  CHECK(sip::unescape("v%61lue%25%34%31") == "value%41");
  CHECK(sip::unescape("null-%00-null") == "null-\0-null"sv);
  CHECK(sip::unescape("%Z%45%4") == "%ZE%4");
  CHECK(sip::unescape("%") == "%");
  CHECK(sip::unescape("%fF") == "\xff");
  CHECK(sip::unescape("") == "");
}

TEST_CASE("URIs are compared as RFC 3261 19.1.4 shows") {
  struct row {
    const char *a, *b;
    bool same;
  };
  const row rows[] = {
      // The examples of the section.
      {"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
      {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
      {"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
      {"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true},
      {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
       "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
      {"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
       "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
      {"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
      {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
      {"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
      {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
      // Ours.
      {"sip:a@h", "sips:a@h", false},
      {"sip:a@h;user=phone", "sip:a@h", false},
      {"sip:a@h;maddr=1.2.3.4", "sip:a@h", false},
      {"sip:a%3bb@h", "sip:a;b@h", false},
      {"sip:a%3bb@h", "sip:a%3Bb@h", true},
      {"sip:a:x@h", "sip:a@h", false},
      {"sip:a:x@h", "sip:a:y@h", false},
      {"sip:[2001:db8::1]", "sip:[2001:DB8:0::1]", true},
      {"sip:[2001:db8::1]", "sip:[2001:db8::2]", false},
      {"tel:+1", "TEL:+1", true},
      {"tel:+1", "tel:+2", false},
  };
  for (const row& r : rows) {
    INFO(r.a << " and " << r.b);
    const auto a = uri::parse(r.a), b = uri::parse(r.b);
    REQUIRE(a.has_value());
    REQUIRE(b.has_value());
    CHECK(sip::equivalent(*a, *b) == r.same);
    CHECK(sip::equivalent(*b, *a) == r.same);
    CHECK(sip::equivalent(*a, *a));
  }
}

TEST_CASE("comparing URIs with thousands of parameters stays cheap") {
  std::string many = "sip:a@h";
  for (int i = 0; i < 20'000; ++i) many += ";p" + std::to_string(i);
  const std::string more = many + ";q";
  CHECK(sip::equivalent(*uri::parse(many), *uri::parse(many)));
  CHECK_FALSE(sip::equivalent(*uri::parse(many), *uri::parse(more)));
}

TEST_CASE("headers of a URI, one by one and decoded") {
  using list = std::vector<std::pair<std::string, std::string>>;
  const auto of = [](std::string_view text) { return uri::parse(text)->header_list(); };
  CHECK(of("sip:a@h").empty());
  CHECK(of("sip:a@h?").empty());
  CHECK(of("sip:a@h;lr?Subject=a%20b&X-Id=7&X-Id=8") ==
        list{{"Subject", "a b"}, {"X-Id", "7"}, {"X-Id", "8"}});
  CHECK(of("sip:h?X%2dA=%0d%0aB&lone&=v") == list{{"X-A", "\r\nB"}, {"lone", ""}, {"", "v"}});
}
