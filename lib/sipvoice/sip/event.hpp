// What a NOTIFY says of its subscription: Event and Subscription-State (RFC 6665 section 8.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sipvoice/base/result.hpp"

namespace sipvoice::sip {

/// Views of the header's value.
struct event_header {
  std::string_view package;  ///< with its templates: "refer", "presence.winfo"
  std::string_view id;       ///< empty: none
  [[nodiscard]] static result<event_header> parse(std::string_view value);
};

/// Views of the header's value.
struct subscription_state {
  enum class kind : std::uint8_t {
    active,
    pending,
    terminated,
    other  ///< an extension: as if active
  };
  kind state = kind::active;
  std::string_view reason;                 ///< of `terminated`: "noresource", "timeout", ...
  std::optional<std::uint32_t> expires_s;  ///< seconds until it ends by itself
  std::optional<std::uint32_t> retry_after_s;
  [[nodiscard]] static result<subscription_state> parse(std::string_view value);
};

}  // namespace sipvoice::sip
