#include "sipvoice/media/talker.hpp"

#include <algorithm>
#include <array>

#include "sipvoice/media/limits.hpp"

namespace sipvoice::media {
namespace {

/// Of each of the two tones of a digit that is sent as sound: about -10 dBm0.
constexpr double tone_amplitude = 0.22;
/// A stall that long is filled into recordings as silence; more of it is cut.
constexpr duration max_recorded_stall = std::chrono::seconds(10);

}  // namespace

talker::talker(const media_open& open, listener& ears, live& microphone, event_queue& events)
    : ears_(ears),
      microphone_(microphone),
      events_(events),
      sender_(open.local_ssrc, open.first_sequence, open.first_timestamp),
      fill_silence_(open.sound.fill_silence) {
  use(open.parameters.format);
}

void talker::use(const media_format& format) {
  if (!encoder_ || format.send.codec != codec_.codec || format.send_options != options_) {
    encoder_ = audio::make_encoder(format.send.codec, format.send_options);
    echo_.lay_anew();
  }
  codec_ = format.send;
  options_ = format.send_options;
  ears_.use(codec_.codec);
  dtmf_ = format.dtmf_send;
  ptime_ms_ = audio::usable_ptime_ms(codec_.codec, format.ptime_ms);
}

std::uint32_t talker::ticks_per_frame() const {
  return audio::info(codec_.codec).clock_rate * ptime_ms_ / 1000;
}

std::size_t talker::samples_per_frame() const {
  return std::min<std::size_t>(audio::info(codec_.codec).sample_rate * ptime_ms_ / 1000,
                               max_frame_samples);
}

void talker::send_digits(const send_digits_command& command) {
  digits_.queue(command.digits, command.each, command.gap, command.in_sound);
}

void talker::set_echo(bool on) {
  if (on == echoing_) return;
  echoing_ = on;
  if (on) return;
  echo_new_source();
  if (echo_.end()) sender_.not_before(*echo_.end());
}

void talker::send(const rtp::packet_header& header, byte_view payload) {
  if (!outbox_.push(header, payload, *destination_)) return;
  ++packets_sent_;
  payload_bytes_sent_ += payload.size();
}

void talker::send_audio(std::span<const std::int16_t> frame) {
  std::array<std::uint8_t, audio::max_encoded_bytes> buffer;
  const std::size_t length = encoder_->encode(frame, buffer);
  if (length > 0) send(sender_.next(codec_.type), byte_view(buffer).first(length));
}

/// Without an agreed telephone-event, or where it is asked for, a digit goes out as its two tones,
/// by the same schedule.
void talker::tones_tick(const rtp::event_sender::step& step, std::span<std::int16_t> frame) {
  const std::uint8_t event = step.packets[0].event.event;
  if (!tones_on_ || event != tones_event_) {
    const auto pair = audio::tones_of(event);
    const std::uint32_t rate = audio::info(codec_.codec).sample_rate;
    tones_ = {audio::sine(pair.low_hz, rate, tone_amplitude),
              audio::sine(pair.high_hz, rate, tone_amplitude)};
  }
  tones_event_ = event;
  tones_[0].fill(frame);
  tones_[1].add(frame);
}

/// True when this tick belongs to a digit; `frame` is then what of it was sound.
bool talker::digits_tick(std::span<std::int16_t> frame) {
  const auto step =
      digits_.tick(sender_.time(), ticks_per_frame(), audio::info(codec_.codec).clock_rate);
  if (step.sequence_done) events_.push(digits_sent{});
  if (step.last_end) events_.push(digits_out{});
  if (!dtmf_ || step.in_sound) {
    if (step.sounding) {
      tones_tick(step, frame);
      send_audio(frame);
    }
    tones_on_ = step.sounding;
    return step.sounding;
  }
  if (step.count > 0) std::fill(frame.begin(), frame.end(), std::int16_t{0});
  for (const auto& p : std::span(step.packets).first(step.count)) {
    std::array<std::uint8_t, rtp::telephone_event_bytes> payload;
    p.event.print(payload);
    send(sender_.next_at(*dtmf_, p.timestamp, p.marker ? rtp::marking::set : rtp::marking::clear),
         payload);
  }
  return step.count > 0;
}

void talker::tick() {
  prompts_.settle(events_);
  std::array<std::int16_t, max_frame_samples> buffer;
  const auto frame = std::span(buffer).first(samples_per_frame());
  bool playing = false;
  if (echoing_ && echo_.end()) sender_.not_before(*echo_.end());
  // The microphone's time passes whoever is heard.
  const std::uint32_t rate = audio::info(codec_.codec).sample_rate;
  const bool speaking = microphone_.read(frame, rate);
  if (destination_ && !echoing_)
    playing = prompts_.read(frame, rate, events_) || source_.read(frame, rate, events_) || speaking;
  if (!playing) std::fill(frame.begin(), frame.end(), std::int16_t{0});
  if (destination_) {
    // A digit takes the place of the prompt's frame, whose time passes all the same.
    const bool was_on_air = digit_on_air_;
    digit_on_air_ = digits_tick(frame);
    if (was_on_air && !digit_on_air_) echo_.lay_anew();
    if (!digit_on_air_ && !echoing_ && (playing || fill_silence_)) send_audio(frame);
  }
  ears_.tick(frame, events_);
  sender_.advance(ticks_per_frame());
}

void talker::skip(std::int64_t count) {
  const std::array<std::int16_t, max_frame_samples> silence{};
  const auto frame = std::span(silence).first(samples_per_frame());
  const std::int64_t recorded = std::min<std::int64_t>(count, max_recorded_stall / ptime());
  for (std::int64_t i = 0; i < recorded; ++i) ears_.tick(frame, events_);
  sender_.advance(static_cast<std::uint32_t>(count * ticks_per_frame()));
}

void talker::echo_packet(const rtp::packet_header& header, std::optional<audio::codec_id> codec,
                         byte_view payload, time_point now) {
  if (!echoing_) return;
  if (codec && *codec != echo_codec_) {
    // What waits is of the codec before.
    while (const auto item = echo_.queue().pop_all())
      if (item->deliver) send_echo(*item);
    echo_codec_ = *codec;
    echo_sound_.reset();
    echo_.lay_anew();
  }
  echo_.queue().push(header, payload, codec.has_value(), now);
  echo_timeout(now);
}

void talker::echo_timeout(time_point now) {
  while (const auto item = echo_.queue().pop(now))
    if (item->deliver) send_echo(*item);
}

void talker::echo_new_source() {
  while (const auto item = echo_.queue().pop_all())
    if (item->deliver) send_echo(*item);
  echo_.queue().reset();
  echo_sound_.reset();
  echo_.lay_anew();
}

time_point talker::echo_deadline() const { return echo_.queue().next_deadline(); }

void talker::send_echo(const rtp::reorder_queue::item& item) {
  if (!destination_ || digit_on_air_) return;
  if (echo_codec_ == codec_.codec)
    echo_as_it_is(item);
  else
    echo_coded_anew(item);
}

/// Bit-exact where both directions have one codec; decoded only for those who want the sound.
void talker::echo_as_it_is(const rtp::reorder_queue::item& item) {
  const std::uint32_t ticks = audio::ticks_of(codec_.codec, item.payload);
  if (ticks == 0) return;
  const auto place = echo_.map(item.header, ticks, sender_.time());
  const auto header = sender_.next_at(codec_.type, place.timestamp,
                                      place.marker ? rtp::marking::set : rtp::marking::clear);
  send(header, item.payload);
  if (ears_.wanted())
    ears_.sent_apart(header, echo_sound_.decode(codec_.codec, codec_.codec, item.payload));
}

/// In packets of our own packet time, at most.
void talker::echo_coded_anew(const rtp::reorder_queue::item& item) {
  const auto& ours = audio::info(codec_.codec);
  if (echo_clock_.set(audio::info(echo_codec_).clock_rate, ours.clock_rate)) echo_.lay_anew();
  rtp::packet_header from = item.header;
  from.timestamp = echo_clock_.map(from.timestamp);
  auto sound = echo_sound_.decode(echo_codec_, codec_.codec, item.payload);
  while (!sound.empty()) {
    const auto piece = sound.first(std::min(sound.size(), samples_per_frame()));
    const auto ticks =
        static_cast<std::uint32_t>(piece.size() * ours.clock_rate / ours.sample_rate);
    std::array<std::uint8_t, audio::max_encoded_bytes> encoded;
    const std::size_t length = encode_any_length(piece, encoded);
    if (length > 0) {
      const auto place = echo_.map(from, ticks, sender_.time());
      const auto header = sender_.next_at(codec_.type, place.timestamp,
                                          place.marker ? rtp::marking::set : rtp::marking::clear);
      send(header, byte_view(encoded).first(length));
      if (ears_.wanted()) ears_.sent_apart(header, piece);
    }
    from.timestamp += ticks;
    from.marker = false;
    sound = sound.subspan(piece.size());
  }
}

/// A codec that has no frames of this length gets it filled with silence to whole 10 ms.
std::size_t talker::encode_any_length(std::span<const std::int16_t> samples,
                                      std::span<std::uint8_t> out) {
  if (const std::size_t length = encoder_->encode(samples, out); length > 0) return length;
  const std::size_t smallest = audio::info(codec_.codec).sample_rate / 100;
  const std::size_t whole = (samples.size() + smallest - 1) / smallest * smallest;
  std::array<std::int16_t, max_frame_samples> frame{};
  if (whole > frame.size()) return 0;
  std::copy(samples.begin(), samples.end(), frame.begin());
  return encoder_->encode(std::span(frame).first(whole), out);
}

}  // namespace sipvoice::media
