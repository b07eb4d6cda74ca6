// The public API over sockets, on loopback. Catch is called on the main thread alone. Nothing in
// here is a matter of time, but for limits that no machine reaches.
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "backend/local.hpp"
#include "sipvoice/sipvoice.hpp"
#include "support/catch.hpp"
#include "support/sawtooth.hpp"
#include "support/tally.hpp"

using namespace std::chrono_literals;
using sipvoice::Backend;
using sipvoice::Config;
using sipvoice::DialResult;
using sipvoice::Ending;
using sipvoice::Error;
using sipvoice::Outcome;
using sipvoice::Session;
using test::local;
using test::media_port;
using test::patience;
using test::sawtooth;
using test::tally;
using test::uri_of;

TEST_CASE("two backends talk: sound, digits, hang-up with its cause, and all ports come back") {
  tally told;
  Backend callee(local(21000)), caller(local(21300));
  std::optional<int> cause;
  std::atomic<std::uint64_t> loud{0};
  callee.on_call([&](Session& s) {
    told.add("call " + s.room_id());
    s.send_audio(sawtooth(1600));
    s.end_of_response();
  });
  callee.on_dtmf_received([&](Session& s, const sipvoice::Digit& d) {
    told.add(std::string("digit ") + d.value);
    if (d.value == '#') s.disconnect(17, "enough");
  });
  callee.on_call_disconnected([&](Session&, const Ending& e) { told.add("callee " + e.reason); });
  caller.on_audio_received([&](Session&, const sipvoice::AudioFrame& f) {
    for (const int x : f.samples) loud += x > 1000 || x < -1000 ? 1 : 0;
    if (loud > 1200) told.add("heard");
  });
  caller.on_call_disconnected([&](Session& s, const Ending& e) {
    cause = e.cause;
    if (s.call_record()->media->packets_received > 0) told.add("caller's media");
    told.add("caller " + e.reason);
  });
  callee.start();
  caller.start();
  CHECK_THROWS_AS(caller.start(), Error);
  callee.start_thread();
  caller.start_thread();
  CHECK_THROWS_AS(caller.run(), Error);
  std::optional<Session> kept;
  caller.post([&] {
    kept = caller.dial(
        {.to = uri_of(callee), .headers = {{"X-Room-ID", "sales"}}},
        [&](Session&, const DialResult& r) { told.add(r.answered ? "answered" : "failed"); });
  });
  REQUIRE(told.wait("answered"));
  REQUIRE(told.wait("call sales"));
  REQUIRE(told.wait("heard"));
  caller.post([&] { kept->send_dtmf("5#"); });
  CHECK(told.wait("digit 5"));
  REQUIRE(told.wait("caller hangup"));
  REQUIRE(told.wait("callee hangup"));
  CHECK(cause == 17);
  CHECK(told.count("caller's media") == 1);
  caller.post([&] {
    if (kept->echo() == Outcome::ended) told.add("over");
    if (caller.session_count() == 0 && caller.ports_in_use() == 0) told.add("clean");
    told.add("looked");
  });
  CHECK(told.wait("looked"));
  CHECK(told.count("over") == 1);
  CHECK(told.count("clean") == 1);
  caller.stop();
  callee.stop();
  caller.join();
  callee.join();
}

TEST_CASE("an address that is taken is told with its reason, and another may be tried") {
  Backend first(local(21600));
  first.start();
  Config same = local(21700);
  same.local_sip_addr.port =
      static_cast<std::uint16_t>(std::stoi(first.addresses().at(0).substr(14)));
  Backend second(same);
  try {
    second.start();
    FAIL("it is taken");
  } catch (const Error& e) {
    CHECK(e.kind() == Error::Kind::system);
    const std::string what = e.what();
    CHECK(what.find(first.addresses().at(0)) != std::string::npos);
    CHECK(what.find("use") != std::string::npos);
    CHECK(what.find("--") == std::string::npos);
  }
  CHECK_THROWS_AS(second.post([] {}), Error);
  CHECK_THROWS_AS(Backend({.local_rtp_ip = "localhost"}), Error);
}

TEST_CASE("a backend lives in the application's own loop, and does not keep it from ending") {
  boost::asio::io_context loop;
  Backend callee(local(22000), loop), caller(local(22300), loop);
  std::vector<std::string> told;
  callee.on_call([&](Session& s) {
    told.emplace_back("call");
    s.disconnect();
  });
  caller.on_call_disconnected([&](Session&, const Ending& e) {
    told.push_back("ended " + e.reason);
    caller.stop();
    callee.stop();
  });
  caller.on_stopped([&] { told.emplace_back("stopped"); });
  callee.start();
  caller.start();
  CHECK_THROWS_AS(caller.run(), Error);
  static_cast<void>(caller.dial({.to = uri_of(callee)}));
  loop.run_for(patience);
  CHECK(loop.stopped());  // nothing is left to be done
  CHECK(told == std::vector<std::string>{"call", "ended hangup", "stopped"});
}

TEST_CASE("a backend is destroyed in the midst of calls, and its loop goes on") {
  boost::asio::io_context loop;
  auto callee = std::make_unique<Backend>(local(22600), loop);
  auto caller = std::make_unique<Backend>(local(22900), loop);
  std::optional<Session> kept;
  callee->on_call([&](Session& s) { kept = s; });
  callee->start();
  caller->start();
  for (int i = 0; i < 5; ++i) static_cast<void>(caller->dial({.to = uri_of(*callee)}));
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!kept && std::chrono::steady_clock::now() < until) loop.run_one_for(100ms);
  REQUIRE(kept);
  caller.reset();
  callee.reset();
  CHECK(kept->state() == sipvoice::State::ended);
  CHECK(kept->disconnect() == Outcome::ended);
  loop.run_for(patience);
  CHECK(loop.stopped());
}

TEST_CASE("calls, sound, hang-ups, posts and the end race, and nothing is lost") {
  constexpr int calls = 24;
  tally told;
  auto callee = std::make_unique<Backend>(local(23000));
  Backend caller(local(23300));
  callee->on_call([&](Session& s) {
    told.add("call");
    s.echo();
  });
  callee->on_audio_received([&](Session&, const sipvoice::AudioFrame&) { told.add("frame"); });
  caller.on_audio_received([&](Session&, const sipvoice::AudioFrame&) {});
  caller.on_call_disconnected([&](Session&, const Ending&) { told.add("ended"); });
  callee->start();
  caller.start();
  callee->start_thread();
  caller.start_thread();
  const std::string target = uri_of(*callee);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < calls / 3; ++i)
        caller.post([&, t] {
          static_cast<void>(caller.dial({.to = target}, [&, t](Session& s, const DialResult&) {
            s.send_audio(sawtooth(8000));
            if (t == 0) s.disconnect();
            if (t == 1) s.cancel_audio();
          }));
        });
    });
  for (auto& t : threads) t.join();
  CHECK(told.wait("call", calls));
  CHECK(told.wait("frame", 10));
  CHECK(told.wait("ended", calls / 3));
  std::thread stopper([&] { caller.stop(); });
  caller.join();
  stopper.join();
  CHECK(told.count("ended") == calls);
  callee.reset();  // with what is still up there
}

TEST_CASE("two RTP backends talk without signalling, and RTCP BYE ends the other side") {
  tally told;
  sipvoice::RtpBackend left(local(23600)), right(local(23700));
  std::atomic<std::uint64_t> loud{0};
  right.on_audio_received([&](Session&, const sipvoice::AudioFrame& f) {
    if (f.sample_rate != 16000) told.add("wrong rate");
    for (const int x : f.samples) loud += x > 1000 || x < -1000 ? 1 : 0;
    if (loud > 1200) told.add("heard");
  });
  right.on_dtmf_received([&](Session&, const sipvoice::Digit& d) { told.add({d.value}); });
  right.on_call_disconnected([&](Session&, const Ending& e) { told.add("right " + e.reason); });
  left.on_call_disconnected([&](Session&, const Ending& e) { told.add("left " + e.reason); });
  right.start();
  left.start();
  const auto request = [](int from, int to) {
    sipvoice::RtpRequest r;
    r.local = {"127.0.0.1", media_port(from)};
    r.remote = {"127.0.0.1", media_port(to)};
    r.codec = sipvoice::Codec::g722;
    return r;
  };
  CHECK_THROWS_AS(right.open({.remote = {"nowhere", 4000}}), Error);
  CHECK_THROWS_AS(right.open({.remote = {"127.0.0.1", 4000}, .payload_type = 101}), Error);
  static_cast<void>(right.open(request(23800, 23802)));
  CHECK_THROWS_AS(left.open(request(23800, 23802)), Error);  // it is taken
  Session s = left.open(request(23802, 23800));
  left.start_thread();
  right.start_thread();
  left.post([&] {
    if (s.send_audio(sawtooth(8000)).outcome == Outcome::done) told.add("sent");
    if (s.send_dtmf("7") == Outcome::done) told.add("dialled");
    if (s.answer() == Outcome::wrong_state) told.add("no answer");
  });
  REQUIRE(told.wait("heard"));
  REQUIRE(told.wait("7"));
  CHECK(told.count("sent") == 1);
  CHECK(told.count("dialled") == 1);
  CHECK(told.count("no answer") == 1);
  CHECK(told.count("wrong rate") == 0);
  left.post([&] { s.disconnect(); });
  CHECK(told.wait("left hangup"));
  CHECK(told.wait("right rtcp_bye"));
}
