// A media session with a virtual clock, a peer that sends to it, and everything that came out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/media/media_session.hpp"
#include "sipvoice/rtp/packet.hpp"
#include "sipvoice/rtp/rtcp.hpp"
#include "sipvoice/rtp/telephone_event.hpp"

namespace test {

using namespace sipvoice;
using std::chrono::milliseconds;

inline constexpr time_point begin{std::chrono::seconds(1000)};
inline time_point at(std::int64_t ms) { return begin + milliseconds(ms); }

inline socket_address address(std::uint8_t last, std::uint16_t port) {
  return {ip_address::v4(127, 0, 0, last), port};
}
inline const socket_address peer = address(1, 4000);

inline media::media_open opening() {
  media::media_open open;
  open.parameters.remote_rtp = peer;
  open.parameters.remote_rtcp = address(1, 4001);
  auto& f = open.parameters.format;
  f.send = {payload_type{0}, audio::codec_id::pcmu};
  f.receive = {{payload_type{0}, audio::codec_id::pcmu}, {payload_type{8}, audio::codec_id::pcma}};
  f.dtmf_send = payload_type{101};
  f.dtmf_receive = payload_type{96};
  f.comfort_noise = payload_type{13};
  open.local_ssrc = ssrc{0xabcd};
  open.first_sequence = sequence_number{65534};
  open.first_timestamp = rtp_timestamp{0xffffff00};
  return open;
}

struct sent_packet {
  rtp::packet_header header;
  std::vector<std::uint8_t> payload;
  socket_address to;
  std::int64_t at_ms = 0;
};

struct sent_report {
  std::vector<std::uint8_t> bytes;
  socket_address to;
  bool from_rtcp_port = false;
};

/// Collects what is recorded.
struct memory_sink final : media::recording_sink {
  std::vector<std::int16_t> heard, sent;
  bool unequal = false;
  int closed = 0;
  void write(std::span<const std::int16_t> h, std::span<const std::int16_t> s) override {
    unequal = unequal || h.size() != s.size() || closed > 0;
    heard.insert(heard.end(), h.begin(), h.end());
    sent.insert(sent.end(), s.begin(), s.end());
  }
  void close() override { ++closed; }
};

struct event_name {
  std::string operator()(const media::first_packet&) const { return "first"; }
  std::string operator()(const media::digit_received& d) const {
    return (d.complete ? "" : "-") + std::string(1, d.digit) + "/" + std::to_string(d.duration_ms) +
           (d.method == media::digit_method::inband ? " in the sound" : "");
  }
  std::string operator()(const media::play_started& p) const {
    return "start " + std::to_string(p.handle);
  }
  std::string operator()(const media::play_finished& p) const {
    return (p.completed ? "end "
            : p.barged  ? "barged "
                        : "cut ") +
           std::to_string(p.handle) + " " + std::to_string(p.played_ms);
  }
  std::string operator()(const media::record_stopped& r) const {
    return "stopped " + std::to_string(r.handle);
  }
  std::string operator()(const media::speech_started& s) const {
    return "speech " + std::to_string(s.at_ms);
  }
  std::string operator()(const media::speech_stopped& s) const {
    return "quiet " + std::to_string(s.at_ms);
  }
  std::string operator()(const media::barged_in& b) const {
    return "barge-in " + std::to_string(b.at_ms);
  }
  std::string operator()(const media::digits_sent&) const { return "digits sent"; }
  std::string operator()(const media::media_timed_out& t) const {
    return t.never_started ? "never started" : "stopped coming";
  }
  std::string operator()(const media::peer_left&) const { return "left"; }
  std::string operator()(const media::media_closed&) const { return "closed"; }
  /// Events that these tables do not follow.
  template <class Other>
  std::string operator()(const Other&) const {
    return {};
  }
};

/// Short names of events: "first", "5/160", "-5/40", "start 1", "end 1 60", "cut 1 60", ...
inline std::string name_of(const media::event_body& body) { return std::visit(event_name{}, body); }

struct rig {
  explicit rig(media::media_open open = opening())
      : session(open, begin, begin), parameters(open.parameters) {}

  media::media_session session;
  media::media_parameters parameters;
  std::vector<sent_packet> sent;
  std::vector<sent_report> reports;
  std::vector<std::string> events;
  std::int64_t now_ms = 0;

  void drain() {
    while (const auto out = session.poll_transmit()) {
      if (rtp::is_rtcp_by_type(out->bytes)) {
        reports.push_back({{out->bytes.begin(), out->bytes.end()}, out->to, out->from_rtcp_port});
        continue;
      }
      const auto p = rtp::parse(out->bytes);
      if (!p) throw std::runtime_error("sent what is no packet");
      sent.push_back({p->header, {p->payload.begin(), p->payload.end()}, out->to, now_ms});
    }
    while (const auto e = session.poll_event())
      if (const auto name = name_of(*e); !name.empty())
        events.push_back(std::to_string(now_ms) + " " + name);
  }
  /// Runs every deadline up to and including this moment.
  void run_to(std::int64_t ms) {
    while (session.next_deadline() <= at(ms)) {
      now_ms = to_ms(session.next_deadline() - begin);
      session.handle_timeout(session.next_deadline());
      drain();
    }
    now_ms = ms;
  }
  void command(media::command_body body) {
    session.command(std::move(body), at(now_ms));
    drain();
  }
  void change(const media::media_parameters& p) {
    parameters = p;
    session.apply({media::media_id{}, p}, at(now_ms));
    drain();
  }
  void receive(const rtp::packet_header& header, const std::vector<std::uint8_t>& payload,
               const socket_address& from = peer) {
    std::vector<std::uint8_t> bytes(rtp::header_bytes);
    rtp::print(header, std::span(bytes).first<rtp::header_bytes>());
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    session.receive(bytes, from, at(now_ms));
    drain();
  }
  /// Packet n of a stream of 20 ms, its payload made of n.
  void audio(std::uint32_t n, const socket_address& from = peer, std::uint8_t type = 0,
             std::uint32_t source = 7) {
    receive({n == 0, payload_type{type}, sequence_number{static_cast<std::uint16_t>(65500 + n)},
             rtp_timestamp{0xfffff000u + 160 * n}, ssrc{source}},
            payload_of(n), from);
  }
  static std::vector<std::uint8_t> payload_of(std::uint32_t n) {
    std::vector<std::uint8_t> out(160);
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<std::uint8_t>((n * 31 + i) % 250);
    return out;
  }
  void event(std::uint32_t n, std::uint32_t timestamp, std::uint8_t event, std::uint32_t duration,
             bool end) {
    std::vector<std::uint8_t> payload(4);
    rtp::telephone_event{event, end, 10, static_cast<std::uint16_t>(duration)}.print(
        std::span(payload).first<4>());
    receive({false, payload_type{96}, sequence_number{static_cast<std::uint16_t>(65500 + n)},
             rtp_timestamp{timestamp}, ssrc{7}},
            payload);
  }
  void close() {
    session.close(at(now_ms));
    drain();
  }
  [[nodiscard]] const media::media_statistics& figures() const { return session.statistics(); }
};

inline std::shared_ptr<const audio::clip> clip(std::size_t samples, std::int16_t first = 0) {
  auto c = std::make_shared<audio::clip>();
  c->samples.resize(samples);
  for (std::size_t i = 0; i < samples; ++i)
    c->samples[i] = static_cast<std::int16_t>(first + 40 * static_cast<int>(i % 200));
  return c;
}

}  // namespace test
