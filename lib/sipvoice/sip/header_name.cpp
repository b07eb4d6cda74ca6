// Names of header fields: RFC 3261 section 20, and the RFCs that add to it.
//
//   header-name = token ; compared without case
#include <array>
#include <cstdint>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/header.hpp"

namespace sipvoice::sip {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 53> names{"",
                                                 "Via",
                                                 "From",
                                                 "To",
                                                 "Call-ID",
                                                 "CSeq",
                                                 "Contact",
                                                 "Max-Forwards",
                                                 "Route",
                                                 "Record-Route",
                                                 "Content-Length",
                                                 "Content-Type",
                                                 "Content-Encoding",
                                                 "Content-Disposition",
                                                 "Accept",
                                                 "Accept-Encoding",
                                                 "Accept-Language",
                                                 "Allow",
                                                 "Supported",
                                                 "Require",
                                                 "Proxy-Require",
                                                 "Unsupported",
                                                 "User-Agent",
                                                 "Server",
                                                 "Warning",
                                                 "Retry-After",
                                                 "Expires",
                                                 "Min-Expires",
                                                 "Authorization",
                                                 "WWW-Authenticate",
                                                 "Proxy-Authenticate",
                                                 "Proxy-Authorization",
                                                 "Authentication-Info",
                                                 "Reason",
                                                 "RSeq",
                                                 "RAck",
                                                 "Session-Expires",
                                                 "Min-SE",
                                                 "Refer-To",
                                                 "Referred-By",
                                                 "Refer-Sub",
                                                 "Replaces",
                                                 "Event",
                                                 "Subscription-State",
                                                 "Allow-Events",
                                                 "Date",
                                                 "Timestamp",
                                                 "Subject",
                                                 "MIME-Version",
                                                 "Path",
                                                 "Service-Route",
                                                 "SIP-ETag",
                                                 "SIP-If-Match"};
static_assert(names.size() == static_cast<std::size_t>(header_id::sip_if_match) + 1);

// Compact forms as registered with IANA.
constexpr std::array<header_id, 256> make_compact() {
  std::array<header_id, 256> table{};
  constexpr std::pair<char, header_id> forms[] = {
      {'v', header_id::via},
      {'f', header_id::from},
      {'t', header_id::to},
      {'i', header_id::call_id},
      {'m', header_id::contact},
      {'l', header_id::content_length},
      {'c', header_id::content_type},
      {'e', header_id::content_encoding},
      {'k', header_id::supported},
      {'s', header_id::subject},
      {'x', header_id::session_expires},  // RFC 4028
      {'r', header_id::refer_to},         // RFC 3515
      {'b', header_id::referred_by},      // RFC 3892
      {'o', header_id::event},            // RFC 6665
      {'u', header_id::allow_events},     // RFC 6665
  };
  for (const auto& [letter, id] : forms) {
    table[static_cast<unsigned char>(letter)] = id;
    table[static_cast<unsigned char>(letter - 'a' + 'A')] = id;
  }
  return table;
}
constexpr auto compact = make_compact();

// A perfect hash: the compiler looks for a multiplier under which no two names share a slot.
constexpr std::size_t slots = 1024;

constexpr std::size_t slot_of(std::string_view name, std::uint32_t multiplier) {
  const auto letter = [name](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(name[i]) | 0x20u);
  };
  const std::uint32_t mixed = static_cast<std::uint32_t>(name.size()) | letter(0) << 8 |
                              letter(name.size() / 2) << 16 | letter(name.size() - 1) << 24;
  return (mixed * multiplier) >> 22;
}
static_assert(slots == 1u << (32 - 22));

constexpr bool is_perfect(std::uint32_t multiplier) {
  std::array<bool, slots> taken{};
  for (std::size_t i = 1; i < names.size(); ++i) {
    bool& slot = taken[slot_of(names[i], multiplier)];
    if (slot) return false;
    slot = true;
  }
  return true;
}
constexpr std::uint32_t find_multiplier() {
  std::uint32_t multiplier = 2654435769u;
  while (!is_perfect(multiplier)) multiplier += 2 * 40503u;
  return multiplier;
}
constexpr std::uint32_t multiplier = find_multiplier();

constexpr std::array<std::uint8_t, slots> make_table() {
  std::array<std::uint8_t, slots> table{};
  for (std::size_t i = 1; i < names.size(); ++i)
    table[slot_of(names[i], multiplier)] = static_cast<std::uint8_t>(i);
  return table;
}
constexpr auto table = make_table();

}  // namespace

header_id header_of(std::string_view name) {
  if (name.empty()) return header_id::other;
  if (name.size() == 1) return compact[static_cast<unsigned char>(name.front())];
  const std::size_t i = table[slot_of(name, multiplier)];
  // Most peers spell names as the RFC does: that comparison is a memcmp.
  if (names[i] == name || (i != 0 && iequals(names[i], name))) return static_cast<header_id>(i);
  return header_id::other;
}

std::string_view name_of(header_id id) {
  const auto i = static_cast<std::size_t>(id);
  return i < names.size() ? names[i] : std::string_view{};
}

bool is_protected(header_id id) {
  using enum header_id;
  switch (id) {
    case via:
    case from:
    case to:
    case call_id:
    case cseq:
    case contact:
    case max_forwards:
    case route:
    case record_route:
    case content_length:
    case content_type:
    case content_encoding:
    case require:
    case proxy_require:
    case session_expires:
    case min_se:
    case rseq:
    case rack:
      return true;
    default:
      return false;
  }
}

}  // namespace sipvoice::sip
