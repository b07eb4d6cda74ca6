// What is answered without a call: OPTIONS, unknown dialogs, and INVITEs that are refused before
// anything is allocated for them.
#pragma once

#include <string>

#include "sipvoice/call/inbound_auth.hpp"
#include "sipvoice/call/offer_check.hpp"
#include "sipvoice/call/services.hpp"
#include "sipvoice/sip/dialog.hpp"

namespace sipvoice::call {

/// 200 with what we can do (RFC 3261 section 11.2), in a dialog and out of one.
void answer_options_request(services& s, const sip::request_received& r);
/// NOTIFY of no dialog: 489 for a package we do not have, else 481: there is no subscription.
void refuse_notify(services& s, const sip::request_received& r);
/// 405 with Allow, 501 where even the method's name is unknown.
void refuse_method(services& s, const sip::request_received& r);
/// The response that check_offer() decided on.
void respond_refusal(services& s, const sip::request_received& r, const offer_check& why,
                     std::string_view to_tag);

/// What the Replaces of an INVITE names (RFC 3891 section 3).
struct replaced_call {
  std::optional<call_id> id;  ///< the call whose place the new one takes
  int status = 0;             ///< not 0: it is refused with this
  const char* detail = "";    ///< for the log
};

/// Judges new INVITEs. Those that may become calls come back as an admission.
class invite_gate {
 public:
  explicit invite_gate(services& s) : s_(s), auth_(s), negotiator_(s.new_negotiator()) {}

  struct admission {
    call_info info;
    local_side local;
    std::string local_tag;
    sip::dialog dialog;
    std::optional<sdp::audio_agreement> agreement;
  };
  /// Nothing: it has been refused, and call_rejected tells so; or it was challenged, which is no
  /// event: the caller comes again.
  [[nodiscard]] std::optional<admission> admit(const sip::request_received& r, call_id id,
                                               std::size_t objects, const replaced_call& replaced);
  void stop_accepting() { stopped_ = true; }

 private:
  /// Everything that needs no look into the message; 0: none of it is in the way.
  [[nodiscard]] offer_check check_room(const call_info& info, bool named, std::size_t objects,
                                       std::size_t bytes) const;
  /// False: it has been answered.
  [[nodiscard]] bool check_caller(const sip::request_received& r, const call_info& info);
  void refuse(const sip::request_received& r, call_info info, const offer_check& why);
  void refuse_for_application(const sip::request_received& r, call_info info,
                              const invite_refusal& why);
  void tell_refusal(const sip::request_received& r, call_info info, const offer_check& why);

  services& s_;
  inbound_auth auth_;
  sdp::negotiator negotiator_;  ///< of no call: only judges offers
  bool stopped_ = false;
};

}  // namespace sipvoice::call
