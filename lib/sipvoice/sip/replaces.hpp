// The Replaces header: the dialog whose place a new INVITE takes (RFC 3891).
#pragma once

#include <string>
#include <string_view>

#include "sipvoice/base/result.hpp"

namespace sipvoice::sip {

/// Tags as the receiver of the INVITE sees them: `to_tag` is its own, `from_tag` its peer's
/// (RFC 3891 section 3).
struct replaces {
  std::string call_id;
  std::string to_tag;
  std::string from_tag;
  bool early_only = false;  ///< only a dialog that is not confirmed yet may be replaced

  /// Longer values are refused: whoever names a dialog of ours needs far less.
  static constexpr std::size_t max_size = 1024;

  /// One header value. Fails when a part is missing, stands twice, or is no word or token.
  [[nodiscard]] static result<replaces> parse(std::string_view value);
  /// "callid;to-tag=a;from-tag=b", with ";early-only" behind it where it is so.
  [[nodiscard]] std::string print() const;
};

}  // namespace sipvoice::sip
