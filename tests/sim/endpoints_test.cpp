// Whole endpoints over the simulated network: the rows of the protocol contract that need two
// machines. The path takes 10 ms each way; times are in ms of the world's clock.
#include "sim/phone.hpp"
#include "sim/scripted_peer.hpp"
#include "support/catch.hpp"

using namespace test;
using lines = std::vector<std::string>;

namespace {

struct two_phones {
  sim::world w{1};
  phone alice{w, server_ip}, bob{w, peer_address.ip};

  two_phones() { set(true, true); }
  /// Which direction lets anything through.
  void set(bool forth, bool back) {
    w.set_path(server_ip, peer_address.ip, {.delay = 10ms, .loss = forth ? 0.0 : 1.0});
    w.set_path(peer_address.ip, server_ip, {.delay = 10ms, .loss = back ? 0.0 : 1.0});
  }
  void at(std::int64_t ms, std::function<void()> f) {
    w.at(time_point{} + milliseconds(ms), std::move(f));
  }
  /// Alice dials at 0; Bob answers at 1000.
  void call() {
    alice.dial("sip:bob@127.0.0.2");
    at(1000, [this] { bob.answer(); });
  }
  void run() {
    w.run_for(20min);
    CHECK(w.is_idle());
    CHECK(alice.is_clean());
    CHECK(bob.is_clean());
  }
};

struct one_phone {
  sim::world w{1};
  phone alice{w, server_ip};
  one_phone() { w.set_default({.delay = 10ms}); }
  void at(std::int64_t ms, std::function<void()> f) {
    w.at(time_point{} + milliseconds(ms), std::move(f));
  }
  void run() {
    w.run_for(20min);
    CHECK(alice.is_clean());
  }
};

}  // namespace

TEST_CASE("two endpoints: a call, and who hung up") {
  two_phones t;
  t.call();
  t.at(5000, [&] { t.bob.hang_up(); });
  t.run();
  CHECK(t.alice.told() == lines{"1010 answered", "5010 remote hangup"});
  CHECK(t.bob.told() == lines{"10 incoming", "1020 answered", "5000 local hangup"});
}

TEST_CASE("two endpoints: the 200 is lost and repeated") {
  two_phones t;
  t.call();
  t.at(900, [&] { t.set(true, false); });
  t.at(4000, [&] { t.set(true, true); });
  t.at(9000, [&] { t.alice.hang_up(); });
  t.run();
  CHECK(t.alice.told() == lines{"4510 answered", "9000 local hangup"});
  CHECK(t.bob.told() == lines{"10 incoming", "4520 answered", "9010 remote hangup"});
}

TEST_CASE("two endpoints: the ACK is lost, the next copy of the 200 brings another") {
  two_phones t;
  t.call();
  t.at(1005, [&] { t.set(false, true); });
  t.at(4000, [&] { t.set(true, true); });
  t.at(9000, [&] { t.alice.hang_up(); });
  t.run();
  CHECK(t.alice.told() == lines{"1010 answered", "9000 local hangup"});
  CHECK(t.bob.told() == lines{"10 incoming", "4520 answered", "9010 remote hangup"});
}

TEST_CASE("two endpoints: CANCEL crosses the 200: ACK, then BYE") {
  two_phones t;
  t.call();
  t.at(995, [&] { t.alice.hang_up(); });
  t.run();
  CHECK(t.alice.told() == lines{"1010 local hangup"});
  CHECK(t.bob.told() == lines{"10 incoming", "1020 answered", "1020 remote hangup"});
}

TEST_CASE("two endpoints: CANCEL in time") {
  two_phones t;
  t.call();
  t.at(500, [&] { t.alice.hang_up(); });
  t.run();
  CHECK(t.alice.told() == lines{"520 local hangup"});
  CHECK(t.bob.told() == lines{"10 incoming", "510 remote cancelled"});
}

TEST_CASE("two endpoints: BYE crosses BYE") {
  two_phones t;
  t.call();
  t.at(5000, [&] { t.alice.hang_up(); });
  t.at(5005, [&] { t.bob.hang_up(); });
  t.run();
  CHECK(t.alice.told() == lines{"1010 answered", "5000 local hangup"});
  CHECK(t.bob.told() == lines{"10 incoming", "1020 answered", "5005 local hangup"});
}

TEST_CASE("two endpoints: everything comes twice and is told once") {
  two_phones t;
  t.w.set_path(server_ip, peer_address.ip, {.delay = 10ms, .duplicate = 1});
  t.w.set_path(peer_address.ip, server_ip, {.delay = 10ms, .duplicate = 1});
  t.call();
  t.at(5000, [&] { t.alice.hang_up(); });
  t.run();
  CHECK(t.alice.told() == lines{"1010 answered", "5000 local hangup"});
  CHECK(t.bob.told() == lines{"10 incoming", "1020 answered", "5010 remote hangup"});
}

TEST_CASE("two endpoints: the other machine vanishes, in each state") {
  struct row {
    std::int64_t vanishes;
    bool told_bob, up;  // how far the call had come for Bob
  };
  const row rows[] = {{0, false, false},    // before the INVITE
                      {100, true, false},   // while it rings
                      {1005, true, false},  // the 200 is under way
                      {2000, true, true}};
  for (const row& r : rows) {
    CAPTURE(r.vanishes);
    two_phones t;
    t.at(r.vanishes, [&] { t.set(false, false); });
    t.at(0, [&] { t.call(); });
    t.at(100'000, [&] { t.alice.hang_up(); });
    t.at(200'000, [&] { t.bob.hang_up(); });
    t.run();
    CHECK(t.bob.told().empty() == !r.told_bob);
    const std::size_t closings = 1;
    const auto count = [](const lines& told, const std::string& word) {
      return std::count_if(told.begin(), told.end(), [&](const std::string& line) {
        return line.find(word) != std::string::npos;
      });
    };
    CHECK(count(t.alice.told(), "local") + count(t.alice.told(), "timeout") == closings);
    CHECK(count(t.bob.told(), "local") + count(t.bob.told(), "timeout") == (r.told_bob ? 1 : 0));
    CHECK((count(t.bob.told(), "answered") == 1) == r.up);
  }
}

TEST_CASE("a peer that never answers an INVITE hears it at T1, doubling") {
  one_phone t;
  scripted_peer peer(t.w, {});
  t.alice.dial("sip:bob@127.0.0.2:5070", 60s);
  t.run();
  CHECK(peer.times_of("INVITE") ==
        std::vector<std::int64_t>{10, 510, 1510, 3510, 7510, 15510, 31510});
}

TEST_CASE("a peer that never acknowledges hears the 200 at T1, doubling to T2, then BYE") {
  one_phone t;
  scripted_peer peer(t.w, {request("INVITE"), expect("BYE"), respond("BYE", 200)});
  t.at(100, [&] { t.alice.answer(); });
  t.run();
  CHECK(peer.times_of("200") == std::vector<std::int64_t>{110, 610, 1610, 3610, 7610, 11610, 15610,
                                                          19610, 23610, 27610, 31610});
  CHECK(peer.times_of("BYE") == std::vector<std::int64_t>{32110});
  CHECK(peer.done());
  CHECK(t.alice.told() == lines{"10 incoming", "32100 timeout no_ack"});
}

TEST_CASE("our BYE waits for the ACK") {
  one_phone t;
  scripted_peer peer(t.w, {request("INVITE"), expect("200"), wait(3s), request("ACK"),
                           expect("BYE"), respond("BYE", 200)});
  t.at(100, [&] { t.alice.answer(); });
  t.at(200, [&] { t.alice.hang_up(); });
  t.run();
  CHECK(peer.done());
  CHECK(peer.times_of("BYE") == std::vector<std::int64_t>{3130});
}

TEST_CASE("each copy of a peer's 200 is acknowledged again") {
  one_phone t;
  scripted_peer peer(t.w, {expect("INVITE"), respond("INVITE", 200), expect("ACK"), wait(1s),
                           respond("INVITE", 200), expect("ACK"), wait(20s), respond("INVITE", 200),
                           expect("ACK"), request("BYE"), expect("200")});
  t.alice.dial("sip:bob@127.0.0.2:5070");
  t.run();
  CHECK(peer.done());
  CHECK(peer.times_of("ACK") == std::vector<std::int64_t>{30, 1050, 21070});
  CHECK(t.alice.told() == lines{"20 answered", "21080 remote hangup"});
}

TEST_CASE("CANCEL waits for a provisional") {
  one_phone t;
  scripted_peer peer(t.w, {expect("INVITE"), wait(2s), respond("INVITE", 180), expect("CANCEL"),
                           respond("CANCEL", 200), respond("INVITE", 487), expect("ACK")});
  t.alice.dial("sip:bob@127.0.0.2:5070");
  t.at(100, [&] { t.alice.hang_up(); });
  t.run();
  CHECK(peer.done());
  CHECK(peer.times_of("CANCEL") == std::vector<std::int64_t>{2030});
  CHECK(t.alice.told() == lines{"100 local hangup"});  // a silent peer keeps nobody waiting
}

TEST_CASE("a peer's CANCEL is answered, and its INVITE by 487 until the ACK or 64*T1") {
  one_phone t;
  scripted_peer peer(t.w, {request("INVITE"), expect("180"), request("CANCEL"), expect("487")});
  t.run();
  CHECK(peer.done());
  CHECK(peer.times_of("200") == std::vector<std::int64_t>{40});
  CHECK(peer.times_of("487").size() == 11);
  CHECK(peer.times_of("487").back() == 31540);
  CHECK(t.alice.told() == lines{"10 incoming", "30 remote cancelled"});
}
