// Whole endpoints over simulated TCP and by names. Paths take 10 ms each way, an answer to a
// question 5 ms; times are in ms of the world's clock.
#include <string>
#include <vector>

#include "sim/phone.hpp"
#include "sipvoice/sim/ladder.hpp"
#include "support/catch.hpp"

using namespace test;
using lines = std::vector<std::string>;

namespace {

const ip_address alice_ip = ip_address::v4(10, 0, 0, 1), bob_ip = ip_address::v4(10, 0, 0, 2),
                 carol_ip = ip_address::v4(10, 0, 0, 3);

sim::node_config with_streams(const ip_address& address) {
  sim::node_config c = phone::config(address);
  c.tcp_port = 5060;
  c.tls_port = 5061;
  return c;
}

struct bench {
  explicit bench(std::uint64_t seed = 1) : w(seed) {
    w.set_default({.delay = 10ms});
    w.names().shortest = w.names().longest = 5ms;
    w.on_passing([this](const sim::passing& p) { ladder.push_back(sim::ladder_line(p)); });
  }
  sim::world w;
  phone alice{w, with_streams(alice_ip)}, bob{w, with_streams(bob_ip)};
  lines ladder;

  void at(duration when, std::function<void()> f) { w.at(time_point{} + when, std::move(f)); }
  void call(const std::string& target) {
    alice.dial(target);
    at(1000ms, [this] { bob.answer(); });
    at(5000ms, [this] { alice.hang_up(); });
  }
  /// Until nothing is left, connections included.
  void run() {
    w.run_for(2h);
    CHECK(w.is_idle());
    CHECK(alice.is_clean());
    CHECK(bob.is_clean());
    CHECK(alice.node().connections() + bob.node().connections() == 0);
    CHECK(w.streams().size() == 0);
  }
};

std::vector<std::string> methods(const lines& ladder) {
  lines all;
  for (const std::string& l : ladder) {
    const auto at = l.find(" -> ");
    const auto what = l.find(' ', at + 4) + 1;
    all.push_back(l.substr(what, l.find(' ', what) - what));
  }
  return all;
}

}  // namespace

TEST_CASE("a call over TCP, and one over TLS") {
  bench t;
  t.call(GENERATE("sip:bob@10.0.0.2;transport=tcp", "sips:bob@10.0.0.2"));
  t.at(4000ms, [&] {
    CHECK(t.alice.node().connections() == 1);
    CHECK(t.bob.node().connections() == 1);
  });
  t.run();
  // 20 ms for the connection, 10 for the INVITE.
  CHECK(t.bob.told() == lines{"30 incoming", "1020 answered", "5010 remote hangup"});
  CHECK(t.alice.told() == lines{"1010 answered", "5000 local hangup"});
  // Nothing is repeated.
  CHECK(methods(t.ladder) == lines{"INVITE", "100", "180", "200", "ACK", "BYE", "200"});
}

TEST_CASE("a call over TCP to nobody who listens is refused at once") {
  bench t;
  phone carol{t.w, phone::config(carol_ip)};
  t.alice.dial("sip:carol@10.0.0.3;transport=tcp");
  t.run();
  CHECK(t.alice.told() == lines{"20 error unreachable"});
}

TEST_CASE("a call over TCP survives what would lose datagrams") {
  bench t;
  t.call("sip:bob@10.0.0.2;transport=tcp");
  t.at(990ms, [&] { t.w.set_default({.delay = 10ms, .loss = 1}); });
  t.w.set_path(bob_ip, alice_ip, {.delay = 10ms});
  t.w.set_path(alice_ip, bob_ip, {.delay = 10ms});
  t.at(995ms, [&] { t.w.set_path(bob_ip, alice_ip, {.delay = 10ms, .loss = 1}); });
  t.at(1100ms, [&] { t.w.set_path(bob_ip, alice_ip, {.delay = 10ms}); });
  t.run();
  CHECK(t.alice.told() == lines{"1310 answered", "5000 local hangup"});
  CHECK(t.bob.told() == lines{"30 incoming", "1320 answered", "5010 remote hangup"});
}

TEST_CASE("a call by name: NAPTR, SRV and A, a host that is gone is passed over") {
  bench t;
  t.w.names().add("example.com",
                  sip::naptr_record{10, 10, "s", "SIP+D2T", "_sip._tcp.example.com"});
  t.w.names().add("_sip._tcp.example.com", sip::srv_record{10, 0, 5060, "dead.example.com"});
  t.w.names().add("_SIP._tcp.Example.com.", sip::srv_record{20, 0, 5060, "bob.example.com."});
  t.w.names().add("dead.example.com", ip_address::v4(10, 0, 0, 9));
  t.w.names().add("bob.example.com", bob_ip);
  t.alice.dial("sip:bob@example.com", 60s);
  t.at(20s, [&] { t.bob.answer(); });
  t.at(25s, [&] { t.alice.hang_up(); });
  t.run();
  // NAPTR 5, SRV 5, A 5; the dead host has 5 s to connect; A 5 (asked when it is needed or
  // before), connection 20, INVITE 10.
  REQUIRE(t.bob.told().size() == 3);
  CHECK(t.bob.told()[0] == "5045 incoming");
  CHECK(t.alice.told() == lines{"20010 answered", "25000 local hangup"});
}

TEST_CASE("a call to a name that is not known fails without a message") {
  bench t;
  t.alice.dial("sip:bob@nowhere.example");
  t.run();
  CHECK(t.ladder.empty());
  REQUIRE(t.alice.told().size() == 1);
  CHECK(t.alice.told()[0].find("error") != std::string::npos);
}

TEST_CASE("streams and names: the same seed gives the same ladder, another seed another one") {
  const auto ladder = [](std::uint64_t seed) {
    bench t(seed);
    t.w.names().shortest = 1ms;
    t.w.names().longest = 40ms;
    t.w.names().add("bob.example", bob_ip);
    t.w.set_default({.delay = 10ms, .jitter = 20ms, .loss = 0.2});
    t.call("sip:bob@bob.example;transport=tcp");
    t.run();
    return t.ladder;
  };
  CHECK(ladder(3).size() >= 7);
  CHECK(ladder(3) == ladder(3));
  CHECK(ladder(3) != ladder(4));
}
