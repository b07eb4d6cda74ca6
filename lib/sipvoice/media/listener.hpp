// What is heard and what went out, on one even timeline, for those who record. Costs nothing while
// nobody does.
//
// There is a timeline for each playout mode that somebody asks for. It has one sample rate from the
// first recording on until none is left, whatever codecs come and go; each recording has the rate
// it asked for.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/audio/stream_resampler.hpp"
#include "sipvoice/media/event_queue.hpp"
#include "sipvoice/media/lane.hpp"
#include "sipvoice/media/limits.hpp"
#include "sipvoice/media/packet_decoder.hpp"
#include "sipvoice/media/playout.hpp"
#include "sipvoice/media/speech_watch.hpp"
#include "sipvoice/media/values.hpp"

namespace sipvoice::media {

class listener {
 public:
  static constexpr std::size_t max_sinks = 4;  ///< one more is closed at once and told as stopped

  explicit listener(const sound_settings& settings = {}) : settings_(settings) {}

  /// What is sent is of this codec: a recording that names no rate has its rate.
  void use(audio::codec_id sending);

  void record(const record_command& command, event_queue& events);
  void stop(record_handle handle);
  /// Whether to listen for speech.
  void watch_speech(bool on);
  /// A packet that came, each once.
  [[nodiscard]] speech_watch::changes listen(const rtp::packet_header& header,
                                             audio::codec_id codec, byte_view payload,
                                             time_point now);
  [[nodiscard]] std::optional<speech_watch::change> speech_timeout(time_point now);
  [[nodiscard]] time_point speech_deadline() const;

  /// Somebody records: packets are worth decoding.
  [[nodiscard]] bool wanted() const { return timelines_[0] || timelines_[1]; }

  /// A packet that came, each once.
  void hear(const rtp::packet_header& header, audio::codec_id codec, byte_view payload,
            time_point now);
  /// A packet without sound.
  void note_other(const rtp::packet_header& header, time_point now);
  /// RFC 3389: the sender is silent from its time on; its background has that level.
  void comfort_noise(const rtp::packet_header& header, std::uint8_t level, time_point now);
  void new_source();
  /// A packet that was sent between ticks (echo), by its own time and number.
  void sent_apart(const rtp::packet_header& header, std::span<const std::int16_t> samples);

  /// One tick: `sent` is what it sent, silence where it sent nothing, at the rate of its codec.
  void tick(std::span<const std::int16_t> sent, event_queue& events);
  void handle_timeout(time_point now);
  [[nodiscard]] time_point next_deadline() const;
  /// Plays out what is buffered and closes all sinks.
  void close(event_queue& events);

  [[nodiscard]] std::uint64_t late() const;
  [[nodiscard]] std::uint64_t concealed_ms() const;
  /// At which a packet that is not late is played: of two timelines the longer one; nothing before
  /// anybody has listened.
  [[nodiscard]] std::optional<duration> playout_delay() const;

 private:
  struct recording {
    record_handle handle = 0;
    playout_mode mode{};
    std::shared_ptr<recording_sink> sink;
    std::optional<std::uint64_t> remaining;  ///< samples of the timeline
  };
  /// There while somebody records.
  struct timeline {
    timeline(std::uint32_t sample_rate, playout_mode playout, const sound_settings& settings)
        : rate(sample_rate),
          mode(playout),
          heard(rate, rate, settings.delays, mode, settings.conceal),
          into_heard(heard.buffer(), rate),
          decoder(settings.conceal) {}
    std::uint32_t rate;
    playout_mode mode;
    playout heard;
    lane into_heard;
    packet_decoder decoder;
    std::unique_ptr<rtp::jitter_buffer> apart;  ///< what was sent between ticks
    std::optional<lane> into_apart;
    std::unique_ptr<audio::stream_resampler> sent_in_tick;  ///< where the codec has another rate
  };
  void write(playout_mode mode, std::span<const std::int16_t> heard,
             std::span<const std::int16_t> sent, event_queue& events);
  void tick(timeline& t, std::span<const std::int16_t> sent, event_queue& events);
  void play_out(playout_mode mode, event_queue& events);
  void release_if_unused();

  sound_settings settings_;
  audio::codec_id sending_{};
  std::array<recording, max_sinks> recordings_;
  std::array<std::unique_ptr<timeline>, 2> timelines_;  ///< by playout_mode
  std::unique_ptr<speech_watch> speech_;
  std::uint64_t late_ = 0, concealed_ms_ = 0;  ///< of timelines that are gone
  std::optional<duration> delay_;              ///< likewise
  bool closing_ = false;
};

}  // namespace sipvoice::media
