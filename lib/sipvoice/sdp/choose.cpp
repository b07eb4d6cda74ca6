#include "sipvoice/sdp/choose.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"

namespace sipvoice::sdp {

namespace {
constexpr std::size_t max_listed = 8;
constexpr std::size_t max_name = 24;
constexpr std::uint32_t max_port = 65535;

bool can_receive(const ip_address& a) {
  return !a.is_unspecified() && !a.is_multicast() && !a.is_broadcast();
}

// RFC 3605; without a=rtcp the next port. An address there that cannot be used is not used: what a
// peer writes must never make us send to a group or to everybody.
socket_address rtcp_of(const media& m, const socket_address& rtp) {
  if (!m.rtcp_port) {
    if (rtp.port == max_port) return {};
    return {rtp.ip, static_cast<std::uint16_t>(rtp.port + 1)};
  }
  const auto port = static_cast<std::uint16_t>(*m.rtcp_port);
  if (!m.rtcp_connection) return {rtp.ip, port};
  const auto& address = m.rtcp_connection->address;
  if (!address || !can_receive(*address)) return {};
  return {*address, port};
}

refused unusable(const char* what, const connection& c) {
  return {refusal::unusable_address, what + printable(c.text, 60)};
}
}  // namespace

std::uint32_t choose_ptime(std::optional<std::uint32_t> asked, std::optional<std::uint32_t> longest,
                           std::uint32_t fallback) {
  std::uint32_t wanted = asked.value_or(fallback);
  if (longest) wanted = std::min(wanted, *longest);
  std::uint32_t chosen = packet_times[0];
  for (const std::uint32_t t : packet_times)
    if (t <= wanted) chosen = t;
  return chosen;
}

std::optional<std::uint32_t> longest_packet_ms(const format_view& codec, std::uint32_t max_bytes) {
  if (!iequals(codec.encoding, "L16") || codec.clock_rate == 0 || codec.channels == 0)
    return std::nullopt;
  const std::uint64_t bytes_a_second = std::uint64_t{2} * codec.clock_rate * codec.channels;
  return static_cast<std::uint32_t>(std::uint64_t{max_bytes} * 1000 / bytes_a_second);
}

std::uint32_t packet_time_of(const format_view& codec, std::uint32_t ms) {
  return ms == 30 && iequals(codec.encoding, "opus") ? 20 : ms;
}

bool is_telephone_event(const format_view& f) { return iequals(f.encoding, "telephone-event"); }
bool is_comfort_noise(const format_view& f) { return iequals(f.encoding, "CN"); }

bool is_our_kind(const media& m) {
  return iequals(m.type, "audio") && iequals(m.protocol, "RTP/AVP");
}

const format_view* find_telephone_event(std::span<const format_view> formats,
                                        std::uint32_t clock_rate) {
  for (const format_view& f : formats)
    if (is_telephone_event(f) && f.clock_rate == clock_rate) return &f;
  return nullptr;
}

const format_view* find_comfort_noise(std::span<const format_view> formats) {
  for (const format_view& f : formats)
    if (is_comfort_noise(f) && f.clock_rate == 8000) return &f;
  return nullptr;
}

boost::system::result<destination, refused> judge_destination(
    const session_description& description, const media& m) {
  const connection* c = description.connection_of(m);
  if (c == nullptr) return refused{refusal::unusable_address, "no c= line for the audio"};
  if (m.port == 0 || m.port > max_port)
    return refused{refusal::unusable_address, "audio port outside 1-65535"};
  if (!c->address) return unusable("not a literal address: ", *c);
  if (c->address->is_multicast()) return unusable("multicast address: ", *c);
  if (c->address->is_broadcast()) return unusable("broadcast address: ", *c);
  destination d;
  d.hold = c->address->is_unspecified();
  if (d.hold) return d;
  d.rtp = {*c->address, static_cast<std::uint16_t>(m.port)};
  d.rtcp = rtcp_of(m, d.rtp);
  return d;
}

direction peer_direction(direction said, bool hold) {
  return hold ? both_allow(said, direction::send_only) : said;
}

std::string list_codecs(std::span<const format_view> formats) {
  std::string out;
  std::size_t listed = 0;
  for (const format_view& f : formats) {
    if (is_telephone_event(f) || is_comfort_noise(f)) continue;
    if (listed++ == max_listed) return out + ", ...";
    if (!out.empty()) out += ", ";
    out += printable(f.encoding, max_name) + "/" + std::to_string(f.clock_rate);
    if (f.channels != 1) out += "/" + std::to_string(f.channels);
  }
  return out.empty() ? "none" : out;
}

}  // namespace sipvoice::sdp
