// Calls that come in: what a public backend must do right, on a virtual clock.
#include "support/catch.hpp"
#include "told.hpp"

using namespace test;

TEST_CASE(
    "without on_incoming a call is answered, and on_call follows its ACK, the end is told once") {
  sim::world w(1);
  told app;
  party backend(w, server_ip, {}, app.handlers());
  caller alice(w);
  alice.invite("c1", "X-Room-ID: sales\r\nX-Session-ID: s-1\r\nX-Tenant: acme\r\n", true);
  w.run_for(100ms);
  REQUIRE(alice.got("c1", "200") == 1);
  CHECK(app.lines.empty());  // not acknowledged yet
  REQUIRE(backend.control().find("s-1"));
  CHECK(backend.control().find("s-1")->state() == State::connecting);
  alice.ack("c1");
  w.run_for(100ms);
  REQUIRE(app.sessions.size() == 1);
  Session s = app.sessions[0];
  CHECK(s.state() == State::active);
  CHECK(s.id() == "s-1");
  CHECK(s.participant_id() == "s-1");
  CHECK(s.room_id() == "sales");
  CHECK(s.metadata().call_id == "c1");
  CHECK(s.metadata().caller == "sip:alice@127.0.0.2");
  CHECK(s.metadata().codec == Codec::pcmu);
  CHECK(s.metadata().sample_rate == 8000);
  const Headers wanted{{"X-Room-ID", "sales"}, {"X-Session-ID", "s-1"}, {"X-Tenant", "acme"}};
  CHECK(s.metadata().x_headers == wanted);
  CHECK(backend.control().sessions().size() == 1);
  const std::string room = "sales", other = "support";
  CHECK(backend.control().sessions(&room).size() == 1);
  CHECK(backend.control().sessions(&other).empty());

  CHECK(backend.control().connect("support", "agent", "main", "s-1") == s);
  CHECK(s.room_id() == "support");
  CHECK(s.channel_id() == "main");
  CHECK(backend.control().sessions(&other).size() == 1);
  CHECK_THROWS_AS(backend.control().connect("support", "agent", "main", "nobody"), Error);

  alice.bye("c1", "Reason: Q.850;cause=17;text=\"User busy\"\r\n");
  w.run_for(1s);
  CHECK(app.lines == std::vector<std::string>{"call s-1", "end s-1 hangup"});
  REQUIRE(app.ending);
  CHECK(app.ending->by == EndedBy::remote);
  CHECK(app.ending->cause == 17);
  CHECK(app.ending->text == "Q.850;cause=17;text=\"User busy\"");
  CHECK(app.ending->answered);
  CHECK(s.state() == State::ended);
  REQUIRE(s.call_record());
  CHECK(s.call_record()->media);
  CHECK(s.disconnect() == Outcome::ended);
  CHECK(s.play("a.wav") == Outcome::ended);
  CHECK(s.send_audio(std::vector<std::int16_t>(160)).outcome == Outcome::ended);
  CHECK(backend.is_clean());
}

TEST_CASE(
    "a second INVITE on a live session id is refused, the first is unharmed, the id reusable") {
  sim::world w(1);
  told app;
  party backend(w, server_ip, {}, app.handlers());
  caller alice(w);
  alice.invite("c1", "X-Session-ID: s\r\n");
  alice.invite("c2", "X-Session-ID: s\r\n");  // both are under way at once
  w.run_for(1s);
  CHECK(alice.got("c1", "200") + alice.got("c2", "200") == 1);
  CHECK(alice.got("c1", "486") + alice.got("c2", "486") == 1);
  CHECK(backend.node().ports_in_use() == 1);
  REQUIRE(app.sessions.size() == 1);
  CHECK(app.sessions[0].state() == State::active);
  CHECK(app.lines.size() == 1);  // nothing of the one that was refused
  alice.bye(alice.got("c1", "200") == 1 ? "c1" : "c2");
  w.run_for(1s);
  CHECK(backend.is_clean());
  alice.invite("c3", "X-Session-ID: s\r\n");
  w.run_for(1s);
  CHECK(alice.got("c3", "200") == 1);
  CHECK(app.count("call s") == 2);
}

TEST_CASE("an INVITE outside a dialog that reuses a Call-ID is a call of its own") {
  sim::world w(1);
  told app;
  party backend(w, server_ip, {}, app.handlers());
  caller alice(w);
  alice.invite("same");
  w.run_for(1s);
  peer_request again;
  again.call_id = "same";
  again.from = "<sip:bob@127.0.0.2>;tag=other";
  again.branch = "z9hG4bK-other";
  alice.send(again);
  w.run_for(1s);
  CHECK(backend.control().find("same"));
  CHECK(backend.control().find("same-2"));
  CHECK(app.sessions.at(0).state() == State::active);
}

TEST_CASE("at the cap the next call is 503, and its place is free again after an end") {
  sim::world w(1);
  told app;
  party backend(w, server_ip, {.max_sessions = 1}, app.handlers());
  caller alice(w);
  alice.invite("c1");
  w.run_for(1s);
  alice.invite("c2");
  w.run_for(1s);
  CHECK(alice.got("c2", "503") == 1);
  alice.bye("c1");
  w.run_for(1s);
  alice.invite("c3");
  w.run_for(1s);
  CHECK(alice.got("c3", "200") == 1);
}

TEST_CASE("on_incoming decides: ring, answer later, reject, redirect") {
  sim::world w(1);
  told app;
  std::vector<Session> waiting;
  party backend(w, server_ip, {}, app.handlers([&](Session& s) { waiting.push_back(s); }));
  caller alice(w);
  alice.invite("c1");
  w.run_for(1s);
  REQUIRE(waiting.size() == 1);
  CHECK(alice.got("c1", "180") == 0);
  CHECK(waiting[0].play("a.wav") == Outcome::wrong_state);
  CHECK(waiting[0].ring() == Outcome::done);
  w.run_for(5s);
  CHECK(alice.got("c1", "180") == 1);
  CHECK(waiting[0].answer({{"X-Agent", "7\r\nX-Evil: 1"}}) == Outcome::invalid);
  CHECK(waiting[0].answer({{"X-Agent", "7"}}) == Outcome::done);
  CHECK(waiting[0].answer() == Outcome::wrong_state);
  w.run_for(100ms);
  REQUIRE(alice.got("c1", "200") == 1);
  CHECK(alice.last("c1")->value("X-Agent") == "7");
  CHECK(app.count("call c1") == 1);

  alice.invite("c2");
  w.run_for(100ms);
  CHECK(waiting.at(1).reject(200) == Outcome::invalid);
  CHECK(waiting.at(1).reject(486, "Gone fishing") == Outcome::done);
  w.run_for(100ms);
  REQUIRE(alice.got("c2", "486") == 1);
  CHECK(alice.last("c2")->reason_phrase() == "Gone fishing");
  REQUIRE(app.ending);
  CHECK(app.ending->reason == "rejected");
  CHECK(app.ending->status == 486);
  CHECK_FALSE(app.ending->answered);

  alice.invite("c3");
  w.run_for(100ms);
  CHECK(waiting.at(2).redirect("not a uri") == Outcome::invalid);
  CHECK(waiting.at(2).redirect("sip:desk@example.com") == Outcome::done);
  w.run_for(100ms);
  REQUIRE(alice.got("c3", "302") == 1);
  CHECK(alice.last("c3")->value("Contact") == "<sip:desk@example.com>");
  CHECK(app.count("end c3 rejected") == 1);
}

TEST_CASE("early media: what plays before the answer is heard") {
  sim::world w(1);
  told app;
  std::optional<Session> in;
  party backend(w, server_ip, {}, app.handlers([&](Session& s) {
    in = s;
    CHECK(s.early_media() == Outcome::done);
  }));
  caller alice(w);
  std::size_t packets = 0;
  w.on_arrival([&](const sim::passing& p) { packets += p.to.port == 4000 ? 1 : 0; });
  alice.invite("c1");
  w.run_for(1s);
  CHECK(alice.got("c1", "183") == 1);
  CHECK(packets > 40);
  REQUIRE(in);
  CHECK(in->play("ringback") == Outcome::done);
  CHECK(app.lines.empty());
  CHECK(in->answer() == Outcome::done);
  w.run_for(1s);
  CHECK(app.count("call c1") == 1);
}

TEST_CASE("disconnect before the ACK ends in BYE once the ACK is there, with its cause") {
  sim::world w(1);
  told app;
  party backend(w, server_ip, {}, app.handlers());
  caller alice(w);
  alice.invite("c1", {}, true);
  w.run_for(100ms);
  auto s = backend.control().find("c1");
  REQUIRE(s);
  CHECK(s->disconnect(21, "not \"today\"") == Outcome::done);
  w.run_for(1s);
  CHECK(alice.got("c1", "BYE") == 0);
  alice.ack("c1");
  w.run_for(1s);
  REQUIRE(alice.got("c1", "BYE") == 1);
  CHECK(alice.last("c1")->value("Reason") == "Q.850;cause=21;text=\"not \\\"today\\\"\"");
  CHECK(app.lines == std::vector<std::string>{"end c1 hangup"});  // it never was a call
  CHECK(backend.is_clean());
}

TEST_CASE("a missing ACK releases the session and tells the application") {
  sim::world w(1);
  told app;
  party backend(w, server_ip, {}, app.handlers());
  caller alice(w);
  alice.invite("c1", {}, true);
  w.run_for(40s);  // 64*T1 is 32 s
  CHECK(app.lines == std::vector<std::string>{"end c1 no_ack"});
  CHECK(app.ending->by == EndedBy::timeout);
  CHECK(alice.got("c1", "BYE") == 1);
  CHECK(backend.is_clean());
}

TEST_CASE("media that fail to start after the 200 end in BYE, and no on_call") {
  sim::world w(1);
  told app;
  party backend(w, server_ip, {}, app.handlers());
  caller alice(w);
  backend.node().fail_next_media();
  alice.invite("c1");
  w.run_for(1s);
  CHECK(alice.got("c1", "200") == 1);
  CHECK(alice.got("c1", "BYE") == 1);
  CHECK(app.lines == std::vector<std::string>{"end c1 media_failed"});
  CHECK(app.ending->by == EndedBy::error);
  CHECK(backend.is_clean());
  alice.invite("c2");  // and the next one is well
  w.run_for(1s);
  CHECK(app.count("call c2") == 1);
}

TEST_CASE("a call that is answered and silent expires after the establishment timeout") {
  sim::world w(1);
  told app;
  party backend(w, server_ip, {.rtp_establishment_timeout = 10s}, app.handlers());
  caller alice(w);
  alice.invite("c1");
  w.run_for(9s);
  CHECK(app.count("call c1") == 1);
  CHECK(backend.control().count() == 1);
  w.run_for(2s);
  CHECK(app.count("end c1 rtp_never") == 1);
  CHECK(alice.got("c1", "BYE") == 1);
}

TEST_CASE(
    "the invite filter refuses before anything is allocated, and one that throws answers 500") {
  sim::world w(1);
  told app;
  Config config;
  config.invite_filter = [](const Metadata& m) -> std::optional<Refusal> {
    if (m.call_id == "bad") throw std::runtime_error("filter broke");
    if (m.call_id == "no") return Refusal{603, "Not you"};
    return std::nullopt;
  };
  party backend(w, server_ip, config, app.handlers());
  caller alice(w);
  alice.invite("bad");
  alice.invite("no");
  alice.invite("yes");
  w.run_for(1s);
  CHECK(alice.got("bad", "500") == 1);
  REQUIRE(alice.got("no", "603") == 1);
  CHECK(alice.last("no")->reason_phrase() == "Not you");
  CHECK(alice.got("yes", "200") == 1);
  CHECK(app.lines == std::vector<std::string>{"call yes"});
  REQUIRE(app.errors.size() == 1);
  CHECK(app.errors[0] == "the invite filter threw: filter broke");
  CHECK(backend.node().ports_in_use() == 1);
}

TEST_CASE("a callback that throws ends its call alone: 500 before the answer, BYE after it") {
  sim::world w(1);
  told app;
  party backend(w, server_ip, {}, [&](api::handlers& on) {
    app.handlers([](Session& s) {
      if (s.id() == "early") throw std::runtime_error("no");
      s.answer();
    })(on);
    on.call = [&](Session& s) {
      app.lines.push_back("call " + s.id());
      if (s.id() == "late") throw 7;
    };
  });
  caller alice(w);
  alice.invite("early");
  alice.invite("late");
  alice.invite("fine");
  w.run_for(1s);
  CHECK(alice.got("early", "500") == 1);
  CHECK(alice.got("late", "BYE") == 1);
  CHECK(alice.got("fine", "BYE") == 0);
  CHECK(backend.control().count() == 1);
  CHECK(app.count("end early callback_failed") == 1);
  CHECK(app.count("end late callback_failed") == 1);
  CHECK(app.errors.size() == 2);
}

TEST_CASE("a caller who gives up is told of as cancelled") {
  sim::world w(1);
  told app;
  std::optional<Session> in;
  party backend(w, server_ip, {}, app.handlers([&](Session& s) { in = s; }));
  caller alice(w);
  alice.invite("c1");
  w.run_for(1s);
  peer_request cancel;
  cancel.method = "CANCEL";
  cancel.call_id = "c1";
  cancel.from = "<sip:alice@127.0.0.2>;tag=c1";
  cancel.branch = "z9hG4bK-c11";
  cancel.body.clear();
  alice.send(cancel);
  w.run_for(1s);
  CHECK(alice.got("c1", "487") == 1);
  CHECK(app.count("end c1 cancelled") == 1);
  CHECK(in->answer() == Outcome::ended);
  CHECK(backend.is_clean());
}

TEST_CASE("handles outlive their backend and answer ended") {
  sim::world w(1);
  told app;
  auto backend = std::make_unique<party>(w, server_ip, Config{}, app.handlers());
  caller alice(w);
  alice.invite("c1");
  w.run_for(1s);
  Session s = app.sessions.at(0);
  backend.reset();
  CHECK(s.state() == State::ended);
  CHECK(s.echo() == Outcome::ended);
  CHECK(s.id() == "c1");
  CHECK(s.send_audio(std::vector<std::int16_t>(160)).outcome == Outcome::ended);
}

TEST_CASE("values that cannot be used are told when the backend is made") {
  CHECK_THROWS_WITH(api::control({.supported_codecs = {}}),
                    "supported_codecs is empty; name one codec at least");
  CHECK_THROWS_AS(api::control({.advertised_ip = "example.com"}), Error);
  CHECK_THROWS_AS(api::control({.dtmf_payload_type = 8}), Error);
  CHECK_THROWS_AS(api::control({.user_agent = "a\r\nb"}), Error);
}
