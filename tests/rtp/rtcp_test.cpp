#include "sipvoice/rtp/rtcp.hpp"

#include <array>
#include <string>

#include "sipvoice/rtp/e_model.hpp"
#include "sipvoice/rtp/rtcp_session.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr time_point start{seconds(500)};
constexpr ssrc ours{0x11111111}, theirs{0x22222222};

rtp::packet_header packet(std::uint32_t sequence, ssrc source) {
  rtp::packet_header h;
  h.sequence = sequence_number{static_cast<std::uint16_t>(sequence)};
  h.source = source;
  return h;
}

rtp::receiver_statistics heard(ssrc source, std::uint32_t first, std::uint32_t count,
                               std::uint32_t lost_every = 0) {
  rtp::receiver_statistics s;
  for (std::uint32_t i = 0; i < count; ++i)
    if (lost_every == 0 || i % lost_every != 1) s.on_packet(packet(first + i, source));
  return s;
}

struct read_back {
  std::vector<rtp::rtcp_report> reports;
  std::vector<rtp::report_block> blocks;
  std::vector<std::string> names;
  std::vector<ssrc> byes;
  bool good = false;
};
read_back read(byte_view datagram) {
  read_back out;
  out.good = rtp::rtcp_reader{
      [&](const rtp::rtcp_report& r) {
        out.reports.push_back(r);
        for (std::size_t i = 0; i < r.count(); ++i) out.blocks.push_back(r.block(i));
      },
      [&](const rtp::rtcp_name& n) { out.names.emplace_back(n.cname); },
      [&](const rtp::rtcp_bye& b) {
        out.byes.push_back(b.source);
      }}.read(datagram);
  return out;
}

}  // namespace

TEST_CASE("a sender report reads back as it was printed") {
  std::vector<std::uint8_t> bytes;
  const rtp::sender_info info{0x0102030405060708, rtp_timestamp{0xfffffff0}, 7, 1120};
  rtp::report_block block;
  block.source = theirs;
  block.fraction_lost = 64;
  block.cumulative_lost = -3;
  block.extended_highest = 0x0001ffff;
  block.jitter = 12;
  block.last_sr = 0x03040506;
  block.delay_since_last_sr = 65536;
  for (const std::string cname : {"", "a", "ab", "abc", "abcd", "0123456789abcdefghij"}) {
    CAPTURE(cname);
    rtp::print_rtcp(bytes, ours, info, block, cname, true);
    REQUIRE(bytes.size() % 4 == 0);
    const auto got = read(bytes);
    REQUIRE(got.good);
    REQUIRE(got.reports.size() == 1);
    CHECK(got.reports[0].sender == ours);
    REQUIRE(got.reports[0].info);
    CHECK(got.reports[0].info->ntp == info.ntp);
    CHECK(got.reports[0].info->middle() == 0x03040506);
    CHECK(got.reports[0].info->timestamp == info.timestamp);
    CHECK(got.reports[0].info->packets == 7);
    CHECK(got.reports[0].info->octets == 1120);
    REQUIRE(got.blocks.size() == 1);
    CHECK(got.blocks[0].source == theirs);
    CHECK(got.blocks[0].fraction_lost == 64);
    CHECK(got.blocks[0].cumulative_lost == -3);
    CHECK(got.blocks[0].extended_highest == 0x0001ffff);
    CHECK(got.blocks[0].jitter == 12);
    CHECK(got.blocks[0].last_sr == 0x03040506);
    CHECK(got.blocks[0].delay_since_last_sr == 65536);
    CHECK(got.names == std::vector<std::string>{cname});
    CHECK(got.byes == std::vector<ssrc>{ours});
  }
}

TEST_CASE("compounds with a length that does not hold are refused") {
  using bytes = std::vector<std::uint8_t>;
  const bytes rr{0x80, 201, 0, 1, 1, 2, 3, 4};
  const auto with = [&](std::initializer_list<int> more) {
    bytes out = rr;
    for (const int b : more) out.push_back(static_cast<std::uint8_t>(b));
    return out;
  };
  struct row {
    const char* what;
    bytes datagram;
    bool good;
  };
  const std::array<row, 11> rows{{
      {"an empty receiver report", rr, true},
      {"a block that is announced and not there", {0x81, 201, 0, 1, 1, 2, 3, 4}, false},
      {"a sender report without its info", {0x80, 200, 0, 1, 1, 2, 3, 4}, false},
      {"SDES first", {0x81, 202, 0, 1, 1, 2, 3, 4}, false},
      {"an SDES item over the end", with({0x81, 202, 0, 2, 1, 2, 3, 4, 1, 200, 'a', 0}), false},
      {"SDES items without an end", with({0x81, 202, 0, 2, 1, 2, 3, 4, 1, 2, 'a', 'b'}), false},
      {"a good SDES", with({0x81, 202, 0, 2, 1, 2, 3, 4, 1, 1, 'a', 0}), true},
      {"BYE of two that names one", with({0x82, 203, 0, 1, 1, 2, 3, 4}), false},
      {"padding longer than the packet", with({0xa0, 204, 0, 1, 0, 0, 0, 200}), false},
      {"padding of nothing", with({0xa0, 204, 0, 1, 0, 0, 0, 0}), false},
      {"an unknown packet is passed over", with({0x80, 207, 0, 1, 9, 9, 9, 9}), true},
  }};
  for (const row& r : rows) {
    CAPTURE(r.what);
    CHECK(read(r.datagram).good == r.good);
    rtp::rtcp_session s(ours, 1, start);
    CHECK(s.receive(r.datagram, start) == r.good);
    CHECK(s.reports_received() == (r.good ? 1u : 0u));
  }
}

TEST_CASE("the interval rule") {
  struct row {
    const char* what;
    rtp::interval_input in;
    std::int64_t expected_ms;
  };
  const std::array<row, 6> rows{{
      {"two parties: the minimum", {2, 2, 500, 128, true, false}, 5000},
      {"the first report: half of it", {2, 2, 500, 128, true, true}, 2500},
      {"all equal", {100, 50, 500, 128, true, false}, 25600},
      {"few senders, we are one", {100, 10, 500, 128, true, false}, 10240},
      {"few senders, we are none", {100, 10, 500, 128, false, false}, 30720},
      {"no bandwidth is no division by zero", {2, 2, 0, 128, true, false}, 256000},
  }};
  for (const row& r : rows) {
    CAPTURE(r.what);
    CHECK(to_ms(rtp::deterministic_interval(r.in)) == r.expected_ms);
  }
  // 6.3.1: between 0.5 and 1.5, over e - 3/2.
  CHECK(to_ms(rtp::randomised_interval(seconds(5), 0)) == 2052);
  CHECK(to_ms(rtp::randomised_interval(seconds(5), 0.5)) == 4104);
  CHECK(to_ms(rtp::randomised_interval(seconds(5), 0.999999)) == 6156);
}

TEST_CASE("reports keep their pace and their average") {
  rtp::rtcp_session s(ours, 7, start);
  const auto first = s.next_deadline() - start;
  CHECK(first >= milliseconds(1026));
  CHECK(first <= milliseconds(3079));
  const auto stats = heard(theirs, 100, 50);
  time_point last{};
  int count = 0;
  for (std::uint64_t sent = 1; count < 400; ++sent) {
    const time_point now = s.next_deadline();
    const byte_view report =
        s.handle_timeout({sent * 100, sent * 16000, rtp_timestamp{0}}, stats, now);
    if (report.empty()) {
      CHECK(s.next_deadline() > now);
      continue;
    }
    if (last != time_point{}) {
      CHECK(now - last >= milliseconds(2052));
      CHECK(now - last <= milliseconds(6157));
    }
    last = now;
    ++count;
  }
  // Reconsideration brings the mean back towards the deterministic 5 s.
  const double mean_ms = static_cast<double>(to_ms(last - start)) / count;
  CHECK(mean_ms > 4500);
  CHECK(mean_ms < 5500);
  CHECK(s.handle_timeout({}, stats, last).empty());
}

TEST_CASE("what was sent since the last report makes it an SR") {
  rtp::rtcp_session s(ours, 3, start);
  const rtp::receiver_statistics nothing;
  const auto next = [&](const rtp::sent_so_far& sent) {
    for (;;) {
      const byte_view report = s.handle_timeout(sent, nothing, s.next_deadline());
      if (!report.empty()) return read(report);
    }
  };
  const auto a = next({});
  REQUIRE(a.reports.size() == 1);
  CHECK_FALSE(a.reports[0].info);
  CHECK(a.blocks.empty());
  const auto b = next({5, 800, rtp_timestamp{4242}});
  REQUIRE(b.reports[0].info);
  CHECK(b.reports[0].info->packets == 5);
  CHECK(b.reports[0].info->octets == 800);
  CHECK(b.reports[0].info->timestamp == rtp_timestamp{4242});
  CHECK_FALSE(next({5, 800, rtp_timestamp{9000}}).reports[0].info);
  CHECK(a.names == b.names);
  CHECK(a.names[0].size() == 20);
}

TEST_CASE("loss is told for the interval and for the whole call") {
  rtp::rtcp_session s(ours, 3, start);
  const auto next = [&](const rtp::receiver_statistics& stats) {
    for (;;) {
      const byte_view report = s.handle_timeout({}, stats, s.next_deadline());
      if (!report.empty()) return read(report).blocks.at(0);
    }
  };
  auto stats = heard(theirs, 65530, 100, 4);  // 25 of 100, over the wrap
  const auto a = next(stats);
  CHECK(a.fraction_lost == 64);
  CHECK(a.cumulative_lost == 25);
  CHECK(a.extended_highest == 65536u + 93u);
  CHECK(a.source == theirs);
  CHECK(a.last_sr == 0);
  for (std::uint32_t i = 94; i < 194; ++i) stats.on_packet(packet(i, theirs));
  const auto b = next(stats);
  CHECK(b.fraction_lost == 0);
  CHECK(b.cumulative_lost == 25);
}

TEST_CASE("copies count as received in a report: its loss may be negative (RFC 3550 A.3)") {
  struct row {
    const char* what;
    std::uint32_t lost, copies;
    std::int32_t cumulative;
    std::uint8_t fraction;
  };
  for (const row& r : {row{"copies only", 0, 10, -10, 0}, row{"as many as were lost", 10, 10, 0, 0},
                       row{"more were lost", 10, 4, 6, 6 * 256 / 100}}) {
    INFO(r.what);
    rtp::rtcp_session s(ours, 3, start);
    const auto next = [&](const rtp::receiver_statistics& stats) {
      for (;;) {
        const byte_view report = s.handle_timeout({}, stats, s.next_deadline());
        if (!report.empty()) return read(report).blocks.at(0);
      }
    };
    rtp::receiver_statistics stats;
    for (std::uint32_t i = 0; i < 100; ++i) {
      if (i >= 50 && i < 50 + r.lost) continue;
      stats.on_packet(packet(i, theirs));
      if (i < r.copies) stats.on_packet(packet(i, theirs));
    }
    const auto a = next(stats);
    CHECK(a.cumulative_lost == r.cumulative);
    CHECK(a.fraction_lost == r.fraction);
    // The next interval has its own: one in four is lost, and what was won before is no help.
    for (std::uint32_t i = 100; i < 200; ++i)
      if (i % 4 != 1) stats.on_packet(packet(i, theirs));
    const auto b = next(stats);
    CHECK(b.cumulative_lost == r.cumulative + 25);
    CHECK(b.fraction_lost == 64);
    // Our own figures are of sequence numbers, each once.
    CHECK(stats.lost() == r.lost + 25);
    CHECK(stats.duplicate() == r.copies);
    // Another stream of the same source begins without copies.
    for (std::uint32_t i = 30'000; i < 30'010; ++i) stats.on_packet(packet(i, theirs));
    CHECK(next(stats).cumulative_lost == 0);
  }
}

TEST_CASE("the round trip comes from LSR and DLSR") {
  rtp::rtcp_session a(ours, 1, start), b(theirs, 2, start + milliseconds(777));
  const auto hears_a = heard(ours, 1, 10), hears_b = heard(theirs, 1, 10);
  const milliseconds one_way(40);
  std::uint64_t sent = 0;
  CHECK_FALSE(a.round_trip());
  for (int i = 0; i < 20; ++i) {
    rtp::rtcp_session& from = a.next_deadline() <= b.next_deadline() ? a : b;
    rtp::rtcp_session& to = &from == &a ? b : a;
    const time_point now = from.next_deadline();
    sent += 50;
    const byte_view report = from.handle_timeout({sent, sent * 160, rtp_timestamp{1}},
                                                 &from == &a ? hears_b : hears_a, now);
    if (!report.empty()) REQUIRE(to.receive(report, now + one_way));
  }
  REQUIRE(a.round_trip());
  REQUIRE(b.round_trip());
  CHECK(to_ms(*a.round_trip() + std::chrono::microseconds(100)) == 80);
  CHECK(to_ms(*b.round_trip() + std::chrono::microseconds(100)) == 80);
  REQUIRE(a.of_us());
  CHECK(a.of_us()->cumulative_lost == 0);
}

TEST_CASE("BYE ends it, and only where something was sent") {
  const rtp::receiver_statistics nothing;
  rtp::rtcp_session silent(ours, 1, start);
  CHECK(silent.goodbye({}, nothing, start).empty());
  CHECK(silent.next_deadline() == never);

  rtp::rtcp_session a(ours, 1, start), b(theirs, 2, start);
  const byte_view bye = a.goodbye({3, 480, rtp_timestamp{480}}, nothing, start + seconds(1));
  const auto got = read(bye);
  REQUIRE(got.good);
  CHECK(got.byes == std::vector<ssrc>{ours});
  CHECK(got.reports.at(0).info);
  REQUIRE(b.receive(bye, start + seconds(1)));
  CHECK(b.peer_left());
}

TEST_CASE("the E-model") {
  const rtp::codec_impairment g711{0, 25.1};
  struct row {
    const char* what;
    double loss;
    std::int64_t delay_ms;
    double rating, mos;
  };
  const std::array<row, 5> rows{{
      {"clean", 0, 0, 93.2, 4.41},
      {"delay up to 100 ms costs nothing", 0, 100, 93.2, 4.41},
      {"400 ms", 0, 400, 69.1, 3.56},
      {"5 % loss", 0.05, 20, 77.4, 3.91},
      {"30 % loss", 0.30, 20, 41.5, 2.14},
  }};
  for (const row& r : rows) {
    CAPTURE(r.what);
    const double rating = rtp::transmission_rating(g711, r.loss, 1, milliseconds(r.delay_ms));
    CHECK(rating == Approx(r.rating).margin(0.5));
    CHECK(rtp::mean_opinion_score(rating) == Approx(r.mos).margin(0.03));
  }
  CHECK(rtp::mean_opinion_score(0) == 1);
  CHECK(rtp::mean_opinion_score(100) == 4.5);
  CHECK(rtp::transmission_rating(g711, 7, 1, seconds(60)) >= 0);
}

TEST_CASE("a report speaks of its source alone: nothing of the one before it") {
  rtp::rtcp_session s(ours, 3, start);
  const auto next = [&](const rtp::receiver_statistics& stats) {
    for (;;) {
      const byte_view report = s.handle_timeout({}, stats, s.next_deadline());
      if (!report.empty()) return read(report).blocks.at(0);
    }
  };
  std::vector<std::uint8_t> sr;
  rtp::print_rtcp(sr, theirs, rtp::sender_info{0x100000000, rtp_timestamp{0}, 1, 160}, {}, "x",
                  false);
  REQUIRE(s.receive(sr, start + milliseconds(10)));
  auto stats = heard(theirs, 1, 100, 4);
  const auto a = next(stats);
  CHECK(a.cumulative_lost == 25);
  CHECK(a.last_sr != 0);
  // Another source, of which one in ten is lost.
  for (std::uint32_t i = 0; i < 50; ++i)
    if (i % 10 != 5) stats.on_packet(packet(40'000 + i, ssrc{3}));
  const auto b = next(stats);
  CHECK(b.source == ssrc{3});
  CHECK(b.cumulative_lost == 5);
  CHECK(b.fraction_lost == 5 * 256 / 50);
  CHECK(b.extended_highest == 40'049);
  CHECK(b.last_sr == 0);
  CHECK(b.delay_since_last_sr == 0);
  CHECK(stats.lost() == 30);
}

TEST_CASE("a round trip that cannot be is none") {
  struct row {
    const char* what;
    std::uint32_t lsr_ms, dlsr_ms;  ///< of the session's clock, which begins at 1 s
    bool measured;
  };
  const std::array<row, 5> rows{{{"60 ms", 1900, 1040, true},
                                 {"no SR has come", 0, 0, false},
                                 {"held for longer than it took", 2900, 1000, false},
                                 {"an SR from the future", 5000, 0, false},
                                 {"rounding", 3000, 0, true}}};
  for (const row& r : rows) {
    CAPTURE(r.what);
    rtp::rtcp_session s(ours, 1, start);
    rtp::report_block b;
    b.source = ours;
    const auto compact = [](std::uint32_t ms) {
      return static_cast<std::uint32_t>(std::uint64_t{ms} * 65536 / 1000);
    };
    b.last_sr = compact(r.lsr_ms);
    b.delay_since_last_sr = compact(r.dlsr_ms);
    std::vector<std::uint8_t> rr;
    rtp::print_rtcp(rr, theirs, std::nullopt, b, "x", false);
    REQUIRE(s.receive(rr, start + milliseconds(2000)));
    CHECK(s.round_trip().has_value() == r.measured);
    if (r.measured) CHECK(*s.round_trip() <= milliseconds(61));
  }
}
