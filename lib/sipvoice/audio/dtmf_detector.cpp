#include "sipvoice/audio/dtmf_detector.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace sipvoice::audio {
namespace {

constexpr std::array<float, 5> weight{1, 2, 3, 2, 1};
constexpr float weights = 9;
constexpr std::string_view keypad = "123A456B789C*0#D";

/// Mean square of a tone of -36 dBm0, where a full scale sine has 3.14 dBm0 (G.711).
constexpr float floor_power = 65700;
constexpr float most_row_over_column = 6.31F;   // 8 dB
constexpr float most_column_over_row = 2.512F;  // 4 dB
constexpr float least_share = 0.82F, clear_share = 0.9F;
constexpr float most_harmonic = 0.05F;  // -13 dB
constexpr float most_deviation = 0.02F, most_deviation_at_once = 0.03F;

constexpr int hits_of_press = 4, clear_of_press = 3, skipped_in_press = 1;
constexpr int misses_of_end = 6, misses_of_candidate = 2;
/// A window is 25 ms, and a hit may lack a fifth of it.
constexpr double window_share_ms = 12.5, block_ms = 5;

constexpr float corner_hz = 20;  // of what takes the constant away

/// How much of a tone's amplitude is left in a window when its phase goes on by `turn` too much.
float left_of(float turn) {
  const float triangle = (1 + 2 * std::cos(turn)) / 3;
  const float half = turn / 2;
  const float block = std::abs(half) < 1e-3F ? 1 : std::sin(half) / half;
  return triangle * triangle * block;
}

}  // namespace

dtmf_detector::dtmf_detector(std::uint32_t sample_rate)
    : bank_(sample_rate), fade_(6.2832F * corner_hz / static_cast<float>(sample_rate)) {}

void dtmf_detector::push(std::span<const std::int16_t> samples) {
  for (const std::int16_t s : samples) {
    const auto v = static_cast<float>(s);
    low_ += (v - low_) * fade_;
    if (const auto block = bank_.push(v - low_)) step(*block);
  }
}

void dtmf_detector::missing(std::size_t samples) {
  const std::size_t n = bank_.block_samples();
  const std::size_t hole = (samples + n - 1) / n;
  const std::size_t longest = max_hole_ms * tone_bank::blocks_a_second / 1000;
  bank_.reset();
  if (hole <= longest) holes_ = static_cast<int>(hole + window_blocks - 1);
  // Beyond the end of everything that may be under way nothing changes any more.
  for (std::size_t i = 0; i < std::min(hole, 4 * longest); ++i) step({});
}

std::complex<float> dtmf_detector::window(std::size_t line) const {
  std::complex<float> sum = 0;
  for (std::size_t i = window_blocks; i-- > 0;) {
    const auto& b = recent_[(next_ + i) % window_blocks];
    sum = sum * bank_.back(line) + weight[i] * b.line[line];
  }
  return sum;
}

float dtmf_detector::mean_square(std::complex<float> window) const {
  const float samples = weights * static_cast<float>(bank_.block_samples());
  return 2 * std::norm(window) / (samples * samples);
}

dtmf_detector::tone dtmf_detector::loudest(std::size_t first) const {
  tone t;
  t.line = first;
  for (std::size_t i = first + 1; i < first + 4; ++i)
    if (std::norm(windows_[i]) > std::norm(windows_[t.line])) t.line = i;
  t.turn = windows_[t.line] * std::conj(before_[t.line]) * bank_.back(t.line);
  const float left = left_of(std::arg(t.turn));
  t.power = mean_square(windows_[t.line]) / std::max(left * left, 0.01F);
  return t;
}

/// Twice some rows is so near to a column that the column itself would be taken for a harmonic.
bool dtmf_detector::has_harmonic(const tone& of, const tone& beside) const {
  const float apart = 2 * bank_.advance(of.line) - bank_.advance(beside.line);
  constexpr float near = 6.2832F * 100 / tone_bank::blocks_a_second;  // 100 Hz
  if (std::abs(apart) < near) return false;
  return mean_square(window(of.line + tone_bank::tones)) > most_harmonic * of.power;
}

std::optional<dtmf_detector::hit> dtmf_detector::look() const {
  if (total_ < 2 * floor_power) return std::nullopt;
  const tone row = loudest(0), column = loudest(4);
  const auto off = [this](const tone& t) {
    return std::abs(std::arg(t.turn)) > most_deviation_at_once * bank_.advance(t.line);
  };
  if (off(row) || off(column)) return std::nullopt;
  if (row.power < floor_power || column.power < floor_power) return std::nullopt;
  if (row.power > column.power * most_row_over_column) return std::nullopt;
  if (column.power > row.power * most_column_over_row) return std::nullopt;
  if (row.power + column.power < least_share * total_) return std::nullopt;
  if (has_harmonic(row, column) || has_harmonic(column, row)) return std::nullopt;
  return hit{static_cast<std::uint8_t>(row.line * 4 + column.line - 4), row.turn, column.turn,
             row.power + column.power >= clear_share * total_};
}

void dtmf_detector::step(const tone_bank::block& b) {
  recent_[next_] = b;
  next_ = (next_ + 1) % window_blocks;
  before_ = windows_;
  for (std::size_t i = 0; i < windows_.size(); ++i) windows_[i] = window(i);
  total_ = 0;
  for (std::size_t i = 0; i < window_blocks; ++i)
    total_ += weight[i] * recent_[(next_ + i) % window_blocks].energy;
  total_ /= weights * static_cast<float>(bank_.block_samples());
  const bool excused = holes_ > 0;
  if (excused) --holes_;

  const auto h = look();
  hit_ = h.has_value();
  if (h && press_ && press_->place == h->place) {
    follow(*press_, *h);
    candidate_.reset();
    return;
  }
  miss(press_, misses_of_end, excused);
  if (!h) return miss(candidate_, misses_of_candidate, excused);
  if (!candidate_ || candidate_->place != h->place) {
    candidate_ = run{};
    candidate_->place = h->place;
  }
  follow(*candidate_, *h);
  if (!is_press(*candidate_)) return;
  if (press_) tell(*press_, true);
  press_ = candidate_;
  candidate_.reset();
}

void dtmf_detector::follow(run& r, const hit& h) {
  r.blocks += 1 + r.since;
  r.misses = r.since = 0;
  ++r.hits;
  if (h.clear) ++r.clear;
  r.row_turn += h.row_turn;
  r.column_turn += h.column_turn;
}

/// `excused`: nobody can say whether it was there.
void dtmf_detector::miss(std::optional<run>& r, int patience, bool excused) {
  if (!r) return;
  ++r->since;
  if (excused) return;
  ++r->misses;
  ++r->skipped;
  if (r->misses < patience) return;
  if (&r == &press_) tell(*r, true);
  r.reset();
}

bool dtmf_detector::is_press(const run& r) const {
  if (r.hits < hits_of_press || r.clear < clear_of_press || r.skipped > skipped_in_press)
    return false;
  const auto fits = [this](std::complex<float> turn, std::size_t line) {
    return std::abs(std::arg(turn)) <= most_deviation * bank_.advance(line);
  };
  return fits(r.row_turn, r.place / 4u) && fits(r.column_turn, 4 + r.place % 4u);
}

void dtmf_detector::tell(const run& r, bool complete) {
  if (ready_count_ == ready_.size()) return;
  const double ms = block_ms * r.blocks + window_share_ms;
  ready_[ready_count_++] = {keypad[r.place], static_cast<std::uint32_t>(std::lround(ms)), complete};
}

void dtmf_detector::finish() {
  if (press_) tell(*press_, press_->misses > 0);
  press_.reset();
  candidate_.reset();
  bank_.reset();
  recent_ = {};
  windows_ = before_ = {};
  holes_ = 0;
  hit_ = false;
}

std::optional<dtmf_detector::digit> dtmf_detector::poll() {
  if (ready_count_ == 0) return std::nullopt;
  const digit out = ready_[0];
  std::copy(ready_.begin() + 1, ready_.end(), ready_.begin());
  --ready_count_;
  return out;
}

}  // namespace sipvoice::audio
