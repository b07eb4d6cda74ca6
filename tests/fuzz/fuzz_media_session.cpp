// A list of operations on a media session: packets, time, commands, re-INVITEs in any order. What
// goes out stays one RTP stream, recordings stay even, figures add up, the end is the end.
#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sipvoice/media/media_session.hpp"
#include "sipvoice/rtp/packet.hpp"

using namespace sipvoice;
using std::chrono::milliseconds;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

struct even_sink final : media::recording_sink {
  bool closed = false;
  std::uint64_t samples = 0;
  void write(std::span<const std::int16_t> heard, std::span<const std::int16_t> sent) override {
    require(!closed && heard.size() == sent.size());
    samples += heard.size();
  }
  void close() override {
    require(!closed);
    closed = true;
  }
};

/// Bytes of the input, zero behind its end.
struct input {
  byte_view bytes;
  std::size_t at = 0;
  std::uint8_t byte() { return at < bytes.size() ? bytes[at++] : 0; }
  std::uint16_t word() { return static_cast<std::uint16_t>((byte() << 8) | byte()); }
  [[nodiscard]] bool end() const { return at >= bytes.size(); }
};

media::media_parameters parameters_of(input& in) {
  const std::uint8_t a = in.byte(), b = in.byte();
  media::media_parameters p;
  p.remote_rtp = {(a & 1) != 0 ? ip_address{} : ip_address::v4(127, 0, 0, 1 + ((a >> 1) & 1)),
                  static_cast<std::uint16_t>((a & 4) != 0 ? 0 : 4000)};
  p.direction = static_cast<media::direction>((a >> 3) & 3);
  p.on_hold = (a & 32) != 0;
  p.format.send = (a & 64) != 0 ? media::codec_mapping{payload_type{8}, audio::codec_id::pcma}
                                : media::codec_mapping{payload_type{0}, audio::codec_id::pcmu};
  p.format.receive = {{payload_type{0}, audio::codec_id::pcmu},
                      {payload_type{8}, audio::codec_id::pcma}};
  if ((b & 1) != 0) p.format.dtmf_send = payload_type{101};
  p.format.dtmf_receive = payload_type{96};
  if ((b & 128) != 0) p.format.comfort_noise = payload_type{77};
  p.format.dtmf_clock_rate = (b & 2) != 0 ? 8000 : 48000;
  p.format.ptime_ms = std::array<std::uint32_t, 6>{10, 20, 30, 40, 60, 0}[(b >> 2) % 6];
  return p;
}

struct machine {
  explicit machine(input& i) : in(i) {
    open.parameters = parameters_of(in);
    open.latch = static_cast<media::latch_mode>(in.byte() % 3);
    open.inactivity_timeout = milliseconds(500);
    open.establishment_timeout = milliseconds(900);
    open.first_sequence = sequence_number{65530};
    open.first_timestamp = rtp_timestamp{0xffffff00};
    open.local_ssrc = ssrc{99};
    session.emplace(open, now, now);
  }

  void packet() {
    std::vector<std::uint8_t> bytes(rtp::header_bytes);
    const std::uint8_t kind = in.byte();
    constexpr std::array<std::uint8_t, 4> types{0, 8, 96, 77};
    sequence += static_cast<std::uint16_t>((kind & 4) != 0 ? in.word() : 1);
    timestamp += (kind & 8) != 0 ? std::uint32_t{in.word()} << 8 : 160u;
    rtp::print({(kind & 128) != 0, payload_type{types[kind & 3]}, sequence, timestamp,
                ssrc{(kind & 16) != 0 ? 5u : 6u}},
               std::span(bytes).first<rtp::header_bytes>());
    const std::size_t length = (kind & 32) != 0 ? in.word() % 3000 : (kind & 3) == 2 ? 4 : 160;
    for (std::size_t i = 0; i < length; ++i)
      bytes.push_back(i < 4 ? in.byte() : static_cast<std::uint8_t>(i));
    const std::uint8_t from = (kind & 64) != 0 ? in.byte() : 0;
    session->receive(
        bytes,
        {ip_address::v4(127, 0, 0, 1 + (from & 3)), static_cast<std::uint16_t>(4000 + (from >> 6))},
        now);
  }

  void command() {
    const std::uint8_t kind = in.byte();
    switch (kind % 8) {
      case 0:
        session->command(media::start_command{}, now);
        if ((kind & 16) != 0)
          session->command(media::watch_speech_command{(kind & 32) != 0, (kind & 64) != 0}, now);
        break;
      case 1: {
        auto clip = std::make_shared<audio::clip>();
        clip->samples.assign(in.word() % 2000, 500);
        session->command(media::play_command{kind, clip, (kind & 64) != 0}, now);
        break;
      }
      case 2:
        session->command(media::stop_play_command{}, now);
        break;
      case 3:
        session->command(media::echo_command{(kind & 8) != 0}, now);
        break;
      case 4: {
        sinks.push_back(std::make_shared<even_sink>());
        session->command(
            media::record_command{kind, sinks.back(), milliseconds((kind & 8) != 0 ? 70 : 0)}, now);
        break;
      }
      case 5:
        session->command(media::stop_record_command{in.byte()}, now);
        break;
      case 6:
        session->command(
            media::send_digits_command{"1w*x", milliseconds(in.byte()), milliseconds(in.byte())},
            now);
        break;
      default:
        session->apply({media::media_id{}, parameters_of(in)}, now);
        break;
    }
  }

  void drain() {
    while (const auto out = session->poll_transmit()) {
      if (out->from_rtcp_port) continue;  // a report
      const auto p = rtp::parse(out->bytes);
      require(p.has_value() && p->header.source == ssrc{99});
      require(p->header.sequence == open.first_sequence + static_cast<std::uint16_t>(packets));
      require(out->to.port != 0 && !out->to.ip.is_unspecified());
      require(p->header.type != payload_type{96});
      ++packets;
    }
    while (const auto e = session->poll_event()) {
      if (std::holds_alternative<media::media_closed>(*e)) ++closed;
    }
    require(session->statistics().packets_sent == packets);
    require(closed > 0 || session->next_deadline() > now);
  }

  void step() {
    const std::uint8_t op = in.byte();
    if (op < 140) {
      packet();
    } else if (op < 200) {
      now += milliseconds(op - 139);
      session->handle_timeout(now);
    } else if (op < 204) {
      now += milliseconds(700 * (op - 199));
      session->handle_timeout(now);
    } else if (op < 214) {
      std::array<std::uint8_t, 12> some;
      for (auto& b : some) b = in.byte();
      session->receive_rtcp(some, {ip_address::v4(127, 0, 0, 1), 4001}, now);
      session->receive(some, {ip_address::v4(127, 0, 0, 1), 4000}, now);
    } else {
      command();
    }
    // Timers may be due already where a packet's time was in the past.
    if (session->next_deadline() <= now) session->handle_timeout(now);
    drain();
  }

  void finish() {
    session->close(now);
    drain();
    require(closed == 1);
    require(session->next_deadline() == never);
    for (const auto& s : sinks) require(s->closed);
    session->close(now);
    packet();
    session->handle_timeout(now + milliseconds(1000));
    drain();
    require(closed == 1);
  }

  input& in;
  media::media_open open;
  time_point now{std::chrono::seconds(100)};
  std::optional<media::media_session> session;
  std::vector<std::shared_ptr<even_sink>> sinks;
  sequence_number sequence;
  rtp_timestamp timestamp;
  std::uint64_t packets = 0;
  int closed = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  input in{byte_view(data, size)};
  machine m(in);
  for (int steps = 0; !in.end() && steps < 2000; ++steps) m.step();
  m.finish();
  return 0;
}
