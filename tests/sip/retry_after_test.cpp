#include "sipvoice/sip/retry_after.hpp"

#include "support/catch.hpp"

using sipvoice::sip::parse_retry_after;

TEST_CASE("Retry-After with a comment and with parameters") {
  struct row {
    const char* value;
    std::optional<std::uint32_t> seconds;
  };
  for (const row& r : std::vector<row>{{"10", 10},
                                       {" 0 ", 0},
                                       {"18000;duration=3600", 18000},  // 20.33
                                       {"120 (I'm in a meeting)", 120},
                                       {"120(busy);duration=1", 120},
                                       {"5 ; duration=60", 5},
                                       {"4294967295", 4294967295U},
                                       {"4294967296", std::nullopt},
                                       {"", std::nullopt},
                                       {";duration=3600", std::nullopt},
                                       {"(soon)", std::nullopt},
                                       {"-1", std::nullopt},
                                       {"1.5", std::nullopt},
                                       {"soon", std::nullopt}}) {
    INFO(r.value);
    CHECK(parse_retry_after(r.value) == r.seconds);
  }
}
