// The datagrams of a simulated world as a capture file; streams are left out. Private to harness.
#pragma once

#include <fstream>
#include <string>

#include "sipvoice/sim/world.hpp"

namespace sipvoice::harness {

class simulated_capture {
 public:
  /// Watches the world from now on; outlives its last step. Virtual time begins at `epoch`.
  simulated_capture(sim::world& w, const std::string& file, wall_time epoch);
  simulated_capture(const simulated_capture&) = delete;
  simulated_capture& operator=(const simulated_capture&) = delete;

 private:
  /// What is written at most: a run of hours that fails in the end fills no disk.
  static constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30;

  void write(const sim::passing& p);

  std::ofstream out_;
  wall_time epoch_;
  std::uint64_t written_ = 0;
};

}  // namespace sipvoice::harness
