// The checks of RFC 3261 section 8.2 that need no knowledge of calls, and the responses that they
// lead to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sipvoice/sip/message.hpp"
#include "sipvoice/sip/user_agent.hpp"

namespace sipvoice::sip {

/// Why a request is refused.
struct rejection {
  int status = 400;
  const char* detail = nullptr;  ///< appended to the reason phrase (21.4.1); a literal
  std::string unsupported = {};  ///< value of Unsupported (20.40)
};

/// Seconds in Retry-After of a 503: by then most transactions that fill the table have gone.
inline constexpr std::uint32_t overload_retry_seconds = 5;

/// Whether the message is one that can be worked with: version (505), syntax (400).
[[nodiscard]] std::optional<rejection> check_syntax(const message& request);
/// Whether we do what it asks, in the order of 8.2: method (501, 405), Request-URI scheme (416),
/// Require (420). Not for ACK and CANCEL.
[[nodiscard]] std::optional<rejection> check_support(const message& request,
                                                     const user_agent_config& config);

/// The response, with Allow, Unsupported or Retry-After as its status asks for. Copies of Via,
/// From, To, Call-ID and CSeq are made of what there is.
[[nodiscard]] std::string make_rejection(const message& request, const rejection& why,
                                         const socket_address& source, std::string_view to_tag,
                                         const user_agent_config& config);
/// 100 Trying, with the Timestamp of the request (8.2.6.1); no To tag.
[[nodiscard]] std::string make_trying(const message& request, const socket_address& source,
                                      const user_agent_config& config);

}  // namespace sipvoice::sip
