// A proxy before one machine, as far as digest goes: it asks (407) whoever calls from outside for
// credentials, in and outside of dialogs, and lets pass what has them. It keeps to one answer a
// request, repetitions included.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "sipvoice/sim/world.hpp"
#include "sipvoice/sip/digest.hpp"
#include "sipvoice/sip/message.hpp"

namespace soak {

using namespace sipvoice;

/// The account of everybody who knows the password.
inline constexpr const char* account_user = "caller";
inline constexpr const char* account_password = "open sesame";

class guard {
 public:
  guard(sim::world& world, random_source& random, const ip_address& guarded);
  /// True: it was not let pass.
  bool takes(const sim::passing& p);

  [[nodiscard]] std::uint64_t asked() const { return asked_; }
  [[nodiscard]] std::uint64_t admitted() const { return admitted_; }

 private:
  sim::world& world_;
  ip_address guarded_;
  sip::digest_server server_;
  random_source& random_;
  std::unordered_map<std::string, std::string> answers_;  // by branch and method; empty: let pass
  std::uint64_t asked_ = 0, admitted_ = 0;
};

}  // namespace soak
