// The source limiter in front of the SIP core: what it refuses costs no transaction.
#pragma once

#include <string_view>

#include "sipvoice/call/services.hpp"
#include "sipvoice/call/source_limiter.hpp"

namespace sipvoice::call {

/// What the limiter must know of a datagram, read without parsing the message.
struct request_glance {
  bool is_request = false;  ///< of a method that counts: any but ACK
  std::string_view to_tag;  ///< empty: none
};
[[nodiscard]] request_glance glance_at(std::string_view bytes);

class flood_gate {
 public:
  explicit flood_gate(services& s);

  /// False: the datagram goes no further. A request inside a dialog of ours always passes.
  [[nodiscard]] bool admit(const sip::hop& from, std::string_view bytes);

  [[nodiscard]] std::uint64_t limited() const { return limited_; }
  [[nodiscard]] std::uint64_t silenced() const { return silenced_; }

 private:
  void refuse(const sip::hop& from, std::string_view bytes);

  services& s_;
  source_limiter limiter_;
  std::uint64_t limited_ = 0, silenced_ = 0;
};

}  // namespace sipvoice::call
