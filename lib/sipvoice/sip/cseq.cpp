// RFC 3261 section 25.1:  CSeq = "CSeq" HCOLON 1*DIGIT LWS Method
#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/header.hpp"
#include "sipvoice/sip/params.hpp"

namespace sipvoice::sip {

result<cseq> cseq::parse(std::string_view value) {
  std::string_view rest = trim(value);
  std::size_t n = 0;
  while (n < rest.size() && is_digit(rest[n])) ++n;
  const auto number = parse_decimal(rest.substr(0, n), 0xffffffff);
  if (!number) return failure{"CSeq without a number below 2^32", 0};
  const std::string_view name = skip_space(rest.substr(n));
  if (name.size() == rest.size() - n || !is_token(name)) return failure{"CSeq without a method", n};
  return cseq{static_cast<std::uint32_t>(*number), name, method_of(name)};
}

}  // namespace sipvoice::sip
