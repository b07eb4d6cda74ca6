// Questions to the domain name system and what answers hold, as plain values. Asking is the shell's
// work.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sipvoice/base/address.hpp"

namespace sipvoice::sip {

/// Numbers of the record types on the wire.
enum class dns_type : std::uint16_t { a = 1, aaaa = 28, srv = 33, naptr = 35 };

struct dns_query {
  dns_type type = dns_type::a;
  std::string name;
  friend bool operator==(const dns_query&, const dns_query&) = default;
};

/// RFC 2782. A target of "." says that the service is not to be had.
struct srv_record {
  std::uint16_t priority = 0, weight = 0, port = 0;
  std::string target;
};
/// RFC 3403; the fields that RFC 3263 uses.
struct naptr_record {
  std::uint16_t order = 0, preference = 0;
  std::string flags, service, replacement;
};
/// An A or AAAA record is its address.
using dns_record = std::variant<ip_address, srv_record, naptr_record>;

/// Empty: no such name, none of that type, or nobody who could be asked.
using dns_records = std::vector<dns_record>;

}  // namespace sipvoice::sip
