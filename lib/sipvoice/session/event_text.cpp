// The same events as events.cpp, as a person wants to read them in a log.
#include <array>
#include <cstdio>

#include "sipvoice/base/text.hpp"
#include "sipvoice/session/events.hpp"

namespace sipvoice::session {
namespace {

std::string seconds(std::uint64_t ms) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", static_cast<double>(ms) / 1000.0);
  return text.data();
}

std::string opened(const call::call_info& c) {
  std::string s = c.inbound ? "incoming" : "outgoing";
  s += " from " + printable(c.from_uri) + " to " + printable(c.to_uri);
  if (c.room_id != c.sip_call_id && !c.room_id.empty()) s += ", room " + printable(c.room_id, 60);
  return s;
}

/// Where media was expected from, and where it came from: the first question about one-way audio.
std::string media_line(const media::media_statistics& m) {
  std::string s = std::string("; audio ") + media::audio_verdict(m) + ", " +
                  std::to_string(m.packets_sent) + " packets sent, " +
                  std::to_string(m.packets_received) + " received, " + std::to_string(m.lost) +
                  " lost; media address in SDP " + m.remote_sdp.to_string();
  if (!m.remote_observed) return s + ", nothing came from anywhere";
  if (*m.remote_observed == m.remote_sdp) return s + ", came from there";
  return s + ", came from " + m.remote_observed->to_string();
}

struct client_text {
  std::string operator()(const call::registered& e) const {
    return printable(e.aor) + (e.refreshed ? ": registered again for " : ": registered for ") +
           std::to_string(e.expires_s) + " s as " + printable(e.contact);
  }
  std::string operator()(const call::registration_failed& e) const {
    return printable(e.aor) + ": not registered: " + std::to_string(e.status) + " " +
           printable(e.reason) +
           (e.retry_in > duration::zero()
                ? "; tried again in " + seconds(static_cast<std::uint64_t>(to_ms(e.retry_in)))
                : std::string());
  }
  std::string operator()(const call::unregistered& e) const {
    return printable(e.aor) + ": registration taken back (" + std::to_string(e.status) + ")";
  }
  std::string operator()(const call::request_finished& e) const {
    return "request finished: " + std::to_string(e.status) + " " + printable(e.reason) + " after " +
           std::to_string(to_ms(e.took)) + " ms";
  }
};

struct text_of {
  const call::call_info* call;

  std::string operator()(const listening_event& e) const { return "listening on " + e.address; }
  std::string operator()(const call_opened_event&) const {
    return call != nullptr ? opened(*call) : "incoming";
  }
  std::string operator()(const ringing_event& e) const {
    return "ringing (" + std::to_string(e.status) + ")";
  }
  std::string operator()(const answered_event& e) const {
    return (e.status != 0 ? "answered, " : "open, ") +
           std::string(audio::info(e.format.send.codec).option_name) + ", " +
           std::to_string(e.format.ptime_ms) + " ms packets, media " + e.local_rtp.to_string() +
           " <-> " + e.remote_rtp.to_string();
  }
  std::string operator()(const rejected_event& e) const {
    return "rejected: " + std::to_string(e.status) + " " + printable(e.reason) + " (" +
           printable(e.rule) + ")";
  }
  std::string operator()(const dtmf_event& e) const {
    return std::string("digit ") + printable(std::string_view(&e.digit, 1)) + ", " +
           std::to_string(e.duration_ms) + " ms (" + e.method +
           (e.complete ? ")" : ", its end never came)");
  }
  std::string operator()(const play_started_event& e) const {
    return "playing " + printable(e.source);
  }
  std::string operator()(const play_finished_event& e) const {
    return "played " + printable(e.source) + ", " + seconds(e.played_ms) +
           (e.completed ? "" : ", cut off");
  }
  std::string operator()(const speech_event& e) const {
    return std::string(e.speaking ? "speech began" : "speech ended") + " at " +
           seconds(static_cast<std::uint64_t>(e.at_ms));
  }
  std::string operator()(const barge_in_event& e) const {
    return "barge-in at " + seconds(static_cast<std::uint64_t>(e.at_ms)) + ", all prompts dropped";
  }
  std::string operator()(const record_started_event& e) const {
    return "recording to " + printable(e.file);
  }
  std::string operator()(const record_finished_event& e) const {
    return "recorded " + printable(e.file) + ", " + seconds(e.duration_ms) +
           (e.waveform.empty() ? "" : ", waveform " + printable(e.waveform));
  }
  std::string operator()(const live_started_event& e) const {
    return "microphone and speaker on, " + printable(e.device);
  }
  std::string operator()(const live_finished_event& e) const {
    const live_report& r = e.report;
    return "microphone and speaker off; microphone: " + std::to_string(r.input_underruns) +
           " underruns, " + std::to_string(r.input_overruns) +
           " overruns; speaker: " + std::to_string(r.output_underruns) + " underruns, " +
           std::to_string(r.output_overruns) + " overruns";
  }
  std::string operator()(const held_event& e) const {
    const std::string what = e.on_hold ? "put on hold by " : "resumed by ";
    return what + (e.by == call::ended_by::local ? "us" : "the peer");
  }
  std::string operator()(const transfer_event& e) const {
    std::string s = e.what.by_us ? "transfer of the peer to " : "transfer, asked by the peer, to ";
    s += printable(e.what.target) + ": " + name_of(e.what.state);
    if (e.what.status != 0) s += ", " + std::to_string(e.what.status);
    return e.what.reason.empty() ? s : s + " " + printable(e.what.reason);
  }
  std::string operator()(const message_event& e) const {
    const std::string who =
        call != nullptr ? "" : "from " + printable(e.from) + " to " + printable(e.to) + " ";
    return "message " + who + "(" + printable(e.content_type) + "): " + printable(e.text, 300);
  }
  std::string operator()(const request_finished_event& e) const {
    return printable(e.what.method) + " finished: " + std::to_string(e.what.status) + " " +
           printable(e.what.reason) + " after " + std::to_string(to_ms(e.what.took)) + " ms";
  }
  std::string operator()(const request_event& e) const {
    return printable(e.what.method) + " received" +
           (e.what.content_type.empty() ? "" : " (" + printable(e.what.content_type) + ")");
  }
  std::string operator()(const ended_event& e) const {
    std::string s = std::string("ended by ") + call::name_of(e.by) + " (" + printable(e.reason);
    if (!e.detail.empty()) s += ": " + printable(e.detail, 400);
    if (e.q850_cause) s += ", Q.850 cause " + std::to_string(*e.q850_cause);
    s += ") ";
    s += e.answered ? "after " + seconds(static_cast<std::uint64_t>(e.duration_ms))
                    : std::string("before an answer");
    return e.media ? s + media_line(*e.media) : s;
  }
  std::string operator()(const client_event_line& e) const {
    return std::visit(client_text{}, e.event);
  }
  std::string operator()(const error_event& e) const {
    return "error: " + printable(e.message, 300) +
           (e.file.empty() ? "" : " (" + printable(e.file) + ")");
  }
};

}  // namespace

std::string to_text(const event& e) {
  std::string body = std::visit(text_of{e.call}, e.kind);
  return e.call != nullptr ? "call " + printable(e.call->session_id, 60) + ": " + body : body;
}

bool is_warning(const event& e) {
  if (std::holds_alternative<error_event>(e.kind)) return true;
  if (const auto* client = std::get_if<client_event_line>(&e.kind))
    return std::holds_alternative<call::registration_failed>(client->event);
  const auto* ended = std::get_if<ended_event>(&e.kind);
  if (ended == nullptr) return false;
  if (ended->by == call::ended_by::error || ended->by == call::ended_by::timeout) return true;
  return ended->answered && ended->media && ended->media->packets_received == 0;
}

}  // namespace sipvoice::session
