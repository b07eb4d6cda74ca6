#include "sipvoice/rtp/rtcp_session.hpp"

#include <algorithm>

namespace sipvoice::rtp {
namespace {

constexpr std::size_t cname_length = 20;  // RFC 7022: random, at least 96 bits
constexpr std::size_t ip_udp_bytes = 28;
constexpr std::size_t most_printed = 128;  // SR with a block, SDES and BYE
constexpr double first_guess_bytes = 100;  // of a compound, before one was seen
/// A round trip beyond this is a peer that counts wrongly.
constexpr duration max_round_trip = std::chrono::seconds(30);

constexpr std::int32_t rounding_units = 65;  // of 1/65536 s: one millisecond

/// Seconds in 1/65536.
std::uint32_t compact(duration d) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(d.count()) * 65536 / 1'000'000'000);
}

}  // namespace

rtcp_session::rtcp_session(ssrc local, std::uint64_t seed, time_point now)
    : local_(local),
      random_(seed),
      cname_(random_.token(cname_length)),
      began_(now),
      last_(now),
      average_bytes_(first_guess_bytes + ip_udp_bytes) {
  buffer_.reserve(most_printed);
  next_ = now + interval(false);
}

std::uint64_t rtcp_session::ntp(time_point t) const {
  const auto elapsed = static_cast<std::uint64_t>(std::max(t - began_, duration::zero()).count());
  // One second ahead: a zero LSR means that no SR has come.
  const std::uint64_t seconds = elapsed / 1'000'000'000 + 1;
  const std::uint64_t rest = elapsed % 1'000'000'000;
  return (seconds << 32) | ((rest << 32) / 1'000'000'000);
}

duration rtcp_session::interval(bool we_send) {
  interval_input in;
  in.members = peer_ && !peer_left_ ? 2 : 1;
  in.senders = (we_send ? 1U : 0U) + (peer_sends_ && !peer_left_ ? 1U : 0U);
  in.average_bytes = average_bytes_;
  in.we_send = we_send;
  in.initial = sent_ == 0;
  const double uniform = static_cast<double>(random_.next() >> 11) * 0x1p-53;
  return randomised_interval(deterministic_interval(in), uniform);
}

void rtcp_session::note_size(std::size_t bytes) {
  average_bytes_ += (static_cast<double>(bytes + ip_udp_bytes) - average_bytes_) / 16;  // 6.3.3
}

bool rtcp_session::receive(byte_view compound, time_point arrived, std::optional<ssrc> heard) {
  if (!rtcp_reader{}.read(compound)) return false;
  ++received_;
  note_size(compound.size());
  // One reference each: a function object with more of them would allocate.
  struct {
    rtcp_session& self;
    time_point arrived;
    std::optional<ssrc> heard;
    bool doubted = false;
  } in{*this, arrived, heard};
  const auto on_report = [&in](const rtcp_report& r) {
    if (!in.heard || r.sender == in.heard || in.self.is_about_us(r))
      in.self.use(r, in.arrived);
    else
      in.doubted = true;
  };
  const auto on_bye = [&in](const rtcp_bye& b) {
    if (b.source == (in.heard ? in.heard : in.self.peer_))
      in.self.peer_left_ = true;
    else
      in.doubted = true;
  };
  const rtcp_reader reader{.report = on_report, .bye = on_bye};
  const bool read = reader.read(compound);
  if (in.doubted) ++doubted_;
  return read;
}

bool rtcp_session::is_about_us(const rtcp_report& report) const {
  for (std::size_t i = 0; i < report.count(); ++i)
    if (report.block(i).source == local_) return true;
  return false;
}

void rtcp_session::use(const rtcp_report& report, time_point arrived) {
  if (peer_ != report.sender) peer_left_ = false;
  peer_ = report.sender;
  if (report.info) {
    last_sr_ = report.info->middle();
    last_sr_of_ = report.sender;
    last_sr_at_ = arrived;
  }
  peer_sends_ = report.info.has_value();
  for (std::size_t i = 0; i < report.count(); ++i) {
    const report_block b = report.block(i);
    if (b.source != local_) continue;
    of_us_ = peer_report{b.fraction_lost / 256.0, b.cumulative_lost, b.jitter};
    if (b.last_sr == 0) continue;
    // 6.4.1: arrival - LSR - DLSR, all in 1/65536 s, modulo 2^32.
    const auto arrival = static_cast<std::uint32_t>(ntp(arrived) >> 16);
    const std::uint32_t units = arrival - b.last_sr - b.delay_since_last_sr;
    // The two clocks round: a trip of nothing may come out as a little less. More than a little is
    // an LSR that we never sent, or a DLSR that is wrong.
    const auto signed_units = static_cast<std::int32_t>(units);
    if (signed_units < -rounding_units) continue;
    const auto trip = std::chrono::nanoseconds(
        static_cast<std::int64_t>(std::max(signed_units, 0)) * 1'000'000'000 / 65536);
    if (trip <= max_round_trip) round_trip_ = trip;
  }
}

std::optional<report_block> rtcp_session::block_of(const receiver_statistics& heard,
                                                   time_point now) {
  if (!heard.source()) return std::nullopt;
  constexpr std::int64_t most_lost = 0x7fffff;  // 24 bits, signed
  report_block b;
  b.source = *heard.source();
  const auto so_far = heard.since_restart();
  const std::int64_t expected = so_far.expected;
  const std::int64_t lost = expected - so_far.received;  // negative where copies came
  // Another source, or the same one begun anew: nothing of the one before is said of it.
  if (block_source_ != b.source || expected < expected_before_) lost_before_ = expected_before_ = 0;
  block_source_ = b.source;
  // What came after all, or twice, makes the loss smaller than it was reported.
  const std::int64_t lost_now = std::max<std::int64_t>(lost - lost_before_, 0);
  const std::int64_t expected_now = expected - expected_before_;
  if (expected_now > 0)
    b.fraction_lost =
        static_cast<std::uint8_t>(std::min<std::int64_t>(255, lost_now * 256 / expected_now));
  lost_before_ = lost;
  expected_before_ = expected;
  b.cumulative_lost = static_cast<std::int32_t>(std::clamp(lost, -most_lost - 1, most_lost));
  b.extended_highest = static_cast<std::uint32_t>(heard.extended_highest());
  b.jitter = static_cast<std::uint32_t>(heard.jitter_ticks());
  if (last_sr_ != 0 && last_sr_of_ == b.source) {
    b.last_sr = last_sr_;
    b.delay_since_last_sr = compact(std::max(now - last_sr_at_, duration::zero()));
  }
  return b;
}

void rtcp_session::print(const sent_so_far& sent, const receiver_statistics& heard, time_point now,
                         bool bye) {
  std::optional<sender_info> info;
  if (sent.packets > reported_packets_ || (bye && sent.packets > 0))
    info = sender_info{ntp(now), sent.timestamp_now, static_cast<std::uint32_t>(sent.packets),
                       static_cast<std::uint32_t>(sent.octets)};
  print_rtcp(buffer_, local_, info, block_of(heard, now), cname_, bye);
  reported_packets_ = sent.packets;
  note_size(buffer_.size());
  ++sent_;
}

byte_view rtcp_session::handle_timeout(const sent_so_far& sent, const receiver_statistics& heard,
                                       time_point now) {
  if (now < next_) return {};
  if (heard.source() && !peer_) peer_ = heard.source();
  const bool we_send = sent.packets > reported_packets_;
  next_ = last_ + interval(we_send);
  if (next_ > now) return {};  // 6.3.6: members have joined meanwhile
  print(sent, heard, now, false);
  last_ = now;
  next_ = now + interval(we_send);
  return buffer_;
}

byte_view rtcp_session::goodbye(const sent_so_far& sent, const receiver_statistics& heard,
                                time_point now) {
  next_ = never;
  if (sent.packets == 0 && sent_ == 0) return {};
  print(sent, heard, now, true);
  return buffer_;
}

}  // namespace sipvoice::rtp
