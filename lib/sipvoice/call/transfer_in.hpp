// Being sent elsewhere by the peer of a call: the transferee's side (RFC 3515, RFC 3892, RFC 4488,
// RFC 5589).
//
//   REFER -> 202, a new call is placed, NOTIFY 100 at once, NOTIFYs as the new call goes on
//   answered: NOTIFY 200; the referrer ends this call, and where it does not within 64*T1 we do
//   refused:  NOTIFY with the refusal; this call goes on
//
// What is refused, in this order: no Refer-To or several, or one that cannot be read: 400. A URI
// that is neither sip nor sips: 416. A method that is not INVITE, or a target that the
// configuration does not allow: 603. A second transfer while one is under way: 491.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sipvoice/call/dialog_requests.hpp"
#include "sipvoice/call/services.hpp"
#include "sipvoice/sip/refer_to.hpp"
#include "sipvoice/sip/subscription.hpp"

namespace sipvoice::call {

class transfer_in {
 public:
  transfer_in(services& s, const call_info& info, dialog_requests& inside)
      : s_(s), info_(info), inside_(inside) {}

  /// `overdue` is called when the referrer does not end this call although the new one is up.
  void when_overdue(std::function<void()> overdue) { overdue_ = std::move(overdue); }

  /// A REFER in a dialog that is up. `dialled`: how this side placed the call,
  /// where it did: its proxy is the way for the new call too, with the accounts for that proxy.
  void receive_refer(const sip::request_received& r, const local_side& local,
                     const dial_request* dialled);
  /// News of the call that was placed; a status from 200 on is its last.
  void progress(int status, std::string_view reason);
  void dialog_ended();
  void handle_timeout();
  [[nodiscard]] time_point next_deadline() const;

 private:
  [[nodiscard]] int judge(const sip::message& refer, sip::refer_to& to) const;
  [[nodiscard]] bool busy() const { return calling_ || (notifier_ && !notifier_->is_over()); }
  void accept(const sip::request_received& r, const local_side& local, bool silent);
  void place(const sip::refer_to& to, std::string_view referred_by, const dial_request* dialled);
  void send_next();
  void tell(transfer_state state, int status, std::string reason, std::optional<call_id> other);

  services& s_;
  const call_info& info_;
  dialog_requests& inside_;
  std::function<void()> overdue_;
  std::optional<sip::refer_notifier> notifier_;
  bool calling_ = false;  ///< the new call has no final response yet
  std::string target_;
  std::string event_ = "refer";  ///< the Event header of our NOTIFYs
  bool referred_before_ = false;
  time_point overdue_at_ = never;
};

}  // namespace sipvoice::call
