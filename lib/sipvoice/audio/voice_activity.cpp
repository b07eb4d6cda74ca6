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

double mean_square(std::span<const std::int16_t> sound) {
  double energy = 0;
  for (const std::int16_t s : sound) energy += static_cast<double>(int{s} * int{s});
  return sound.empty() ? 0 : energy / static_cast<double>(sound.size());
}

int blocks_of(duration d) {
  return static_cast<int>(
      std::max<std::int64_t>(1, to_ms(d) * static_cast<std::int64_t>(blocks_per_second) / 1000));
}

}  // namespace

double level_dbfs(std::span<const std::int16_t> sound) {
  return std::max(to_dbfs(mean_square(sound)), lowest_floor_db);
}

voice_activity::voice_activity(std::uint32_t sample_rate, const voice_activity_config& config)
    : config_(config),
      floor_db_(lowest_floor_db),
      attack_(blocks_of(config.attack)),
      release_(blocks_of(config.release)) {
  use_rate(sample_rate);
}

void voice_activity::use_rate(std::uint32_t sample_rate) {
  block_ = std::max<std::size_t>(1, sample_rate / blocks_per_second);
  digits_.emplace(sample_rate);
  filled_ = 0;
  energy_ = 0;
}

/// The background, from a block that is not an echo.
void voice_activity::learn(double level) {
  if (!std::exchange(learnt_, true)) {
    // The first sound may be speech already: no background is taken to be that loud.
    floor_db_ = std::min(level, config_.quietest_dbfs);
  } else if (level < floor_db_) {
    floor_db_ = level;
  } else {
    floor_db_ = std::min(floor_db_ + (speaking_ ? rise_in_speech_db : rise_db), level);
  }
  floor_db_ = std::clamp(floor_db_, lowest_floor_db, highest_floor_db);
}

std::optional<voice_change> voice_activity::judge_block(double masked_dbfs) {
  const double level = std::max(to_dbfs(energy_ / static_cast<double>(block_)), lowest_floor_db);
  if (level <= masked_dbfs || digits_->hears_one()) return count_block(false);
  learn(level);
  return count_block(level > std::max(config_.quietest_dbfs, floor_db_ + config_.above_floor_db));
}

std::optional<voice_change> voice_activity::count_block(bool loud) {
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

void voice_activity::add(std::span<const std::int16_t> sound) {
  for (const std::int16_t s : sound) {
    const double v = s;
    energy_ += v * v;
  }
  filled_ += sound.size();
  digits_->push(sound);
}

std::optional<voice_activity::change> voice_activity::hear(std::span<const std::int16_t> sound,
                                                           double masked_dbfs) {
  std::optional<change> told;
  while (!sound.empty()) {
    const auto piece = sound.first(std::min(block_ - filled_, sound.size()));
    sound = sound.subspan(piece.size());
    add(piece);
    if (filled_ < block_) break;
    if (const auto c = judge_block(masked_dbfs)) told = change{*c, sound.size()};
    filled_ = 0;
    energy_ = 0;
  }
  return told;
}

std::optional<voice_activity::change> voice_activity::silence(std::size_t samples) {
  // More than `release` changes nothing further.
  samples = std::min(samples, block_ * static_cast<std::size_t>(release_ + 1));
  std::optional<change> told;
  for (; samples >= block_; samples -= block_)
    if (const auto c = count_block(false)) told = change{*c, samples - block_};
  digits_->finish();
  filled_ = 0;
  energy_ = 0;
  return told;
}

}  // namespace sipvoice::audio
