#include <vector>

#include "rig.hpp"
#include "support/catch.hpp"

using namespace test;
using media::latch_mode;

namespace {

const socket_address other_port = address(1, 5555), other_address = address(66, 5555);

rig make(latch_mode mode) {
  auto open = opening();
  open.latch = mode;
  return rig(open);
}

}  // namespace

TEST_CASE("who is heard: sources by mode") {
  struct row {
    latch_mode mode;
    socket_address from;
    int packets;
    std::uint64_t received, rejected;
  };
  const std::array<row, 13> rows{{
      {latch_mode::off, peer, 5, 5, 0},
      {latch_mode::off, other_port, 9, 0, 9},
      {latch_mode::off, other_address, 9, 0, 9},
      {latch_mode::same_ip, peer, 1, 1, 0},
      {latch_mode::same_ip, other_port, 3, 0, 3},
      {latch_mode::same_ip, other_port, 4, 4, 0},
      {latch_mode::same_ip, other_port, 9, 9, 0},
      {latch_mode::same_ip, other_address, 9, 0, 9},
      {latch_mode::any, peer, 1, 1, 0},
      {latch_mode::any, other_port, 3, 0, 3},
      {latch_mode::any, other_address, 3, 0, 3},
      {latch_mode::any, other_address, 4, 4, 0},
      {latch_mode::any, other_address, 9, 9, 0},
  }};
  for (const row& row : rows) {
    INFO(static_cast<int>(row.mode) << " from " << row.from.port << " packets " << row.packets);
    rig r = make(row.mode);
    for (int n = 0; n < row.packets; ++n) r.audio(static_cast<std::uint32_t>(n), row.from);
    CHECK(r.figures().packets_received == row.received);
    CHECK(r.figures().rejected == row.rejected);
    r.run_to(0);
    REQUIRE(r.sent.size() == 1);
    CHECK(r.sent[0].to == (row.received > 0 ? row.from : peer));
    CHECK(r.figures().remote_observed.has_value() == (row.received > 0));
    CHECK(r.events.size() == (row.received > 0 ? 1u : 0u));
  }
}

TEST_CASE("an attacker before, during and after: the stream that was accepted goes on") {
  struct row {
    latch_mode mode;
    socket_address attacker;
    int before;  ///< packets of the attacker before the stream's first
  };
  std::vector<row> rows;
  for (const latch_mode mode : {latch_mode::off, latch_mode::same_ip, latch_mode::any})
    for (const auto& attacker : {other_port, other_address})
      for (const int before : {0, 3}) rows.push_back({mode, attacker, before});
  for (const row& row : rows) {
    INFO(static_cast<int>(row.mode) << " before " << row.before);
    rig r = make(row.mode);
    const auto sink = std::make_shared<memory_sink>();
    r.command(media::record_command{1, sink, {}});
    std::uint32_t evil = 1000;
    for (int i = 0; i < row.before; ++i) r.audio(evil++, row.attacker, 0, 666);
    for (std::uint32_t n = 0; n < 20; ++n) {
      r.audio(n);
      r.audio(evil++, row.attacker, 0, 666);
      r.run_to(20 * n + 19);
    }
    for (int i = 0; i < 50; ++i) r.audio(evil++, row.attacker, 0, 666);
    r.close();
    CHECK(r.figures().packets_received == 20);
    CHECK(r.figures().rejected == static_cast<std::uint64_t>(row.before) + 70);
    CHECK(r.figures().ssrc_changes == 0);
    CHECK(r.figures().lost == 0);
    for (const auto& p : r.sent) CHECK(p.to == peer);
    std::vector<std::int16_t> expected(480);
    for (std::uint32_t n = 0; n < 20; ++n) {
      std::vector<std::int16_t> frame(160);
      CHECK(audio::make_decoder(audio::codec_id::pcmu)->decode(rig::payload_of(n), frame) == 160);
      expected.insert(expected.end(), frame.begin(), frame.end());
    }
    CHECK(sink->heard == expected);
  }
}

TEST_CASE("four in sequence of one source and an agreed type, nothing less") {
  struct step {
    std::uint32_t n;
    std::uint8_t type;
    std::uint32_t source;
  };
  struct row {
    const char* what;
    std::vector<step> steps;
    std::uint64_t received;
  };
  const std::array<row, 6> rows{
      {{"four", {{0, 0, 1}, {1, 0, 1}, {2, 8, 1}, {3, 96, 1}}, 4},
       {"a hole", {{0, 0, 1}, {1, 0, 1}, {3, 0, 1}, {4, 0, 1}}, 0},
       {"the count begins anew after a hole",
        {{0, 0, 1}, {1, 0, 1}, {3, 0, 1}, {4, 0, 1}, {5, 0, 1}, {6, 0, 1}},
        4},
       {"copies", {{0, 0, 1}, {0, 0, 1}, {0, 0, 1}, {0, 0, 1}}, 0},
       {"another type between does not count", {{0, 0, 1}, {1, 0, 1}, {2, 18, 1}, {3, 0, 1}}, 0},
       {"another source", {{0, 0, 1}, {1, 0, 2}, {2, 0, 1}, {3, 0, 2}}, 0}}};
  for (const row& row : rows) {
    INFO(row.what);
    rig r = make(latch_mode::same_ip);
    for (const step& s : row.steps) r.audio(s.n, other_port, s.type, s.source);
    CHECK(r.figures().packets_received == row.received);
    CHECK(r.figures().rejected == row.steps.size() - row.received);
  }
}

TEST_CASE("held packets are heard in order, with their own time of arrival") {
  rig r = make(latch_mode::same_ip);
  r.command(media::start_command{});
  r.command(media::echo_command{true});
  for (std::uint32_t n = 0; n < 5; ++n) {
    r.run_to(5 + 20 * n);
    r.audio(n, other_port);
  }
  REQUIRE(r.sent.size() == 5);
  for (std::uint32_t n = 0; n < 5; ++n) {
    CHECK(r.sent[n].payload == rig::payload_of(n));
    CHECK(r.sent[n].to == other_port);
    CHECK(r.sent[n].at_ms == (n < 4 ? 65 : 85));
  }
  CHECK(r.figures().first_packet_ms == 5.0);
  CHECK(r.figures().jitter_ms == Approx(0).margin(1e-9));
}

TEST_CASE("a new remote SDP begins anew, another port of it is fixed again") {
  rig r = make(latch_mode::same_ip);
  for (std::uint32_t n = 0; n < 4; ++n) r.audio(n, other_port);
  r.audio(4, peer);
  CHECK(r.figures().packets_received == 4);
  CHECK(r.figures().rejected == 1);

  auto moved = r.parameters;
  moved.remote_rtp = address(2, 4000);
  r.change(moved);
  CHECK_FALSE(r.figures().remote_observed);
  r.run_to(0);
  CHECK(r.sent.back().to == address(2, 4000));
  r.audio(5, other_port);  // the source of before
  r.audio(6, peer);
  CHECK(r.figures().packets_received == 4);
  for (std::uint32_t n = 7; n < 11; ++n) r.audio(n, address(2, 4444));
  CHECK(r.figures().packets_received == 8);
  r.audio(11, address(2, 4000));
  CHECK(r.figures().packets_received == 8);
  CHECK(r.figures().rejected == 4);
  r.run_to(20);
  CHECK(r.sent.back().to == address(2, 4444));
}

TEST_CASE("many strangers cost no memory without bound and change nothing") {
  rig r = make(latch_mode::any);
  for (std::uint32_t n = 0; n < 2000; ++n)
    r.audio(n,
            address(static_cast<std::uint8_t>(2 + n % 200), static_cast<std::uint16_t>(1000 + n)));
  CHECK(r.figures().packets_received == 0);
  CHECK(r.figures().rejected == 2000);
  r.audio(0);
  CHECK(r.figures().packets_received == 1);
  CHECK(r.figures().remote_observed == peer);
}
