// What is sent: digits before prompts before an application's sound before a microphone before
// silence, one frame a tick; or an echo, packet by packet. One stream: one SSRC, sequence numbers
// without a hole, time that goes with the ticks.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/audio/tone.hpp"
#include "sipvoice/media/clock_bridge.hpp"
#include "sipvoice/media/echo.hpp"
#include "sipvoice/media/echo_sound.hpp"
#include "sipvoice/media/event_queue.hpp"
#include "sipvoice/media/listener.hpp"
#include "sipvoice/media/live.hpp"
#include "sipvoice/media/outbox.hpp"
#include "sipvoice/media/prompt_queue.hpp"
#include "sipvoice/media/source_reader.hpp"
#include "sipvoice/media/values.hpp"
#include "sipvoice/rtp/sender.hpp"
#include "sipvoice/rtp/telephone_event.hpp"

namespace sipvoice::media {

class talker {
 public:
  talker(const media_open& open, listener& ears, live& microphone, event_queue& events);

  void use(const media_format& format);
  /// Where to; nothing: nothing may be sent, prompts and digits wait.
  void aim(const std::optional<socket_address>& destination) { destination_ = destination; }

  void play(const play_command& command) { prompts_.add(command); }
  void stop_playing() { prompts_.stop(events_); }
  void use_source(std::shared_ptr<sound_source> source) { source_.use(std::move(source)); }
  /// Speech has begun. True: it has cut off prompts or the application's sound.
  bool interrupt_playing() {
    const bool cut = source_.interrupt(events_);
    return prompts_.interrupt(events_) || cut;
  }
  void send_digits(const send_digits_command& command);
  void set_echo(bool on);
  [[nodiscard]] bool echoing() const { return echoing_; }

  /// One frame's time begins.
  void tick();
  /// `count` frames' time has passed in which the worker stood still.
  void skip(std::int64_t count);

  /// A packet that came, each once. Not audio: only its number counts.
  void echo_packet(const rtp::packet_header& header, std::optional<audio::codec_id> codec,
                   byte_view payload, time_point now);
  /// The other side's stream begins anew: what waits for its turn goes out first.
  void echo_new_source();
  void echo_timeout(time_point now);
  [[nodiscard]] time_point echo_deadline() const;

  [[nodiscard]] duration ptime() const { return std::chrono::milliseconds(ptime_ms_); }
  [[nodiscard]] std::optional<outbox::item> pop() { return outbox_.pop(); }
  [[nodiscard]] std::uint64_t packets_sent() const { return packets_sent_; }
  [[nodiscard]] std::uint64_t payload_bytes_sent() const { return payload_bytes_sent_; }
  /// RTP time of the next tick.
  [[nodiscard]] rtp_timestamp time() const { return sender_.time(); }
  [[nodiscard]] std::uint32_t clock_rate() const { return audio::info(codec_.codec).clock_rate; }
  [[nodiscard]] std::uint64_t echo_late() const { return echo_.queue().late(); }

 private:
  [[nodiscard]] std::uint32_t ticks_per_frame() const;
  [[nodiscard]] std::size_t samples_per_frame() const;
  void send(const rtp::packet_header& header, byte_view payload);
  void send_audio(std::span<const std::int16_t> frame);
  bool digits_tick(std::span<std::int16_t> frame);
  void tones_tick(const rtp::event_sender::step& step, std::span<std::int16_t> frame);
  void send_echo(const rtp::reorder_queue::item& item);
  void echo_as_it_is(const rtp::reorder_queue::item& item);
  void echo_coded_anew(const rtp::reorder_queue::item& item);
  std::size_t encode_any_length(std::span<const std::int16_t> samples, std::span<std::uint8_t> out);

  listener& ears_;
  live& microphone_;
  event_queue& events_;
  rtp::sender sender_;
  outbox outbox_;
  prompt_queue prompts_;
  source_reader source_;
  rtp::event_sender digits_;
  echo echo_;
  echo_sound echo_sound_;
  clock_bridge echo_clock_;
  std::array<audio::sine, 2> tones_;
  std::uint8_t tones_event_ = 0;
  bool tones_on_ = false;

  codec_mapping codec_;
  audio::encoder_options options_;
  std::unique_ptr<audio::encoder> encoder_;
  std::optional<payload_type> dtmf_;
  std::uint32_t ptime_ms_ = 20;
  bool fill_silence_;
  std::optional<socket_address> destination_;
  bool echoing_ = false;
  bool digit_on_air_ = false;
  audio::codec_id echo_codec_{};
  std::uint64_t packets_sent_ = 0, payload_bytes_sent_ = 0;
};

}  // namespace sipvoice::media
