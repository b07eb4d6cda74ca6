#include "sipvoice/sip/refer_to.hpp"

#include "sipvoice/sip/message.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using sip::refer_to;

TEST_CASE("Refer-To names whom to call, and whose place to take") {
  struct row {
    const char* text;
    const char *target, *method, *replaces;
  };
  const row rows[] = {
      {"sip:alice@atlanta.example.com", "sip:alice@atlanta.example.com", "", ""},
      {"\"Bob\" <sips:bob@biloxi.example.com;transport=tcp>;q=1",
       "sips:bob@biloxi.example.com;transport=tcp", "", ""},
      {"<sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3B"
       "to-tag%3D12345%3Bfrom-tag%3D5FFE-3994>",
       "sip:dave@denver.example.org", "", "12345@192.168.118.3;to-tag=12345;from-tag=5FFE-3994"},
      {"<sip:carol@h?Accept-Contact=sip:bobsdesk%40h&replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2%3B"
       "early-only&Call-ID=x>",
       "sip:carol@h", "", "a;to-tag=1;from-tag=2;early-only"},
      {"<sip:dave@h;method=SUBSCRIBE>", "sip:dave@h", "SUBSCRIBE", ""},
      {"<sip:dave@h;a=1;METHOD=INVITE;lr?Subject=x>", "sip:dave@h;a=1;lr", "INVITE", ""},
      {"<sip:a?b@h?Subject=x>", "sip:a?b@h", "", ""},
      {"<sip:h?Subject=x>", "sip:h", "", ""},
  };
  for (const row& r : rows) {
    INFO(r.text);
    const auto found = refer_to::parse(r.text);
    REQUIRE(found.has_value());
    CHECK(found->target == r.target);
    CHECK(found->method == r.method);
    CHECK((found->replaces ? found->replaces->print() : "") == r.replaces);
    CHECK((found->scheme == "sip" || found->scheme == "sips"));
  }
}

TEST_CASE("Refer-To of another scheme is read, and said to be one") {
  const auto found = refer_to::parse("<HTTPS://www.example.com/a>");
  REQUIRE(found.has_value());
  CHECK(found->scheme == "https");
  CHECK_FALSE(found->replaces);
}

TEST_CASE("Refer-To that cannot be read is refused") {
  const char* const bad[] = {"",
                             "<>",
                             "<sip:>",
                             "sip:a@h?Replaces=x",
                             "<sip:a@h>, <sip:b@h>",
                             "<sip:a@h\r\nRoute: x>",
                             "<sip:a@h?Replaces=a>",
                             "<sip:a@h?Replaces=a%3Bto-tag%3D1>",
                             "<sip:a@h?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces="
                             "b%3Bto-tag%3D1%3Bfrom-tag%3D2>",
                             "<sip:a@h?Replaces=a%0d%0aVia:x%3Bto-tag%3D1%3Bfrom-tag%3D2>"};
  for (const char* text : bad) {
    INFO(text);
    CHECK_FALSE(refer_to::parse(text).has_value());
  }
  const std::string longest = "sip:" + std::string(refer_to::max_size - 4, 'h');
  CHECK(refer_to::parse(longest).has_value());
  CHECK_FALSE(refer_to::parse(longest + "h").has_value());
}

TEST_CASE("a printed Refer-To is read as what it was") {
  sip::replaces r{"(a;b)@[::1]\"x\"", "t%1", "f~2", true};
  r.call_id = "(ab)@[::1]\"x\"";
  const std::string text = refer_to::print("sip:carol@h;transport=udp", r);
  const auto found = refer_to::parse(text);
  REQUIRE(found.has_value());
  CHECK(found->target == "sip:carol@h;transport=udp");
  REQUIRE(found->replaces);
  CHECK(found->replaces->print() == r.print());
  CHECK(refer_to::print("sip:c@h", std::nullopt) == "<sip:c@h>");
}

TEST_CASE("escaping leaves only what a URI header may hold") {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  const std::string escaped = sip::escape_uri_header(all);
  for (const char c : escaped) {
    const bool allowed = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                         std::string_view("-_.!~*'()[]/?:+$%").find(c) != std::string_view::npos;
    CHECK(allowed);
  }
  CHECK(sip::unescape(escaped) == all);
}

TEST_CASE("Referred-By is copied only where it can stand in a message") {
  CHECK(sip::is_referred_by("<sip:alice@h>;cid=\"1@h\""));
  CHECK(sip::is_referred_by("sip:alice@h"));
  for (const char* bad : {"", "alice", "<sip:a@h>, <sip:b@h>", "<sip:a@h>\r\nVia: x", "<sip:a@h"}) {
    INFO(bad);
    CHECK_FALSE(sip::is_referred_by(bad));
  }
  CHECK(sip::is_referred_by("sip:" + std::string(508, 'h')));
  CHECK_FALSE(sip::is_referred_by("sip:" + std::string(509, 'h')));
}
