// Packets of other rates on the timeline of a recording: each sound in its place, whatever the
// order.
#include "sipvoice/media/lane.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "sipvoice/audio/tone.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using audio::codec_id;
using samples = std::vector<std::int16_t>;

namespace {

constexpr std::uint32_t packets = 50, packet_ms = 20;
constexpr double amplitude = 0.3;

/// Fifty packets of a tone in this order (a number may be missing), read when they are all due.
samples heard(codec_id codec, std::uint32_t rate, double hz,
              const std::vector<std::uint32_t>& order) {
  const auto& c = audio::info(codec);
  const std::size_t size = c.sample_rate * packet_ms / 1000;
  samples source(size * packets);
  audio::sine(hz, c.sample_rate, amplitude).fill(source);
  rtp::jitter_buffer buffer(rate, rate, std::chrono::milliseconds(60), rtp::playout_mode::steady);
  media::lane lane(buffer, rate);
  samples out;
  for (const std::uint32_t n : order) {
    lane.put(rtp_timestamp{0xffffff00u + n * c.clock_rate * packet_ms / 1000},
             sequence_number{static_cast<std::uint16_t>(65520 + n)}, codec,
             std::span(source).subspan(n * size, size), std::nullopt);
    samples frame(rate * packet_ms / 1000);
    static_cast<void>(buffer.pull(frame));
    out.insert(out.end(), frame.begin(), frame.end());
  }
  CHECK(buffer.late() == 0);
  return out;
}

std::vector<std::uint32_t> in_order() {
  std::vector<std::uint32_t> all(packets);
  for (std::uint32_t i = 0; i < packets; ++i) all[i] = i;
  return all;
}

/// The largest difference between two sounds from here to there, of full scale.
double difference(const samples& a, const samples& b, std::size_t from, std::size_t to) {
  int most = 0;
  for (std::size_t i = from; i < std::min({to, a.size(), b.size()}); ++i)
    most = std::max(most, std::abs(int{a[i]} - int{b[i]}));
  return most / 32768.0;
}

struct conversion {
  codec_id codec;
  std::uint32_t rate;
};
constexpr std::array<conversion, 7> conversions{{{codec_id::pcmu, 48000},
                                                 {codec_id::pcmu, 16000},
                                                 {codec_id::pcma, 44100},
                                                 {codec_id::l16, 8000},
                                                 {codec_id::l16_44100, 48000},
                                                 {codec_id::l16_48000, 8000},
                                                 {codec_id::l16_8000, 8000}}};

}  // namespace

TEST_CASE("packets in each other's place are resampled without a click") {
  for (const conversion& c : conversions)
    for (const double hz : {200.0, 440.0, 1000.0}) {
      CAPTURE(audio::info(c.codec).option_name, c.rate, hz);
      auto order = in_order();
      for (const std::uint32_t at : {10u, 20u, 33u}) std::swap(order[at], order[at + 1]);
      std::rotate(order.begin() + 40, order.begin() + 41, order.begin() + 43);
      const auto straight = heard(c.codec, c.rate, hz, in_order());
      const auto swapped = heard(c.codec, c.rate, hz, order);
      REQUIRE(straight.size() == swapped.size());
      CHECK(difference(straight, swapped, 0, straight.size()) < amplitude * 0.4);
    }
}

TEST_CASE("a packet that is lost leaves a hole of its own length and nothing else") {
  for (const conversion& c : conversions)
    for (const double hz : {200.0, 440.0, 1000.0}) {
      CAPTURE(audio::info(c.codec).option_name, c.rate, hz);
      auto order = in_order();
      order.erase(order.begin() + 20);
      const auto whole = heard(c.codec, c.rate, hz, in_order());
      const auto with_hole = heard(c.codec, c.rate, hz, order);
      // The timeline is 60 ms behind, and the resampler some more; what lies within 1 ms of the
      // hole's ends is in reach of its filter.
      const std::uint32_t from = audio::info(c.codec).sample_rate;
      const std::size_t late = c.rate == from ? 0 : audio::stream_resampler(from, c.rate).delay();
      const std::size_t begins = c.rate * (60 + 20 * packet_ms) / 1000 + late;
      const std::size_t length = c.rate * packet_ms / 1000, near = c.rate / 1000;
      CHECK(difference(whole, with_hole, 0, begins - near) < amplitude / 20);
      CHECK(difference(whole, with_hole, begins + length + near, whole.size() - length) <
            amplitude / 20);
      const auto at = [&](std::size_t i) {
        return with_hole.begin() + static_cast<std::ptrdiff_t>(i);
      };
      CHECK(std::all_of(at(begins + near), at(begins + length - near),
                        [](std::int16_t v) { return v == 0; }));
    }
}

TEST_CASE("what was made up for a packet and is too late is not a late packet") {
  for (const std::uint32_t rate : {8000u, 16000u}) {
    rtp::jitter_buffer buffer(rate, rate, std::chrono::milliseconds(60), rtp::playout_mode::steady);
    media::lane lane(buffer, rate);
    const samples sound(160, 1000);
    const auto at = [](std::uint32_t n) { return rtp_timestamp{n * 160}; };
    const auto number = [](std::uint32_t n) {
      return sequence_number{static_cast<std::uint16_t>(n)};
    };
    lane.put(at(0), number(0), codec_id::pcmu, sound, std::nullopt);
    CHECK(lane.put_made_up(at(1), number(1), codec_id::pcmu, sound));
    samples out(rate / 5);
    static_cast<void>(buffer.pull(out));
    CHECK_FALSE(lane.put_made_up(at(2), number(2), codec_id::pcmu, sound));
    CHECK(buffer.late() == 0);
    lane.put(at(3), number(3), codec_id::pcmu, sound, std::nullopt);
    CHECK(buffer.late() == 1);
  }
}
