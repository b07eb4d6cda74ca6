#include "sipvoice/sip/session_expires.hpp"

#include "sipvoice/sip/rack.hpp"
#include "support/catch.hpp"

using namespace sipvoice::sip;

TEST_CASE("Session-Expires and Min-SE") {
  struct row {
    const char* text;
    bool good;
    std::uint32_t seconds;
    std::optional<refresher> who;
  };
  const std::vector<row> rows{{"1800", true, 1800, std::nullopt},
                              {" 90 ; refresher=uac", true, 90, refresher::uac},
                              {"90;Refresher=UAS;x=1", true, 90, refresher::uas},
                              {"4294967295", true, 4294967295, std::nullopt},
                              {"4294967296", false, 0, {}},
                              {"", false, 0, {}},
                              {"-1", false, 0, {}},
                              {"90;refresher=both", false, 0, {}},
                              {"90;;", false, 0, {}}};
  for (const row& r : rows) {
    INFO(r.text);
    const auto s = session_expires::parse(r.text);
    REQUIRE(s.has_value() == r.good);
    if (!s) continue;
    CHECK(s->seconds == r.seconds);
    CHECK(s->refresher == r.who);
    CHECK(session_expires::parse(s->text())->refresher == r.who);
  }
  CHECK(min_se::parse("120;x=y")->seconds == 120);
  CHECK_FALSE(min_se::parse("soon").has_value());
  CHECK_FALSE(min_se::parse("1;;").has_value());
}

TEST_CASE("RAck and RSeq") {
  const auto r = rack::parse(" 776656  1\tINVITE ");  // RFC 3262 section 7.2
  REQUIRE(r.has_value());
  CHECK(*r == rack{776656, 1, method::invite});
  CHECK(r->text() == "776656 1 INVITE");
  CHECK(rack::parse("1 2 UPDATE")->method == method::update);
  for (const char* wrong : {"", "1", "1 2", "0 1 INVITE", "x 1 INVITE", "1x 1 INVITE",
                            "4294967296 1 INVITE", "1 1 INV ITE"})
    CHECK_FALSE(rack::parse(wrong).has_value());
  CHECK(*parse_rseq("4294967295") == 4294967295);
  CHECK_FALSE(parse_rseq("0").has_value());
  CHECK_FALSE(parse_rseq("1 2").has_value());
}
