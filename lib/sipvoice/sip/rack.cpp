// RFC 3262 section 10:
//
//   RAck         = "RAck" HCOLON response-num LWS CSeq-num LWS Method
//   RSeq         = "RSeq" HCOLON response-num
//   response-num = 1*DIGIT
#include "sipvoice/sip/rack.hpp"

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/header.hpp"
#include "sipvoice/sip/params.hpp"

namespace sipvoice::sip {

result<rack> rack::parse(std::string_view value) {
  const std::string_view text = trim(value);
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  const auto response = parse_rseq(text.substr(0, n));
  if (!response) return failure{"RAck without a response number", 0};
  const std::string_view rest = skip_space(text.substr(n));
  if (rest.size() == text.size() - n) return failure{"RAck without a CSeq", n};
  const auto request = sip::cseq::parse(rest);
  if (!request) return failure{"RAck without a CSeq", n};
  return rack{*response, request->number, request->method};
}

std::string rack::text() const {
  return std::to_string(rseq)
      .append(" ")
      .append(std::to_string(cseq))
      .append(" ")
      .append(name_of(method));
}

result<std::uint32_t> parse_rseq(std::string_view value) {
  const auto number = parse_decimal(trim(value), 0xffffffff);
  if (!number || *number == 0) return failure{"RSeq without a number from 1 to 2^32-1", 0};
  return static_cast<std::uint32_t>(*number);
}

}  // namespace sipvoice::sip
