// `sipvoice rtp`: a direct RTP endpoint. Addresses and codec are given by hand, nothing is
// signalled; actions, digits and events are those of a call.
#include <memory>
#include <optional>

#include "action_options.hpp"
#include "call_verdict.hpp"
#include "commands.hpp"
#include "errors.hpp"
#include "serve.hpp"
#include "sipvoice/io/resolver.hpp"
#include "sipvoice/session/direct.hpp"
#include "values.hpp"

namespace sipvoice::app {
namespace {

struct rtp_options {
  common_options common;
  action_options action;
  std::string local, remote, codec, payload_type, ptime, expect_audio;
  bool rtcp_mux = false;
};

void declare_media(option_set& set, rtp_options& o) {
  set.group("Media");
  set.value("--local", "HOST:PORT", o.local,
            "where RTP is received: an even port, RTCP has the odd one above; port 0 picks a free "
            "pair (required)");
  set.value("--remote", "HOST:PORT", o.remote, "where RTP is sent, RTCP one port above (required)");
  set.value("--codec", "NAME", o.codec,
            "what is sent and received, one of 'sipvoice codecs'; l16/8000 is L16 at that rate "
            "(default: pcmu)");
  set.value("--payload-type", "N", o.payload_type,
            "payload type of the codec, 0 to 63 or 96 to 127 (default: as 'sipvoice codecs' "
            "says)");
  set.value("--dtmf-pt", "N", o.common.dtmf_pt,
            "payload type of telephone-event, 96 to 127 (default: 101)");
  set.value("--ptime", "DURATION", o.ptime,
            "sound in a packet: 10ms, 20ms, 30ms, 40ms or 60ms (default: 20ms)");
  set.flag("--rtcp-mux", o.rtcp_mux, "RTCP on the RTP ports, both ways (default: off)");
  set.value("--latch", "off|same-ip|any", o.common.latch,
            "whether media follows a source that differs from --remote (default: same-ip)");
  set.value("--rtp-timeout", "DURATION", o.common.rtp_timeout,
            "end when media stopped for so long; 0s: never (default: 30s)");
  set.value("--rtp-start-timeout", "DURATION", o.common.rtp_start_timeout,
            "end when media never started; 0s: never (default: 60s)");
}

void declare(option_set& set, rtp_options& o) {
  declare_media(set, o);
  declare_sound(set, o.action);
  declare_recording(set, o.action, "--record", "none");
  declare_length(set, o.action, "--duration,--hangup-after");
  set.value("--expect-audio", "FILE", o.expect_audio,
            "exit 1 when what was heard does not contain this sound (default: none)");
  declare_output(set, o.common);
}

audio::codec_id codec_of(const rtp_options& o) {
  return o.codec.empty() ? audio::codec_id::pcmu : to_codec("--codec", o.codec);
}

std::optional<std::uint8_t> payload_type_of(const rtp_options& o, std::uint8_t dtmf_type) {
  if (o.payload_type.empty()) return std::nullopt;
  const std::uint64_t type = to_number("--payload-type", o.payload_type, 0, 127);
  // RFC 5761 section 4: with the marker these read as RTCP.
  if (type >= 64 && type <= 95) {
    throw usage_error("--payload-type: '" + o.payload_type +
                      "' is not to be told from RTCP; 64 to 95 are not used (RFC 5761)");
  }
  if (type == dtmf_type) {
    throw usage_error("--payload-type: '" + o.payload_type +
                      "' is the number of telephone-event; give one of the two another with "
                      "--payload-type or --dtmf-pt");
  }
  return static_cast<std::uint8_t>(type);
}

std::uint32_t ptime_of(const rtp_options& o, audio::codec_id codec) {
  const auto wanted =
      o.ptime.empty() ? std::chrono::milliseconds(20) : to_duration("--ptime", o.ptime);
  const std::int64_t ms = to_ms(wanted);
  const bool whole = wanted == std::chrono::milliseconds(ms) && ms >= 10 && ms <= 60;
  if (!whole || audio::usable_ptime_ms(codec, static_cast<std::uint32_t>(ms)) != ms) {
    std::string usable;
    for (const std::uint32_t t : {10, 20, 30, 40, 60}) {
      if (audio::usable_ptime_ms(codec, t) != t) continue;
      usable += (usable.empty() ? "" : ", ") + std::to_string(t) + "ms";
    }
    throw usage_error("--ptime: '" + (o.ptime.empty() ? "20ms" : o.ptime) + "' is no packet of " +
                      std::string(audio::info(codec).option_name) + "; it has " + usable);
  }
  return static_cast<std::uint32_t>(ms);
}

/// Both ends in one address family: that of --remote, where names leave a choice.
struct ends {
  socket_address local, remote;
};

ends resolve(const host_port& local, const host_port& remote) {
  const auto there = io::resolve_now(remote.host, remote.port);
  const auto here = io::resolve_now(local.host, local.port);
  if (there.empty()) {
    throw system_failure("--remote: the host name '" + remote.host +
                         "' does not resolve; give an IP address");
  }
  if (here.empty()) {
    throw system_failure("--local: the host name '" + local.host +
                         "' does not resolve; give an IP address of this machine");
  }
  for (const socket_address& r : there)
    for (const socket_address& l : here)
      if (l.ip.is_v6() == r.ip.is_v6()) return {l, r};
  throw usage_error("--local and --remote are of different address families: " +
                    here.front().to_string() + " and " + there.front().to_string());
}

ends ends_of(const rtp_options& o) {
  if (o.local.empty() || o.remote.empty()) {
    throw usage_error("rtp needs both ends: sipvoice rtp --local HOST:PORT --remote HOST:PORT");
  }
  const host_port local = to_host_port("--local", o.local);
  const host_port remote = to_host_port("--remote", o.remote);
  if (local.port % 2 != 0) {
    throw usage_error("--local: port " + std::to_string(local.port) +
                      " is odd; RTP has an even port and RTCP the odd one above it");
  }
  if (remote.port == 0) throw usage_error("--remote: port 0 is nobody's; give the real one");
  ends e = resolve(local, remote);
  if (e.remote.ip.is_unspecified() || e.remote.ip.is_multicast() || e.remote.ip.is_broadcast()) {
    throw usage_error("--remote: " + e.remote.to_string() + " is not the address of one host");
  }
  return e;
}

void check_usage(const rtp_options& o) {
  if (actions_given(o.action) > 1) {
    throw usage_error(
        "rtp takes one action of --play, --echo and --silence; to echo after a prompt: "
        "--play FILE --then echo");
  }
}

int run(const rtp_options& o) {
  check_usage(o);
  backend setup;
  setup.options = o.common;
  setup.config = to_runtime_config(o.common, {});
  setup.config.listen.clear();
  call::endpoint_config& defaults = setup.config.endpoint;
  const audio::codec_id codec = codec_of(o);
  defaults.codecs = {codec};

  session::direct_request request;
  request.format = session::direct_format(codec, payload_type_of(o, defaults.dtmf_payload_type),
                                          defaults.dtmf_payload_type, ptime_of(o, codec));
  request.rtcp_mux = o.rtcp_mux;
  request.latch = defaults.latch;
  request.inactivity_timeout = defaults.rtp_inactivity_timeout;
  request.establishment_timeout = defaults.rtp_establishment_timeout;

  session::call_plan plan = to_plan(o.action);
  plan.capture_heard = !o.expect_audio.empty();
  if (plan.capture_heard) check_reference(o.expect_audio);
  const ends both = ends_of(o);
  request.remote_rtp = both.remote;
  setup.prompts = plan.play;
  if (plan.record) setup.templates.push_back(*plan.record);
  if (plan.waveform) setup.templates.push_back(*plan.waveform);
  setup.call_limit = 1;

  call_expectation expected;
  expected.what = "rtp session";
  expected.length = plan.hangup_after;
  expected.wants_to_hear = plan.record || plan.capture_heard;
  expected.audio_file = o.expect_audio;
  std::optional<session::call_record> record;
  setup.started = [&](io::runtime& runtime) {
    request.ports = runtime.bind_media(both.local, both.remote.ip);
    static_cast<void>(runtime.open_direct(request, plan));
  };
  setup.finished = [&](io::runtime&, const session::call_record& done) { record = done; };
  const int process = run_backend(std::move(setup));
  const int outcome = conclude(record, expected, o.common.events == "-");
  return process != exit_code::ok ? process : outcome;
}

}  // namespace

command rtp_command() {
  auto options = std::make_shared<rtp_options>();
  return {"rtp", "a direct RTP endpoint without signalling, with the actions of a call",
          [options](option_set& set) { declare(set, *options); },
          [options] { return run(*options); }};
}

}  // namespace sipvoice::app
