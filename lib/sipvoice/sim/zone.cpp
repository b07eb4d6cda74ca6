#include "sipvoice/sim/zone.hpp"

#include <variant>

#include "sipvoice/base/text.hpp"

namespace sipvoice::sim {
namespace {

std::string key_of(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return to_lower(name);
}

sip::dns_type type_of(const sip::dns_record& record) {
  if (std::holds_alternative<sip::srv_record>(record)) return sip::dns_type::srv;
  if (std::holds_alternative<sip::naptr_record>(record)) return sip::dns_type::naptr;
  return std::get<ip_address>(record).is_v6() ? sip::dns_type::aaaa : sip::dns_type::a;
}

}  // namespace

void zone::add(std::string_view name, const sip::dns_record& record) {
  records_[{key_of(name), type_of(record)}].push_back(record);
}

sip::dns_records zone::find(sip::dns_type type, std::string_view name) const {
  const auto at = records_.find({key_of(name), type});
  return at == records_.end() ? sip::dns_records{} : at->second;
}

}  // namespace sipvoice::sim
