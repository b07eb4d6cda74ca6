// RAck and RSeq, which tie a PRACK to the provisional response that it acknowledges (RFC 3262
// section 7).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sipvoice/base/result.hpp"
#include "sipvoice/sip/method.hpp"

namespace sipvoice::sip {

struct rack {
  std::uint32_t rseq = 0;  ///< of the response, 1 to 2^32-1
  std::uint32_t cseq = 0;  ///< of the request that it answered
  sip::method method = sip::method::invite;
  [[nodiscard]] static result<rack> parse(std::string_view value);
  [[nodiscard]] std::string text() const;
  friend bool operator==(const rack&, const rack&) = default;
};

/// RSeq = "RSeq" HCOLON response-num, 1 to 2^32-1 (RFC 3262 section 7.1).
[[nodiscard]] result<std::uint32_t> parse_rseq(std::string_view value);

}  // namespace sipvoice::sip
