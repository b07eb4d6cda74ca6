// RFC 3261 section 17.1.1 and RFC 6026: every row is a moment and what happens at it.
#include "sipvoice/sip/client_invite.hpp"

#include <vector>

#include "support/catch.hpp"

namespace {

using namespace sipvoice;
using sip::client_invite;
using sip::tx_end;
using std::chrono::milliseconds;
using state = client_invite::state;
using timer = client_invite::timer;

constexpr bool udp = false, tcp = true;

time_point at(std::int64_t ms) { return time_point{} + milliseconds(ms); }
std::int64_t ms_of(time_point t) { return t == never ? -1 : to_ms(t - time_point{}); }

// Runs the machine until it ends or wants nothing; the moments at which it sends the request.
struct run_result {
  std::vector<std::int64_t> sent;
  std::int64_t ended_at = -1;
  std::optional<tx_end> ended;
};
run_result run(client_invite& machine) {
  run_result out;
  while (machine.next().at != never) {
    const time_point now = machine.next().at;
    const auto o = machine.handle_timeout(now);
    if (o.send_request) out.sent.push_back(ms_of(now));
    if (o.ended) {
      out.ended = o.ended;
      out.ended_at = ms_of(now);
    }
  }
  return out;
}

TEST_CASE("INVITE is repeated at T1, doubling, and times out at 64*T1") {
  client_invite machine({}, udp);
  REQUIRE(machine.start(at(0)).send_request);
  CHECK(machine.next().why == timer::a);
  const auto got = run(machine);
  CHECK(got.sent == std::vector<std::int64_t>{500, 1500, 3500, 7500, 15500, 31500});
  CHECK(got.ended_at == 32000);
  CHECK(got.ended == tx_end::timed_out);
  CHECK(machine.current() == state::terminated);
}

TEST_CASE("INVITE over a stream is sent once and times out at 64*T1") {
  client_invite machine({}, tcp);
  REQUIRE(machine.start(at(0)).send_request);
  CHECK(machine.next().why == timer::b);
  const auto got = run(machine);
  CHECK(got.sent.empty());
  CHECK(got.ended_at == 32000);
  CHECK(got.ended == tx_end::timed_out);
}

TEST_CASE("INVITE timers follow another T1") {
  client_invite machine({milliseconds(100), milliseconds(400), milliseconds(500)}, udp);
  static_cast<void>(machine.start(at(1000)));
  const auto got = run(machine);
  CHECK(got.sent == std::vector<std::int64_t>{1100, 1300, 1700, 2500, 4100, 7300});
  CHECK(got.ended_at == 7400);
}

TEST_CASE("A provisional ends repetition and the time limit of an INVITE") {
  client_invite machine({}, udp);
  static_cast<void>(machine.start(at(0)));
  CHECK(machine.handle_timeout(at(500)).send_request);
  const auto o = machine.receive_response(100, at(600));
  CHECK(o.inform);
  CHECK_FALSE(o.send_ack);
  CHECK(machine.current() == state::proceeding);
  CHECK(machine.next().at == never);
  CHECK(machine.receive_response(180, at(90000)).inform);
  CHECK(machine.next().at == never);
}

TEST_CASE("Final responses to an INVITE: what is done, where it leads, when it ends") {
  struct row {
    bool reliable;
    bool after_provisional;
    int status;
    bool ack, inform;
    state leads_to;
    timer why;
    std::int64_t ends;  // -1: at once
  };
  const row rows[] = {
      {udp, false, 200, false, true, state::accepted, timer::m, 33000},
      {udp, true, 299, false, true, state::accepted, timer::m, 33000},
      {tcp, false, 200, false, true, state::accepted, timer::m, 33000},
      {udp, false, 300, true, true, state::completed, timer::d, 33000},
      {udp, true, 486, true, true, state::completed, timer::d, 33000},
      {udp, true, 699, true, true, state::completed, timer::d, 33000},
      {tcp, true, 486, true, true, state::terminated, timer::none, -1},
      {tcp, false, 300, true, true, state::terminated, timer::none, -1},
  };
  for (const row& r : rows) {
    CAPTURE(r.reliable, r.after_provisional, r.status);
    client_invite machine({}, r.reliable);
    static_cast<void>(machine.start(at(0)));
    if (r.after_provisional) static_cast<void>(machine.receive_response(180, at(400)));
    const auto o = machine.receive_response(r.status, at(1000));
    CHECK(o.send_ack == r.ack);
    CHECK(o.inform == r.inform);
    CHECK(machine.current() == r.leads_to);
    CHECK(machine.next().why == r.why);
    CHECK(ms_of(machine.next().at) == r.ends);
    CHECK(o.ended.has_value() == (r.ends < 0));
    if (r.ends < 0) continue;
    CHECK_FALSE(machine.handle_timeout(at(r.ends - 1)).ended);
    CHECK(machine.handle_timeout(at(r.ends)).ended == tx_end::completed);
    CHECK(machine.current() == state::terminated);
  }
}

TEST_CASE("Completed ACKs each repeated failure and passes nothing up") {
  client_invite machine({}, udp);
  static_cast<void>(machine.start(at(0)));
  static_cast<void>(machine.receive_response(404, at(100)));
  for (const int status : {404, 404, 500}) {
    const auto o = machine.receive_response(status, at(200));
    CHECK(o.send_ack);
    CHECK_FALSE(o.inform);
  }
  for (const int status : {100, 180, 200}) {
    const auto o = machine.receive_response(status, at(300));
    CHECK_FALSE(o.send_ack);
    CHECK_FALSE(o.inform);
  }
  CHECK(ms_of(machine.next().at) == 32100);  // not moved by repetitions
}

TEST_CASE("Accepted passes every 2xx up, and nothing else, until timer M") {
  client_invite machine({}, udp);
  static_cast<void>(machine.start(at(0)));
  static_cast<void>(machine.receive_response(200, at(100)));
  CHECK(machine.receive_response(200, at(600)).inform);
  CHECK(machine.receive_response(202, at(32099)).inform);
  for (const int status : {100, 183, 302, 486, 603}) {
    const auto o = machine.receive_response(status, at(700));
    CHECK_FALSE(o.inform);
    CHECK_FALSE(o.send_ack);
  }
  CHECK(machine.handle_timeout(at(32100)).ended == tx_end::completed);
  CHECK_FALSE(machine.receive_response(200, at(32101)).inform);
}

TEST_CASE("A cancelled INVITE is given up 64*T1 after the CANCEL") {
  client_invite machine({}, udp);
  static_cast<void>(machine.start(at(0)));
  static_cast<void>(machine.receive_response(180, at(1000)));
  machine.cancel_sent(at(5000));
  CHECK(machine.next().why == timer::cancel);
  CHECK(machine.receive_response(183, at(6000)).inform);
  CHECK(ms_of(machine.next().at) == 37000);
  SECTION("no final response") {
    CHECK(machine.handle_timeout(at(37000)).ended == tx_end::timed_out);
  }
  SECTION("487") {
    const auto o = machine.receive_response(487, at(7000));
    CHECK(o.send_ack);
    CHECK(o.inform);
    CHECK(machine.next().why == timer::d);
    machine.cancel_sent(at(8000));  // too late: changes nothing
    CHECK(machine.next().why == timer::d);
  }
}

TEST_CASE("A late call repeats an INVITE once, not once for every moment missed") {
  client_invite machine({}, udp);
  static_cast<void>(machine.start(at(0)));
  CHECK(machine.handle_timeout(at(10000)).send_request);
  CHECK(ms_of(machine.next().at) == 11000);
}

}  // namespace
