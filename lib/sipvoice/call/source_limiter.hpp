// How many out-of-dialog requests one source address may send: a token bucket for each, a bounded
// number of buckets. Past its rate a source is told 503 a bounded number of times, then nothing, so
// that a flood with forged sources is not reflected. It is heard again as soon as it has tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sipvoice/base/address.hpp"
#include "sipvoice/base/time.hpp"

namespace sipvoice::call {

struct limiter_config {
  std::uint32_t rate = 1000;  ///< requests a second from one source; 0: no limit
  bool includes_loopback = false;
  std::vector<std::pair<ip_address, int>> exempt;  ///< CIDR blocks
};

class source_limiter {
 public:
  static constexpr std::size_t max_sources = 4096;  ///< the one heard least recently is forgotten
  static constexpr duration log_interval = std::chrono::seconds(1);  ///< between two lines

  enum class verdict : std::uint8_t {
    pass,
    refuse,  ///< answer 503; at most `rate` of these until the source has been quiet
    silence,
  };

  explicit source_limiter(limiter_config config) : config_(std::move(config)) {}

  /// Passes whatever comes from there: no limit, or not for this source.
  [[nodiscard]] bool is_exempt(const ip_address& source) const;
  /// One request from `source`.
  [[nodiscard]] verdict judge(const ip_address& source, time_point now);
  /// What is worth a line in the log since it was last asked.
  [[nodiscard]] std::optional<std::string> take_log_line();
  [[nodiscard]] std::size_t sources() const { return buckets_.size(); }

 private:
  struct bucket {
    ip_address source;
    double tokens = 0;
    time_point filled_at{};
    std::uint32_t refusals_left = 0;
    bool limited = false;  ///< has been over its rate since it was last full
  };

  bucket& find(const ip_address& source, time_point now);
  void note(const ip_address& source, time_point now);

  limiter_config config_;
  std::list<bucket> order_;  ///< the most recent one first
  std::unordered_map<ip_address, std::list<bucket>::iterator> buckets_;
  std::optional<time_point> logged_at_;
  std::uint64_t unlogged_ = 0;
  std::string line_;
};

/// True when `a` lies in the block `network`/`bits` of its own family.
[[nodiscard]] bool in_block(const ip_address& a, const ip_address& network, int bits);

}  // namespace sipvoice::call
