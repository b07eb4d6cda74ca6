#include "agreement.hpp"

namespace soak {
namespace {

bool ended_remotely(const told_call& c) {
  return c.closed && !c.rejected && c.by == call::ended_by::remote;
}

std::string how(const told_call& c) {
  if (c.dead) return "crashed";
  if (!c.closed) return "open";
  if (c.rejected) return (c.rule == "remote" ? "refused by peer" : "refused: " + c.rule);
  return std::string(call::name_of(c.by)) + " " + c.reason + (c.answered ? "" : " (unanswered)");
}

}  // namespace

void check_agreement(ledger& of, const told_call& one, const told_call* other) {
  if (one.dead) return;
  if (!one.closed) return of.accuse(one, "the call never ended");
  if (one.goodbye) {
    if (!ended_remotely(one) || one.closed_at != *one.goodbye)
      of.accuse(one, "a BYE or CANCEL came, but the call ended " + how(one));
  } else if (ended_remotely(one)) {
    of.accuse(one, "ended by remote, but no BYE or CANCEL had come");
  }
  if (one.unacknowledged > 0) of.accuse(one, "a 200 was not acknowledged");
  const bool answered = one.inbound ? one.accepted : one.heard_2xx;
  if (answered && !ended_remotely(one) && !one.sent_bye)
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
}

std::string outcome(const told_call& caller, const told_call* callee) {
  return how(caller) + " | " + (callee == nullptr ? "never told" : how(*callee));
}

}  // namespace soak
