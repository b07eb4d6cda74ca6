// Whether the body of an INVITE can be worked with: the checks of RFC 3261 section 8.2.3 and of
// offer/answer, the same for a first INVITE and for one inside a dialog.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sipvoice/sdp/offer_answer.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::call {

struct offer_check {
  int status = 0;                                               ///< 0: fine; else the response
  const char* rule = "";                                        ///< why, in one word
  std::string detail;                                           ///< for the log
  std::vector<std::pair<sip::header_id, std::string>> headers;  ///< of the response
  std::optional<sdp::audio_agreement> agreement;  ///< nothing and status 0: there is no offer
};

/// `warning_agent`: host of our Warning headers (RFC 3261 section 20.43).
[[nodiscard]] offer_check check_offer(const sip::message& invite, const sdp::negotiator& ours,
                                      const std::string& warning_agent);
/// The response to an offer that cannot be taken.
[[nodiscard]] offer_check refused_offer(const sdp::refused& why, const std::string& warning_agent);
/// True when the message has a body that is an SDP we may read.
[[nodiscard]] bool has_sdp(const sip::message& m);
/// The body is compressed, or else not what its Content-Type says.
[[nodiscard]] bool is_encoded(const sip::message& m);

}  // namespace sipvoice::call
