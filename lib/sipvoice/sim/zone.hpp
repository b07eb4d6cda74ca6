// The domain name system of a simulated network: a table.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "sipvoice/base/time.hpp"
#include "sipvoice/sip/dns.hpp"

namespace sipvoice::sim {

class zone {
 public:
  /// `record` is what its type asks for: an address of that family, srv_record or naptr_record.
  void add(std::string_view name, const sip::dns_record& record);
  /// All records of that type, as they were added; empty where there are none. Names have no case,
  /// and a dot at the end does not matter.
  [[nodiscard]] sip::dns_records find(sip::dns_type type, std::string_view name) const;

  /// An answer takes as long, drawn from the seed.
  duration shortest = std::chrono::milliseconds(1), longest = std::chrono::milliseconds(40);

 private:
  std::map<std::pair<std::string, sip::dns_type>, sip::dns_records> records_;
};

}  // namespace sipvoice::sim
