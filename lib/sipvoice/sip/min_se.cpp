// RFC 4028 section 5:  Min-SE = "Min-SE" HCOLON delta-seconds *(SEMI generic-param)
#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/params.hpp"
#include "sipvoice/sip/session_expires.hpp"

namespace sipvoice::sip {

result<min_se> min_se::parse(std::string_view value) {
  const std::string_view number = value.substr(0, value.find(';'));
  const auto seconds = parse_decimal(trim(number), 0xffffffff);
  if (!seconds) return failure{"Min-SE without a number of seconds", 0};
  if (!params_are_readable(value.substr(number.size())))
    return failure{"unreadable Min-SE", number.size()};
  return min_se{static_cast<std::uint32_t>(*seconds)};
}

}  // namespace sipvoice::sip
