// The early dialogs of one INVITE of ours: one for each fork that has answered with a tag (RFC 3261
// section 13.2.2.4), with the reliable provisionals that it has sent (RFC 3262 section 4).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sipvoice/call/dialog_requests.hpp"

namespace sipvoice::call {

class early_dialogs {
 public:
  static constexpr std::size_t max_dialogs = limits::max_forks;  ///< further forks are not PRACKed

  struct one {
    std::unique_ptr<dialog_requests> requests;
    std::uint32_t rseq = 0;   ///< of the last reliable provisional; 0: none yet
    std::string description;  ///< of the first one that had it
  };

  /// The dialog of this provisional, made where it is new; nullptr: too many, or unusable.
  [[nodiscard]] one* of(const sip::message& response, const sip::hop& from, services& s, call_id id,
                        const local_side& local, const std::string& target);
  /// The dialog that a request of the peer belongs to; nullptr: none.
  [[nodiscard]] dialog_requests* of_request(const sip::message& request) const;
  [[nodiscard]] one* find(std::string_view remote_tag);
  /// It is early no more. Nothing when there was none.
  [[nodiscard]] std::unique_ptr<dialog_requests> take(std::string_view remote_tag);

  [[nodiscard]] bool receive_response(const sip::response_received& r);
  [[nodiscard]] bool request_timed_out(sip::client_tx tx);
  void clear() { dialogs_.clear(); }

  /// Whether a reliable provisional is the next one of its dialog: a copy, or one that comes after
  /// a gap, is not acknowledged (RFC 3262 section 4).
  [[nodiscard]] static bool accept(one& dialog, std::uint32_t rseq);

 private:
  std::vector<one> dialogs_;
};

}  // namespace sipvoice::call
