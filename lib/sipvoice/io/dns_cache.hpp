// Answers of the domain name system for as long as they hold.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <unordered_map>

#include "sipvoice/base/time.hpp"
#include "sipvoice/sip/dns_message.hpp"

namespace sipvoice::io {

struct dns_query_hash {
  std::size_t operator()(const sip::dns_query& q) const noexcept {
    return std::hash<std::string>{}(q.name) * 31 + static_cast<std::size_t>(q.type);
  }
};

class dns_cache {
 public:
  /// Answers kept; for a new one, the one that would have ended first makes place.
  static constexpr std::size_t max_entries = 4096;
  /// A record may say a week: whoever moves a server is not to wait so long.
  static constexpr duration longest = std::chrono::hours(1);
  /// That there is nothing (no such name, no such records) is believed for a short while only.
  static constexpr duration longest_negative = std::chrono::seconds(30);

  /// Failures and answers without time are not kept. An answer that is there already is replaced.
  void put(const sip::dns_query& query, const sip::timed_reply& answer, time_point now);
  /// nullptr: not known, or not any more. Valid until the next put().
  [[nodiscard]] const sip::dns_reply* find(const sip::dns_query& query, time_point now);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  using ends = std::multimap<time_point, sip::dns_query>;
  struct entry {
    sip::dns_reply reply;
    ends::iterator end;
  };
  using entries = std::unordered_map<sip::dns_query, entry, dns_query_hash>;
  void drop(entries::iterator at);

  entries entries_;
  ends ends_;
};

}  // namespace sipvoice::io
