// Digits as tones in the sound, in and out.
#include <random>

#include "rig.hpp"
#include "sipvoice/audio/dtmf_detector.hpp"
#include "sipvoice/audio/tone.hpp"
#include "support/catch.hpp"

using namespace test;
using list = std::vector<std::string>;

namespace {

constexpr std::array all_codecs{audio::codec_id::pcmu,      audio::codec_id::pcma,
                                audio::codec_id::g722,      audio::codec_id::opus,
                                audio::codec_id::l16,       audio::codec_id::l16_8000,
                                audio::codec_id::l16_44100, audio::codec_id::l16_48000};

media::media_open opening_without_events(audio::codec_id codec = audio::codec_id::pcmu) {
  auto open = opening();
  auto& f = open.parameters.format;
  f.send = {payload_type{0}, codec};
  f.receive = {{payload_type{0}, codec}};
  if (codec != audio::codec_id::pcma) f.receive.push_back({payload_type{8}, audio::codec_id::pcma});
  f.dtmf_send.reset();
  f.dtmf_receive.reset();
  return open;
}

/// A stream of 20 ms packets that a peer makes: silence and digits, encoded.
struct talking_peer {
  explicit talking_peer(rig& r, audio::codec_id c = audio::codec_id::pcmu, std::uint8_t t = 0)
      : to(r), codec(audio::info(c)), type(t), encoder(audio::make_encoder(c)) {}
  rig& to;
  const audio::codec_info& codec;
  std::uint8_t type;
  std::unique_ptr<audio::encoder> encoder;
  std::uint32_t n = 0, unsent = 0;  ///< packets; frames of silence that were none
  std::uint32_t source = 7;
  std::optional<std::uint8_t> event;
  std::array<audio::sine, 2> tones;

  void press(std::uint8_t e) {
    const auto t = audio::tones_of(e);
    event = e;
    tones = {audio::sine(t.low_hz, codec.sample_rate, 0.2),
             audio::sine(t.high_hz, codec.sample_rate, 0.2)};
  }
  std::vector<std::uint8_t> next() {
    std::vector<std::int16_t> frame(codec.sample_rate / 50);
    if (event) {
      tones[0].fill(frame);
      tones[1].add(frame);
    }
    std::vector<std::uint8_t> bytes(audio::max_encoded_bytes);
    bytes.resize(encoder->encode(frame, bytes));
    ++n;
    return bytes;
  }
  [[nodiscard]] rtp::packet_header header(std::uint32_t number) const {
    return {false, payload_type{type}, sequence_number{static_cast<std::uint16_t>(65500 + number)},
            rtp_timestamp{0xfffff000u + codec.clock_rate / 50 * (number + unsent)}, ssrc{source}};
  }
  void packets(int count, bool arrive = true) {
    for (int i = 0; i < count; ++i) {
      const auto bytes = next();
      if (arrive) to.receive(header(n - 1), bytes);
      to.run_to(to.now_ms + 20);
    }
  }
  void digit(std::uint8_t e, int count) {
    press(e);
    packets(count);
    event.reset();
  }
  /// Two packets in each other's place.
  void swapped() {
    const auto one = next(), two = next();
    to.receive(header(n - 1), two);
    to.run_to(to.now_ms + 20);
    to.receive(header(n - 2), one);
    to.run_to(to.now_ms + 20);
  }
};

/// "5 in the sound" without times and durations.
list digits_of(const rig& r) {
  list out;
  for (const auto& e : r.events) {
    if (e.find(" in the sound") == std::string::npos) continue;
    const std::string what = e.substr(e.find(' ') + 1);
    out.push_back(what.substr(0, what.find('/')));
  }
  return out;
}

}  // namespace

TEST_CASE("tones are digits where no telephone-event was agreed, with every codec") {
  for (const auto codec : all_codecs) {
    INFO(audio::info(codec).encoding << " " << audio::info(codec).sample_rate);
    rig r(opening_without_events(codec));
    talking_peer p(r, codec);
    p.packets(10);
    for (std::uint8_t e = 0; e < 16; ++e) {
      p.digit(e, 5);
      p.packets(4);
    }
    const list all{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#", "A", "B", "C", "D"};
    CHECK(digits_of(r) == all);
  }
}

TEST_CASE("where telephone-events were agreed, tones are sound") {
  rig r;
  talking_peer p(r);
  p.digit(5, 10);
  p.packets(10);
  CHECK(r.events == list{"0 first"});
  // A new offer leaves them out: from now on tones are digits.
  auto next = r.parameters;
  next.format.dtmf_receive.reset();
  r.change(next);
  p.digit(6, 10);
  p.packets(10);
  CHECK(digits_of(r) == list{"6"});
  // And in again, in the middle of a digit.
  p.digit(7, 5);
  r.change(opening().parameters);
  CHECK(digits_of(r) == list{"6", "-7"});
  p.digit(7, 5);
  p.packets(10);
  CHECK(digits_of(r) == list{"6", "-7"});
}

TEST_CASE("a digit whose packets are lost, swapped or late is one") {
  for (int lost_from = 0; lost_from < 10; ++lost_from)
    for (int lost = 1; lost <= 3; ++lost) {
      INFO(lost << " lost from " << lost_from);
      rig r(opening_without_events());
      talking_peer p(r);
      p.packets(5);
      p.press(5);
      p.packets(lost_from);
      p.packets(lost, false);
      p.packets(10 - lost_from);
      p.event.reset();
      p.packets(10);
      CHECK(digits_of(r) == list{"5"});
    }
  rig r(opening_without_events());
  talking_peer p(r);
  p.packets(5);
  for (int i = 0; i < 3; ++i) {
    p.press(5);
    for (int k = 0; k < 3; ++k) p.swapped();
    p.event.reset();
    for (int k = 0; k < 3; ++k) p.swapped();
  }
  CHECK(digits_of(r) == list{"5", "5", "5"});
}

TEST_CASE("a digit that loses its end is told 150 ms after the last packet, incomplete") {
  rig r(opening_without_events());
  talking_peer p(r);
  p.packets(5);
  p.digit(3, 5);  // the last packet at 180
  r.run_to(329);
  CHECK(digits_of(r).empty());
  r.run_to(330);
  CHECK(digits_of(r) == list{"-3"});
  // A silence that was not sent ends it too, when the next packet tells of it.
  p.unsent += 10;
  p.digit(4, 5);
  p.unsent += 3;
  r.run_to(r.now_ms + 60);
  p.packets(1);
  CHECK(digits_of(r) == list{"-3", "4"});
  p.digit(5, 5);
  r.close();
  CHECK(digits_of(r) == list{"-3", "4", "-5"});
}

TEST_CASE("another source and another codec cut a digit off") {
  rig r(opening_without_events());
  talking_peer one(r);
  one.packets(5);
  one.digit(1, 5);
  talking_peer two(r, audio::codec_id::pcma, 8);
  two.n = one.n;
  two.digit(2, 5);
  CHECK(digits_of(r) == list{"-1"});
  talking_peer three(r);
  three.source = 8;
  three.n = 5000;
  three.digit(3, 5);
  three.packets(5);
  CHECK(digits_of(r) == list{"-1", "-2", "3"});
}

TEST_CASE("nothing is listened to where our direction does not receive") {
  auto open = opening_without_events();
  open.parameters.direction = media::direction::send_only;
  rig r(open);
  talking_peer p(r);
  p.digit(5, 10);
  p.packets(10);
  CHECK(digits_of(r).empty());
}

TEST_CASE("sent tones: duration and gap as asked, with every codec, read by the detector") {
  for (const auto codec : all_codecs) {
    const auto& info = audio::info(codec);
    INFO(info.encoding << " " << info.sample_rate);
    rig r(opening_without_events(codec));
    r.run_to(100);
    r.command(
        media::send_digits_command{"0123456789*#ABCD11w1", milliseconds(100), milliseconds(80)});
    r.run_to(5000);
    CHECK(std::count_if(r.events.begin(), r.events.end(),
                        [](const std::string& e) { return e.ends_with("digits sent"); }) == 1);
    const auto decoder = audio::make_decoder(codec);
    audio::dtmf_detector detector(info.sample_rate);
    std::string heard;
    std::vector<std::int16_t> pcm(audio::max_packet_samples);
    std::int64_t last_end = 0;
    for (std::size_t i = 0; i < r.sent.size(); ++i) {
      const auto& p = r.sent[i];
      CHECK(p.header.type == payload_type{0});
      const std::size_t count = decoder->decode(p.payload, pcm);
      CHECK(count == info.sample_rate / 50);
      detector.push(std::span(pcm).first(count));
      while (const auto d = detector.poll()) {
        heard += d->value;
        CHECK(d->duration_ms >= 90);
        CHECK(d->duration_ms <= 115);
        if (last_end > 0) CHECK(p.at_ms - last_end >= 180 - 20);
        last_end = p.at_ms;
      }
    }
    CHECK(heard == "0123456789*#ABCD111");
  }
}
