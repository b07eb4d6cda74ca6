#include "sipvoice/io/dns_desk.hpp"

namespace sipvoice::io {

void dns_desk::ask(ticket who, const sip::dns_query& query, time_point now) {
  if (const auto* known = cache_.find(query, now)) return tell(who, *known);
  if (waiting_ >= limits_.max_open) return tell(who, sip::dns_outcome::not_asked);
  ++waiting_;
  const auto [at, is_new] = open_.try_emplace(query);
  at->second.who.push_back(who);
  if (!is_new) return;
  at->second.timer = timers_.schedule(now + limits_.patience, query);
  line_.push_back(query);
}

std::optional<dns_desk::start> dns_desk::poll_start() {
  while (running_.size() < limits_.max_running && !line_.empty()) {
    const sip::dns_query query = std::move(line_.front());
    line_.pop_front();
    const auto at = open_.find(query);
    // Its time was up before its turn came; or it is a second place in the line for a question
    // that was asked anew since, and has been sent.
    if (at == open_.end() || !std::exchange(at->second.in_line, false)) continue;
    const run_id run{++last_run_};
    running_.emplace(run, query);
    return start{run, query};
  }
  return std::nullopt;
}

void dns_desk::answered(run_id run, const sip::timed_reply& answer, time_point now) {
  const auto at = running_.find(run);
  if (at == running_.end()) return;
  const sip::dns_query query = std::move(at->second);
  running_.erase(at);
  cache_.put(query, answer, now);
  close(query, answer.reply);
}

void dns_desk::handle_timeout(time_point now) {
  while (const auto query = timers_.pop(now)) close(*query, sip::dns_outcome::no_answer);
}

void dns_desk::close(const sip::dns_query& query, const sip::dns_reply& reply) {
  const auto at = open_.find(query);
  if (at == open_.end()) return;
  timers_.cancel(at->second.timer);
  for (const ticket who : at->second.who) tell(who, reply);
  waiting_ -= at->second.who.size();
  open_.erase(at);
}

std::optional<dns_desk::told> dns_desk::poll_told() {
  if (told_.empty()) return std::nullopt;
  told one = std::move(told_.front());
  told_.pop_front();
  return one;
}

}  // namespace sipvoice::io
