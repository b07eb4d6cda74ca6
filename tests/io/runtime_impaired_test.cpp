// Two runtimes on loopback with a network between them that is made worse on purpose.
#include <thread>

#include "io/runtime_party.hpp"

using namespace sipvoice;
using namespace std::chrono_literals;
using test::party;

namespace {

io::runtime_config config_with(const std::optional<impairment>& sip,
                               const std::optional<impairment>& rtp, std::uint64_t seed,
                               const std::string& listen = "udp:127.0.0.1:0") {
  io::runtime_config c;
  c.listen = {listen};
  c.sip_impairment = sip;
  c.rtp_impairment = rtp;
  c.impairment_seed = seed;
  c.signals = false;
  return c;
}

/// The callee plays `prompts` prompts of 200 ms and hangs up; the records of both.
struct one_call {
  party callee, caller;
  duration took{};

  one_call(const io::runtime_config& a, const io::runtime_config& b, std::size_t prompts,
           const std::string& parameters = {})
      : callee(39000, a), caller(39100, b) {
    session::call_plan play;
    play.play.assign(prompts, "prompt.wav");
    callee.plan(play);
    callee.runtime->engine().set_call_limit(1);
    caller.runtime->engine().set_call_limit(1);
    callee.runtime->start();
    caller.runtime->start();
    guard(callee);
    guard(caller);
    call::dial_request request;
    request.target = callee.uri() + parameters;
    const time_point begun = io::monotonic_now();
    caller.runtime->dial(request, {});
    std::thread other([&] { callee.runtime->run(); });
    caller.runtime->run();
    other.join();
    took = io::monotonic_now() - begun;
    REQUIRE(callee.records.size() == 1);
    REQUIRE(caller.records.size() == 1);
  }
};

}  // namespace

TEST_CASE("a call over a network that loses a fifth of SIP is made and ended") {
  const impairment bad{.loss = 0.2, .duplicate = 0.05};
  // Of these seeds the first INVITE and the first ACK are lost: both sides repeat something.
  const one_call c(config_with(bad, {}, 22), config_with(bad, {}, 14), 1);
  CHECK(c.took >= 500ms);
  const auto& in = c.callee.records[0];
  const auto& out = c.caller.records[0];
  CHECK(in.answered);
  CHECK(out.answered);
  CHECK(out.status == 200);
  CHECK(in.by == call::ended_by::local);
  CHECK(out.by == call::ended_by::remote);
}

TEST_CASE("what a party's RTP loses is told by the receiver, of its own stream alone") {
  const impairment bad{.delay = 10ms, .jitter = 10ms, .loss = 0.05};
  const one_call c(config_with({}, bad, 5), config_with({}, {}, 5), 15);
  const auto& in = c.callee.records[0];
  const auto& out = c.caller.records[0];
  REQUIRE(in.media);
  REQUIRE(out.media);
  CHECK(in.media->packets_sent >= 150);
  CHECK(out.media->lost >= 3);
  CHECK(out.media->lost <= in.media->packets_sent / 5);
  CHECK(in.media->packets_received > 0);
  CHECK(in.media->lost == 0);
  // Losses at the very end are seen by nobody.
  CHECK(out.media->packets_received + out.media->lost <= in.media->packets_sent);
  CHECK(out.media->packets_received < in.media->packets_sent);
}

TEST_CASE("a delay of SIP holds for every message, the last one too, over datagrams and streams") {
  const std::string listen = GENERATE("udp:127.0.0.1:0", "tcp:127.0.0.1:0");
  CAPTURE(listen);
  const auto slow = config_with(impairment{.delay = 60ms}, {}, 1, listen);
  const one_call c(slow, slow, 1, listen[0] == 't' ? ";transport=tcp" : "");
  CHECK(c.callee.records[0].by == call::ended_by::local);
  CHECK(c.caller.records[0].by == call::ended_by::remote);
  // INVITE, 200, ACK; the prompt; BYE and its 200, which the caller sends as the last thing it
  // does.
  CHECK(c.took >= 5 * 60ms + 200ms);
  CHECK(c.callee.runtime->endpoint().unanswered_byes() == 0);
}

TEST_CASE("a raw datagram leaves the first UDP listener, impaired as any other") {
  const test::peer peer;
  test::scratch_folder folder;
  auto config = config_with(impairment{.delay = 30ms, .duplicate = 1}, {}, 1);
  config.pcap_file = folder.file("raw.pcap");
  party p(39200, config);
  p.runtime->start();
  const std::string bytes("no SIP at all\r\n\0\xff", 17);
  const time_point begun = io::monotonic_now();
  CHECK(p.runtime->send_raw(bytes, peer.address()));
  CHECK_FALSE(p.runtime->send_raw(bytes, {ip_address::parse("::1").value(), 9}));
  CHECK_FALSE(p.runtime->send_raw(std::string(65536, 'x'), peer.address()));
  p.runtime->after(0ms, [&] { p.runtime->stop(); });
  // What is held back keeps the loop running, though nothing else does.
  CHECK(p.runtime->run() == 0);
  for (int copies = 0; copies < 2; ++copies) {
    const auto d = peer.receive(0ms);
    REQUIRE(d);
    CHECK(d->bytes == bytes);
    CHECK("udp:" + d->from.to_string() == p.runtime->addresses().front());
  }
  CHECK_FALSE(peer.receive(0ms));
  CHECK(io::monotonic_now() - begun >= 30ms);
  CHECK_FALSE(p.runtime->send_raw(bytes, peer.address()));
  const std::string captured = test::contents(config.pcap_file);
  const auto found = captured.find(bytes);
  REQUIRE(found != std::string::npos);
  CHECK(captured.find(bytes, found + 1) == std::string::npos);
}

TEST_CASE("a raw datagram has nowhere to leave from without a UDP listener") {
  party p(39300, config_with({}, {}, 0, "tcp:127.0.0.1:0"));
  p.runtime->start();
  CHECK_FALSE(p.runtime->send_raw("x", {test::loopback, 9}));
}
