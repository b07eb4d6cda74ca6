#include "sipvoice/call/lookups.hpp"

#include <algorithm>
#include <memory>

namespace sipvoice::call {

lookups::id lookups::start(sip::locator locator, call_id owner, told done, time_point now) {
  if (all_.size() >= lookup_limits::max_lookups) return id::none;
  const id which{++last_id_};
  lookup& l = all_.emplace(which, lookup{std::move(locator), owner, std::move(done)}).first->second;
  l.timer = timers_.schedule(now + lookup_limits::patience, which);
  go_on(which, l);
  return which;
}

void lookups::cancel(id which) {
  std::erase_if(finished_, [&](const auto& f) { return f.first == which; });
  const auto at = all_.find(which);
  if (at == all_.end()) return;
  timers_.cancel(at->second.timer);
  all_.erase(at);
  std::erase_if(questions_, [&](const auto& q) { return q.second.whose == which; });
}

void lookups::go_on(id which, lookup& l) {
  while (auto query = l.locator.poll()) {
    const question_id number{++last_question_};
    out_.emplace_back(dns_question{number, query->type, query->name});
    questions_.emplace(number, question{which, std::move(*query)});
  }
  if (!l.locator.done()) return;
  timers_.cancel(l.timer);
  finished_.emplace_back(which, std::move(l));
  all_.erase(which);
}

void lookups::receive(question_id number, const sip::dns_reply& reply) {
  const auto at = questions_.find(number);
  if (at == questions_.end()) return;
  const question q = std::move(at->second);
  questions_.erase(at);
  const auto l = all_.find(q.whose);
  if (l == all_.end()) return;
  l->second.locator.receive(q.query, reply);
  go_on(q.whose, l->second);
}

void lookups::handle_timeout(time_point now) {
  while (const auto which = timers_.pop(now)) {
    const auto l = all_.find(*which);
    if (l == all_.end()) continue;
    std::erase_if(questions_, [&](const auto& q) { return q.second.whose == *which; });
    l->second.timer = timer_id::none;
    l->second.locator.give_up();
    go_on(*which, l->second);
  }
}

std::optional<deferred> lookups::poll_ready() {
  if (finished_.empty()) return std::nullopt;
  auto over = std::make_shared<lookup>(std::move(finished_.front().second));
  finished_.pop_front();
  return deferred{over->owner, [over] { over->done(over->locator); }};
}

}  // namespace sipvoice::call
