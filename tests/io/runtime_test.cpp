// The whole shell: two runtimes on loopback call each other.
#include "sipvoice/io/runtime.hpp"

#include <csignal>
#include <thread>

#include "io/loopback.hpp"
#include "io/runtime_party.hpp"

using namespace sipvoice;
using namespace std::chrono_literals;
using test::party;
using test::tone_store;

TEST_CASE("a call between two runtimes: prompt, hang-up, statistics, both end by themselves") {
  party callee(36000), caller(36100);
  session::call_plan play;
  play.play = {"prompt.wav"};
  callee.plan(play);
  callee.runtime->engine().set_call_limit(1);
  caller.runtime->engine().set_call_limit(1);
  callee.runtime->start();
  caller.runtime->start();
  REQUIRE(callee.count("listening") == 1);
  guard(callee);
  guard(caller);
  call::dial_request request;
  request.target = callee.uri();
  caller.runtime->dial(request, {});
  int callee_code = -1;
  std::thread other([&] { callee_code = callee.runtime->run(); });
  const int caller_code = caller.runtime->run();
  other.join();
  CHECK(callee_code == 0);
  CHECK(caller_code == 0);
  REQUIRE(callee.records.size() == 1);
  REQUIRE(caller.records.size() == 1);
  const auto& in = callee.records[0];
  const auto& out = caller.records[0];
  CHECK(in.answered);
  CHECK(out.answered);
  CHECK(out.status == 200);
  CHECK(in.by == call::ended_by::local);
  CHECK(out.by == call::ended_by::remote);
  REQUIRE(in.media);
  REQUIRE(out.media);
  CHECK(in.media->packets_sent >= 10);  // 200 ms of prompt
  CHECK(out.media->packets_received >= 9);
  CHECK(callee.count("play_finished") == 1);
  CHECK(callee.count("call_ended") == 1);
  CHECK(caller.count("call_ended") == 1);
}

TEST_CASE("many calls at once come and go") {
  party callee(37000), caller(37100);
  session::call_plan play;
  play.play = {"prompt.wav"};
  callee.plan(play);
  constexpr std::size_t calls = 40;
  callee.runtime->engine().set_call_limit(calls);
  caller.runtime->engine().set_call_limit(calls);
  callee.runtime->start();
  caller.runtime->start();
  guard(callee);
  guard(caller);
  call::dial_request request;
  request.target = callee.uri();
  for (std::size_t i = 0; i < calls; ++i) caller.runtime->dial(request, {});
  std::thread other([&] { callee.runtime->run(); });
  CHECK(caller.runtime->run() == 0);
  other.join();
  CHECK(caller.records.size() == calls);
  for (const auto& record : caller.records) CHECK(record.answered);
  CHECK(callee.runtime->engine().sessions() == 0);
  CHECK(callee.runtime->endpoint().calls() == 0);
}

TEST_CASE("SIGTERM ends a call with BYE, and run() returns 0") {
  party callee(38000), caller(38100);
  session::call_plan silence;
  silence.silence = true;
  callee.plan(silence);
  caller.runtime->engine().set_call_limit(1);
  callee.runtime->start();
  caller.runtime->start();
  guard(caller);
  call::dial_request request;
  request.target = callee.uri();
  // Signals reach every set of the process: only this party may be told to go.
  std::thread other([&] { caller.runtime->run(); });
  caller.runtime->after(0ms, [&] { caller.runtime->dial(request, {}); });
  callee.runtime->after(400ms, [&] { callee.runtime->stop(); });
  CHECK(callee.runtime->run() == 0);
  other.join();
  REQUIRE(callee.records.size() == 1);
  CHECK(callee.records[0].reason == "shutdown");
  REQUIRE(caller.records.size() == 1);
  CHECK(caller.records[0].by == call::ended_by::remote);
}

TEST_CASE("the first signal stops, the second one leaves at once, SIGHUP reloads") {
  io::runtime_config config;
  config.listen = {"udp:127.0.0.1:0"};
  config.workers = 1;
  int reloads = 0;
  io::runtime_observer observer;
  observer.reload = [&] { ++reloads; };
  const auto sounds = [](const io::runtime::post_function&) {
    return std::make_unique<tone_store>();
  };
  {
    io::runtime runtime(config, observer, sounds);
    runtime.start();
    CHECK_FALSE(runtime.interrupted());
    runtime.after(0ms, [] { ::raise(SIGHUP); });
    runtime.after(20ms, [] { ::raise(SIGTERM); });
    CHECK(runtime.run() == 0);
    CHECK(runtime.interrupted());
    CHECK(reloads == 1);
  }
  // A call that nobody answers keeps the graceful stop busy for the grace.
  config.grace = 10s;
  io::runtime runtime(config, observer, sounds);
  runtime.start();
  const test::peer silent;
  call::dial_request request;
  request.target = "sip:nobody@" + silent.address().to_string();
  runtime.dial(request, {});
  const auto invite = silent.receive();
  REQUIRE(invite);
  CHECK(invite->bytes.substr(0, 7) == "INVITE ");
  runtime.after(0ms, [] { ::raise(SIGINT); });
  runtime.after(100ms, [] { ::raise(SIGINT); });
  const time_point begun = io::monotonic_now();
  CHECK(runtime.run() == 130);
  CHECK(io::monotonic_now() - begun < 5s);
}

TEST_CASE("what cannot start says where, why and what to do") {
  const test::peer holder;
  const std::string taken = "udp:" + holder.address().to_string();
  struct row {
    std::string listen, rtp_ip, pcap, expected;
    std::uint16_t rtp_last;
  };
  const row table[] = {
      {taken, "0.0.0.0", "",
       "cannot listen on " + taken +
           ": address already in use; choose another port with --listen, or stop the program that "
           "has it",
       20000},
      {"udp:192.0.2.99:5060", "0.0.0.0", "",
       "cannot listen on udp:192.0.2.99:5060: cannot assign requested address; this machine does "
       "not have that address; choose one that it has, or 0.0.0.0",
       20000},
      {"tls:127.0.0.1:0", "0.0.0.0", "",
       "cannot listen on tls:127.0.0.1:0: TLS needs a certificate; give one with --tls-cert and "
       "--tls-key",
       20000},
      {"127.0.0.1", "0.0.0.0", "",
       "cannot listen on 127.0.0.1: no port; write --listen [udp:|tcp:|tls:]HOST:PORT", 20000},
      {"udp:127.0.0.1:0", "192.0.2.99", "",
       "cannot use --rtp-ip 192.0.2.99: cannot assign requested address; give an address of this "
       "machine, or 0.0.0.0",
       20000},
      {"udp:127.0.0.1:0", "here", "",
       "cannot use --rtp-ip here: not an IP address; give one of this machine, or 0.0.0.0", 20000},
      {"udp:127.0.0.1:0", "0.0.0.0", "",
       "cannot use --rtp-ports 10000-10000: no even port with its odd successor lies in it; give a "
       "wider range",
       10000},
      {"udp:127.0.0.1:0", "0.0.0.0", "/nonexistent/a.pcap",
       "cannot write capture /nonexistent/a.pcap: no such file or directory; choose another file "
       "with --pcap",
       20000},
  };
  for (const row& r : table) {
    CAPTURE(r.expected);
    io::runtime_config config;
    config.listen = {r.listen};
    config.rtp_ip = r.rtp_ip;
    config.rtp_last = r.rtp_last;
    config.pcap_file = r.pcap;
    io::runtime runtime(config, {}, [](const io::runtime::post_function&) {
      return std::make_unique<tone_store>();
    });
    std::string told;
    try {
      runtime.start();
    } catch (const io::start_error& e) {
      told = e.what();
    }
    CHECK(told == r.expected);
  }
}
