// RFC 3261 section 17.2.1 and RFC 6026: every row is a moment and what happens at it.
#include "sipvoice/sip/server_invite.hpp"

#include <vector>

#include "support/catch.hpp"

namespace {

using namespace sipvoice;
using sip::server_invite;
using sip::tx_end;
using std::chrono::milliseconds;
using state = server_invite::state;
using timer = server_invite::timer;

constexpr bool udp = false, tcp = true;

time_point at(std::int64_t ms) { return time_point{} + milliseconds(ms); }
std::int64_t ms_of(time_point t) { return t == never ? -1 : to_ms(t - time_point{}); }

struct run_result {
  std::vector<std::int64_t> sent;
  std::int64_t ended_at = -1;
  std::optional<tx_end> ended;
};
run_result run(server_invite& machine) {
  run_result out;
  while (machine.next().at != never) {
    const time_point now = machine.next().at;
    const auto o = machine.handle_timeout(now);
    if (o.send_last) out.sent.push_back(ms_of(now));
    if (o.ended) {
      out.ended = o.ended;
      out.ended_at = ms_of(now);
    }
  }
  return out;
}

TEST_CASE("A failure is repeated at T1, doubling to T2, until timer H") {
  server_invite machine({}, udp);
  CHECK(machine.respond(486, at(0)).send_last);
  CHECK(machine.current() == state::completed);
  CHECK(machine.next().why == timer::g);
  const auto got = run(machine);
  CHECK(got.sent ==
        std::vector<std::int64_t>{500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500});
  CHECK(got.ended_at == 32000);
  CHECK(got.ended == tx_end::no_ack);
}

TEST_CASE("A failure over a stream is sent once, timer H still runs") {
  server_invite machine({}, tcp);
  CHECK(machine.respond(486, at(0)).send_last);
  CHECK(machine.next().why == timer::h);
  const auto got = run(machine);
  CHECK(got.sent.empty());
  CHECK(got.ended_at == 32000);
  CHECK(got.ended == tx_end::no_ack);
}

TEST_CASE("Proceeding waits for its user without a limit and answers each copy") {
  server_invite machine({}, udp);
  CHECK(machine.next().at == never);
  CHECK(machine.respond(100, at(0)).send_last);
  CHECK(machine.respond(180, at(100)).send_last);
  CHECK(machine.receive_invite().send_last);
  CHECK(machine.current() == state::proceeding);
  CHECK(machine.next().at == never);
  const auto early = machine.receive_ack(at(200));
  CHECK_FALSE(early.pass_ack);
  CHECK_FALSE(early.ended);
  CHECK(machine.current() == state::proceeding);
}

TEST_CASE("The ACK to a failure ends repetition, timer I absorbs further ones") {
  server_invite machine({}, udp);
  static_cast<void>(machine.respond(404, at(0)));
  CHECK(machine.handle_timeout(at(500)).send_last);
  CHECK(machine.receive_invite().send_last);
  const auto o = machine.receive_ack(at(700));
  CHECK_FALSE(o.pass_ack);
  CHECK_FALSE(o.ended);
  CHECK(machine.current() == state::confirmed);
  CHECK(machine.next().why == timer::i);
  CHECK(ms_of(machine.next().at) == 5700);
  CHECK_FALSE(machine.receive_ack(at(800)).pass_ack);
  CHECK_FALSE(machine.receive_invite().send_last);
  CHECK(ms_of(machine.next().at) == 5700);
  const auto got = run(machine);
  CHECK(got.sent.empty());
  CHECK(got.ended_at == 5700);
  CHECK(got.ended == tx_end::completed);
}

TEST_CASE("The ACK to a failure over a stream ends the transaction at once") {
  server_invite machine({}, tcp);
  static_cast<void>(machine.respond(404, at(0)));
  const auto o = machine.receive_ack(at(700));
  CHECK(o.ended == tx_end::completed);
  CHECK(machine.next().at == never);
}

TEST_CASE("Accepted: copies are absorbed, ACKs go up, timer L ends it on every transport") {
  for (const bool reliable : {udp, tcp}) {
    CAPTURE(reliable);
    server_invite machine({}, reliable);
    static_cast<void>(machine.respond(180, at(0)));
    CHECK(machine.respond(200, at(1000)).send_last);
    CHECK(machine.current() == state::accepted);
    CHECK(machine.next().why == timer::l);
    CHECK_FALSE(machine.receive_invite().send_last);
    CHECK(machine.receive_ack(at(1100)).pass_ack);
    CHECK(machine.receive_ack(at(1200)).pass_ack);
    const auto got = run(machine);
    CHECK(got.sent.empty());
    CHECK(got.ended_at == 33000);
    CHECK(got.ended == tx_end::completed);
  }
}

TEST_CASE("Which responses an INVITE takes in which state") {
  struct row {
    int first;  // 0: none
    int second;
    bool taken;
  };
  const row rows[] = {
      {0, 100, true},    {0, 183, true},    {0, 200, true},    {0, 600, true},    {0, 99, false},
      {180, 100, true},  {180, 486, true},  {200, 200, true},  {200, 202, true},  {200, 180, false},
      {200, 486, false}, {486, 200, false}, {486, 486, false}, {486, 180, false},
  };
  for (const row& r : rows) {
    CAPTURE(r.first, r.second);
    server_invite machine({}, udp);
    if (r.first != 0) static_cast<void>(machine.respond(r.first, at(0)));
    const auto before = machine.current();
    CHECK(machine.may_respond(r.second) == r.taken);
    CHECK(machine.respond(r.second, at(10)).send_last == r.taken);
    if (!r.taken) CHECK(machine.current() == before);
  }
}

}  // namespace
