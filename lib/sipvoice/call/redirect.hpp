// Where an INVITE that is redirected goes next (RFC 3261 section 8.1.3.4): the Contacts of 300, 301
// and 302, the best q first, each URI once. 305 and 380 are refusals: a proxy that a stranger names
// and another service are not what was dialled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sipvoice/sip/message.hpp"

namespace sipvoice::call {

class redirect_targets {
 public:
  static constexpr std::size_t max_targets = 8;  ///< tried for one call, the first one included
  static constexpr int max_depth = 5;            ///< redirections of one call
  static constexpr std::size_t max_listed = 16;  ///< Contacts that wait to be tried

  explicit redirect_targets(std::string_view first) : seen_{std::string(first)} {}

  /// True for the statuses that are followed.
  [[nodiscard]] static bool follows(int status) {
    return status == 300 || status == 301 || status == 302;
  }
  /// Keeps the Contacts that are sip or sips URIs and were not seen before. False: there is none,
  /// or max_depth is reached.
  bool take(const sip::message& response);
  /// The next to try; nothing when all were, or max_targets is reached.
  [[nodiscard]] std::optional<std::string> next();
  /// At least one redirection was taken.
  [[nodiscard]] bool redirected() const { return depth_ > 0; }

 private:
  struct target {
    std::string uri;
    int q = 1000;  ///< in thousandths; 1000 where none is given
  };
  [[nodiscard]] bool is_new(const sip::uri& u) const;

  std::vector<std::string> seen_;  ///< every URI that was dialled or listed
  std::vector<target> waiting_;    ///< best first
  std::size_t tried_ = 1;
  int depth_ = 0;
};

}  // namespace sipvoice::call
