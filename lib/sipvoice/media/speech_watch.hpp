// Whether the other side speaks, from its packets as they arrive: no jitter buffer delays the
// verdict. What comes out of order is passed over.
//
// Thresholds are those of audio::voice_activity: 10 ms blocks that are louder than -50 dBFS and 9
// dB above the background; speech begins after 40 ms of them and ends 400 ms after the last one.
// What is at least 14 dB quieter than the loudest that we have sent in the last half second may be
// its echo and is no speech, so an echo path that takes 20 dB away is never heard as the caller.
//
// A pause of the sender (RFC 3389 comfort noise, or plain gaps in RTP time) is silence. Lost
// packets are neither speech nor silence, unless nothing comes for 400 ms.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/audio/voice_activity.hpp"
#include "sipvoice/rtp/packet.hpp"

namespace sipvoice::media {

class speech_watch {
 public:
  static constexpr double echo_loss_db = 14;  ///< what is that much below what we send may be echo
  static constexpr duration echo_window = std::chrono::milliseconds(500);

  struct change {
    bool speaking = false;
    time_point began_at{};  ///< of the speech, or of the silence
  };

  /// A packet that came, each once. A pause before it may have ended the speech before.
  using changes = std::array<std::optional<change>, 2>;
  [[nodiscard]] changes hear(const rtp::packet_header& header, audio::codec_id codec,
                             byte_view payload, time_point arrived);
  /// A packet without sound.
  void note_other(const rtp::packet_header& header);
  /// Another stream begins.
  void restart();
  /// A frame of ours went out.
  void sent(std::span<const std::int16_t> frame, std::uint32_t sample_rate);

  [[nodiscard]] time_point next_deadline() const;
  [[nodiscard]] std::optional<change> handle_timeout(time_point now);

 private:
  static constexpr duration echo_slot = std::chrono::milliseconds(100);
  static constexpr std::size_t echo_slots = static_cast<std::size_t>(echo_window / echo_slot) + 1;

  void use(audio::codec_id codec);
  [[nodiscard]] double masked_dbfs() const;
  [[nodiscard]] std::optional<change> told(const std::optional<audio::voice_activity::change>& what,
                                           time_point decided) const;

  audio::voice_activity_config config_;
  std::optional<audio::codec_id> codec_;
  std::uint32_t rate_ = 0;
  std::optional<audio::voice_activity> activity_;
  std::array<std::unique_ptr<audio::decoder>, audio::codec_count> decoders_;  ///< made when used

  bool heard_ = false;  ///< the following are of this stream and codec
  bool hole_ = false;   ///< numbers are missing since the last sound
  sequence_number newest_;
  rtp_timestamp end_;
  time_point last_arrived_{};

  std::array<double, echo_slots> sent_dbfs_ = silent_slots();  ///< the loudest of each 100 ms
  std::size_t slot_ = 0;
  duration in_slot_{};
  static constexpr std::array<double, echo_slots> silent_slots() {
    std::array<double, echo_slots> slots{};
    slots.fill(audio::voice_activity::never_masked);
    return slots;
  }
};

}  // namespace sipvoice::media
