// What a public backend must do right, over sockets, towards a peer that is written by hand; each
// has its like in virtual time in tests/api. Nothing in here is a matter of time, but for limits
// that no machine reaches.
#include <atomic>
#include <future>
#include <thread>

#include "backend/local.hpp"
#include "backend/sip_peer.hpp"
#include "sipvoice/sipvoice.hpp"
#include "support/catch.hpp"
#include "support/tally.hpp"

using namespace std::chrono_literals;
using namespace sipvoice;
using test::local;
using test::patience;
using test::sip_peer;
using test::tally;
using test::uri_of;

namespace {

/// A backend on a thread of its own, and what it tells.
struct running {
  explicit running(Config config) : backend(std::move(config)) {
    backend.on_call([this](Session& s) { told.add("call " + s.id()); });
    backend.on_call_disconnected([this](Session& s, const Ending& e) {
      told.add("end " + s.id() + " " + e.reason);
      told.add("end");
    });
    backend.on_error([this](const std::string& line) { told.add("error " + line); });
  }
  ~running() {
    backend.stop();
    backend.join();
  }
  running(const running&) = delete;
  running& operator=(const running&) = delete;
  std::string start() {
    backend.start();
    backend.start_thread();
    return uri_of(backend);
  }
  /// Calls `f` on the loop and waits for it.
  template <class F>
  auto ask(F f) {
    std::optional<decltype(f())> answer;
    const std::string done = "asked " + std::to_string(++asked);
    backend.post([&] {
      answer.emplace(f());
      told.add(done);
    });
    if (!told.wait(done)) throw std::runtime_error("the loop does not answer");
    return *answer;
  }
  /// Media are closed by another thread: sooner or later no port is taken.
  bool all_ports_back() {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < until)
      if (ask([this] { return backend.ports_in_use(); }) == 0) return true;
    return false;
  }
  tally told;
  Backend backend;
  int asked = 0;
};

}  // namespace

TEST_CASE("sockets: of INVITEs that race on one session id one is admitted, the id is reusable") {
  running r(local(25200));
  sip_peer alice(r.start());
  alice.invite("c1", "X-Session-ID: s\r\n");
  alice.invite("c2", "X-Session-ID: s\r\n");
  alice.invite("c3", "X-Session-ID: s\r\n");
  REQUIRE(alice.wait("c1", "200"));
  alice.ack("c1");
  CHECK(alice.wait("c2", "486"));
  CHECK(alice.wait("c3", "486"));
  REQUIRE(r.told.wait("call s"));
  alice.invite("c4", "X-Session-ID: s\r\n");  // and one that comes when it is up
  CHECK(alice.wait("c4", "486"));
  CHECK(r.ask([&] { return r.backend.session("s")->state(); }) == State::active);
  CHECK(r.ask([&] { return r.backend.ports_in_use(); }) == 1);
  CHECK(r.told.count("end") == 0);
  alice.request("c1", "BYE", 2);
  REQUIRE(r.told.wait("end s hangup"));
  CHECK(r.all_ports_back());
  CHECK(alice.call("c5", "X-Session-ID: s\r\n"));
  CHECK(r.told.wait("call s", 2));
}

TEST_CASE("sockets: an INVITE outside a dialog that reuses a Call-ID is a call of its own") {
  running r(local(25500));
  const std::string uri = r.start();
  sip_peer alice(uri), bob(uri);
  REQUIRE(alice.call("same"));
  REQUIRE(r.told.wait("call same"));
  REQUIRE(bob.call("same"));
  REQUIRE(r.told.wait("call same-2"));
  bob.request("same", "BYE", 2);
  CHECK(r.told.wait("end same-2 hangup"));
  CHECK(r.ask([&] { return r.backend.session("same")->state(); }) == State::active);
  CHECK(alice.got("same", "BYE") == 0);
}

TEST_CASE("sockets: at the cap the next call is 503, and its place is free again after an end") {
  Config c = local(25800);
  c.max_sessions = 1;
  running r(c);
  sip_peer alice(r.start());
  REQUIRE(alice.call("c1"));
  alice.invite("c2");
  CHECK(alice.wait("c2", "503"));
  alice.request("c1", "BYE", 2);
  REQUIRE(r.told.wait("end c1 hangup"));
  REQUIRE(r.all_ports_back());
  CHECK(alice.call("c3"));
  CHECK(r.told.wait("call c3"));
}

TEST_CASE("sockets: silent calls end by their timeouts, one that talks and one on hold do not") {
  Config c = local(26100);
  c.rtp_establishment_timeout = 5s;
  c.rtp_inactivity_timeout = 4s;
  running r(c);
  const std::string uri = r.start();
  sip_peer talker(uri), held(uri), silent(uri), stops(uri);
  REQUIRE(talker.call("talks"));
  std::promise<void> stop;
  std::thread mouth([&talker, stopped = stop.get_future()] {
    do talker.talk("talks");  // a packet every 20 ms, until it is told to stop
    while (stopped.wait_for(20ms) == std::future_status::timeout);
  });
  CHECK(held.call("held", {},
                  sip_peer::description(held.rtp().port(), "127.0.0.1", "a=sendonly\r\n")));
  CHECK(silent.call("silent"));
  CHECK(stops.call("stops"));
  stops.talk("stops");
  CHECK(r.told.wait("end silent rtp_never"));
  CHECK(r.told.wait("end stops rtp_timeout"));
  CHECK(silent.wait("silent", "BYE"));
  CHECK(stops.wait("stops", "BYE"));
  CHECK(r.told.wait("end", 2));
  CHECK(r.ask([&] { return r.backend.session_count(); }) == 2);
  CHECK(r.told.count("end") == 2);
  stop.set_value();
  mouth.join();
}

TEST_CASE("sockets: a re-INVITE cannot send media to an unusable address, and a move is followed") {
  running r(local(26400));
  sip_peer alice(r.start());
  REQUIRE(alice.call("c1"));
  const auto milliseconds = [](auto t) { return static_cast<int>(t / 1ms); };
  REQUIRE(alice.rtp().receive(milliseconds(patience)));
  const test::udp_socket elsewhere;
  std::uint32_t cseq = 1;
  for (const char* address : {"224.0.0.9", "255.255.255.255", "example.com"}) {
    ++cseq;
    alice.request("c1", "INVITE", cseq, {},
                  sip_peer::description(elsewhere.port(), address, {}, static_cast<int>(cseq)));
    REQUIRE(alice.wait("c1", "488", cseq - 1));
  }
  CHECK(alice.rtp().receive(milliseconds(patience)));
  CHECK_FALSE(elsewhere.receive(0));
  ++cseq;
  alice.request("c1", "INVITE", cseq, {},
                sip_peer::description(elsewhere.port(), "127.0.0.1", {}, static_cast<int>(cseq)));
  REQUIRE(alice.wait("c1", "200", 2));
  alice.ack("c1", cseq);
  CHECK(elsewhere.receive(milliseconds(patience)));
  CHECK(r.told.count("end") == 0);
}

TEST_CASE("sockets: BYE has closed media before the application hears of it") {
  running r(local(26700));
  std::atomic<bool> last{false};
  std::atomic<int> afterwards{0};
  r.backend.on_audio_received([&](Session&, const AudioFrame&) { afterwards += last ? 1 : 0; });
  std::optional<MediaStatistics> final;
  std::size_t ports = 99;
  r.backend.on_call_disconnected([&](Session& s, const Ending& e) {
    last = true;
    final = s.call_record()->media;
    ports = r.backend.ports_in_use();
    r.told.add("end " + s.id() + " " + e.reason + " " + std::to_string(e.cause.value_or(-1)) + " " +
               e.text);
  });
  sip_peer alice(r.start());
  REQUIRE(alice.call("c1"));
  for (int i = 0; i < 25; ++i) alice.talk("c1");
  REQUIRE(r.told.wait("call c1"));
  REQUIRE(alice.rtp().receive(60'000));
  alice.request("c1", "BYE", 2, "Reason: Q.850;cause=17;text=\"User busy\"\r\n");
  REQUIRE(r.told.wait("end c1 hangup 17 Q.850;cause=17;text=\"User busy\""));
  CHECK(r.ask([&] { return ports; }) == 0);
  CHECK(r.ask([&] { return final->packets_received; }) == 25);
  while (alice.rtp().receive(0)) {
  }
  for (int i = 0; i < 10; ++i) alice.talk("c1");  // nobody is there
  CHECK(r.ask([&] { return r.backend.session_count(); }) == 0);
  CHECK_FALSE(alice.rtp().receive(100));
  CHECK(afterwards == 0);
}

TEST_CASE(
    "sockets: an invite filter that throws answers 500, and an audio callback ends its call") {
  Config c = local(27000);
  c.invite_filter = [](const Metadata& m) -> std::optional<Refusal> {
    if (m.call_id == "bad") throw std::runtime_error("filter broke");
    if (m.call_id == "no") return Refusal{603, "Not you"};
    return std::nullopt;
  };
  running r(c);
  r.backend.on_audio_received([](Session& s, const AudioFrame&) {
    if (s.id() == "loud") throw std::runtime_error("cannot hear");
  });
  sip_peer alice(r.start());
  alice.invite("bad");
  CHECK(alice.wait("bad", "500"));
  CHECK(r.told.wait("error the invite filter threw: filter broke"));
  alice.invite("no");
  REQUIRE(alice.wait("no", "603"));
  CHECK(alice.last("no", "603").reason_phrase() == "Not you");
  REQUIRE(alice.call("fine"));
  REQUIRE(alice.call("loud"));
  alice.talk("fine");
  alice.talk("loud");
  REQUIRE(r.told.wait("end loud callback_failed"));
  CHECK(alice.wait("loud", "BYE"));
  CHECK(r.told.count("error session loud: a callback threw: cannot hear") == 1);
  CHECK(r.ask([&] { return r.backend.session("fine")->state(); }) == State::active);
  CHECK(r.told.count("end") == 1);
}

TEST_CASE("sockets: disconnect before the ACK still ends in BYE, with its cause and text") {
  running r(local(27300));
  sip_peer alice(r.start());
  alice.invite("c1");
  REQUIRE(alice.wait("c1", "200"));
  CHECK(r.ask([&] { return r.backend.session("c1")->disconnect(21, "not today"); }) ==
        Outcome::done);
  CHECK(alice.got("c1", "BYE") == 0);
  alice.ack("c1");
  REQUIRE(alice.wait("c1", "BYE"));
  CHECK(alice.last("c1", "BYE").value("Reason") == "Q.850;cause=21;text=\"not today\"");
  CHECK(r.told.wait("end c1 hangup"));
  CHECK(r.told.count("call c1") == 0);
}

// 64*T1 (RFC 3261 section 13.3.1.4) are 32 seconds, in which nothing is to be done.
TEST_CASE("sockets: a missing ACK releases the session and tells the application") {
  running r(local(27600));
  sip_peer alice(r.start());
  alice.invite("c1");
  REQUIRE(alice.wait("c1", "200"));
  REQUIRE(r.told.wait("end c1 no_ack"));
  CHECK(alice.wait("c1", "BYE"));
  CHECK(alice.got("c1", "200") > 1);
  CHECK(r.told.count("call c1") == 0);
  CHECK(r.all_ports_back());
}

TEST_CASE("sockets: the digest response never appears in a trace") {
  Config c = local(27900);
  c.auth_users = {{"bob", "secret"}};
  tally seen;  // callbacks may come until the backends are gone
  running callee(c), caller(local(28200));
  const auto watch = [&](const std::string& who) {
    return [&seen, who](const TraceMessage& m) {
      seen.add(who);
      if (m.text.find("Authorization: Digest") == std::string::npos) return;
      seen.add(who + (m.text.find("response=***") != std::string::npos ? " masked" : " shown"));
    };
  };
  callee.backend.on_trace(watch("callee"));
  caller.backend.on_trace(watch("caller"));
  const std::string uri = callee.start();
  caller.start();
  caller.backend.post([&] {
    static_cast<void>(caller.backend.dial(
        {.to = uri, .credentials = Credentials{"bob", "secret"}},
        [&](Session&, const DialResult& d) { seen.add(d.answered ? "answered" : d.reason); }));
  });
  REQUIRE(seen.wait("answered"));
  CHECK(seen.wait("callee masked"));
  CHECK(seen.wait("caller masked"));
  CHECK(seen.count("callee shown") == 0);
  CHECK(seen.count("caller shown") == 0);
}
