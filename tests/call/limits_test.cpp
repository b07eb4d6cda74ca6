// Bounds of the call layer at their edges, where no other test has them: so much passes, one more
// does not.
#include "call/support.hpp"
#include "sipvoice/call/calling_side.hpp"
#include "sipvoice/call/dialog_requests.hpp"
#include "sipvoice/call/early_dialogs.hpp"
#include "sipvoice/call/lookups.hpp"
#include "sipvoice/call/session_timer.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

std::string contact_of_fork(std::size_t i) {
  return "Contact: <sip:bob@127.0.0.2:" + std::to_string(6000 + i) + ">\r\n";
}

std::shared_ptr<const sip::message> dial(node& n) {
  call::dial_request r;
  r.target = "sip:bob@127.0.0.2:5070";
  n.dial(r);
  return n.last_sent("INVITE").message;
}

}  // namespace

TEST_CASE("requests of ours under way in one dialog, a BYE is never one too many") {
  node n;
  establish(n);
  const auto say = [&n] {
    const bool taken = n.endpoint().send_message(n.last_call, "text/plain", "hello", n.now());
    n.drain();
    return taken;
  };
  for (std::size_t i = 0; i < call::dialog_requests::max_in_flight; ++i) CHECK(say());
  CHECK_FALSE(say());
  CHECK(n.times_of("MESSAGE").size() == call::dialog_requests::max_in_flight);
  n.receive(respond_to(*n.last_sent("MESSAGE").message, 200, ""));
  CHECK(say());
  CHECK_FALSE(say());
  CHECK(n.hang_up());
  CHECK(n.times_of("BYE").size() == 1);
  n.advance(seconds(60));
  CHECK(n.is_clean());
}

TEST_CASE("forks that are acknowledged by PRACK") {
  node n;
  const auto invite = dial(n);
  constexpr std::size_t most = call::early_dialogs::max_dialogs;
  for (std::size_t i = 0; i <= most; ++i)
    n.receive(respond_to(*invite, 180, "b" + std::to_string(i),
                         contact_of_fork(i) + "Require: 100rel\r\nRSeq: 1\r\n"));
  CHECK(n.times_of("PRACK").size() == most);
  CHECK(n.endpoint().calls() == 1);
  n.hang_up();
  n.receive(respond_to(*invite, 487, "b0"));
  n.advance(seconds(100));
  CHECK(n.is_clean());
}

TEST_CASE("provisionals in turn: so many changes are told, and the call goes on") {
  node n;
  const auto invite = dial(n);
  constexpr int most = call::calling_side::max_progress;
  for (int i = 0; i < most + 2; ++i)
    n.receive(respond_to(*invite, i % 2 == 0 ? 180 : 183, "b", contact_of_fork(0)));
  const auto told = n.events<call::call_ringing>();
  REQUIRE(told.size() == most);
  CHECK(told.front().status == 180);
  CHECK(told.back().status == 183);
  n.receive(respond_to(*invite, 200, "b", contact_of_fork(0), offer()));
  CHECK(n.events<call::call_answered>().size() == 1);
}

TEST_CASE("2xx of other forks that are ended in order") {
  node n;
  const auto invite = dial(n);
  constexpr std::size_t most = call::limits::max_forks;
  n.receive(respond_to(*invite, 200, "b", contact_of_fork(0), offer()));
  for (std::size_t i = 0; i <= most; ++i)
    n.receive(respond_to(*invite, 200, "b" + std::to_string(i), contact_of_fork(i), offer()));
  CHECK(n.times_of("BYE").size() == most);
  CHECK(n.events<call::call_answered>().size() == 1);
  CHECK(n.events<call::call_ended>().empty());
  n.hang_up();
  n.advance(seconds(100));
  CHECK(n.is_clean());
}

TEST_CASE("2xx of re-INVITEs whose copies are still acknowledged") {
  node n;
  const auto ok = establish(n);
  std::vector<std::string> answers;
  constexpr std::size_t most = call::dialog_requests::max_kept_acks;
  for (std::size_t i = 0; i <= most; ++i) {
    CHECK((i % 2 == 0 ? n.hold() : n.resume()));
    answers.push_back(respond_to(*n.last_sent("INVITE").message, 200, "",
                                 "Contact: <sip:alice@127.0.0.2:5070>\r\n",
                                 offer("0 8 101", "", "127.0.0.2", 4000, static_cast<int>(i + 2))));
    n.receive(answers.back());
  }
  CHECK(n.times_of("ACK").size() == most + 1);
  n.receive(answers.front());  // the oldest one has been forgotten
  CHECK(n.times_of("ACK").size() == most + 1);
  for (std::size_t i = 1; i <= most; ++i) n.receive(answers[i]);
  CHECK(n.times_of("ACK").size() == 2 * most + 1);
}

TEST_CASE("a change inside a call gives back nothing of what is kept of it") {
  call::endpoint_config config;
  config.max_call_bytes = 100'000;
  node n(config);
  peer_request first;
  first.headers = "X-Note: " + std::string(30'000, 'x') + "\r\n";
  const auto ok = establish(n, first);
  peer_request update = in_dialog(*ok, "UPDATE", 2, "z9hG4bK-u");
  n.receive(update.text());
  REQUIRE(n.last_sent().status() == 200);
  peer_request second = first;
  second.call_id = "call-2";
  second.branch = "z9hG4bK-2";
  n.receive(second.text());
  CHECK(n.last_sent().status() == 503);
}

TEST_CASE("what callers may make all calls keep: whole INVITEs, then what is needed of them") {
  call::endpoint_config config;
  config.max_call_bytes = 100'000;
  node n(config);
  int number = 0;
  const auto invite = [&](const std::string& headers) {
    peer_request r;
    r.call_id = "call-" + std::to_string(++number);
    r.branch = "z9hG4bK-" + std::to_string(number);
    r.headers = headers;
    n.receive(r.text());
    return n.last_sent().status();
  };
  const auto accept = [&](const std::string& headers) {
    REQUIRE(invite(headers) == 100);
    n.answer();
    const auto ok = n.last_sent("200").message;
    n.receive(in_dialog(*ok, "ACK", 1, "z9hG4bK-a" + std::to_string(number)).text());
    return ok;
  };
  const std::string passing = "Subject: " + std::string(20'000, 's') + "\r\n";
  const std::string lasting =
      "Record-Route: <sip:127.0.0.2;lr;x=" + std::string(20'000, 'x') + ">\r\n";
  CHECK(invite(passing) == 100);
  const call::call_id ringing = n.last_call;
  const auto up = accept(lasting);
  CHECK(invite(passing) == 503);
  const auto refused = n.last<call::call_rejected>();
  CHECK(refused.rule == "overload");
  CHECK(invite({}) == 100);  // small ones have a half of their own

  n.last_call = ringing;
  n.answer();
  n.receive(in_dialog(*n.last_sent("200").message, "ACK", 1, "z9hG4bK-ack").text());
  accept(passing);  // what has been routed is forgotten
  accept(passing);
  CHECK(invite(lasting) == 100);
  CHECK(invite(lasting) == 503);
  n.receive(in_dialog(*up, "BYE", 2, "z9hG4bK-bye").text());
  CHECK(invite(lasting) == 100);
}

TEST_CASE("calls with one Call-ID: suffixes are counted, then drawn") {
  node n;
  constexpr int last = call::limits::max_id_suffix;
  std::string id;
  for (int i = 1; i <= last + 1; ++i) {
    peer_request invite;
    invite.from = "<sip:alice@127.0.0.2>;tag=a" + std::to_string(i);
    invite.branch = "z9hG4bK-" + std::to_string(i);
    n.receive(invite.text());
    id = n.last<call::call_incoming>().info.session_id;
    if (i == last) CHECK(id == "call-1-" + std::to_string(last));
    n.all_events.clear();
    n.sent.clear();
  }
  CHECK(id.starts_with("call-1-"));
  CHECK(id.size() == std::string("call-1-").size() + 8);
  CHECK(n.endpoint().calls() == static_cast<std::size_t>(last) + 1);
}

TEST_CASE("an interval that the far end raises again and again") {
  call::session_timer timer(seconds(90), seconds(90));
  const auto raised_to = [&timer](int seconds) {
    const auto refusal = sip::message::parse(
        "SIP/2.0 422 Session Interval Too Small\r\nMin-SE: " + std::to_string(seconds) +
        "\r\nContent-Length: 0\r\n\r\n");
    return timer.raise(*refusal);
  };
  for (int i = 0; i < call::session_timer::max_raises; ++i) CHECK(raised_to(100 + 10 * i));
  CHECK_FALSE(raised_to(1000));
}

TEST_CASE("lookups: an answer, a limit of time, and how many there may be") {
  output_queue<call::output> out;
  call::lookups names(out);
  seeded_random random(1);
  const time_point begun(seconds(5));
  const auto start = [&](call::call_id owner, call::lookups::told done) {
    return names.start(sip::locator("sip:h.example:5060;transport=udp", {}, random), owner,
                       std::move(done), begun);
  };
  SECTION("told once, outside of what brought the answer") {
    std::vector<std::size_t> told;
    CHECK(start(call::call_id{3}, [&](const sip::locator& l) {
            told.push_back(l.candidates().size());
          }) != call::lookups::id::none);
    REQUIRE(out.size() == 2);
    while (const auto o = out.pop()) {
      CHECK_FALSE(names.poll_ready().has_value());
      const auto& q = std::get<call::dns_question>(*o);
      sip::dns_records found;
      if (q.type == sip::dns_type::a) found.push_back(ip_address::v4(127, 0, 0, 2));
      names.receive(q.id, found);
      names.receive(q.id, found);  // a second time: nobody asked
    }
    CHECK(told.empty());
    auto ready = names.poll_ready();
    REQUIRE(ready.has_value());
    CHECK(ready->owner == call::call_id{3});
    ready->run();
    CHECK(told == std::vector<std::size_t>{1});
    CHECK_FALSE(names.poll_ready().has_value());
    CHECK(names.next_deadline() == never);
    CHECK(names.size() == 0);
  }
  SECTION("after 10 s what is known has to do") {
    std::ignore = start({}, [](const sip::locator& l) { CHECK(l.candidates().size() == 1); });
    const auto first = std::get<call::dns_question>(out.pop().value());
    const sip::dns_records found{first.type == sip::dns_type::a ? ip_address::v4(127, 0, 0, 2)
                                                                : *ip_address::parse("::1")};
    names.receive(first.id, found);
    CHECK(names.next_deadline() == begun + call::lookup_limits::patience);
    names.handle_timeout(begun + call::lookup_limits::patience - milliseconds(1));
    CHECK_FALSE(names.poll_ready().has_value());
    names.handle_timeout(begun + call::lookup_limits::patience);
    names.poll_ready()->run();
    CHECK(names.size() == 0);
  }
  SECTION("cancelled, before and after its end") {
    bool told = false;
    const auto id = start({}, [&](const sip::locator&) { told = true; });
    names.cancel(id);
    CHECK(names.next_deadline() == never);
    const auto other = start({}, [&](const sip::locator&) { told = true; });
    names.handle_timeout(begun + call::lookup_limits::patience);
    names.cancel(other);
    CHECK_FALSE(names.poll_ready().has_value());
    CHECK_FALSE(told);
  }
  SECTION("so many at one time") {
    for (std::size_t i = 0; i < call::lookup_limits::max_lookups; ++i)
      REQUIRE(start({}, [](const sip::locator&) {}) != call::lookups::id::none);
    CHECK(start({}, [](const sip::locator&) {}) == call::lookups::id::none);
    CHECK(names.size() == call::lookup_limits::max_lookups);
  }
}

namespace {

void invite(node& n, int which) {
  peer_request r;
  r.call_id = "call-" + std::to_string(which);
  r.branch = "z9hG4bK-" + std::to_string(which);
  n.receive(r.text());
}

void is_full(const node& n) {
  CHECK(n.last_sent().status() == 503);
  CHECK(n.last_sent().value(sip::header_id::retry_after) == "10");
  CHECK(n.last<call::call_rejected>().rule == "max_sessions");
}

}  // namespace

TEST_CASE("sessions at once: so many calls, 503 for one more, and again when one has ended") {
  call::endpoint_config config;
  config.max_sessions = 3;
  node n(config);
  std::vector<call::call_id> calls;
  for (int i = 0; i < 3; ++i) {
    invite(n, i);
    CHECK(n.last_sent().status() == 100);
    calls.push_back(n.last_call);
  }
  CHECK(n.events<call::call_incoming>().size() == 3);
  invite(n, 3);
  is_full(n);
  n.last_call = calls[1];
  CHECK(n.reject(486));
  invite(n, 4);
  CHECK(n.last_sent().status() == 100);
  CHECK(n.events<call::call_incoming>().size() == 4);
  invite(n, 5);
  is_full(n);
}

TEST_CASE("calls that are kept at once, those that are over with them") {
  call::endpoint_config config;
  config.max_calls = 3;
  node n(config);
  n.media_at_once = false;
  const auto ok = establish(n);
  n.receive(in_dialog(*ok, "BYE", 2, "z9hG4bK-bye").text());  // over, but its media are not back
  invite(n, 11);
  invite(n, 12);
  CHECK(n.events<call::call_incoming>().size() == 3);
  invite(n, 13);
  is_full(n);
  n.media_event(n.closed.at(0).id, media::media_closed{});
  CHECK(n.endpoint().inventory().calls == 2);
  invite(n, 14);
  CHECK(n.last_sent().status() == 100);
  CHECK(n.events<call::call_incoming>().size() == 4);
  invite(n, 15);
  is_full(n);
}
