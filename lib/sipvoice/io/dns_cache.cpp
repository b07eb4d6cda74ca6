#include "sipvoice/io/dns_cache.hpp"

#include <algorithm>

namespace sipvoice::io {

void dns_cache::put(const sip::dns_query& query, const sip::timed_reply& answer, time_point now) {
  if (const auto old = entries_.find(query); old != entries_.end()) drop(old);
  const bool found = answer.reply.outcome == sip::dns_outcome::found;
  if (!found && answer.reply.outcome != sip::dns_outcome::no_records &&
      answer.reply.outcome != sip::dns_outcome::no_such_name)
    return;
  const duration ttl = std::min(answer.ttl, found ? longest : longest_negative);
  if (ttl <= duration::zero()) return;
  if (entries_.size() >= max_entries) drop(entries_.find(ends_.begin()->second));
  const auto end = ends_.emplace(now + ttl, query);
  entries_.emplace(query, entry{answer.reply, end});
}

const sip::dns_reply* dns_cache::find(const sip::dns_query& query, time_point now) {
  const auto at = entries_.find(query);
  if (at == entries_.end()) return nullptr;
  if (at->second.end->first > now) return &at->second.reply;
  drop(at);
  return nullptr;
}

void dns_cache::drop(entries::iterator at) {
  ends_.erase(at->second.end);
  entries_.erase(at);
}

}  // namespace sipvoice::io
