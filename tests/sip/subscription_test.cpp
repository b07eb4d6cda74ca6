#include "sipvoice/sip/subscription.hpp"

#include "support/catch.hpp"

using namespace sipvoice;
using sip::refer_notifier;
using sip::refer_subscriber;
using std::chrono::milliseconds;
using std::chrono::seconds;
using outcome = refer_subscriber::outcome;
using state = refer_subscriber::state;

namespace {

constexpr time_point start{};

refer_subscriber::news told(int status, std::string_view phrase = "x") {
  refer_subscriber::news n;
  n.status = status;
  n.phrase = phrase;
  return n;
}

}  // namespace

TEST_CASE("the outcome of a REFER is the final sipfrag, not the 202") {
  refer_subscriber s{sip::timer_values{}};
  CHECK(s.next_deadline() == never);
  s.responded(202, "Accepted", start);
  CHECK(s.now_in() == state::waiting);
  CHECK(s.next_deadline() == start + seconds(32));
  CHECK(s.notified(told(100), start + milliseconds(5)));
  CHECK(s.last_status() == 100);
  CHECK_FALSE(s.ended());
  CHECK(s.notified(told(180), start + seconds(1)));
  CHECK(s.notified(told(486, "Busy Here"), start + seconds(2)));
  REQUIRE(s.ended());
  CHECK(*s.ended() == refer_subscriber::result{outcome::done, 486, "Busy Here"});
  CHECK(s.next_deadline() == never);
  CHECK_FALSE(s.notified(told(200), start + seconds(3)));
}

TEST_CASE("a NOTIFY may come before the 202, even the last one") {
  refer_subscriber s{sip::timer_values{}};
  CHECK(s.notified(told(100), start));
  CHECK(s.notified(told(200, "OK"), start));
  s.responded(202, "Accepted", start);
  CHECK(*s.ended() == refer_subscriber::result{outcome::done, 200, "OK"});

  refer_subscriber refused_late{sip::timer_values{}};
  CHECK(refused_late.notified(told(100), start));
  refused_late.responded(503, "No", start);
  CHECK_FALSE(refused_late.ended());
}

TEST_CASE("a refused REFER, and one without an answer") {
  refer_subscriber refused{sip::timer_values{}};
  refused.responded(100, "Trying", start);
  CHECK(refused.now_in() == state::asked);
  refused.responded(603, "Decline", start);
  CHECK(*refused.ended() == refer_subscriber::result{outcome::refused, 603, "Decline"});
  refused.responded(202, "Accepted", start);
  CHECK(refused.now_in() == state::over);

  refer_subscriber silent{sip::timer_values{}};
  silent.unanswered();
  CHECK(silent.ended()->why == outcome::no_answer);
  CHECK(silent.ended()->status == 408);
}

TEST_CASE("no NOTIFY within 64*T1 of the 202") {
  refer_subscriber s{sip::timer_values{}};
  s.responded(202, "Accepted", start + seconds(3));
  s.handle_timeout(start + seconds(35) - milliseconds(1));
  CHECK_FALSE(s.ended());
  s.handle_timeout(start + seconds(35));
  CHECK(s.ended()->why == outcome::no_notify);
}

TEST_CASE("a subscription expires as the notifier says, and never lives on for ever") {
  refer_subscriber s{sip::timer_values{}};
  s.responded(202, "Accepted", start);
  auto n = told(100);
  n.expires_s = 60;
  CHECK(s.notified(n, start + seconds(1)));
  CHECK(s.next_deadline() == start + seconds(61));
  CHECK(s.notified(told(180), start + seconds(30)));
  CHECK(s.next_deadline() == start + seconds(61));  // nothing new was said of it
  n.expires_s = 4'000'000'000u;
  CHECK(s.notified(n, start + seconds(40)));
  CHECK(s.next_deadline() == start + seconds(1) + refer_subscriber::max_expiry);
  s.handle_timeout(s.next_deadline());
  CHECK(s.ended()->why == outcome::expired);

  refer_subscriber unsaid{sip::timer_values{}};
  unsaid.responded(202, "Accepted", start);
  CHECK(unsaid.notified(told(100), start + seconds(1)));
  CHECK(unsaid.next_deadline() == start + seconds(181));
}

TEST_CASE("ended without a final status, or with the dialog") {
  refer_subscriber s{sip::timer_values{}};
  s.responded(202, "Accepted", start);
  refer_subscriber::news n;
  n.terminated = true;
  n.state_reason = "giveup";
  CHECK(s.notified(n, start));
  CHECK(*s.ended() == refer_subscriber::result{outcome::terminated, 0, "giveup"});
  s.dialog_ended();
  CHECK(s.ended()->why == outcome::terminated);

  refer_subscriber gone{sip::timer_values{}};
  gone.dialog_ended();
  CHECK(gone.ended()->why == outcome::gone);
}

TEST_CASE("a reason from the network is cut") {
  refer_subscriber s{sip::timer_values{}};
  s.responded(603, std::string(10'000, 'x'), start);
  CHECK(s.ended()->reason.size() == refer_subscriber::max_reason);
}

TEST_CASE("a notifier tells 100 at once, then the last news, one NOTIFY at a time") {
  refer_notifier n(false, start);
  auto first = n.poll(start);
  REQUIRE(first);
  CHECK(first->status == 100);
  CHECK(first->reason == "Trying");
  CHECK_FALSE(first->terminated);
  CHECK(first->expires_s == 120);
  CHECK_FALSE(n.poll(start));
  n.progress(180, "Ringing");
  n.progress(183, "Session Progress");
  CHECK_FALSE(n.poll(start));  // the first has no answer yet
  n.answered(100);
  CHECK_FALSE(n.poll(start));
  n.answered(200);
  const auto second = n.poll(start + milliseconds(1500));
  REQUIRE(second);
  CHECK(second->status == 183);
  CHECK(second->expires_s == 119);
  n.answered(200);
  n.progress(183, "Session Progress");
  CHECK_FALSE(n.poll(start));  // told before
  n.progress(200, "OK");
  n.progress(180, "Ringing");
  const auto last = n.poll(start + seconds(2));
  REQUIRE(last);
  CHECK(last->status == 200);
  CHECK(last->terminated);
  CHECK(last->state_reason == "noresource");
  CHECK_FALSE(n.is_over());
  n.answered(200);
  CHECK(n.is_over());
  CHECK(n.next_deadline() == never);
}

TEST_CASE("a refused NOTIFY ends the subscription") {
  for (const int status : {481, 408, 500, 302}) {
    refer_notifier n(false, start);
    REQUIRE(n.poll(start));
    n.answered(status);
    CHECK(n.is_over());
    n.progress(200, "OK");
    CHECK_FALSE(n.poll(start));
  }
}

TEST_CASE("a notifier gives up at its expiry with the last it knew") {
  refer_notifier n(false, start);
  REQUIRE(n.poll(start));
  n.answered(200);
  n.progress(180, "Ringing");
  REQUIRE(n.poll(start));
  n.answered(200);
  n.handle_timeout(start + seconds(120) - milliseconds(1));
  CHECK_FALSE(n.poll(start));
  CHECK(n.next_deadline() == start + seconds(120));
  n.handle_timeout(start + seconds(120));
  CHECK(n.next_deadline() == never);
  const auto last = n.poll(start + seconds(120));
  REQUIRE(last);
  CHECK(last->terminated);
  CHECK(last->state_reason == "timeout");
  CHECK(last->status == 180);
  n.answered(200);
  CHECK(n.is_over());
}

TEST_CASE("without a subscription (Refer-Sub: false) nothing is told") {
  refer_notifier n(true, start);
  CHECK(n.is_over());
  n.progress(200, "OK");
  CHECK_FALSE(n.poll(start));
  CHECK(n.next_deadline() == never);
}
