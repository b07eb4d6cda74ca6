// RFC 3261 section 17.2.2: every row is a moment and what happens at it.
#include "sipvoice/sip/server_non_invite.hpp"

#include "support/catch.hpp"

namespace {

using namespace sipvoice;
using sip::server_non_invite;
using sip::tx_end;
using std::chrono::milliseconds;
using state = server_non_invite::state;
using timer = server_non_invite::timer;

constexpr bool udp = false, tcp = true;

time_point at(std::int64_t ms) { return time_point{} + milliseconds(ms); }
std::int64_t ms_of(time_point t) { return t == never ? -1 : to_ms(t - time_point{}); }

TEST_CASE("A request without a response yet absorbs its copies") {
  server_non_invite machine({}, udp);
  CHECK(machine.current() == state::trying);
  CHECK_FALSE(machine.receive_request().send_last);
  CHECK(machine.next().at == never);
}

TEST_CASE("A request in Proceeding or Completed answers each copy with the last response") {
  server_non_invite machine({}, udp);
  CHECK(machine.respond(100, at(0)).send_last);
  CHECK(machine.current() == state::proceeding);
  CHECK(machine.receive_request().send_last);
  CHECK(machine.next().at == never);
  CHECK(machine.respond(200, at(1000)).send_last);
  CHECK(machine.current() == state::completed);
  CHECK(machine.receive_request().send_last);
  CHECK(machine.next().why == timer::j);
  CHECK(ms_of(machine.next().at) == 33000);
}

TEST_CASE("Timer J: 64*T1 over UDP, none over a stream") {
  struct row {
    bool reliable;
    int status;
    std::int64_t ends;  // -1: at once
  };
  const row rows[] = {{udp, 200, 32100}, {udp, 481, 32100}, {tcp, 200, -1}, {tcp, 481, -1}};
  for (const row& r : rows) {
    CAPTURE(r.reliable, r.status);
    server_non_invite machine({}, r.reliable);
    const auto o = machine.respond(r.status, at(100));
    CHECK(o.send_last);
    CHECK(ms_of(machine.next().at) == r.ends);
    if (r.ends < 0) {
      CHECK(o.ended == tx_end::completed);
      CHECK_FALSE(machine.receive_request().send_last);
      continue;
    }
    CHECK_FALSE(o.ended);
    CHECK_FALSE(machine.handle_timeout(at(r.ends - 1)).ended);
    CHECK(machine.handle_timeout(at(r.ends)).ended == tx_end::completed);
    CHECK(machine.next().at == never);
  }
}

TEST_CASE("Only one final response is taken, and no provisional behind it") {
  for (const int second : {100, 200, 404}) {
    CAPTURE(second);
    server_non_invite machine({}, udp);
    static_cast<void>(machine.respond(200, at(0)));
    CHECK_FALSE(machine.may_respond(second));
    CHECK_FALSE(machine.respond(second, at(1)).send_last);
    CHECK(ms_of(machine.next().at) == 32000);
  }
}

}  // namespace
