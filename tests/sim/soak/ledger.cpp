#include "ledger.hpp"

#include <variant>

namespace soak {

void ledger::accuse(const told_call& c, const std::string& what) {
  violations_.push_back({c.sip_call_id, name_ + ": " + what});
}

told_call* ledger::find(call::call_id id) {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : at->second;
}

told_call* ledger::find(const std::string& sip_call_id) {
  const auto at = by_sip_call_id_.find(sip_call_id);
  return at == by_sip_call_id_.end() ? nullptr : at->second;
}

void ledger::open(const call::call_info& info) {
  told_call& c = calls_.emplace_back();
  c.id = info.id;
  c.sip_call_id = info.sip_call_id;
  c.inbound = info.inbound;
  if (!by_id_.emplace(info.id, &c).second) accuse(c, "opened twice");
  by_sip_call_id_[info.sip_call_id] = &c;
  ++open_;
}

told_call* ledger::close(call::call_id id, time_point now) {
  told_call* c = find(id);
  if (c == nullptr) return nullptr;
  if (c->closed) {
    accuse(*c, "closed twice");
    return c;
  }
  c->closed = true;
  c->closed_at = now;
  --open_;
  return c;
}

told_call* ledger::take(const call::call_event& event, time_point now) {
  if (const auto* in = std::get_if<call::call_incoming>(&event)) {
    open(in->info);
    return find(in->info.id);
  }
  if (const auto* out = std::get_if<call::call_outgoing>(&event)) {
    open(out->info);
    return find(out->info.id);
  }
  if (const auto* e = std::get_if<call::call_rejected>(&event)) {
    told_call* c = close(e->info.id, now);
    if (c == nullptr) return nullptr;  // it never was a call
    c->rejected = true;
    c->status = e->status;
    c->rule = e->rule;
    if (c->answered) accuse(*c, "rejected after its answer");
    return c;
  }
  if (const auto* e = std::get_if<call::call_ended>(&event)) {
    told_call* c = close(e->id, now);
    if (c == nullptr) {
      violations_.push_back({"", name_ + ": the end of a call that was never told"});
      return nullptr;
    }
    c->by = e->by;
    c->reason = e->reason;
    c->media = e->media;
    if (c->answered != (e->answered_at != never)) accuse(*c, "answered_at says otherwise");
    return c;
  }
  if (std::holds_alternative<call::client_event>(event) ||
      std::holds_alternative<call::page_message>(event))
    return nullptr;  // of no call
  const call::call_id id = std::visit(
      [](const auto& e) {
        if constexpr (requires { e.info; }) {
          return e.info.id;
        } else if constexpr (requires { e.id; }) {
          return e.id;
        } else {
          return call::call_id{};
        }
      },
      event);
  told_call* c = find(id);
  if (c == nullptr) {
    violations_.push_back({"", name_ + ": news of a call that was never told"});
    return nullptr;
  }
  if (c->closed) accuse(*c, "news after the end");
  if (std::holds_alternative<call::call_answered>(event)) {
    if (c->answered) accuse(*c, "answered twice");
    c->answered = true;
  }
  return c;
}

void ledger::crash() {
  for (told_call& c : calls_) {
    c.forgotten = true;
    if (!c.closed) c.dead = true;
  }
  by_id_.clear();
  open_ = 0;
}

}  // namespace soak
