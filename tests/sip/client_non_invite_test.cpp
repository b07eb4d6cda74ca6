// RFC 3261 section 17.1.2: every row is a moment and what happens at it.
#include "sipvoice/sip/client_non_invite.hpp"

#include <vector>

#include "support/catch.hpp"

namespace {

using namespace sipvoice;
using sip::client_non_invite;
using sip::tx_end;
using std::chrono::milliseconds;
using state = client_non_invite::state;
using timer = client_non_invite::timer;

constexpr bool udp = false, tcp = true;

time_point at(std::int64_t ms) { return time_point{} + milliseconds(ms); }
std::int64_t ms_of(time_point t) { return t == never ? -1 : to_ms(t - time_point{}); }

struct run_result {
  std::vector<std::int64_t> sent;
  std::int64_t ended_at = -1;
  std::optional<tx_end> ended;
};
run_result run(client_non_invite& machine) {
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

TEST_CASE("A request is repeated at T1, doubling to T2, and times out at 64*T1") {
  client_non_invite machine({}, udp);
  REQUIRE(machine.start(at(0)).send_request);
  CHECK(machine.next().why == timer::e);
  const auto got = run(machine);
  CHECK(got.sent ==
        std::vector<std::int64_t>{500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500});
  CHECK(got.ended_at == 32000);
  CHECK(got.ended == tx_end::timed_out);
}

TEST_CASE("A request over a stream is sent once and times out at 64*T1") {
  client_non_invite machine({}, tcp);
  REQUIRE(machine.start(at(0)).send_request);
  CHECK(machine.next().why == timer::f);
  const auto got = run(machine);
  CHECK(got.sent.empty());
  CHECK(got.ended_at == 32000);
  CHECK(got.ended == tx_end::timed_out);
}

TEST_CASE("After a provisional a request is repeated every T2, timer F runs on") {
  client_non_invite machine({}, udp);
  static_cast<void>(machine.start(at(0)));
  CHECK(machine.handle_timeout(at(500)).send_request);
  CHECK(machine.receive_response(100, at(600)).inform);
  CHECK(machine.current() == state::proceeding);
  const auto got = run(machine);
  CHECK(got.sent == std::vector<std::int64_t>{1500, 5500, 9500, 13500, 17500, 21500, 25500, 29500});
  CHECK(got.ended_at == 32000);
  CHECK(got.ended == tx_end::timed_out);
}

TEST_CASE("Final responses to a request: where they lead and when it ends") {
  struct row {
    bool reliable;
    bool after_provisional;
    int status;
    state leads_to;
    timer why;
    std::int64_t ends;  // -1: at once
  };
  const row rows[] = {
      {udp, false, 200, state::completed, timer::k, 6000},
      {udp, true, 200, state::completed, timer::k, 6000},
      {udp, false, 481, state::completed, timer::k, 6000},
      {udp, true, 699, state::completed, timer::k, 6000},
      {tcp, false, 200, state::terminated, timer::none, -1},
      {tcp, true, 404, state::terminated, timer::none, -1},
  };
  for (const row& r : rows) {
    CAPTURE(r.reliable, r.after_provisional, r.status);
    client_non_invite machine({}, r.reliable);
    static_cast<void>(machine.start(at(0)));
    if (r.after_provisional) static_cast<void>(machine.receive_response(100, at(400)));
    const auto o = machine.receive_response(r.status, at(1000));
    CHECK(o.inform);
    CHECK(machine.current() == r.leads_to);
    CHECK(machine.next().why == r.why);
    CHECK(ms_of(machine.next().at) == r.ends);
    CHECK(o.ended.has_value() == (r.ends < 0));
    if (r.ends < 0) continue;
    for (const int again : {100, r.status, 500})
      CHECK_FALSE(machine.receive_response(again, at(2000)).inform);
    CHECK(ms_of(machine.next().at) == r.ends);
    CHECK_FALSE(machine.handle_timeout(at(r.ends - 1)).ended);
    const auto last = machine.handle_timeout(at(r.ends));
    CHECK(last.ended == tx_end::completed);
    CHECK_FALSE(last.send_request);
  }
}

}  // namespace
