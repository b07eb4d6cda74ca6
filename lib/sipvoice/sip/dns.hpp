// Questions to the domain name system and what answers hold, as plain values. Asking is the shell's
// work.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sipvoice/base/address.hpp"

namespace sipvoice::sip {

/// Numbers of the record types on the wire.
enum class dns_type : std::uint16_t { a = 1, aaaa = 28, srv = 33, naptr = 35 };
[[nodiscard]] constexpr std::string_view name_of(dns_type t) {
  switch (t) {
    case dns_type::a:
      return "A";
    case dns_type::aaaa:
      return "AAAA";
    case dns_type::srv:
      return "SRV";
    case dns_type::naptr:
      return "NAPTR";
  }
  return "";
}

struct dns_query {
  dns_type type = dns_type::a;
  std::string name;
  friend bool operator==(const dns_query&, const dns_query&) = default;
};

/// RFC 2782. A target of "." says that the service is not to be had.
struct srv_record {
  std::uint16_t priority = 0, weight = 0, port = 0;
  std::string target;
  friend bool operator==(const srv_record&, const srv_record&) = default;
};
/// RFC 3403; the fields that RFC 3263 uses.
struct naptr_record {
  std::uint16_t order = 0, preference = 0;
  std::string flags, service, replacement;
  friend bool operator==(const naptr_record&, const naptr_record&) = default;
};
/// An A or AAAA record is its address.
using dns_record = std::variant<ip_address, srv_record, naptr_record>;
using dns_records = std::vector<dns_record>;

/// What came of a question, the better before the worse.
enum class dns_outcome : std::uint8_t {
  found,
  no_records,    ///< the name is there, records of that type are not
  no_such_name,  ///< NXDOMAIN
  refused,       ///< the server fails, refuses, is not there, or says what cannot be read
  no_answer,     ///< nobody answered in time
  not_asked,     ///< too many questions at once
};

/// The answer to one question. Records without more said: they were found, or there are none.
struct dns_reply {
  dns_reply() = default;
  dns_reply(dns_records found)  // NOLINT(google-explicit-constructor): records are a reply
      : outcome(found.empty() ? dns_outcome::no_records : dns_outcome::found),
        records(std::move(found)) {}
  dns_reply(dns_outcome o)  // NOLINT(google-explicit-constructor): so is what went wrong
      : outcome(o) {}

  dns_outcome outcome = dns_outcome::no_records;
  dns_records records{};
  friend bool operator==(const dns_reply&, const dns_reply&) = default;
};

}  // namespace sipvoice::sip
