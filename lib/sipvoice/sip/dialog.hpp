// A dialog (RFC 3261 section 12): what both sides keep of an INVITE and its answer, and how a
// request inside it is addressed and routed. A value: it knows no transaction and no address.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sipvoice/base/address.hpp"
#include "sipvoice/base/result.hpp"
#include "sipvoice/sip/hop.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::sip {

/// How a request inside a dialog is addressed (RFC 3261 section 12.2.1.1).
struct request_target {
  std::string request_uri;
  std::vector<std::string> routes;  ///< values of Route headers, in order
  std::string next_hop;             ///< the URI whose host gets the request
};

struct dialog {
  /// Record-Route values beyond this make a message unusable: none of our dialogs grows with them.
  static constexpr std::size_t max_routes = 64;

  std::string call_id;
  std::string local_tag, remote_tag;   ///< the remote one is empty of an RFC 2543 peer
  std::string local, remote;           ///< whole values of From and To of our requests, with tags
  std::string remote_target;           ///< URI of the peer's Contact
  std::vector<std::string> route_set;  ///< name-addrs, in the order of our Route headers
  std::uint32_t local_cseq = 0;        ///< of our last request; 0: none sent yet
  std::optional<std::uint32_t> remote_cseq;

  /// The callee's side (12.1.1): Record-Route as it stands. Fails without a usable Contact, and on
  /// unreadable or too many Record-Route values.
  [[nodiscard]] static result<dialog> of_invite(const message& invite, std::string_view local_tag);
  /// The caller's side (12.1.2): Record-Route in reverse. A response without a Contact (a
  /// provisional may lack it, a sloppy 2xx does) gets `fallback_target`.
  [[nodiscard]] static result<dialog> of_response(const message& response,
                                                  std::string_view fallback_target);
  /// The same of a response whose Record-Route cannot be used, without a route set: enough to
  /// acknowledge and to end what it began.
  [[nodiscard]] static dialog of_response_without_route(const message& response,
                                                        std::string_view fallback_target);

  /// True when a request that came belongs to this dialog: Call-ID and both tags (12.2.2).
  [[nodiscard]] bool matches(const message& request) const;
  /// Judges the CSeq of a request that came (not of ACK and CANCEL) and remembers it. False: it
  /// does not rise, 500 is the answer (12.2.2).
  [[nodiscard]] bool accept_cseq(std::uint32_t number);
  /// A target refresh (12.2.2): the peer's new Contact, where the message has a usable one.
  void refresh_target(const message& m);

  [[nodiscard]] request_target target() const;
  /// The head of a request: request line, Via, Max-Forwards, Route, From, To, Call-ID, CSeq.
  [[nodiscard]] message_builder request(std::string_view method_name, std::uint32_t number,
                                        std::string_view branch, transport over,
                                        const socket_address& sent_by) const;
  [[nodiscard]] message_builder request(method m, std::uint32_t number, std::string_view branch,
                                        transport over, const socket_address& sent_by) const {
    return request(name_of(m), number, branch, over, sent_by);
  }
};

/// `host:port` as it stands in Via and in a URI, IPv6 in brackets.
[[nodiscard]] std::string host_port(const socket_address& a);
/// Value of our Via: `SIP/2.0/UDP host:port;branch=...;rport` (RFC 3581).
[[nodiscard]] std::string via_value(transport over, const socket_address& sent_by,
                                    std::string_view branch);
/// A request of ours whose topmost Via names another way: the same branch, nothing else changed.
[[nodiscard]] std::string with_sent_by(std::string request, transport over,
                                       const socket_address& sent_by);
/// A request of ours without its Authorization and Proxy-Authorization lines.
[[nodiscard]] std::string without_credentials(std::string request);

}  // namespace sipvoice::sip
