// Which local address reaches a peer: the kernel's routing decision, asked without traffic.
#pragma once

#include <cstddef>
#include <unordered_map>

#include "sipvoice/call/endpoint.hpp"

namespace sipvoice::io {

class local_route final : public call::host_environment {
 public:
  static constexpr std::size_t max_cached = 1024;
  static constexpr duration keep = std::chrono::seconds(3);  ///< routes do change while we run

  /// The unspecified address of the peer's family when there is no route.
  ip_address local_address_toward(const ip_address& peer) override;

 private:
  struct entry {
    ip_address local;
    time_point until;
  };
  std::unordered_map<ip_address, entry> cache_;
};

}  // namespace sipvoice::io
