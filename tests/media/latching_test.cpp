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

namespace {

/// A call that the other side's stream and an attacker's reach, in this order: some packets of the
/// attacker's, then ten of both in turn, then twenty of the attacker's.
struct attacked {
  socket_address stream = peer, attacker;
  rig r;
  std::shared_ptr<memory_sink> sink = std::make_shared<memory_sink>();
  std::uint32_t number = 0, evil = 1000;

  attacked(latch_mode mode, const socket_address& from) : attacker(from), r(make(mode)) {
    r.command(media::record_command{1, sink, {}});
  }
  /// Quiet ones of the stream, loud ones of the attacker.
  void good() {
    r.receive({false, payload_type{0}, sequence_number{static_cast<std::uint16_t>(number)},
               rtp_timestamp{160 * number}, ssrc{7}},
              std::vector<std::uint8_t>(160, 0xc0), stream);
    ++number;
  }
  void bad() {
    r.receive({false, payload_type{0}, sequence_number{static_cast<std::uint16_t>(evil)},
               rtp_timestamp{160 * evil}, ssrc{666}},
              std::vector<std::uint8_t>(160, 0x80), attacker);
    ++evil;
  }
  void run(int before) {
    for (int i = 0; i < before; ++i) bad();
    for (int i = 0; i < 10; ++i) {
      good();
      bad();
      r.run_to(r.now_ms + 20);
    }
    for (int i = 0; i < 20; ++i) {
      bad();
      r.run_to(r.now_ms + 20);
    }
    r.run_to(r.now_ms + 6000);  // reports go out as well
  }
  /// A packet's worth of it. What is made up for a loss fades over all values in between.
  [[nodiscard]] bool heard(bool loud) const {
    std::array<std::int16_t, 1> value{};
    const std::array<std::uint8_t, 1> code{loud ? std::uint8_t{0x80} : std::uint8_t{0xc0}};
    if (audio::make_decoder(audio::codec_id::pcmu)->decode(code, value) != 1) return false;
    return std::count(sink->heard.begin(), sink->heard.end(), value[0]) >= 160;
  }
  [[nodiscard]] std::size_t sent_to(const socket_address& to, std::int64_t from_ms = -1) const {
    return static_cast<std::size_t>(
        std::count_if(r.sent.begin(), r.sent.end(),
                      [&](const sent_packet& p) { return p.to == to && p.at_ms > from_ms; }));
  }
  [[nodiscard]] bool reported_to(const socket_address& rtp) const {
    const socket_address rtcp{rtp.ip, static_cast<std::uint16_t>(rtp.port + 1)};
    return std::any_of(r.reports.begin(), r.reports.end(),
                       [&](const sent_report& one) { return one.to == rtcp; });
  }
};

}  // namespace

TEST_CASE("the matrix: every mode, every attacker, before, during and after the first packets") {
  using enum latch_mode;
  struct row {
    latch_mode mode;
    socket_address attacker;
    int before;         ///< packets of the attacker before the first of the stream
    bool attacker_won;  ///< four in sequence before the SDP's address has said anything
  };
  const std::array<row, 18> rows{{
      {off, other_port, 0, false},
      {off, other_port, 3, false},
      {off, other_port, 10, false},
      {off, other_address, 0, false},
      {off, other_address, 3, false},
      {off, other_address, 10, false},
      {same_ip, other_port, 0, false},
      {same_ip, other_port, 3, false},
      {same_ip, other_port, 10, true},
      {same_ip, other_address, 0, false},
      {same_ip, other_address, 3, false},
      {same_ip, other_address, 10, false},
      {any, other_port, 0, false},
      {any, other_port, 3, false},
      {any, other_port, 10, true},
      {any, other_address, 0, false},
      {any, other_address, 3, false},
      {any, other_address, 10, true},
  }};
  for (const row& row : rows) {
    CAPTURE(static_cast<int>(row.mode), row.attacker.to_string(), row.before);
    attacked a(row.mode, row.attacker);
    a.run(row.before);
    const auto evil = static_cast<std::uint64_t>(row.before) + 30;
    const auto& winner = row.attacker_won ? row.attacker : peer;
    const auto& loser = row.attacker_won ? peer : row.attacker;
    CHECK(a.r.figures().packets_received == (row.attacker_won ? evil : 10));
    CHECK(a.r.figures().rejected == (row.attacker_won ? 10 : evil));
    CHECK(a.r.figures().ssrc_changes == 0);
    CHECK(a.r.figures().lost == 0);
    CHECK(a.r.figures().remote_observed == winner);
    CHECK(a.heard(row.attacker_won));
    CHECK_FALSE(a.heard(!row.attacker_won));
    CHECK(a.sent_to(loser) == 0);
    CHECK(a.sent_to(winner) == a.r.sent.size());
    CHECK(a.reported_to(winner));
    CHECK_FALSE(a.reported_to(loser));

    // A new remote SDP: whoever was heard before has no right of his own.
    auto moved = a.r.parameters;
    moved.remote_rtp = address(2, 4000);
    moved.remote_rtcp = address(2, 4001);
    const std::int64_t changed = a.r.now_ms;
    a.r.change(moved);
    a.stream = moved.remote_rtp;
    const auto received = a.r.figures().packets_received;
    a.run(0);
    CHECK(a.r.figures().packets_received == received + 10);
    CHECK(a.r.figures().remote_observed == moved.remote_rtp);
    CHECK(a.sent_to(row.attacker, changed) == 0);
    CHECK(a.sent_to(moved.remote_rtp, changed) > 0);
  }
}

TEST_CASE(
    "a stream behind an address translator and an attacker race: the first to bring four wins") {
  struct row {
    latch_mode mode;
    socket_address stream, attacker;
    std::uint64_t received;  ///< of the stream's ten; 0: its mode does not know it
  };
  const socket_address third = address(1, 6666);
  for (const row& row : {row{latch_mode::same_ip, other_port, third, 10},
                         row{latch_mode::same_ip, other_port, other_address, 10},
                         row{latch_mode::any, other_address, other_port, 10},
                         row{latch_mode::any, other_address, address(67, 1), 10},
                         row{latch_mode::off, other_port, other_address, 0}}) {
    CAPTURE(static_cast<int>(row.mode), row.stream.to_string(), row.attacker.to_string());
    attacked a(row.mode, row.attacker);
    a.stream = row.stream;
    a.run(0);
    CHECK(a.r.figures().packets_received == row.received);
    CHECK(a.r.figures().rejected == 40 - row.received);
    CHECK_FALSE(a.heard(true));
    CHECK(a.heard(false) == (row.received > 0));
    CHECK(a.sent_to(row.attacker) == 0);
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

TEST_CASE(
    "RTCP is believed from where ours goes and from where it was announced, its BYE from the SSRC "
    "that is heard") {
  using enum latch_mode;
  struct row {
    latch_mode mode;
    bool mux;
    socket_address rtp;   ///< of the stream: it brings five packets, of SSRC 7
    socket_address rtcp;  ///< where the BYE comes from
    std::uint32_t source;
    bool believed;
  };
  const socket_address agreed = address(1, 4001), beside = address(1, 5556),
                       beside_other = address(66, 5556);
  const std::vector<row> rows{
      {off, false, peer, agreed, 7, true},
      {off, false, peer, agreed, 8, false},
      {off, false, peer, peer, 7, false},
      {off, false, peer, address(1, 4002), 7, false},
      {off, false, peer, beside, 7, false},
      {off, false, peer, address(66, 4001), 7, false},
      {off, true, peer, peer, 7, true},
      {off, true, peer, peer, 8, false},
      {off, true, peer, agreed, 7, false},
      {same_ip, false, peer, agreed, 7, true},
      {same_ip, false, peer, agreed, 8, false},
      {same_ip, false, peer, beside, 7, false},
      {same_ip, false, other_port, beside, 7, true},
      {same_ip, false, other_port, beside, 8, false},
      {same_ip, false, other_port, agreed, 7, true},  // it kept what it has described
      {same_ip, false, other_port, other_port, 7, false},
      {same_ip, false, other_port, beside_other, 7, false},
      {same_ip, true, other_port, other_port, 7, true},
      {same_ip, true, other_port, peer, 7, false},
      {any, false, peer, agreed, 7, true},
      {any, false, peer, beside_other, 7, false},
      {any, false, other_address, beside_other, 7, true},
      {any, false, other_address, beside_other, 666, false},
      {any, false, other_address, agreed, 7, true},
      {any, false, other_address, beside, 7, false},
      {any, true, other_address, other_address, 7, true},
      {any, true, other_address, address(66, 5557), 7, false},
  };
  for (const row& row : rows) {
    CAPTURE(static_cast<int>(row.mode), row.mux, row.rtp.to_string(), row.rtcp.to_string(),
            row.source);
    auto open = opening();
    open.latch = row.mode;
    open.parameters.rtcp_mux = row.mux;
    rig r(open);
    r.command(media::start_command{});
    for (std::uint32_t n = 0; n < 5; ++n) r.audio(n, row.rtp);
    REQUIRE(r.figures().packets_received == 5);
    const auto rejected = r.figures().rejected;
    std::vector<std::uint8_t> bye;
    // A report about our stream as well: it would be a round trip that never was.
    rtp::report_block about_us;
    about_us.source = ssrc{0xabcd};
    about_us.last_sr = 0x10000;
    rtp::print_rtcp(bye, ssrc{row.source}, std::nullopt, about_us, "a@b", true);
    r.run_to(100);
    if (row.mux && row.rtcp != agreed && row.rtcp.port != 5557)
      r.session.receive(bye, row.rtcp, at(100));
    else
      r.session.receive_rtcp(bye, row.rtcp, at(100));
    r.run_to(2000);
    CHECK((r.events.back() == "600 left") == row.believed);
    CHECK(r.figures().rejected == rejected + (row.believed ? 0 : 1));
    CHECK(r.figures().malformed == 0);
    const bool from_there = row.believed || row.source != 7;
    CHECK(r.figures().round_trip_ms.has_value() == from_there);
  }
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
