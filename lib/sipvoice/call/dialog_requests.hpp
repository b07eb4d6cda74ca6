// Requests of ours inside one dialog (RFC 3261 section 12.2.1): built from the dialog, sent to
// where its route set and target lead, repeated with credentials when they are challenged (22.1),
// and each of them told its end exactly once.
//
// Not in here: what a request means. Whoever sends one gives a function that hears how it ended.
// The ACK to a 2xx of an INVITE is here, because each copy of that 2xx is answered by a copy of the
// ACK (13.2.2.4) long after the INVITE has ended.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sipvoice/call/authorization.hpp"
#include "sipvoice/call/destination.hpp"
#include "sipvoice/call/services.hpp"
#include "sipvoice/sip/dialog.hpp"

namespace sipvoice::call {

/// How a request ended: a final response, or nothing came (408 in effect, 8.1.3.1).
struct request_outcome {
  std::shared_ptr<const sip::message> response;  ///< nothing: timed out
  sip::hop from;
  sip::client_tx tx{};                                  ///< of the copy that was answered
  std::uint32_t cseq = 0;                               ///< of that copy
  const authorization::attempt* credentials = nullptr;  ///< of that copy, for the ACK
  [[nodiscard]] int status() const { return response ? response->status() : 408; }
  [[nodiscard]] bool is_success() const { return status() < 300; }
};

/// What to send. `headers` go behind those that every request has; names and values are safe.
struct dialog_request {
  sip::method method = sip::method::bye;
  header_list headers{};
  std::string content_type{}, body{};
  std::function<void(const request_outcome&)> done{};      ///< exactly once
  std::function<void(const sip::message&)> provisional{};  ///< 1xx, as often as they come
  std::string name{};                                      ///< of method::other
  [[nodiscard]] std::string_view method_name() const {
    return method == sip::method::other ? name : sip::name_of(method);
  }
};

enum class request_id : std::uint64_t { none };  ///< of this dialog

class dialog_requests {
 public:
  /// Of ours without a final response at one time, BYE not counted.
  static constexpr std::size_t max_in_flight = 8;
  /// 2xx to INVITEs of ours whose copies are still answered.
  static constexpr std::size_t max_kept_acks = 4;

  /// `seen`: where the peer was seen last.
  dialog_requests(services& s, call_id owner, local_side local, sip::dialog dialog,
                  const sip::hop& seen);
  ~dialog_requests();
  dialog_requests(const dialog_requests&) = delete;
  dialog_requests& operator=(const dialog_requests&) = delete;

  [[nodiscard]] sip::dialog& dialog() { return dialog_; }
  [[nodiscard]] const sip::dialog& dialog() const { return dialog_; }
  [[nodiscard]] const local_side& local() const { return local_; }
  /// A 2xx confirms an early dialog: route set and target are those of the 2xx (13.2.2.4), the CSeq
  /// numbers that were used stay used.
  void confirm(sip::dialog confirmed, const sip::hop& from);
  /// The peer has been seen there.
  void seen(const sip::hop& from) { observed_ = from; }
  /// Answers challenges; it lives longer than this object. Nothing: 401 and 407 are final. What
  /// goes to a peer that it does not trust has no credentials, whatever has been learnt before.
  void use(authorization* credentials) { credentials_ = credentials; }
  /// False: a next hop that is a name is not asked for, requests go to where the peer was seen. For
  /// a dialog that is early, or only to be ended.
  void ask_for_names(bool yes) { asks_names_ = yes; }
  /// Hears of responses after which the dialog is no more (12.2.1.2): 481, 408, no response at all.
  /// Called after `done` of the request, with its status; never for BYE.
  void when_gone(std::function<void(int status)> f) { gone_ = std::move(f); }

  /// Nothing is sent, `done` is never called and the result is `none` when max_in_flight is
  /// reached.
  request_id send(dialog_request r);
  /// A BYE: whatever its final response, the dialog is over (15.1.1). Never refused by a limit.
  /// `reason`: its Reason header (RFC 3326); empty: none.
  void send_bye(const std::string& reason = {});
  /// CANCEL for an INVITE of ours, now or when its first provisional comes (9.1). Its `done` still
  /// hears the final response.
  void cancel(request_id invite);
  void cancel_invites();  ///< all that are pending
  /// The ACK to the 2xx of `invite`, whose CSeq number was `number`. Within `done` of an INVITE;
  /// where it is not called there, an ACK without a body goes out.
  void acknowledge(sip::client_tx invite, std::uint32_t number, const std::string& body = {},
                   const authorization::attempt* credentials = nullptr);
  /// A copy of a 2xx that has been acknowledged. False: it has not.
  bool repeat_ack(sip::client_tx invite);

  /// False: the transaction is none of this dialog.
  bool receive_response(const sip::response_received& r);
  bool request_timed_out(sip::client_tx tx);

  /// Nothing of it is under way.
  [[nodiscard]] bool is_idle() const { return pending_.empty() && waiting_.empty(); }

 private:
  struct pending {
    request_id id{};
    dialog_request what;
    std::uint32_t number = 0;
    authorization::attempt credentials;
    sip::client_tx tx{};  ///< 0: waits for a name
    ip_address sent_to;   ///< its credentials are for that peer, wherever the next request goes
    bool provisional = false;
    bool cancel_wish = false, cancelled = false;
  };
  /// Bytes that wait for a name.
  struct parcel {
    request_id request{};  ///< none: an ACK
    std::string branch, bytes;
  };
  struct kept_ack {
    sip::client_tx invite{};
    std::string bytes;
    time_point until{};
  };

  void transmit(pending& p);
  void put(parcel what);
  void dispatch_waiting();
  void dispatch(parcel what);
  void finish(std::size_t at, request_outcome outcome);
  void cancel_when_allowed(pending& p);
  void drop_old_acks(std::size_t room);
  [[nodiscard]] pending* find(request_id id);
  [[nodiscard]] bool locate();
  void use_found();
  void stay_where_seen();
  void located();

  services& s_;
  call_id owner_;
  local_side local_;
  sip::dialog dialog_;
  sip::hop observed_;
  authorization* credentials_ = nullptr;
  std::function<void(int)> gone_;
  bool asks_names_ = true;

  std::string located_for_;  ///< the URI of the next hop that `located_` belongs to
  destination where_;
  std::optional<sip::hop> located_;
  local_side sent_by_;  ///< in the Via of what goes to `located_`
  bool nat_logged_ = false;

  std::uint64_t last_id_ = 0;
  std::vector<pending> pending_;
  std::vector<parcel> waiting_;
  std::vector<kept_ack> acks_;
};

}  // namespace sipvoice::call
