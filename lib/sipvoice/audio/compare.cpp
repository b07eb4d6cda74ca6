#include "sipvoice/audio/compare.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sipvoice/audio/correlator.hpp"

namespace sipvoice::audio {
namespace {

/// A longer reference is searched for by its loudest part of this length: bounds memory.
constexpr std::size_t longest_pattern = 1u << 18;
/// Best places of the fast search that are measured exactly.
constexpr std::size_t places_to_measure = 8;
constexpr double piece_similarity = 0.7;
/// A piece whose RMS is below this share of the loudest piece's, or below this many units, is
/// silent.
constexpr double silent_share = 0.02, silent_rms = 8;

using samples = std::span<const std::int16_t>;

struct sums {
  double product = 0, reference = 0, heard = 0;
  [[nodiscard]] double similarity() const {
    const double norm = std::sqrt(reference * heard);
    return norm > 0 ? std::clamp(product / norm, 0.0, 1.0) : 0.0;
  }
};

double energy(samples s) {
  double sum = 0;
  for (const std::int16_t v : s) sum += double{static_cast<double>(v)} * v;
  return sum;
}

/// The part [from, from + length) of the reference, laid on `heard` so that the reference begins at
/// `lag`. Outside of what was heard there is silence.
sums measure(samples reference, samples heard, std::int64_t lag, std::size_t from,
             std::size_t length) {
  sums out;
  for (std::size_t i = from; i < from + length; ++i) {
    const double r = reference[i];
    out.reference += r * r;
    const std::int64_t at = lag + static_cast<std::int64_t>(i);
    if (at < 0 || at >= static_cast<std::int64_t>(heard.size())) continue;
    const double h = heard[static_cast<std::size_t>(at)];
    out.product += r * h;
    out.heard += h * h;
  }
  return out;
}

/// Where the pattern is taken from: everything, or the loudest stretch.
std::size_t pattern_start(samples reference) {
  if (reference.size() <= longest_pattern) return 0;
  std::size_t best = 0;
  double best_energy = -1;
  constexpr std::size_t step = longest_pattern / 8;
  for (std::size_t at = 0; at + longest_pattern <= reference.size(); at += step) {
    const double e = energy(reference.subspan(at, longest_pattern));
    if (e <= best_energy) continue;
    best_energy = e;
    best = at;
  }
  return best;
}

struct place {
  std::int64_t lag = 0;
  double score = 0;
};

/// The best lag of every block, by correlation over the square root of the energy under the
/// pattern.
class search {
 public:
  search(samples heard, std::size_t pattern_length)
      : heard_(heard), length_(static_cast<std::int64_t>(pattern_length)) {
    // Rounding of the FFT must not make a place out of near silence.
    floor_ = std::max(1.0, energy(heard) * 1e-7);
    lag_ = 1 - length_;
    energy_ = square(0);
  }
  void block(std::int64_t first, std::span<const float> values) {
    place best{first, -1};
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::int64_t lag = first + static_cast<std::int64_t>(i);
      advance_to(lag);
      const double score = values[i] / std::sqrt(std::max(floor_, static_cast<double>(energy_)));
      if (score > best.score) best = {lag, score};
    }
    places_.push_back(best);
  }
  [[nodiscard]] std::vector<place> best() {
    std::sort(places_.begin(), places_.end(),
              [](const place& a, const place& b) { return a.score > b.score; });
    if (places_.size() > places_to_measure) places_.resize(places_to_measure);
    return places_;
  }

 private:
  [[nodiscard]] std::int64_t square(std::int64_t at) const {
    if (at < 0 || at >= static_cast<std::int64_t>(heard_.size())) return 0;
    const std::int64_t v = heard_[static_cast<std::size_t>(at)];
    return v * v;
  }
  /// Energy of [lag, lag + length), exact.
  void advance_to(std::int64_t lag) {
    for (; lag_ < lag; ++lag_) energy_ += square(lag_ + length_) - square(lag_);
  }

  samples heard_;
  std::int64_t length_, lag_ = 0, energy_ = 0;
  double floor_ = 1;
  std::vector<place> places_;
};

double found_share(samples reference, samples heard, std::int64_t lag, std::size_t piece) {
  std::vector<double> rms;
  for (std::size_t at = 0; at + piece <= reference.size(); at += piece)
    rms.push_back(std::sqrt(energy(reference.subspan(at, piece)) / static_cast<double>(piece)));
  if (rms.empty()) return measure(reference, heard, lag, 0, reference.size()).similarity();
  const double silent =
      std::max(silent_rms, *std::max_element(rms.begin(), rms.end()) * silent_share);
  std::size_t loud = 0, met = 0;
  for (std::size_t i = 0; i < rms.size(); ++i) {
    if (rms[i] < silent) continue;
    ++loud;
    if (measure(reference, heard, lag, i * piece, piece).similarity() >= piece_similarity) ++met;
  }
  return loud == 0 ? 0.0 : static_cast<double>(met) / static_cast<double>(loud);
}

}  // namespace

comparison find_reference(std::span<const std::int16_t> reference,
                          std::span<const std::int16_t> heard, std::uint32_t sample_rate) {
  comparison out;
  if (sample_rate == 0 || energy(reference) == 0 || energy(heard) == 0) return out;
  const std::size_t from = pattern_start(reference);
  const samples pattern = reference.subspan(from, std::min(longest_pattern, reference.size()));

  search places(heard, pattern.size());
  correlator(pattern).run(heard, [&](std::int64_t first, std::span<const float> values) {
    places.block(first, values);
  });
  std::int64_t lag = 0;
  sums best;
  for (const place& p : places.best()) {
    const std::int64_t candidate = p.lag - static_cast<std::int64_t>(from);
    const sums s = measure(reference, heard, candidate, 0, reference.size());
    if (s.similarity() <= best.similarity()) continue;
    best = s;
    lag = candidate;
  }
  if (best.similarity() <= 0) return out;
  out.similarity = best.similarity();
  out.delay_ms = static_cast<double>(lag) * 1000.0 / sample_rate;
  out.gain = best.product / best.reference;
  out.found = found_share(reference, heard, lag, std::max<std::size_t>(1, sample_rate / 10));
  return out;
}

bool contains(const comparison& c) { return c.similarity >= 0.9 && c.found >= 0.9; }

}  // namespace sipvoice::audio
