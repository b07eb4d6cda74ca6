// What a public backend must do right besides what incoming_test has: media that move, stop, or are
// closed; credentials asked of the application; figures during a call. On a virtual clock.
#include "pair.hpp"
#include "support/catch.hpp"
#include "told.hpp"

using namespace test;

TEST_CASE("an INVITE on the id of a session that is up is refused, and the session is unharmed") {
  sim::world w(1);
  told app;
  party backend(w, server_ip, {}, app.handlers());
  caller alice(w);
  alice.invite("c1", "X-Session-ID: s\r\n");
  w.run_for(1s);
  alice.invite("c2", "X-Session-ID: s\r\n");
  w.run_for(1s);
  CHECK(alice.got("c2", "486") == 1);
  CHECK(alice.got("c1", "BYE") == 0);
  CHECK(app.lines == std::vector<std::string>{"call s"});
  CHECK(app.sessions.at(0).state() == State::active);
  CHECK(backend.node().ports_in_use() == 1);
  CHECK(backend.node().media_sessions() == 1);
}

TEST_CASE(
    "a re-INVITE cannot send media to an unusable address, and a legitimate move is followed") {
  sim::world w(1);
  told app;
  party backend(w, server_ip, {}, app.handlers());
  caller alice(w);
  std::map<std::uint16_t, int> packets;
  w.on_arrival([&](const sim::passing& p) {
    if (p.to.ip == peer_address.ip) ++packets[p.to.port];
  });
  alice.invite("c1");
  w.run_for(1s);
  CHECK(packets[4000] > 40);
  const std::string dtmf = "a=rtpmap:101 telephone-event/8000\r\n";
  std::uint32_t cseq = 1;
  for (const char* address : {"224.0.0.9", "255.255.255.255", "example.com"}) {
    ++cseq;
    alice.request("c1", "INVITE", cseq, {}, offer("0 101", dtmf, address, 5000));
    packets.clear();
    w.run_for(1s);
    CHECK(alice.got("c1", "488") == cseq - 1);
    CHECK(packets[4000] > 40);
    CHECK(packets[5000] == 0);
  }
  ++cseq;
  alice.request("c1", "INVITE", cseq, {}, offer("0 101", dtmf, "127.0.0.2", 6000, 2));
  w.run_for(100ms);
  packets.clear();
  w.run_for(1s);
  CHECK(packets[4000] == 0);
  CHECK(packets[6000] > 40);
  CHECK(app.sessions.at(0).state() == State::active);
  CHECK(app.lines.size() == 1);
}

TEST_CASE("who talks never expires, who is silent from the beginning or falls silent does") {
  sim::world w(1);
  told app;
  party backend(w, server_ip, {.rtp_inactivity_timeout = 5s, .rtp_establishment_timeout = 10s},
                app.handlers());
  caller alice(w);
  const std::string on_hold = offer("0 101", "a=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n");
  alice.invite("talks");
  alice.invite("stops");
  alice.invite("silent");
  alice.invite("held", {}, false, on_hold);
  w.run_for(100ms);
  for (int packet = 0; packet < 60 * 50; ++packet) {  // a minute
    alice.talk("talks", 4000);
    if (packet < 100) alice.talk("stops", 4000);
    w.run_for(20ms);
  }
  CHECK(app.count("end stops rtp_timeout") == 1);
  CHECK(app.count("end silent rtp_never") == 1);
  CHECK(backend.control().count() == 2);
  REQUIRE(backend.control().find("talks"));
  REQUIRE(backend.control().find("held"));
  CHECK(backend.control().find("talks")->state() == State::active);
  CHECK(backend.node().ports_in_use() == 2);
}

TEST_CASE("BYE has closed media and freed the port before the application hears of it") {
  sim::world w(1);
  told app;
  std::size_t heard = 0, sessions = 99, ports = 99;
  party* party_of = nullptr;
  party backend(w, server_ip, {}, [&](api::handlers& on) {
    app.handlers()(on);
    on.audio = [&](Session&, const AudioFrame&) { ++heard; };
    on.disconnected = [&](Session& s, const Ending&) {
      sessions = party_of->node().media_sessions();
      ports = party_of->node().ports_in_use();
      app.lines.push_back("end after " + std::to_string(heard));
      CHECK(s.call_record()->media->packets_received == 50);
    };
  });
  party_of = &backend;
  caller alice(w);
  alice.invite("c1");
  w.run_for(100ms);
  for (int i = 0; i < 50; ++i) {
    alice.talk("c1");
    w.run_for(20ms);
  }
  std::size_t late = 0;
  alice.bye("c1");
  w.run_for(1ms);
  w.on_arrival([&](const sim::passing& p) { late += p.to.port == 4000 ? 1 : 0; });
  w.run_for(2s);
  CHECK(sessions == 0);
  CHECK(ports == 0);
  CHECK(late == 0);
  // All that was heard was given before the end, nothing after it.
  CHECK(app.lines.back() == "end after " + std::to_string(heard));
  CHECK(heard >= 50);
}

TEST_CASE("an audio callback that throws ends its call by BYE, and not the one beside it") {
  sim::world w(1);
  told app;
  std::size_t fine = 0, loud = 0;
  party backend(w, server_ip, {}, [&](api::handlers& on) {
    app.handlers()(on);
    on.audio = [&](Session& s, const AudioFrame&) {
      ++(s.id() == "loud" ? loud : fine);
      if (s.id() == "loud") throw std::runtime_error("cannot hear");
    };
  });
  caller alice(w);
  alice.invite("loud");
  alice.invite("fine");
  w.run_for(1s);
  CHECK(loud == 1);
  CHECK(alice.got("loud", "BYE") == 1);
  CHECK(alice.last("loud")->value("Reason").starts_with("Q.850;cause=41"));
  CHECK(app.count("end loud callback_failed") == 1);
  REQUIRE(app.errors.size() == 1);
  CHECK(app.errors[0] == "session loud: a callback threw: cannot hear");
  w.run_for(1s);
  CHECK(fine > 80);
  CHECK(backend.control().find("fine")->state() == State::active);
  CHECK(backend.node().ports_in_use() == 1);
}

TEST_CASE("the application's resolver is asked for passwords, and may fail") {
  sim::world w(1);
  told app;
  std::vector<std::string> asked;
  Config config;
  config.auth_users = {{"listed", "one"}};
  config.auth_resolver = [&](const std::string& user) -> std::optional<std::string> {
    asked.push_back(user);
    if (user == "broken") throw std::runtime_error("no database");
    if (user == "resolved") return "two";
    return std::nullopt;
  };
  party backend(w, server_ip, config, app.handlers());
  party left(w, other_ip);
  const auto status_of = [&](const std::string& user, const std::string& password) {
    int status = 0;
    static_cast<void>(
        left.control().dial({.to = "sip:bob@127.0.0.1", .credentials = Credentials{user, password}},
                            [&](Session& s, const DialResult& r) {
                              status = r.status;
                              s.disconnect();
                            }));
    w.run_for(2s);
    return status;
  };
  CHECK(status_of("resolved", "two") == 200);
  CHECK(status_of("resolved", "three") == 401);
  CHECK(status_of("listed", "one") == 200);
  CHECK(status_of("nobody", "") == 401);
  CHECK(status_of("broken", "") == 401);
  CHECK(std::count(asked.begin(), asked.end(), "listed") == 0);
  REQUIRE_FALSE(app.errors.empty());
  CHECK(app.errors[0] == "the authentication resolver threw: no database");
  CHECK(backend.is_clean());
}

TEST_CASE("the figures of a call are there while it goes on, and final at its end") {
  sim::world w(1);
  told app;
  std::optional<Session> incoming;
  party backend(w, server_ip, {}, app.handlers([&](Session& s) { incoming = s; }));
  caller alice(w);
  alice.invite("c1");
  w.run_for(1s);
  REQUIRE(incoming);
  CHECK_FALSE(incoming->media_statistics());
  CHECK(incoming->answer() == Outcome::done);
  w.run_for(100ms);
  REQUIRE(incoming->media_statistics());
  std::uint64_t before = 0;
  for (int second = 1; second <= 5; ++second) {
    for (int i = 0; i < 50; ++i) {
      if (i != 7) alice.talk("c1");
      w.run_for(20ms);
    }
    const MediaStatistics now = *incoming->media_statistics();
    CHECK(now.packets_received > before);
    CHECK(now.packets_received + 26 >= static_cast<std::uint64_t>(49 * second));
    CHECK(now.packets_sent + 26 >= static_cast<std::uint64_t>(50 * second));
    before = now.packets_received;
  }
  alice.bye("c1");
  w.run_for(1s);
  REQUIRE(incoming->media_statistics());
  CHECK(incoming->media_statistics()->packets_received == 245);
  CHECK(incoming->call_record()->media->packets_received == 245);
}

TEST_CASE("speech is told where somebody asks for it") {
  std::vector<bool> speech;
  pair_of_parties p({}, {}, {}, [&](api::handlers& on) {
    on.speech = [&](Session&, bool on_air) { speech.push_back(on_air); };
  });
  p.w.run_for(1s);
  CHECK(speech.empty());
  std::vector<std::int16_t> voice;
  for (std::size_t i = 0; i < 8000; ++i)
    voice.push_back(i / 800 % 3 == 2 ? std::int16_t{0} : sawtooth(80)[i % 80]);
  CHECK(p.caller_side->send_audio(voice).outcome == Outcome::done);
  p.w.run_for(3s);
  CHECK(speech == std::vector<bool>{true, false});
}
