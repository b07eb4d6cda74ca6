// One call: a dialog, an offer/answer negotiation and what is due when. It owns no media and no
// socket: it asks through the outputs of its endpoint (services.out) and is told the answers.
//
// Files: call.cpp (life and end, commands, timers), inbound.cpp (being called, RFC 3261 13.3),
// outbound.cpp (calling, 13.2), in_dialog.cpp (requests of the peer inside the dialog, 12.2 and
// 14), transferring.cpp (transfers, taking another's place, INFO and MESSAGE),
// application_requests.cpp (what the application itself asks and answers inside the dialog).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sipvoice/call/answering_side.hpp"
#include "sipvoice/call/calling_side.hpp"
#include "sipvoice/call/dialog_requests.hpp"
#include "sipvoice/call/held_requests.hpp"
#include "sipvoice/call/media_leg.hpp"
#include "sipvoice/call/offer_answer_state.hpp"
#include "sipvoice/call/offer_check.hpp"
#include "sipvoice/call/services.hpp"
#include "sipvoice/call/session_change.hpp"
#include "sipvoice/call/session_timer.hpp"
#include "sipvoice/call/transfer_in.hpp"
#include "sipvoice/call/transfer_out.hpp"
#include "sipvoice/sip/dialog.hpp"

namespace sipvoice::call {

/// Where an attended transfer leads: the far end of a call, and its dialog with us.
struct transfer_goal {
  std::string target;
  sip::replaces dialog;
};

class call {
 public:
  call(services& s, call_info info, local_side local, std::string local_tag);
  ~call();
  call(const call&) = delete;
  call& operator=(const call&) = delete;

  /// An INVITE that passed every check. `agreement`: of its offer, if it has one.
  void begin(const sip::request_received& invite, sip::dialog dialog,
             std::optional<sdp::audio_agreement> agreement);
  void dial(const dial_request& request);

  // --- what comes in; services.now is the moment
  void media_port(std::optional<media_ports> ports);
  void handle(const media::media_event& event);
  /// A request whose To tag is ours; 481 where the rest does not match.
  void receive_request(const sip::request_received& r);
  void receive_ack(const sip::ack_received& ack);
  void receive_cancel(const sip::cancelled& c);
  void receive_response(const sip::response_received& r);
  void request_timed_out(sip::client_tx tx);
  void handle_timeout();

  // --- commands; false: not in this state
  bool ring(const header_list& headers);
  bool early_media(const header_list& headers);
  bool answer(const answer_options& options);
  bool reject(int status, std::string reason, std::string rule, const header_list& headers);
  bool redirect(const std::string& target, std::string rule, int status);
  bool hang_up(std::string reason, const end_cause& cause = {});
  /// The process ends: an ACK that has not come is waited for no longer.
  void stop_waiting();
  bool hold(bool on);
  bool modify(const media_modification& change);
  bool transfer(const std::string& target, const std::optional<sip::replaces>& replaces);
  /// A request that transfers nothing but content; nothing: it cannot be sent.
  bool send_content(std::optional<dialog_request> request);
  bool send_in_dialog(const in_dialog_request& wanted);
  bool respond(request_handle handle, const request_answer& answer);

  // --- other calls
  /// Nothing: it is not up.
  [[nodiscard]] std::optional<transfer_goal> as_transfer_goal() const;
  /// Whether an INVITE with this Replaces may take its place (RFC 3891 section 3): 0, or the status
  /// of the refusal.
  [[nodiscard]] int replaceable(const sip::replaces& r) const;
  /// News of the call that was placed because our peer asked for it.
  void referred_progress(int status, std::string_view reason);

  [[nodiscard]] const call_info& info() const { return info_; }
  [[nodiscard]] time_point next_deadline() const;
  /// Its end has been told, and no transaction of it is under way (an INVITE that was given up
  /// before anything came back goes on quietly until timer B).
  [[nodiscard]] bool removable() const;

 private:
  enum class phase : std::uint8_t {
    preparing,  ///< waits for a port or a name; not told yet
    inviting,   ///< told; no final response to the INVITE
    answered,   ///< inbound: our 2xx waits for its ACK
    up,
    closing,  ///< ended; its media are not back yet
    over,     ///< the closing event has been given
  };
  struct wish {
    ended_by by = ended_by::local;
    std::string reason;
  };

  // call.cpp
  void finish(ended_by by, std::string reason);
  void finish_rejected(int status, std::string reason, std::string rule);
  void begin_closing();
  void tell_end_when_idle();
  void become_up();
  void tell_hold();
  [[nodiscard]] bool session_timer_counts() const;

  // inbound.cpp
  [[nodiscard]] sip::message_builder invite_response(int status,
                                                     std::string_view reason = {}) const;
  bool send_provisional(int status, const std::string& body, const header_list& headers);
  void answer_invite_finally(int status, std::string bytes);
  void refuse_invite(int status, std::string_view reason, const std::string& rule,
                     const std::string& contact = {}, const header_list& headers = {});
  [[nodiscard]] std::string description_for(const sip::message& invite,
                                            const std::optional<sdp::audio_agreement>& agreement);
  [[nodiscard]] bool agree_again();
  [[nodiscard]] bool take_answer_of(const sip::message& m);
  void no_ack_came();
  [[nodiscard]] bool other_family(bool port_taken) const;
  void refuse_family();

  // in_dialog.cpp
  void on_bye(const sip::request_received& r);
  void on_reinvite(const sip::request_received& r);
  void on_update(const sip::request_received& r, dialog_requests& in);
  void on_prack(const sip::request_received& r);
  void after_prack();
  [[nodiscard]] std::optional<offer_check> judge_change(const sip::request_received& r);
  void accept_change(const sip::request_received& r, dialog_requests& in, const std::string& body);
  void take_refresh(const sip::message& m, dialog_requests& in, sip::message_builder& b);
  void note_peer(const sip::message& m);
  void enter(sip::dialog dialog, const sip::hop& seen, std::unique_ptr<dialog_requests> early = {});
  void send_bye();
  void dialog_gone(int status);

  // modify.cpp
  void offer_if_due();
  void send_offer();
  void offer_done(const request_outcome& o, const media_wish& sent);
  void offer_refused(const sip::message& refusal);
  [[nodiscard]] bool take_description_of(const request_outcome& o, bool late);
  void refresh_session();
  void on_refreshed(const request_outcome& o);
  [[nodiscard]] sdp::direction allowed_direction() const;
  [[nodiscard]] sdp::direction wanted_direction() const;

  // transferring.cpp
  void take_place();
  void remember_early_dialog(const sip::message& provisional);
  void on_refer(const sip::request_received& r);
  void on_notify(const sip::request_received& r);
  void on_content(const sip::request_received& r);
  void tell_referrer(int status, std::string_view reason);
  void tell_referrer_of_end();

  // application_requests.cpp
  void session_refreshed(const request_outcome& o, bool offered);
  [[nodiscard]] bool hand_over(const sip::request_received& r);

  // outbound.cpp
  void fail_dial(std::string reason);
  [[nodiscard]] bool tell_outgoing();
  void aim();
  void took_aim(destination::progress p);
  void aim_at(const destination::place& place);
  [[nodiscard]] bool try_next_place();
  void cannot_aim(std::string reason);
  void send_invite();
  void invite_response_came(const sip::response_received& r);
  void on_provisional(const sip::message& response, const sip::hop& from);
  [[nodiscard]] bool on_reliable(const sip::message& response, const sip::hop& from);
  void open_early_media(std::string_view tag);
  [[nodiscard]] std::optional<std::string> answer_to(const sip::message& response);
  [[nodiscard]] bool agree_on_2xx(const sip::message& response, const std::string& described,
                                  std::string& ack_body);
  void on_2xx(const sip::message& response, const sip::hop& from);
  void on_refusal(const sip::message& response);
  [[nodiscard]] bool try_next_target();
  void invite_is_over();
  void invite_timed_out();
  void end_fork(sip::dialog fork_dialog, const sip::hop& from);
  bool give_up(wish w);
  void send_cancel();

  services& s_;
  call_info info_;
  local_side local_;
  std::string local_tag_;
  phase phase_ = phase::preparing;
  media_leg media_;
  std::unique_ptr<dialog_requests> inside_;  ///< once there is a dialog

  answering_side answering_;
  std::unique_ptr<authorization> account_;  ///< of the registration that the call came by
  std::unique_ptr<calling_side> calling_;
  time_point answer_by_ = never;
  /// 2xx of other forks may come until then (13.2.2.4), or a PRACK that crosses our refusal.
  time_point linger_until_{};
  std::vector<std::string> early_tags_;  ///< of provisionals, at most limits::max_forks

  // transfers
  std::unique_ptr<transfer_out> transfer_out_;  ///< once we sent the peer elsewhere
  bool held_for_transfer_ = false;              ///< the peer was on hold when we sent it there
  std::unique_ptr<transfer_in> transfer_in_;    ///< once the peer sent us elsewhere
  std::optional<call_id> referrer_;  ///< the call that hears how this one goes, until its answer

  held_requests held_requests_;
  offer_answer_state exchange_;
  session_change change_;
  session_timer timer_;
  bool peer_updates_ = false;  ///< it takes UPDATE

  std::size_t share_ = 0;  ///< of services.call_bytes

  // the end
  bool held_ = false;
  bool told_ = false;                 ///< by call_incoming or call_outgoing
  std::string end_reason_;            ///< Reason header of our BYE; empty: none
  std::optional<wish> hang_up_wish_;  ///< waits for an ACK, a provisional or a final response
  call_ended end_;
  std::optional<call_rejected> rejection_;
};

/// What an INVITE says of its call. `session_id` is not yet made unique.
[[nodiscard]] call_info info_of(const sip::message& invite, call_id id, const sip::hop& from);
/// Bytes of what a call and its session keep as long as it is up.
[[nodiscard]] std::size_t kept_bytes(const call_info& info, const sip::dialog& dialog);

}  // namespace sipvoice::call
