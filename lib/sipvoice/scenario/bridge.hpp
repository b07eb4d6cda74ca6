// Calls whose sound is mixed: what one of them hears goes to all others. Private to the runner.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "sipvoice/api/outgoing_sound.hpp"
#include "sipvoice/audio/stream_resampler.hpp"
#include "sipvoice/scenario/player.hpp"

namespace sipvoice::scenario {

class sound_bridge {
 public:
  void join(player& p, call_view& c);
  /// Takes what every member has heard since the last time, and gives each the sum of the others'.
  void mix();

 private:
  struct member {
    player* who = nullptr;
    call_view* call = nullptr;
    std::uint64_t at = 0;  ///< of its ear
    std::shared_ptr<api::outgoing_sound> out;
    std::vector<std::int16_t> heard;  ///< at mix_rate, not mixed yet
    std::unique_ptr<audio::stream_resampler> to_mix, from_mix;
  };
  static constexpr std::uint32_t mix_rate = 16'000;
  static constexpr std::size_t frame = mix_rate / 50;
  /// What one member is ahead of another by more is dropped.
  static constexpr std::size_t most_waiting = frame * 10;

  static void take(member& m);
  static void give(member& m, const std::vector<std::int16_t>& mixed);

  std::vector<std::unique_ptr<member>> members_;
};

}  // namespace sipvoice::scenario
