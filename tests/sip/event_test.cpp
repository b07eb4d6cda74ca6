#include "sipvoice/sip/event.hpp"

#include "support/catch.hpp"

using namespace sipvoice;
using sip::event_header;
using sip::subscription_state;

TEST_CASE("Event: package and id") {
  struct row {
    const char *text, *package, *id;
  };
  for (const row& r : {row{"refer", "refer", ""}, row{"refer;id=93809823", "refer", "93809823"},
                       row{" presence.winfo ; x ; ID = a1 ", "presence.winfo", "a1"},
                       row{"refer;id", "refer", ""}}) {
    INFO(r.text);
    const auto found = event_header::parse(r.text);
    REQUIRE(found.has_value());
    CHECK(found->package == r.package);
    CHECK(found->id == r.id);
  }
  for (const char* bad : {"", ";id=1", "a b", "refer;;", "refer;id=\"x", "refer, refer",
                          "refer;id=9\r;x", "refer;id=\"9\""}) {
    INFO(bad);
    CHECK_FALSE(event_header::parse(bad).has_value());
  }
}

TEST_CASE("Subscription-State: state, expiry, reason") {
  using kind = subscription_state::kind;
  const auto active = subscription_state::parse("active;expires=55");
  REQUIRE(active.has_value());
  CHECK(active->state == kind::active);
  CHECK(active->expires_s == 55u);
  const auto over =
      subscription_state::parse("Terminated ; Reason=noresource;retry-after=4294967295");
  REQUIRE(over.has_value());
  CHECK(over->state == kind::terminated);
  CHECK(over->reason == "noresource");
  CHECK(over->retry_after_s == 4294967295u);
  CHECK_FALSE(over->expires_s);
  CHECK(subscription_state::parse("pending")->state == kind::pending);
  CHECK(subscription_state::parse("dozing")->state == kind::other);
  for (const char* text : {"active;expires=-1", "active;expires=4294967296",
                           "active;expires=", "active;expires=1e9"}) {
    INFO(text);
    const auto found = subscription_state::parse(text);
    REQUIRE(found.has_value());
    CHECK_FALSE(found->expires_s);
  }
  for (const char* bad : {"", ";expires=1", "active expires=1", "active;", "active;=1"}) {
    INFO(bad);
    CHECK_FALSE(subscription_state::parse(bad).has_value());
  }
}
