// The client's side of digest for one call, registration or request (RFC 3261 sections 22.1 to
// 22.3, RFC 7616, RFC 8760): which challenges are answered, with whose password, and the
// Authorization and Proxy-Authorization headers of this and the following requests.
//
// A challenge is answered only when the request that it refuses went to a peer that was configured
// (trust()), and only in a realm that an account is for. It never gives credentials to a request
// that the other side sent. One object serves all requests of a dialog; each request has an
// `attempt` of its own that lives through its retries:
//
//   attempt a;                                  // with the first copy of the request
//   auth.add_to(builder, "BYE", uri, body, a);  // nothing is added while no realm is known
//   ... 401/407: if (auth.take_challenge(response, sent_to, a)) build it again (new CSeq, new
//   branch), add_to(..., a), send; else the refusal stands.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sipvoice/base/address.hpp"
#include "sipvoice/base/random.hpp"
#include "sipvoice/sip/digest.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::call {

/// With what we prove who we are.
struct account {
  std::string user, password;
  std::optional<std::string> realm = std::nullopt;  ///< only this one; nothing: whatever the peer
                                                    ///< that was called asks for
};

class authorization {
 public:
  /// Challenges that one request is repeated for: each proxy on the way and the far end may ask,
  /// and each may call a nonce stale once.
  static constexpr int max_rounds = 6;
  /// Realms that one dialog remembers (each in the role of a proxy or of an end).
  static constexpr std::size_t max_realms = 8;
  /// Addresses that count as the peer that was configured (what its name resolves to).
  static constexpr std::size_t max_peers = 16;

  /// One request with its retries.
  struct attempt {
    int rounds = 0;
    /// Header lines of the last copy; the ACK to a 2xx repeats them (13.2.2.4).
    std::vector<std::pair<sip::header_id, std::string>> sent = {};
    std::vector<std::string> answered = {};  ///< realms whose challenge this request has answered
  };

  authorization(std::vector<account> accounts, random_source& random)
      : accounts_(std::move(accounts)), random_(&random) {}

  /// Requests to these addresses may be answered with credentials: they are what the configured
  /// target or proxy resolved to.
  void trust(const std::vector<ip_address>& peers);
  [[nodiscard]] bool trusts(const ip_address& peer) const;

  /// A 401 or 407 has come to a request that was sent to `sent_to`. True: send it again. False:
  /// there is no account for any of the realms or the peer is not one that was configured, the
  /// credentials have just been refused (22.1: not a second time, unless the nonce was stale), or
  /// max_rounds is reached.
  [[nodiscard]] bool take_challenge(const sip::message& response, const ip_address& sent_to,
                                    attempt& a);
  /// Adds a header for each realm that is known. nc rises with each use of a nonce.
  void add_to(sip::message_builder& request, std::string_view method, std::string_view uri,
              std::string_view body, attempt& a);
  /// The headers of the last add_to() once more, for the ACK to a 2xx.
  static void repeat_in(sip::message_builder& ack, const attempt& a);

  [[nodiscard]] const std::vector<account>& accounts() const { return accounts_; }

 private:
  struct known_realm {
    bool proxy = false;
    sip::digest_challenge challenge;
    sip::digest_client client;
  };

  [[nodiscard]] const account* account_for(std::string_view realm) const;
  [[nodiscard]] bool accept(bool proxy, sip::digest_challenge challenge, attempt& a);

  std::vector<account> accounts_;
  random_source* random_;
  std::vector<ip_address> peers_;
  std::vector<known_realm> realms_;
};

}  // namespace sipvoice::call
