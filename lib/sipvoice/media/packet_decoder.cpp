#include "sipvoice/media/packet_decoder.hpp"

#include <algorithm>
#include <span>

namespace sipvoice::media {

audio::decoder& packet_decoder::decoder_of(audio::codec_id codec) {
  auto& place = decoders_[static_cast<std::size_t>(codec)];
  if (!place) place = audio::make_decoder(codec);
  return *place;
}

void packet_decoder::use(audio::codec_id codec, lane& out) {
  if (codec_ == codec) return;
  flush(out);
  codec_ = codec;
  decoder_of(codec).reset();
}

void packet_decoder::push(const rtp::packet_header& header, audio::codec_id codec,
                          byte_view payload, time_point now, lane& out) {
  use(codec, out);
  if (audio::info(codec).ordered) {
    queue_.push(header, payload, true, now);
    handle_timeout(now, out);
    return;
  }
  std::array<std::int16_t, audio::max_packet_samples> pcm;
  const std::size_t count = decoder_of(codec).decode(payload, pcm);
  out.put(header.timestamp, header.sequence, codec, std::span(pcm).first(count), now);
}

void packet_decoder::note_other(const rtp::packet_header& header, time_point now, lane& out) {
  out.note_other(header.sequence);
  if (!codec_ || !audio::info(*codec_).ordered) return;
  queue_.push(header, {}, false, now);
  handle_timeout(now, out);
}

void packet_decoder::handle_timeout(time_point now, lane& out) {
  while (const auto item = queue_.pop(now)) play(*item, now, out);
}

void packet_decoder::flush(lane& out) {
  while (const auto item = queue_.pop_all()) play(*item, std::nullopt, out);
  queue_.reset();
  played_ = false;
  if (codec_) decoder_of(*codec_).reset();
}

/// `now`: since when it can be heard, which is what the delay has to follow.
void packet_decoder::play(const rtp::reorder_queue::item& item, std::optional<time_point> now,
                          lane& out) {
  if (!item.deliver) {
    last_ = item.header.sequence;
    return;
  }
  const std::uint32_t ticks = audio::ticks_of(*codec_, item.payload);
  if (ticks == 0) return;
  if (played_ && conceal_) make_up(item.header, item.payload, out);
  std::array<std::int16_t, audio::max_packet_samples> pcm;
  const std::size_t count = decoder_of(*codec_).decode(item.payload, pcm);
  out.put(item.header.timestamp, item.header.sequence, *codec_, std::span(pcm).first(count), now);
  played_ = true;
  last_ = item.header.sequence;
  end_ = item.header.timestamp + ticks;
}

/// Numbers and time are missing before `next`: its own copy of the packet before it comes last, the
/// codec's concealment before that.
void packet_decoder::make_up(const rtp::packet_header& next, byte_view payload, lane& out) {
  const auto& codec = audio::info(*codec_);
  const std::int32_t gap = next.timestamp - end_;
  if (next.sequence - last_ < 2 || gap <= 0 ||
      gap > static_cast<std::int32_t>(max_made_up_ms * codec.clock_rate / 1000))
    return;
  const auto samples = [&](std::uint32_t ticks) {
    return std::size_t{ticks} * codec.sample_rate / codec.clock_rate;
  };
  const std::uint32_t copied =
      std::min(static_cast<std::uint32_t>(gap), audio::ticks_of(*codec_, payload));
  const std::uint32_t invented = static_cast<std::uint32_t>(gap) - copied;
  std::array<std::int16_t, audio::max_packet_samples> pcm;
  audio::decoder& decoder = decoder_of(*codec_);
  if (invented > 0) {
    const std::size_t count = decoder.conceal(std::span(pcm).first(samples(invented)));
    put_made_up(end_, last_ + 1, std::span(pcm).first(count), out);
  }
  const std::size_t count = decoder.decode_fec(payload, std::span(pcm).first(samples(copied)));
  put_made_up(next.timestamp - copied, next.sequence - 1, std::span(pcm).first(count), out);
}

void packet_decoder::put_made_up(rtp_timestamp at, sequence_number sequence,
                                 std::span<const std::int16_t> pcm, lane& out) {
  if (pcm.empty()) return;
  if (!out.put_made_up(at, sequence, *codec_, pcm)) return;
  concealed_us_ += pcm.size() * std::uint64_t{1000000} / audio::info(*codec_).sample_rate;
}

}  // namespace sipvoice::media
