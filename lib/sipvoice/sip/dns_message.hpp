// The message of a DNS server (RFC 1035 section 4) as the reply to one question. Hostile bytes cost
// no more than their length: every name is followed backwards only, records are counted.
#pragma once

#include "sipvoice/base/bytes.hpp"
#include "sipvoice/base/time.hpp"
#include "sipvoice/sip/dns.hpp"

namespace sipvoice::sip {

struct dns_message_limits {
  static constexpr std::size_t max_read = 1000;   ///< records looked at; those behind are left out
  static constexpr std::size_t max_records = 64;  ///< of the type and name asked for
  static constexpr int max_aliases = 8;           ///< CNAMEs one after the other
};

struct timed_reply {
  dns_reply reply;
  /// How long it holds: the smallest TTL of the records and of the aliases on the way to them; of
  /// a negative answer what its SOA says (RFC 2308 section 5). Zero where nothing is said.
  duration ttl{};
};

/// The records that answer for the name which the message repeats (a resolver may have added its
/// search domain) and the type that was asked, behind aliases too, if they are in the message.
[[nodiscard]] timed_reply read_dns_message(byte_view message, dns_type type);

}  // namespace sipvoice::sip
