// Sending the peer of a call elsewhere: the transferor's side (RFC 3515, RFC 5589).
//
//   start(): REFER -> 202 -> NOTIFY 100 -> NOTIFY 180 ... -> NOTIFY with the final status
//
// What counts is the final status of the NOTIFYs, never the 202. One transfer at a time; each is
// told by call_transfer events: `trying`, `progress`, and `done` or `failed` exactly once.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sipvoice/call/dialog_requests.hpp"
#include "sipvoice/call/services.hpp"
#include "sipvoice/sip/replaces.hpp"
#include "sipvoice/sip/subscription.hpp"

namespace sipvoice::call {

class transfer_out {
 public:
  transfer_out(services& s, const call_info& info, dialog_requests& inside)
      : s_(s), info_(info), inside_(inside) {}

  /// `done` is called when the peer has been connected elsewhere: this call is to be ended.
  void when_done(std::function<void()> done) { done_ = std::move(done); }
  /// `failed` is called when it has not: this call goes on.
  void when_failed(std::function<void()> failed) { failed_ = std::move(failed); }

  /// `target`: a sip or sips URI without headers. `replaces`: the dialog there whose place the peer
  /// shall take. False: one is under way, or the target cannot be called.
  bool start(const std::string& target, const std::optional<sip::replaces>& replaces,
             const std::string& referred_by);
  [[nodiscard]] bool busy() const { return subscriber_ && !subscriber_->ended(); }

  /// A NOTIFY of the package `refer`; `event_id` of its Event header. Answered here.
  void receive_notify(const sip::request_received& r, std::string_view event_id);
  void dialog_ended();
  void handle_timeout();
  [[nodiscard]] time_point next_deadline() const {
    return subscriber_ ? subscriber_->next_deadline() : never;
  }

 private:
  void responded(std::uint64_t attempt, const request_outcome& outcome);
  void report();
  void tell(transfer_state state, int status, std::string reason);

  services& s_;
  const call_info& info_;
  dialog_requests& inside_;
  std::function<void()> done_, failed_;
  std::optional<sip::refer_subscriber> subscriber_;
  std::uint64_t attempt_ = 0;          ///< a response to an earlier REFER says nothing of this one
  std::optional<std::uint32_t> cseq_;  ///< of the REFER, once its response has come
  std::string target_;
  bool told_ = true;
};

/// Judges the Event of a NOTIFY: the id (maybe empty) of the package `refer`; nothing: it has been
/// refused with 400 or 489 (RFC 6665 section 8.2.1).
[[nodiscard]] std::optional<std::string> admit_notify(services& s, const sip::request_received& r,
                                                      std::string_view to_tag);

}  // namespace sipvoice::call
