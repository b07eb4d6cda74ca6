#include "agreement.hpp"

#include <algorithm>

namespace soak {
namespace {

bool ended_remotely(const told_call& c) {
  // A 481 says that the peer has no such call: this side has ended it then, for want of a peer.
  return c.closed && !c.rejected && c.by == call::ended_by::remote && c.reason != "dialog_gone";
}

std::string how(const told_call& c) {
  if (c.dead) return "crashed";
  if (!c.closed) return "open";
  if (c.rejected) return (c.rule == "remote" ? "refused by peer" : "refused: " + c.rule);
  return std::string(call::name_of(c.by)) + " " + c.reason + (c.answered ? "" : " (unanswered)");
}

/// Loss may take some of what is sent, but the network makes none up, doubles none and changes no
/// order.
bool is_part_of(const std::string& heard, const std::string& sent) {
  std::size_t at = 0;
  for (const char c : heard) {
    at = sent.find(c, at);
    if (at == std::string::npos) return false;
    ++at;
  }
  return true;
}

/// The same without the order: a request that was challenged comes again behind the next one.
bool is_some_of(std::string heard, std::string sent) {
  std::sort(heard.begin(), heard.end());
  std::sort(sent.begin(), sent.end());
  return is_part_of(heard, sent);
}

void check_contents(ledger& of, const told_call& one, const told_call* other) {
  const told_call nobody;
  const told_call& peer = other == nullptr ? nobody : *other;
  if (!is_part_of(one.heard, peer.sent))
    of.accuse(one, "heard " + one.heard + ", sent was " + peer.sent);
  if (!is_some_of(one.heard_info, peer.sent_info))
    of.accuse(one, "heard INFO " + one.heard_info + ", sent was " + peer.sent_info);
  if (!is_some_of(one.heard_letters, peer.sent_letters))
    of.accuse(one, "heard MESSAGE " + one.heard_letters + ", sent was " + peer.sent_letters);
  if (one.was_held && !peer.wanted_hold) of.accuse(one, "held by a peer who never held");
}

}  // namespace

void check_agreement(ledger& of, const told_call& one, const told_call* other) {
  if (one.dead) return;
  if (!one.closed) return of.accuse(one, "the call never ended");
  if (one.goodbye) {
    const bool in_time = one.closed_at == *one.goodbye;
    if (!in_time || (!ended_remotely(one) && !one.goodbye_in_stream))
      of.accuse(one, "a BYE or CANCEL came, but the call ended " + how(one));
  } else if (ended_remotely(one)) {
    of.accuse(one, "ended by remote, but no BYE or CANCEL had come");
  }
  for (const auto& [number, copies] : one.unacknowledged)
    if (copies > 0 && !one.unsure)
      of.accuse(one, "a 200 was not acknowledged: INVITE " + std::to_string(number));
  const bool answered = one.inbound ? one.accepted : one.heard_2xx;
  if (answered && !ended_remotely(one) && !one.sent_bye && !one.unsure)
    of.accuse(one, "ended as " + how(one) + " without a BYE");
  if (other != nullptr && other->dead) return;
  const bool other_knows_answer = other != nullptr && (other->accepted || other->answered);
  if (ended_remotely(one) && (other == nullptr || ended_remotely(*other)))
    of.accuse(one, "both sides say that the other one ended the call");
  if (one.rejected && one.rule == "remote" && other != nullptr &&
      (!other->rejected || other->status != one.status))
    of.accuse(one, "refused by the peer, who says: " + how(*other));
  if (!one.inbound && one.answered && !other_knows_answer)
    of.accuse(one, "answered, but nobody has answered it");
  if (one.inbound && one.answered && other != nullptr && !other->answered && other->rejected)
    of.accuse(one, "acknowledged, but the caller was refused");
  check_contents(of, one, other);
}

std::string outcome(const told_call& caller, const told_call* callee) {
  return how(caller) + " | " + (callee == nullptr ? "never told" : how(*callee));
}

}  // namespace soak
