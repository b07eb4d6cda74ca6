// From the payloads of one stream to samples. Where packets build on one another (Opus, G.722) they
// are decoded in their order, and what is missing between two of them is made up by the codec where
// it can do so: from the copy that the next packet carries, else by its own concealment.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/media/lane.hpp"
#include "sipvoice/rtp/reorder_queue.hpp"

namespace sipvoice::media {

class packet_decoder {
 public:
  /// A packet behind a gap waits so long for the one before it: both are in time for a timeline
  /// that plays 60 ms behind.
  static constexpr duration max_wait = std::chrono::milliseconds(20);
  /// What is missing for longer is a silence.
  static constexpr std::uint32_t max_made_up_ms = 120;

  /// `conceal`: codecs make up what is missing.
  explicit packet_decoder(bool conceal = true) : conceal_(conceal) {}

  /// A packet that is not a copy. Order does not matter.
  void push(const rtp::packet_header& header, audio::codec_id codec, byte_view payload,
            time_point now, lane& out);
  /// A packet without sound: only its number counts.
  void note_other(const rtp::packet_header& header, time_point now, lane& out);
  /// What waits is decoded as it is. Another source follows, or the end.
  void flush(lane& out);

  void handle_timeout(time_point now, lane& out);
  [[nodiscard]] time_point next_deadline() const { return queue_.next_deadline(); }
  [[nodiscard]] std::uint64_t late() const { return queue_.late(); }
  /// Time that codecs made up.
  [[nodiscard]] std::uint64_t concealed_ms() const { return concealed_us_ / 1000; }

 private:
  [[nodiscard]] audio::decoder& decoder_of(audio::codec_id codec);
  void use(audio::codec_id codec, lane& out);
  void play(const rtp::reorder_queue::item& item, std::optional<time_point> now, lane& out);
  void make_up(const rtp::packet_header& next, byte_view payload, lane& out);
  void put_made_up(rtp_timestamp at, sequence_number sequence, std::span<const std::int16_t> pcm,
                   lane& out);

  bool conceal_;
  std::array<std::unique_ptr<audio::decoder>, audio::codec_count> decoders_;  ///< made when used
  std::optional<audio::codec_id> codec_;
  rtp::reorder_queue queue_{max_wait};  ///< packets of codec_ only

  bool played_ = false;  ///< the following two are of this source and codec
  sequence_number last_;
  rtp_timestamp end_;
  std::uint64_t concealed_us_ = 0;
};

}  // namespace sipvoice::media
