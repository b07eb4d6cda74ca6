// Who has an offer outstanding in one dialog, and which INVITEs are under way: one judge for all
// that can carry a description, INVITE, its responses and ACK, PRACK and UPDATE (RFC 3261 sections
// 13.2.1 and 14, RFC 3262 section 5, RFC 3311 section 5, RFC 6337 section 2).
//
//   none --offered()--> ours --settled()--> none        our offer, the peer's answer or refusal
//   none --received()--> theirs --settled()--> none     the peer's offer, our answer or refusal
#pragma once

#include <cstdint>

namespace sipvoice::call {

class offer_answer_state {
 public:
  enum class outstanding : std::uint8_t { none, ours, theirs };

  void offered() { outstanding_ = outstanding::ours; }
  void received() { outstanding_ = outstanding::theirs; }
  void settled() { outstanding_ = outstanding::none; }
  /// An INVITE of that side has begun, or has its final response (the peer's: its ACK too).
  void invite_of_ours(bool pending) { ours_pending_ = pending; }
  void invite_of_peer(bool pending) { theirs_pending_ = pending; }

  [[nodiscard]] bool waits_for_answer() const { return outstanding_ == outstanding::ours; }
  [[nodiscard]] bool must_answer() const { return outstanding_ == outstanding::theirs; }
  [[nodiscard]] bool is_settled() const { return outstanding_ == outstanding::none; }

  /// The status that refuses a request of the peer; 0: it is in order. 500 goes with Retry-After.
  [[nodiscard]] int judge_invite() const {
    if (ours_pending_ || waits_for_answer()) return 491;  // RFC 3261 14.2
    return theirs_pending_ || must_answer() ? 500 : 0;
  }
  /// An offer in an UPDATE or a PRACK.
  [[nodiscard]] int judge_offer() const {
    if (waits_for_answer()) return 491;  // RFC 3311 5.2
    return must_answer() ? 500 : 0;
  }
  /// We may send one.
  [[nodiscard]] bool may_invite() const {
    return may_update() && !ours_pending_ && !theirs_pending_;
  }
  [[nodiscard]] bool may_update() const { return is_settled(); }

 private:
  outstanding outstanding_ = outstanding::none;
  bool ours_pending_ = false, theirs_pending_ = false;
};

}  // namespace sipvoice::call
