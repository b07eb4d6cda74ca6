// Who may call us (RFC 3261 section 22.1 and 22.4, RFC 8760): INVITEs outside dialogs are
// challenged when there are users. Nothing is kept of a caller before its credentials are right,
// but the transaction that carries the 401; requests inside a dialog are not asked again.
#pragma once

#include <memory>

#include "sipvoice/call/services.hpp"
#include "sipvoice/call/source_limiter.hpp"
#include "sipvoice/sip/digest.hpp"

namespace sipvoice::call {

class inbound_auth {
 public:
  /// Wrong credentials of one source that are answered by another challenge, a second; past it 403.
  static constexpr std::uint32_t max_wrong_a_second = 10;

  explicit inbound_auth(services& s);

  enum class verdict : std::uint8_t {
    pass,        ///< nobody is challenged, or the credentials are right
    challenged,  ///< answered by 401: none came, or for a nonce that has expired
    malformed,   ///< 400 is the answer
    wrong,       ///< challenge() is the answer, and the caller is told of as rejected
    forbidden,   ///< wrong too often: 403 is the answer
  };
  [[nodiscard]] verdict judge(const sip::request_received& r);
  /// 401 with a WWW-Authenticate for each algorithm, in order.
  void challenge(const sip::request_received& r, bool stale);

 private:
  services& s_;
  std::unique_ptr<sip::digest_server> server_;  ///< nothing: no users
  source_limiter wrong_;
};

}  // namespace sipvoice::call
