// The soak's own rules: each finds what it is there to find.
#include <string>
#include <vector>

#include "sim/soak/agreement.hpp"
#include "sim/soak/wire_watch.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using namespace soak;
using std::chrono::seconds;

namespace {

struct bench {
  std::vector<violation> found;
  ledger told{"node", found};

  bench() { opened(1, true); }
  void opened(std::uint64_t id, bool inbound) {
    call::call_info info;
    info.id = call::call_id{id};
    info.sip_call_id = "c" + std::to_string(id);
    info.inbound = inbound;
    if (inbound) {
      take(call::call_incoming{info});
    } else {
      take(call::call_outgoing{info});
    }
  }
  void take(const call::call_event& e) { told.take(e, time_point{} + seconds(1)); }
  static call::call_ended end(std::uint64_t id) {
    call::call_ended e;
    e.id = call::call_id{id};
    return e;
  }
};

told_call side(bool inbound, call::ended_by by, bool goodbye) {
  told_call c;
  c.sip_call_id = "c";
  c.inbound = inbound;
  c.accepted = inbound;
  c.answered = c.closed = true;
  c.by = by;
  c.reason = "hangup";
  c.closed_at = time_point{} + seconds(5);
  if (goodbye) c.goodbye = c.closed_at;
  c.heard_2xx = !inbound;
  c.sent_bye = by != call::ended_by::remote;
  return c;
}

std::size_t complaints(const told_call& one, const told_call* other) {
  std::vector<violation> found;
  ledger of("node", found);
  check_agreement(of, one, other);
  return found.size();
}

std::string response(int status, const std::string& branch, const std::string& tag) {
  return "SIP/2.0 " + std::to_string(status) + " x\r\nVia: SIP/2.0/UDP a;branch=" + branch +
         "\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:b@b>;tag=" + tag +
         "\r\nCall-ID: c\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n";
}

}  // namespace

TEST_CASE("the ledger wants one opening, one end and nothing behind it") {
  bench b;
  SECTION("in order") {
    b.take(bench::end(1));
    CHECK(b.found.empty());
    CHECK(b.told.open_calls() == 0);
  }
  SECTION("ended twice") {
    b.take(bench::end(1));
    b.take(bench::end(1));
    CHECK(b.found.size() == 1);
  }
  SECTION("ended, then rejected") {
    b.take(bench::end(1));
    call::call_rejected r;
    r.info.id = call::call_id{1};
    b.take(r);
    CHECK(b.found.size() == 1);
  }
  SECTION("news after the end") {
    b.take(bench::end(1));
    b.take(call::call_ringing{call::call_id{1}, 180});
    CHECK(b.found.size() == 1);
  }
  SECTION("the end of a call that nobody told of") {
    b.take(bench::end(2));
    CHECK(b.found.size() == 1);
  }
  SECTION("opened twice") {
    b.opened(1, false);
    CHECK(b.found.size() == 1);
  }
}

TEST_CASE("agreement: who hung up") {
  using call::ended_by;
  const told_call hung_up = side(false, ended_by::local, false);
  const told_call was_told = side(true, ended_by::remote, true);
  CHECK(complaints(hung_up, &was_told) == 0);
  CHECK(complaints(was_told, &hung_up) == 0);

  const told_call deaf = side(true, ended_by::local, false);
  CHECK(complaints(hung_up, &deaf) == 0);  // both BYEs crossed
  const told_call stubborn = side(true, ended_by::local, true);
  CHECK(complaints(stubborn, &hung_up) == 1);  // a BYE came, and it does not say so
  const told_call clairvoyant = side(true, ended_by::remote, false);
  CHECK(complaints(clairvoyant, &hung_up) == 1);
  CHECK(complaints(was_told, &was_told) == 1);  // each blames the other
  told_call late = was_told;
  late.closed_at += seconds(1);
  CHECK(complaints(late, &hung_up) == 1);

  told_call unended = hung_up;
  unended.closed = false;
  CHECK(complaints(unended, &was_told) == 1);
  unended.dead = true;
  CHECK(complaints(unended, &was_told) == 0);
}

TEST_CASE("agreement: ACKs and BYEs that must go out") {
  using call::ended_by;
  told_call silent = side(true, ended_by::local, false);
  const told_call other = side(false, ended_by::local, false);
  CHECK(complaints(silent, &other) == 0);
  silent.sent_bye = false;
  CHECK(complaints(silent, &other) == 1);
  told_call unacknowledged = other;
  unacknowledged.unacknowledged[1] = 1;
  CHECK(complaints(unacknowledged, &silent) == 1);
  // Of a connection that may have broken nobody knows what went out.
  unacknowledged.unsure = true;
  CHECK(complaints(unacknowledged, &silent) == 0);
}

TEST_CASE("agreement: a dialog that is gone is no hanging up of the peer") {
  using call::ended_by;
  told_call one = side(false, ended_by::remote, false);
  const told_call other = side(true, ended_by::local, false);
  one.reason = "dialog_gone";
  CHECK(complaints(one, &other) == 1);  // a BYE goes out even so
  one.sent_bye = true;
  CHECK(complaints(one, &other) == 0);
}

TEST_CASE("agreement: what was heard was sent, once, who is held is held by one who wanted to") {
  using call::ended_by;
  told_call hears = side(false, ended_by::local, false);
  told_call sends = side(true, ended_by::local, false);
  SECTION("digits in RTP keep their order") {
    sends.sent = "123";
    hears.heard = "13";
    CHECK(complaints(hears, &sends) == 0);
    hears.heard = "31";
    CHECK(complaints(hears, &sends) == 1);
  }
  SECTION("INFO and MESSAGE need not") {
    sends.sent_info = sends.sent_letters = "AB";
    hears.heard_info = hears.heard_letters = "BA";
    CHECK(complaints(hears, &sends) == 0);
    hears.heard_info = "BB";
    CHECK(complaints(hears, &sends) == 1);
    hears.heard_letters = "C";
    CHECK(complaints(hears, &sends) == 2);
  }
  SECTION("hold") {
    hears.was_held = true;
    CHECK(complaints(hears, &sends) == 1);
    sends.wanted_hold = true;
    CHECK(complaints(hears, &sends) == 0);
  }
}

TEST_CASE("agreement: refusals and answers") {
  told_call refused = side(false, call::ended_by::local, false);
  refused.answered = refused.heard_2xx = false;
  refused.rejected = true;
  refused.rule = "remote";
  refused.status = 486;
  CHECK(complaints(refused, nullptr) == 0);
  told_call refuser = refused;
  refuser.inbound = true;
  refuser.accepted = false;
  refuser.rule = "script";
  CHECK(complaints(refused, &refuser) == 0);
  refuser.status = 603;
  CHECK(complaints(refused, &refuser) == 1);

  const told_call up = side(false, call::ended_by::local, false);
  CHECK(complaints(up, nullptr) == 1);  // nobody has answered it
}

TEST_CASE("the wire: one final response a request") {
  std::vector<violation> found;
  wire_watch watch(found);
  const auto sent = [&](const std::string& bytes, unsigned process) {
    static_cast<void>(watch.sent({time_point{}, {}, {}, bytes}, process));
    return found.size();
  };
  CHECK(sent(response(200, "z9hG4bK1", "t"), 1) == 0);
  CHECK(sent(response(200, "z9hG4bK1", "t"), 1) == 0);  // a repetition
  CHECK(sent(response(481, "z9hG4bK2", "t"), 1) == 0);
  CHECK(sent(response(481, "z9hG4bK1", "t"), 2) == 0);  // another process
  CHECK(sent(response(100, "z9hG4bK1", "t"), 1) == 0);
  CHECK(sent(response(481, "z9hG4bK1", "t"), 1) == 1);
  CHECK(sent(response(200, "z9hG4bK1", "u"), 1) == 2);  // the same status, another tag
  CHECK(sent("SIP/2.0 200 OK\r\n\r\n", 1) == 3);
  CHECK(sent("hello", 1) == 4);
  // The same request again, on another connection: nobody there remembers the first one.
  const auto on_stream = [&](std::uint16_t port, int status) {
    const socket_address from{ip_address::v4(10, 0, 0, 1), port};
    const std::string bytes = response(status, "z9hG4bK7", "t");
    static_cast<void>(watch.sent({time_point{}, from, {}, bytes, 1, true}, 1));
    return found.size();
  };
  CHECK(on_stream(40000, 200) == 4);
  CHECK(on_stream(40001, 481) == 4);
  CHECK(on_stream(40000, 481) == 5);
}
