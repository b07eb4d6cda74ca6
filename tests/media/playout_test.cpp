// The adaptive delay: what comes over links of every kind is heard in order, once, in bounded time.
#include "sipvoice/media/playout.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "sipvoice/base/random.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using sound = std::vector<std::int16_t>;

namespace {

constexpr time_point start{std::chrono::seconds(100)};
constexpr std::size_t frame = 160;

/// Every sample of a stream tells its place in it, slowly rising: what is heard can be located.
std::int16_t sample_at(std::uint64_t i) {
  return static_cast<std::int16_t>(1000 + i / 160 % 30000);
}

struct path {
  const char* what;
  double loss = 0;
  double jitter_ms = 0;    ///< uniform, 0 to this
  double spike_every = 0;  ///< packets between spikes of spike_ms
  double spike_ms = 0;
  double ppm = 0;  ///< how much faster the sender's clock runs
  std::int64_t most_delay_ms = 0;
  double most_missing = 0;  ///< share of samples that were not heard
};

struct arrival {
  time_point at;
  std::uint32_t n = 0;
};

std::vector<arrival> arrivals(const path& l, std::uint32_t packets, std::uint64_t seed) {
  seeded_random random(seed);
  const auto uniform = [&] { return static_cast<double>(random.next() >> 11) * 0x1p-53; };
  std::vector<arrival> out;
  for (std::uint32_t n = 0; n < packets; ++n) {
    const double sent_ms = 20.0 * n / (1 + l.ppm / 1e6);
    double delay_ms = 40 + l.jitter_ms * uniform();
    if (l.spike_every > 0 && uniform() < 1 / l.spike_every) delay_ms += l.spike_ms;
    if (uniform() < l.loss) continue;
    out.push_back(
        {start + microseconds(static_cast<std::int64_t>(1000 * (sent_ms + delay_ms))), n});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const arrival& a, const arrival& b) { return a.at < b.at; });
  return out;
}

struct outcome {
  std::size_t frames = 0, missing = 0, backwards = 0;
  std::int64_t worst_delay_ms = 0, last_delay_ms = 0;
  std::uint64_t left_out_ms = 0, late = 0;
};

/// Plays `minutes` of the stream. Frames that are one packet throughout are located.
outcome play(const path& l, int minutes, std::uint64_t seed) {
  const auto packets = static_cast<std::uint32_t>(minutes * 60 * 50);
  const auto all = arrivals(l, packets, seed);
  media::playout p(8000, 8000);
  outcome o;
  std::size_t next = 0;
  std::int64_t newest = -1;
  for (std::uint32_t tick = 0; tick < packets; ++tick) {
    const time_point now = start + milliseconds(20 * tick + 7);
    for (; next < all.size() && all[next].at <= now; ++next) {
      sound packet(frame);
      for (std::size_t i = 0; i < frame; ++i) packet[i] = sample_at(all[next].n * frame + i);
      p.buffer().put(rtp_timestamp{0xfff00000u + all[next].n * 160},
                     sequence_number{static_cast<std::uint16_t>(all[next].n)}, packet,
                     all[next].at);
    }
    sound out(frame);
    const auto piece = p.buffer().peek(out);
    p.pull(out);
    ++o.frames;
    for (const rtp::gap& g : piece.missing()) o.missing += g.length;
    if (piece.gap_count > 0) continue;
    const std::int64_t middle = out[frame / 2] - 1000;
    // The stream repeats after 30,000 packets, ten minutes.
    std::int64_t step = (middle - newest % 30000 + 30000) % 30000;
    if (step > 15000) {
      ++o.backwards;
      continue;
    }
    newest += newest < 0 ? middle + 1 : step;
    const auto delay =
        static_cast<std::int64_t>(tick * 20 - static_cast<double>(newest) * 20 / (1 + l.ppm / 1e6));
    if (tick > 250) o.worst_delay_ms = std::max(o.worst_delay_ms, delay);
    o.last_delay_ms = delay;
  }
  o.left_out_ms = p.left_out_ms();
  o.late = p.buffer().late();
  return o;
}

}  // namespace

TEST_CASE("links of every kind: order, bounded delay, few frames missing") {
  // 40 ms of flight and 60 ms of buffer are the least there can be.
  const std::array<path, 9> links{{
      {"clean", 0, 0, 0, 0, 0, 120, 0.001},
      {"a little jitter", 0, 10, 0, 0, 0, 130, 0.001},
      {"40 ms of jitter", 0, 40, 0, 0, 0, 160, 0.01},
      {"120 ms of jitter", 0, 120, 0, 0, 0, 260, 0.015},
      {"5 % loss and 40 ms", 0.05, 40, 0, 0, 0, 160, 0.07},
      {"spikes", 0, 5, 300, 150, 0, 280, 0.02},
      {"a sender that is too fast", 0, 20, 0, 0, 200, 160, 0.01},
      {"a sender that is too slow", 0, 20, 0, 0, -200, 160, 0.01},
      {"all of it", 0.05, 40, 500, 100, 200, 280, 0.08},
  }};
  for (const path& l : links) {
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
      INFO(l.what << ", seed " << seed);
      const outcome o = play(l, 10, seed);
      CHECK(o.backwards == 0);
      CHECK(o.worst_delay_ms <= l.most_delay_ms);
      CHECK(static_cast<double>(o.missing) / static_cast<double>(o.frames * frame) <=
            l.most_missing + 0.001);
    }
  }
}

TEST_CASE("a clean stream is left as it is") {
  const outcome o = play({"clean"}, 2, 1);
  CHECK(o.left_out_ms == 0);
  CHECK(o.late == 0);
}

TEST_CASE("after a bad time the delay comes down again") {
  media::playout p(8000, 8000);
  seeded_random random(5);
  std::vector<arrival> all;
  for (std::uint32_t n = 0; n < 6000; ++n) {
    const std::int64_t jitter_ms = n < 1000 ? static_cast<std::int64_t>(random.below(120)) : 0;
    all.push_back({start + milliseconds(20 * n + 40 + jitter_ms), n});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const arrival& a, const arrival& b) { return a.at < b.at; });
  std::size_t next = 0;
  duration in_bad_time{}, at_end{};
  for (std::uint32_t tick = 0; tick < 6000; ++tick) {
    for (; next < all.size() && all[next].at <= start + milliseconds(20 * tick + 7); ++next) {
      sound packet(frame);
      for (std::size_t i = 0; i < frame; ++i)
        packet[i] = static_cast<std::int16_t>(
            8000 * std::sin(2 * 3.14159265358979 * 150 * static_cast<double>(i) / 8000));
      p.buffer().put(rtp_timestamp{all[next].n * 160},
                     sequence_number{static_cast<std::uint16_t>(all[next].n)}, packet,
                     all[next].at);
    }
    sound out(frame);
    p.pull(out);
    if (tick == 1000) in_bad_time = p.buffer().delay();
    at_end = p.buffer().delay();
  }
  CHECK(to_ms(in_bad_time) > 110);
  CHECK(to_ms(at_end) < 90);
  CHECK(p.left_out_ms() > 30);
}

TEST_CASE("a pause of the sender takes the change of delay") {
  // Talk spurts of one second with half a second between, over 80 ms of jitter from the start.
  media::playout p(8000, 8000);
  seeded_random random(9);
  std::vector<arrival> all;
  std::uint32_t n = 0;
  std::vector<std::uint32_t> timestamps;
  for (std::uint32_t spurt = 0; spurt < 60; ++spurt)
    for (std::uint32_t k = 0; k < 50; ++k, ++n) {
      timestamps.push_back((spurt * 75 + k) * 160);
      all.push_back({start + milliseconds((spurt * 75 + k) * 20 + 40 +
                                          static_cast<std::int64_t>(random.below(80))),
                     n});
    }
  std::stable_sort(all.begin(), all.end(),
                   [](const arrival& a, const arrival& b) { return a.at < b.at; });
  std::size_t next = 0, heard = 0;
  for (std::uint32_t tick = 0; tick < 60 * 75 + 20; ++tick) {
    for (; next < all.size() && all[next].at <= start + milliseconds(20 * tick + 7); ++next)
      p.buffer().put(rtp_timestamp{timestamps[all[next].n]},
                     sequence_number{static_cast<std::uint16_t>(all[next].n)}, sound(frame, 3000),
                     all[next].at);
    sound out(frame);
    p.pull(out);
    heard += out[frame / 2] == 3000;
  }
  CHECK(heard > 60 * 50 - 60);
  CHECK(p.buffer().concealed_ms() < 500);
}
