#include "sipvoice/rtp/receiver_statistics.hpp"

#include <array>
#include <vector>

#include "support/catch.hpp"

using namespace sipvoice;
using rtp::arrival;

namespace {

rtp::packet_header with(std::uint32_t sequence, std::uint32_t source = 1) {
  rtp::packet_header h;
  h.sequence = sequence_number{static_cast<std::uint16_t>(sequence)};
  h.source = ssrc{source};
  return h;
}

}  // namespace

TEST_CASE("sequences and what is counted") {
  struct row {
    const char* what;
    std::vector<std::uint32_t> sequences;
    std::uint64_t received, lost, duplicate, reordered;
  };
  const std::array<row, 13> rows{{
      {"one packet counts", {7}, 1, 0, 0, 0},
      {"in order", {1, 2, 3}, 3, 0, 0, 0},
      {"a wrap", {65534, 65535, 0, 1}, 4, 0, 0, 0},
      {"one lost", {1, 2, 4}, 3, 1, 0, 0},
      {"lost over the wrap", {65534, 2}, 2, 3, 0, 0},
      {"reordered", {1, 3, 2, 4}, 4, 0, 0, 1},
      {"copies", {1, 1, 2, 2, 1}, 2, 0, 3, 0},
      {"a copy of a late one", {1, 3, 2, 2}, 3, 0, 1, 1},
      {"earlier than the first", {10, 9, 11}, 3, 0, 0, 1},
      {"earlier than the first over the wrap", {0, 65534}, 2, 1, 0, 1},
      {"a step of max_dropout - 1 is loss", {1, 3000}, 2, 2998, 0, 0},
      {"a single stray is not counted", {1, 2, 30000, 3}, 3, 0, 0, 0},
      {"two after a jump: the stream has restarted", {1, 2, 30000, 30001, 30003}, 5, 1, 0, 0},
  }};
  for (const row& r : rows) {
    INFO(r.what);
    rtp::receiver_statistics s;
    for (const auto sequence : r.sequences) s.on_packet(with(sequence));
    CHECK(s.received() == r.received);
    CHECK(s.lost() == r.lost);
    CHECK(s.duplicate() == r.duplicate);
    CHECK(s.reordered() == r.reordered);
    CHECK(s.source_changes() == 0);
  }
}

TEST_CASE("every arrival has its name") {
  rtp::receiver_statistics s;
  CHECK(s.on_packet(with(100)) == arrival::in_order);
  CHECK(s.on_packet(with(102)) == arrival::in_order);
  CHECK(s.on_packet(with(101)) == arrival::reordered);
  CHECK(s.on_packet(with(101)) == arrival::duplicate);
  CHECK(s.on_packet(with(40000)) == arrival::stray);
  CHECK(s.on_packet(with(40001)) == arrival::resumed);
  CHECK(s.on_packet(with(40001)) == arrival::duplicate);
  CHECK(s.on_packet(with(40000)) == arrival::duplicate);
  CHECK(s.on_packet(with(5, 2)) == arrival::new_source);
  CHECK(s.on_packet(with(6, 2)) == arrival::in_order);
  CHECK(s.source_changes() == 1);
  CHECK(s.received() == 7);
  CHECK(s.lost() == 0);
  CHECK(s.source() == ssrc{2});
}

TEST_CASE("a hundred thousand packets wrap and stay exact") {
  rtp::receiver_statistics s;
  std::uint64_t sent = 0;
  for (std::uint32_t i = 0; i < 100000; ++i) {
    if (i % 50 == 49) continue;  // 2 % lost
    s.on_packet(with(i + 65000));
    ++sent;
  }
  CHECK(s.received() == sent);
  CHECK(s.lost() == 100000 - sent - 1);  // the very last one is not known to be lost
  CHECK(s.extended_highest() == 65000 + 99998);
}

TEST_CASE("jitter by A.8") {
  using std::chrono::milliseconds;
  const time_point begin{std::chrono::seconds(100)};
  rtp::receiver_statistics even;
  for (std::uint32_t i = 0; i < 100; ++i) {
    even.on_packet(with(i));
    even.on_jitter(rtp_timestamp{0xffffff00 + 160 * i}, begin + milliseconds(20 * i), 8000);
  }
  CHECK(even.jitter_ticks() == Approx(0).margin(1e-6));

  // One packet 10 ms late: |D| = 80 ticks twice, each weighing a sixteenth.
  rtp::receiver_statistics late;
  late.on_packet(with(1));
  late.on_jitter(rtp_timestamp{0}, begin, 8000);
  late.on_jitter(rtp_timestamp{160}, begin + milliseconds(30), 8000);
  CHECK(late.jitter_ticks() == Approx(5.0));
  late.on_jitter(rtp_timestamp{320}, begin + milliseconds(40), 8000);
  CHECK(late.jitter_ticks() == Approx(5.0 + (80 - 5.0) / 16));

  // Neither is a jump of the timestamps, ahead or back, where the sequence goes on; a step of a
  // second still is.
  for (const std::uint32_t jump : {8'001u, 80'000u, 0x7fff0000u, 0x80010000u, 0u - 80'000u}) {
    CAPTURE(jump);
    rtp::receiver_statistics jumped;
    for (std::uint32_t i = 0; i < 100; ++i) {
      jumped.on_packet(with(i));
      jumped.on_jitter(rtp_timestamp{160 * i + (i < 50 ? 0 : jump)}, begin + milliseconds(20 * i),
                       8000);
    }
    CHECK(jumped.jitter_ticks() == Approx(0).margin(1e-6));
  }
  rtp::receiver_statistics stalled;
  stalled.on_packet(with(1));
  stalled.on_jitter(rtp_timestamp{0}, begin, 8000);
  stalled.on_jitter(rtp_timestamp{160}, begin + milliseconds(1020), 8000);
  CHECK(stalled.jitter_ticks() == Approx(8000 / 16.0));

  // A pause of the sender is none of it; a new source starts at zero.
  late.on_jitter(rtp_timestamp{320 + 80000}, begin + milliseconds(40 + 10000), 8000);
  CHECK(late.jitter_ticks() == Approx((5.0 + (80 - 5.0) / 16) * 15 / 16));
  late.on_packet(with(9, 77));
  CHECK(late.jitter_ticks() == 0);
}
