// What the caller's side of a call keeps until its end: the INVITE through all its tries (first
// target, again with credentials, other targets after a redirection), and the forks that answered.
//
// Every try is a transaction of its own: same Call-ID, From tag and offer, the next CSeq, a new
// branch (RFC 3261 sections 8.1.3.4 and 22.2). At most one is under way.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sipvoice/call/authorization.hpp"
#include "sipvoice/call/destination.hpp"
#include "sipvoice/call/dialog_requests.hpp"
#include "sipvoice/call/early_dialogs.hpp"
#include "sipvoice/call/redirect.hpp"
#include "sipvoice/call/services.hpp"

namespace sipvoice::call {

class calling_side {
 public:
  /// Changes from one provisional status to another that are told of one call; a peer may go on
  /// with them as long as it likes.
  static constexpr int max_progress = 16;

  calling_side(const dial_request& wanted, random_source& random)
      : request(wanted),
        auth(wanted.accounts, random),
        target(wanted.target),
        targets(wanted.target) {}

  /// The URI whose host gets the request: a proxy stays in front of every target.
  [[nodiscard]] const std::string& first_hop() const {
    return request.proxy ? *request.proxy : target;
  }
  /// The host of first_hop() is one that the caller named, not one that a redirection did.
  [[nodiscard]] bool goes_to_configured_peer() const {
    return request.proxy || target == request.target;
  }
  /// The next INVITE. `local`: in Via and Contact; `more`: of the session timer; `offer`: its body.
  [[nodiscard]] std::string make_invite(services& s, const local_side& local,
                                        const std::string& local_tag, const std::string& call_id,
                                        std::string_view branch, const header_list& more);
  /// The From URI; without one in the request, made from the local address.
  [[nodiscard]] std::string from_uri(const local_side& local) const;

  const dial_request request;
  authorization auth;
  authorization::attempt attempt;  ///< of the try that is under way

  std::string target;  ///< Request-URI of the try that is under way, or being prepared
  redirect_targets targets;
  std::unique_ptr<destination> where;  ///< from first_hop() to its places
  std::optional<socket_address> peer;  ///< where the INVITE goes

  sip::client_tx invite{};
  bool pending = false;      ///< it has no final response
  bool given_up = false;     ///< the call ended while it had no response at all
  std::uint32_t cseq = 0;    ///< of the last try
  int last_provisional = 0;  ///< of this try; 0: none has come
  int progress_told = 0;     ///< of all tries
  bool cancel_sent = false;
  std::string offer;

  /// The last final response, until another try is answered.
  struct refusal_seen {
    int status = 0;
    std::string reason;
  };
  std::optional<refusal_seen> refusal;

  early_dialogs early;
  std::string early_tag;  ///< of the fork whose early description was taken
  std::vector<std::unique_ptr<dialog_requests>> forks;  ///< ended in order, not kept
};

}  // namespace sipvoice::call
