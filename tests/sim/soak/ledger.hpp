// What one party was told of its calls, and whether it was told in order: an opening, news, one
// closing event, nothing more.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sipvoice/call/endpoint.hpp"

namespace soak {

using namespace sipvoice;

/// What must not be, with the call it concerns.
struct violation {
  std::string sip_call_id;
  std::string text;
};

/// One side of a call.
struct told_call {
  call::call_id id{};
  std::string sip_call_id;
  bool inbound = false;
  bool accepted = false;  ///< the called side has sent its 200
  bool answered = false;  ///< call_answered was told
  bool closed = false;
  bool forgotten = false;  ///< its machine crashed, then or later: it does nothing more
  bool dead = false;       ///< was open when its machine crashed: nothing is known of its end
  time_point closed_at{};
  bool rejected = false;  ///< closed by call_rejected
  int status = 0;         ///< of the rejection
  std::string rule;
  call::ended_by by = call::ended_by::local;
  std::string reason;
  std::optional<media::media_statistics> media;
  /// The first BYE (of a call that this side knows to be up) or CANCEL (before its 200) that
  /// reached this side while the call was open.
  std::optional<time_point> goodbye;
  /// It came on a stream: what came with it may have ended the call in the same moment before it.
  bool goodbye_in_stream = false;
  // What its machine did and saw on the wire.
  bool heard_2xx = false;  ///< to its INVITE
  bool sent_bye = false;
  /// Copies of a 2xx that came and have not been followed by an ACK, by CSeq number.
  std::map<std::uint32_t, int> unacknowledged;
  std::string heard;                        ///< digits
  std::string sent;                         ///< digits that were commanded
  std::string heard_info, sent_info;        ///< digits in INFOs
  std::string heard_letters, sent_letters;  ///< texts of MESSAGEs, each of one letter
  bool wanted_hold = false;                 ///< commanded at any time
  bool was_held = false;                    ///< told that the peer holds, at any time
  /// On a connection that may have broken: nobody knows what went out and what did not.
  bool unsure = false;

  [[nodiscard]] bool open() const { return !closed && !dead; }
};

class ledger {
 public:
  /// `name` of the party in violations.
  ledger(std::string name, std::vector<violation>& violations)
      : name_(std::move(name)), violations_(violations) {}

  /// Notes an event; the call it is about, or nothing where it is of an INVITE that was refused
  /// without becoming a call.
  told_call* take(const call::call_event& event, time_point now);
  /// The party's process is gone.
  void crash();

  [[nodiscard]] told_call* find(call::call_id id);
  /// The newest call with this Call-ID.
  [[nodiscard]] told_call* find(const std::string& sip_call_id);
  [[nodiscard]] const std::deque<told_call>& calls() const { return calls_; }
  [[nodiscard]] std::size_t open_calls() const { return open_; }
  void accuse(const told_call& c, const std::string& what);

 private:
  void open(const call::call_info& info);
  told_call* close(call::call_id id, time_point now);

  std::string name_;
  std::vector<violation>& violations_;
  std::deque<told_call> calls_;
  std::unordered_map<call::call_id, told_call*> by_id_;  // of the living process
  std::unordered_map<std::string, told_call*> by_sip_call_id_;
  std::size_t open_ = 0;
};

}  // namespace soak
