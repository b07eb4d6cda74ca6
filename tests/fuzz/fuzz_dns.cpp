// Messages of DNS servers: the first byte chooses the type asked for, the rest is the message. What
// is read keeps its bounds, and names hold nothing that could be taken for another name.
#include "check.hpp"
#include "sipvoice/sip/dns_message.hpp"

using namespace sipvoice;
using fuzz::require;

namespace {

void check_name(const std::string& name) {
  require(!name.empty() && name.size() <= 255, "the length of a name");
  for (const char c : name)
    require(c > ' ' && c < 0x7f && (c < 'A' || c > 'Z'), "the characters of a name");
}

void check_record(const sip::dns_record& r, sip::dns_type asked) {
  if (const auto* ip = std::get_if<ip_address>(&r)) {
    // ::ffff:a.b.c.d is an IPv4 address, wherever it stands.
    require(asked == (ip->is_v6() ? sip::dns_type::aaaa : sip::dns_type::a) ||
                asked == sip::dns_type::aaaa,
            "the family of an address");
  } else if (const auto* srv = std::get_if<sip::srv_record>(&r)) {
    require(asked == sip::dns_type::srv, "SRV where it was asked for");
    check_name(srv->target);
  } else {
    require(asked == sip::dns_type::naptr, "NAPTR where it was asked for");
    check_name(std::get<sip::naptr_record>(r).replacement);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr sip::dns_type types[] = {sip::dns_type::a, sip::dns_type::aaaa, sip::dns_type::srv,
                                     sip::dns_type::naptr};
  const sip::dns_type asked = types[data[0] % 4];
  const auto got = sip::read_dns_message({data + 1, size - 1}, asked);
  require(got.ttl >= duration::zero(), "a time that is not negative");
  require(got.reply.records.size() <= sip::dns_message_limits::max_records, "the bound of records");
  require((got.reply.outcome == sip::dns_outcome::found) == !got.reply.records.empty(),
          "found, and what");
  for (const sip::dns_record& r : got.reply.records) check_record(r, asked);
  return 0;
}
