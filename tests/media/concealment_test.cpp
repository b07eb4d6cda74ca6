// What a loss sounds like through a whole session, with every codec: compared with the same call
// without it.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <vector>

#include "rig.hpp"
#include "support/catch.hpp"

using namespace test;
using audio::codec_id;
using samples = std::vector<std::int16_t>;

namespace {

constexpr std::array<codec_id, 6> kinds{codec_id::pcmu, codec_id::pcma, codec_id::g722,
                                        codec_id::opus, codec_id::l16,  codec_id::l16_48000};
constexpr payload_type ours{96};
constexpr std::uint32_t packets = 150, packet_ms = 20;

media::media_open opening(codec_id codec) {
  media::media_open open = test::opening();
  auto& f = open.parameters.format;
  f.send = {ours, codec};
  f.receive = {{ours, codec}};
  f.dtmf_send = f.dtmf_receive = std::nullopt;
  return open;
}

/// A voiced sound: a pitch of 140 Hz and its harmonics up to 2.8 kHz, ever quieter, each with a
/// phase of its own, so that the sound itself has no jumps.
const samples& voice(std::uint32_t rate) {
  static std::map<std::uint32_t, samples> made;
  samples& out = made[rate];
  if (!out.empty()) return out;
  out.resize(std::size_t{rate} * packets * packet_ms / 1000);
  for (std::size_t i = 0; i < out.size(); ++i) {
    double sum = 0;
    for (int h = 1; h <= 20; ++h)
      sum += std::sin(2 * 3.14159265358979 * 140 * h * static_cast<double>(i) / rate + h * h) / h;
    out[i] = static_cast<std::int16_t>(8000 * sum);
  }
  return out;
}

struct outcome {
  samples heard;
  media::media_statistics figures;
};

/// A call in which these packets are lost, recorded at this rate.
outcome recorded(codec_id codec, std::uint32_t rate, const std::vector<std::uint32_t>& lost) {
  const auto& c = audio::info(codec);
  rig r(opening(codec));
  const auto sink = std::make_shared<memory_sink>();
  r.command(media::record_command{1, sink, {}, rate});
  const auto encoder = audio::make_encoder(codec);
  const samples& source = voice(c.sample_rate);
  const std::size_t size = c.sample_rate * packet_ms / 1000;
  for (std::uint32_t n = 0; n < packets; ++n) {
    std::vector<std::uint8_t> payload(audio::max_encoded_bytes);
    payload.resize(encoder->encode(std::span(source).subspan(n * size, size), payload));
    if (std::find(lost.begin(), lost.end(), n) == lost.end())
      r.receive({n == 0, ours, sequence_number{static_cast<std::uint16_t>(65500 + n)},
                 rtp_timestamp{0xfffff000u + n * c.clock_rate * packet_ms / 1000}, ssrc{7}},
                payload);
    r.run_to(r.now_ms + packet_ms);
  }
  r.close();
  return {sink->heard, r.figures()};
}

int largest_step(const samples& s) {
  int most = 0;
  for (std::size_t i = 1; i < s.size(); ++i)
    most = std::max(most, std::abs(int{s[i]} - int{s[i - 1]}));
  return most;
}

/// The difference of both against the first, in dB, over some packets' time from packet n on.
double difference_db(const samples& whole, const samples& other, std::uint32_t rate,
                     std::uint32_t n, std::uint32_t count, std::uint32_t behind_ms) {
  const std::size_t from = std::size_t{rate} * (n * packet_ms + behind_ms) / 1000;
  const std::size_t to = from + std::size_t{rate} * count * packet_ms / 1000;
  double sound = 0, wrong = 1e-9;
  for (std::size_t i = from; i < std::min({to, whole.size(), other.size()}); ++i) {
    sound += double{1} * whole[i] * whole[i];
    wrong += std::pow(double{1} * whole[i] - other[i], 2);
  }
  return 10 * std::log10(wrong / sound);
}

double level_db(const samples& s, std::uint32_t rate, std::uint32_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < std::size_t{rate} * packet_ms / 1000; ++i)
    sum += std::pow(s[std::size_t{rate} * (60 + n * packet_ms) / 1000 + i], 2);
  return 10 * std::log10(sum + 1);
}

/// How near the sound has to be: in the hole, and so many packets after it.
struct nearness {
  double in_hole_db;
  std::uint32_t packets_until;
  double after_db;
};
nearness wanted(codec_id codec) {
  // Opus goes on with a voice of the same kind, not with the same wave; G.722 has to find back to
  // the state of the encoder.
  if (codec == codec_id::opus) return {3, 5, -30};
  if (codec == codec_id::g722) return {-9, 8, -15};
  return {-9, 2, -100};
}

}  // namespace

TEST_CASE("losses are concealed in a whole session: every codec, recorded at every rate") {
  const std::vector<std::uint32_t> single{30, 45, 61, 78, 94, 110, 127}, pairs{50, 51, 90, 91};
  for (const codec_id codec : kinds)
    for (const std::uint32_t rate : {8000u, 16000u, 48000u}) {
      CAPTURE(audio::info(codec).option_name, rate);
      const outcome whole = recorded(codec, rate, {});
      CHECK(whole.figures.concealed_ms == 0);
      const std::uint32_t own = std::min(rate, audio::info(codec).sample_rate);
      const int most = largest_step(own == rate ? whole.heard : recorded(codec, own, {}).heard);
      for (const auto& lost : {single, pairs}) {
        CAPTURE(lost.size());
        const outcome other = recorded(codec, rate, lost);
        CHECK(other.figures.lost == lost.size());
        CHECK(other.figures.late == 0);
        CHECK(other.figures.concealed_ms == Approx(lost.size() * packet_ms).margin(lost.size()));
        REQUIRE(other.heard.size() == whole.heard.size());
        // Nothing clicks: no step that the voice itself does not have from one of its own samples
        // to the next.
        CHECK(largest_step(other.heard) <= most * 1.25);
        // What stands in the hole is the voice going on (silence would be 0 dB), and soon after it
        // all is as it was.
        double sum = 0;
        for (const std::uint32_t n : lost)
          sum += difference_db(whole.heard, other.heard, rate, n, 1, 60);
        const double mean = sum / static_cast<double>(lost.size());
        CAPTURE(mean);
        CHECK(mean < wanted(codec).in_hole_db);
        for (const std::uint32_t n : lost) {
          if (std::find(lost.begin(), lost.end(), n + 1) != lost.end()) continue;
          CAPTURE(n);
          CHECK(difference_db(whole.heard, other.heard, rate, n + wanted(codec).packets_until, 4,
                              60) < wanted(codec).after_db);
          // No louder and no quieter than the voice.
          CHECK(std::abs(level_db(other.heard, rate, n) - level_db(whole.heard, rate, n)) < 6);
        }
      }
    }
}

TEST_CASE("a long loss fades to silence and the voice comes back") {
  std::vector<std::uint32_t> lost;
  for (std::uint32_t n = 60; n < 90; ++n) lost.push_back(n);
  for (const codec_id codec : kinds) {
    const std::uint32_t rate = audio::info(codec).sample_rate;
    CAPTURE(audio::info(codec).option_name);
    const outcome whole = recorded(codec, rate, {}), other = recorded(codec, rate, lost);
    REQUIRE(other.heard.size() == whole.heard.size());
    // Where nothing was, Opus begins with a small step of its own.
    const double more = codec == codec_id::opus ? 3 : 1.25;
    CHECK(largest_step(other.heard) <= largest_step(whole.heard) * more);
    const auto loudest = [&](std::uint32_t from, std::uint32_t to) {
      int most = 0;
      for (std::size_t i = std::size_t{rate} * (60 + from * packet_ms) / 1000;
           i < std::size_t{rate} * (60 + to * packet_ms) / 1000; ++i)
        most = std::max(most, std::abs(int{other.heard[i]}));
      return most;
    };
    CHECK(loudest(68, 89) == 0);
    CHECK(loudest(60, 62) > 1000);
    CHECK(difference_db(whole.heard, other.heard, rate, 98, 20, 60) < -25);
  }
}
