#include "sipvoice/audio/voice_activity.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sipvoice::audio {
namespace {

constexpr std::size_t blocks_per_second = 100;
/// The floor rises so fast while nobody speaks, and so fast while somebody seems to: a noise that
/// begins in mid-call is background after some seconds.
constexpr double rise_db = 0.10, rise_in_speech_db = 0.02;
/// What a line with nothing on it measures.
constexpr double lowest_floor_db = -80, highest_floor_db = -20;

double to_dbfs(double mean_square) {
  constexpr double full_scale = 32768.0 * 32768.0;
  return mean_square > 0 ? 10 * std::log10(mean_square / full_scale) : lowest_floor_db;
}

int blocks_of(duration d) {
  return static_cast<int>(
      std::max<std::int64_t>(1, to_ms(d) * static_cast<std::int64_t>(blocks_per_second) / 1000));
}

}  // namespace

voice_activity::voice_activity(std::uint32_t sample_rate, const voice_activity_config& config)
    : config_(config),
      block_(std::max<std::size_t>(1, sample_rate / blocks_per_second)),
      floor_db_(lowest_floor_db),
      attack_(blocks_of(config.attack)),
      release_(blocks_of(config.release)) {}

std::optional<voice_change> voice_activity::judge_block() {
  const double level = std::max(to_dbfs(energy_ / static_cast<double>(block_)), lowest_floor_db);
  if (!std::exchange(learnt_, true)) {
    // The first sound may be speech already: no background is taken to be that loud.
    floor_db_ = std::min(level, config_.quietest_dbfs);
  } else if (level < floor_db_) {
    floor_db_ = level;
  } else {
    floor_db_ = std::min(floor_db_ + (speaking_ ? rise_in_speech_db : rise_db), level);
  }
  floor_db_ = std::clamp(floor_db_, lowest_floor_db, highest_floor_db);

  const bool loud = level > std::max(config_.quietest_dbfs, floor_db_ + config_.above_floor_db);
  // A dip takes back one block, not all: stops and fricatives are quiet.
  loud_ = loud ? std::min(loud_ + 1, attack_) : std::max(loud_ - 1, 0);
  silent_ = loud ? 0 : std::min(silent_ + 1, release_);
  if (!speaking_ && loud_ >= attack_) {
    speaking_ = true;
    return voice_change::started;
  }
  if (speaking_ && silent_ >= release_) {
    speaking_ = false;
    loud_ = 0;
    return voice_change::stopped;
  }
  return std::nullopt;
}

std::optional<voice_activity::change> voice_activity::hear(std::span<const std::int16_t> sound) {
  std::optional<change> told;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const double v = sound[i];
    energy_ += v * v;
    if (++filled_ < block_) continue;
    if (const auto c = judge_block()) told = change{*c, sound.size() - 1 - i};
    filled_ = 0;
    energy_ = 0;
  }
  return told;
}

}  // namespace sipvoice::audio
