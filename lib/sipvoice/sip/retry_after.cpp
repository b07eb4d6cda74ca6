#include "sipvoice/sip/retry_after.hpp"

#include "sipvoice/base/text.hpp"

namespace sipvoice::sip {

std::optional<std::uint32_t> parse_retry_after(std::string_view value) {
  value = trim(value);
  const auto seconds = parse_decimal(value.substr(0, value.find_first_of(" \t(;")), 0xffffffff);
  if (!seconds) return std::nullopt;
  return static_cast<std::uint32_t>(*seconds);
}

}  // namespace sipvoice::sip
