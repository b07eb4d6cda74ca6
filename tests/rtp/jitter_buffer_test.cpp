#include "sipvoice/rtp/jitter_buffer.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "support/catch.hpp"

using namespace sipvoice;
using sound = std::vector<std::int16_t>;

namespace {

constexpr std::size_t frame = 160, delay_frames = 3;

/// Packet n, every sample of the stream different.
sound packet(std::uint32_t n) {
  sound out(frame);
  for (std::size_t i = 0; i < frame; ++i)
    out[i] = static_cast<std::int16_t>(1 + (n * frame + i) % 32000);
  return out;
}

struct stream {
  rtp::jitter_buffer buffer{8000, 8000};
  sound out;

  void put(std::uint32_t n, std::uint32_t pause_frames = 0) {
    buffer.put(rtp_timestamp{0xfffff000u + static_cast<std::uint32_t>(frame) * (n + pause_frames)},
               sequence_number{static_cast<std::uint16_t>(65530 + n)}, packet(n));
  }
  void pull(std::size_t frames = 1) {
    for (std::size_t i = 0; i < frames; ++i) {
      out.resize(out.size() + frame);
      buffer.pull(std::span(out).last(frame));
    }
  }
  /// Frame k of what came out is packet n.
  [[nodiscard]] bool is(std::size_t k, std::uint32_t n) const {
    return std::equal(out.begin() + static_cast<std::ptrdiff_t>(k * frame),
                      out.begin() + static_cast<std::ptrdiff_t>((k + 1) * frame),
                      packet(n).begin());
  }
  [[nodiscard]] bool silent(std::size_t k) const {
    return std::all_of(out.begin() + static_cast<std::ptrdiff_t>(k * frame),
                       out.begin() + static_cast<std::ptrdiff_t>((k + 1) * frame),
                       [](std::int16_t s) { return s == 0; });
  }
};

}  // namespace

TEST_CASE("a clean stream comes out bit-exact after the delay, over wraps of both numbers") {
  stream s;
  for (std::uint32_t n = 0; n < 200; ++n) {
    s.put(n);
    s.pull();
  }
  CHECK(s.buffer.pending() == delay_frames * frame);
  s.pull(delay_frames + 1);
  for (std::size_t k = 0; k < delay_frames; ++k) CHECK(s.silent(k));
  for (std::uint32_t n = 0; n < 200; ++n) CHECK(s.is(n + delay_frames, n));
  CHECK(s.silent(200 + delay_frames));
  CHECK(s.buffer.pending() == 0);
  CHECK(s.buffer.late() == 0);
  CHECK(s.buffer.concealed_ms() == 0);
}

TEST_CASE("order within the delay is restored") {
  stream s;
  for (const std::uint32_t n : {0u, 2u, 1u, 3u, 5u, 4u}) {
    s.put(n);
    s.pull();
  }
  s.pull(delay_frames);
  for (std::uint32_t n = 0; n < 6; ++n) CHECK(s.is(n + delay_frames, n));
  CHECK(s.buffer.late() == 0);
  CHECK(s.buffer.concealed_ms() == 0);
}

TEST_CASE("what is missing is silence in its own time, loss and pauses are told apart") {
  struct row {
    const char* what;
    bool lost;
    bool event;  ///< the number was taken by a telephone-event
    std::uint64_t concealed_ms;
  };
  const std::array<row, 3> rows{{{"lost", true, false, 40},
                                 {"a pause of the sender", false, false, 0},
                                 {"events took the numbers", true, true, 0}}};
  for (const row& r : rows) {
    INFO(r.what);
    stream s;
    for (std::uint32_t k = 0; k < 10; ++k) {
      const bool missing = k == 4 || k == 5;
      if (missing && r.event)
        s.buffer.note_other(sequence_number{static_cast<std::uint16_t>(65530 + k)});
      if (!missing) {
        if (r.lost || k < 4)
          s.put(k);
        else
          s.put(k - 2, 2);  // the next number, two frames later
      }
      s.pull();
    }
    s.pull(delay_frames);
    for (std::uint32_t k = 0; k < 10; ++k) {
      INFO("frame " << k);
      if (k == 4 || k == 5)
        CHECK(s.silent(k + delay_frames));
      else
        CHECK(s.is(k + delay_frames, r.lost || k < 4 ? k : k - 2));
    }
    CHECK(s.buffer.concealed_ms() == r.concealed_ms);
    CHECK(s.buffer.late() == 0);
  }
}

TEST_CASE("a packet whose time has passed is counted, not heard") {
  stream s;
  for (std::uint32_t k = 0; k < 12; ++k) {
    if (k != 2) s.put(k);
    if (k == 7) s.put(2);
    s.pull();
  }
  s.pull(delay_frames);
  CHECK(s.silent(2 + delay_frames));
  for (const std::uint32_t k : {0u, 1u, 3u, 7u, 11u}) CHECK(s.is(k + delay_frames, k));
  CHECK(s.buffer.late() == 1);
  CHECK(s.buffer.concealed_ms() == 20);
}

TEST_CASE("a sender whose clock has jumped is heard again") {
  for (const std::int32_t jump : {-80000, -1000, 40000, 2000000000}) {
    INFO("jump " << jump);
    rtp::jitter_buffer b(8000, 8000);
    sound out(frame);
    std::size_t heard = 0;
    for (std::uint32_t n = 0; n < 60; ++n) {
      const std::uint32_t offset = n < 20 ? 0 : static_cast<std::uint32_t>(jump);
      b.put(rtp_timestamp{n * 160 + offset}, sequence_number{static_cast<std::uint16_t>(n)},
            packet(n));
      b.pull(out);
      heard += n > 40 && out[0] != 0;
    }
    CHECK(heard == 19);
    CHECK(b.pending() <= 8000 * 300 / 1000 + frame);
  }
}

TEST_CASE("what is buffered is bounded, whatever comes") {
  rtp::jitter_buffer b(8000, 8000);
  for (std::uint32_t n = 0; n < 10000; ++n)
    b.put(rtp_timestamp{n * 160}, sequence_number{static_cast<std::uint16_t>(n)}, packet(n));
  CHECK(b.pending() <= 8000 * 300 / 1000 + frame);
  CHECK(b.late() > 9000);
  rtp::jitter_buffer tiny(8000, 8000);
  for (std::uint32_t n = 0; n < 10000; ++n)
    tiny.put(rtp_timestamp{n}, sequence_number{static_cast<std::uint16_t>(n)}, sound(1, 5));
  CHECK(tiny.pending() == 8000 * 60 / 1000 + 64);
  tiny.put(rtp_timestamp{0}, sequence_number{0}, {});
  CHECK(tiny.late() == 10000 - 64);
}

TEST_CASE("a new source follows on the old one") {
  stream s;
  for (std::uint32_t n = 0; n < 5; ++n) {
    s.put(n);
    s.pull();
  }
  s.buffer.restart();
  for (std::uint32_t n = 100; n < 105; ++n) {
    s.buffer.put(rtp_timestamp{n * 160}, sequence_number{static_cast<std::uint16_t>(n)}, packet(n));
    s.pull();
  }
  s.pull(delay_frames);
  for (std::uint32_t n = 0; n < 5; ++n) {
    CHECK(s.is(n + delay_frames, n));
    CHECK(s.is(n + 5 + delay_frames, n + 100));
  }
  CHECK(s.buffer.concealed_ms() == 0);
}

TEST_CASE("a clock rate of half the sample rate (G.722)") {
  rtp::jitter_buffer b(16000, 8000);
  for (std::uint32_t n = 0; n < 3; ++n)
    b.put(rtp_timestamp{n * 160}, sequence_number{static_cast<std::uint16_t>(n)},
          sound(320, static_cast<std::int16_t>(n + 1)));
  sound out(960 + 960);
  b.pull(out);
  CHECK(out[959] == 0);
  CHECK(out[960] == 1);
  CHECK(out[1279] == 1);
  CHECK(out[1280] == 2);
  CHECK(out[1919] == 3);
}
