#include "sipvoice/audio/compare.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "sipvoice/audio/correlator.hpp"
#include "sipvoice/audio/resample.hpp"

namespace sipvoice::audio {
namespace {

/// Everything is compared at this rate: what speech is recognised by lies below 4 kHz, and there
/// codecs keep the waveform.
constexpr std::uint32_t rate = 8000;
/// The reference is searched for by its loudest part of this length: bounds memory, and two clocks
/// that differ do not drift apart within it.
constexpr std::size_t longest_pattern = rate + rate / 2;
/// Best places of the fast search that are followed.
constexpr std::size_t places_to_follow = 8;
constexpr double clearly_better = 1.05;  ///< of a tone both polarities fit alike
constexpr double worth_following = 0.8;  ///< of what the best place is like

constexpr std::size_t piece_length = rate / 10, slot_length = rate / 50;
constexpr std::size_t envelope_step = rate / 100;
/// A reference that sounds for less is found anywhere.
constexpr std::size_t shortest_sound = rate / 10;
/// Correlations from which a piece counts: Opus leaves 0.85 to 0.95 of the same sound, and other
/// voices reach 0.2 by chance.
constexpr double no_credit = 0.2, full_credit = 0.85;
constexpr double piece_similarity = 0.7;  ///< the piece was met
constexpr double met_at_all = 0.3;        ///< below, it was not
/// A piece whose RMS is below this share of the loudest piece's, or below this many units, is
/// silent; a slot within a piece, below this share of the piece's.
constexpr double silent_share = 0.02, silent_rms = 8, silent_slot = 0.2;
/// A weaker piece may be a hiss, of which Opus keeps the loudness alone.
constexpr double strong_share = 0.25;

constexpr std::int64_t drift_samples = 1;         ///< a piece: 1250 ppm
constexpr std::int64_t longest_jump = rate / 22;  ///< 45 ms
constexpr double jump_gain = 0.1;                 ///< so much more similar it must be elsewhere
constexpr double jump_similarity = 0.5;           ///< and at least this
constexpr std::size_t hopeless_pieces = 10;       ///< not met, one behind the other
constexpr double jump_costs = 0.05;               ///< each one more than a second

constexpr double absent_energy = 0.1;          ///< -10 dB
constexpr double harmless_hole = rate * 0.06;  ///< three packets lost in a row
constexpr double harmless_share = 0.1;         ///< of the sound, in holes however short
constexpr double hole_costs = 0.5;             ///< of one of twice that

using samples = std::span<const std::int16_t>;

struct sums {
  double product = 0, reference = 0, heard = 0;
  [[nodiscard]] double similarity() const {
    const double norm = std::sqrt(reference * heard);
    return norm > 0 ? std::clamp(product / norm, 0.0, 1.0) : 0.0;
  }
};

/// A high-pass at 300 Hz (Butterworth, second order). What lies below is shifted and attenuated by
/// codecs and lines, and is strong in voices.
std::vector<std::int16_t> without_lows(std::vector<std::int16_t> sound) {
  const double w = 2 * std::numbers::pi * 300 / rate;
  const double alpha = std::sin(w) / std::numbers::sqrt2, c = std::cos(w), a0 = 1 + alpha;
  const double b0 = (1 + c) / 2 / a0, a1 = -2 * c / a0, a2 = (1 - alpha) / a0;
  double x1 = 0, x2 = 0, y1 = 0, y2 = 0;
  for (std::int16_t& s : sound) {
    const double x = s, y = b0 * (x - 2 * x1 + x2) - a1 * y1 - a2 * y2;
    x2 = x1, x1 = x, y2 = y1, y1 = y;
    s = static_cast<std::int16_t>(std::clamp(std::lround(y), -32768L, 32767L));
  }
  return sound;
}

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
      lowest_ = std::min(lowest_, score);
    }
    highest_ = std::max(highest_, best.score);
    places_.push_back(best);
  }
  /// The pattern fits better with its sign turned round.
  [[nodiscard]] bool is_inverted() const { return -lowest_ > clearly_better * highest_; }
  [[nodiscard]] std::vector<place> best() {
    std::sort(places_.begin(), places_.end(),
              [](const place& a, const place& b) { return a.score > b.score; });
    if (places_.size() > places_to_follow) places_.resize(places_to_follow);
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
  double floor_ = 1, highest_ = 0, lowest_ = 0;
  std::vector<place> places_;
};

double credit(double correlation) {
  return std::clamp((correlation - no_credit) / (full_credit - no_credit), 0.0, 1.0);
}

/// One stretch of the reference and where it was met.
struct piece {
  std::size_t from = 0, length = 0;
  double rms = 0;
  bool active = false;
  bool strong = false;  ///< its waveform survives every codec
  std::int64_t lag = 0;
  double similarity = 0;
};

std::vector<piece> pieces_of(samples reference) {
  std::vector<piece> all;
  double loudest = 0;
  for (std::size_t at = 0; at < reference.size(); at += piece_length) {
    const std::size_t length = std::min(piece_length, reference.size() - at);
    if (length < piece_length / 2 && !all.empty()) break;
    all.push_back({at, length,
                   std::sqrt(energy(reference.subspan(at, length)) / static_cast<double>(length)),
                   false, false, 0, 0});
    loudest = std::max(loudest, all.back().rms);
  }
  for (piece& p : all) {
    p.active = p.rms >= std::max(silent_rms, loudest * silent_share);
    p.strong = p.active && p.rms >= loudest * strong_share;
  }
  return all;
}

/// Follows the reference through what was heard, piece by piece from the anchor outwards. Two
/// clocks drift (a sample a piece, at most), and a jitter buffer adds or drops a few packets (a
/// jump): so much a piece may stand elsewhere than the one before it.
class follower {
 public:
  follower(samples reference, samples heard) : reference_(reference), heard_(heard) {}

  /// How many jumps it took.
  std::size_t follow(std::vector<piece>& pieces, std::size_t anchor, std::int64_t lag) {
    jumps_ = unmet_ = 0;
    std::int64_t at = lag;
    for (std::size_t i = anchor; i < pieces.size(); ++i) at = place(pieces[i], at);
    at = pieces[anchor].lag;
    unmet_ = 0;
    for (std::size_t i = anchor; i-- > 0;) at = place(pieces[i], at);
    return jumps_;
  }

 private:
  std::int64_t place(piece& p, std::int64_t expected) {
    p.lag = expected;
    p.similarity = 0;
    if (!p.active) return expected;
    p.similarity = measured(p, expected);
    std::int64_t best = expected;
    double best_similarity = p.similarity;
    // Where nothing can be gained by a jump, only the drift is looked for.
    // Nor is a jump looked for in what has not been met for long: that would be another sound.
    const bool settled = p.similarity > 1 - jump_gain || unmet_ >= hopeless_pieces;
    const std::int64_t reach = settled ? drift_samples : longest_jump;
    for (std::int64_t lag = expected - reach; lag <= expected + reach; ++lag) {
      const double s = measured(p, lag);
      const double needed = std::abs(lag - expected) <= drift_samples ? 0 : jump_gain;
      if (s - needed <= best_similarity) continue;
      best = lag;
      best_similarity = s - needed;
    }
    unmet_ = std::max(p.similarity, best_similarity) < met_at_all ? unmet_ + 1 : 0;
    if (best == expected) return expected;
    if (std::abs(best - expected) > drift_samples) {
      if (best_similarity + jump_gain < jump_similarity) return expected;
      ++jumps_;
    }
    p.lag = best;
    p.similarity = measured(p, best);
    return best;
  }
  [[nodiscard]] double measured(const piece& p, std::int64_t lag) const {
    return measure(reference_, heard_, lag, p.from, p.length).similarity();
  }

  samples reference_, heard_;
  std::size_t jumps_ = 0, unmet_ = 0;
};

struct silences {
  std::size_t longest = 0;  ///< stretch of absent slots, pauses of the reference not counted
  double share = 0;         ///< of the slots that sound in the reference
};

/// Where the reference sounds and the other does not.
silences find_silences(samples reference, samples heard, const std::vector<piece>& pieces,
                       double gain) {
  silences out;
  std::size_t hole = 0, absent_slots = 0, slots = 0;
  for (const piece& p : pieces) {
    if (!p.active) continue;
    for (std::size_t at = p.from; at + slot_length <= p.from + p.length; at += slot_length) {
      const sums s = measure(reference, heard, p.lag, at, slot_length);
      const double rms = std::sqrt(s.reference / static_cast<double>(slot_length));
      if (rms < std::max(silent_rms, p.rms * silent_slot)) continue;
      const bool absent = (p.strong && p.similarity < met_at_all) ||
                          s.heard < s.reference * gain * gain * absent_energy;
      hole = absent ? hole + slot_length : 0;
      out.longest = std::max(out.longest, hole);
      ++slots;
      absent_slots += absent ? 1 : 0;
    }
  }
  if (slots > 0) out.share = static_cast<double>(absent_slots) / static_cast<double>(slots);
  return out;
}

comparison judge(samples reference, samples heard, const std::vector<piece>& pieces,
                 std::size_t jumps) {
  comparison out;
  sums all;
  double weight = 0, met = 0;
  std::size_t active = 0, good = 0;
  const piece* first = nullptr;
  for (const piece& p : pieces) {
    if (!p.active) continue;
    if (first == nullptr ||
        (first->similarity < piece_similarity && p.similarity >= piece_similarity))
      first = &p;
    ++active;
    if (p.similarity >= piece_similarity) ++good;
    weight += p.rms;
    met += p.rms * credit(p.similarity);
    const sums s = measure(reference, heard, p.lag, p.from, p.length);
    all.product += s.product;
    all.reference += s.reference;
  }
  if (active == 0 || all.product <= 0 || reference.size() < shortest_sound) return out;
  out.gain = all.product / all.reference;
  out.found = static_cast<double>(good) / static_cast<double>(active);
  out.delay_ms = static_cast<double>(first->lag) * 1000.0 / rate;
  const silences absent = find_silences(reference, heard, pieces, out.gain);
  const double too_long =
      std::clamp((static_cast<double>(absent.longest) - harmless_hole) / harmless_hole, 0.0, 1.0);
  const double too_often = std::clamp((absent.share - harmless_share) / harmless_share, 0.0, 1.0);
  const double seconds = static_cast<double>(reference.size()) / rate;
  const double too_many = std::max(0.0, static_cast<double>(jumps) - 1 - seconds);
  const double price = 1 - hole_costs * std::max(too_long, too_often);
  out.similarity = std::max(0.0, met / weight * price - jump_costs * too_many);
  return out;
}

/// RMS of slots of 10 ms.
std::vector<std::int16_t> envelope_of(samples s) {
  std::vector<std::int16_t> out;
  out.reserve(s.size() / envelope_step + 1);
  for (std::size_t at = 0; at < s.size(); at += envelope_step) {
    const samples slot = s.subspan(at, std::min(envelope_step, s.size() - at));
    out.push_back(
        static_cast<std::int16_t>(std::sqrt(energy(slot) / static_cast<double>(slot.size()))));
  }
  return out;
}

/// Where the loudness runs as in the reference, each place moved to where the pattern fits best.
std::vector<place> places_of_envelope(samples reference, samples heard, std::size_t from,
                                      samples pattern) {
  std::vector<std::int16_t> shape = envelope_of(reference);
  shape.resize(std::min(shape.size(), longest_pattern));
  const std::vector<std::int16_t> all = envelope_of(heard);
  if (energy(shape) == 0 || energy(all) == 0) return {};
  search by_shape(all, shape.size());
  correlator(shape).run(all, [&](std::int64_t first, std::span<const float> values) {
    by_shape.block(first, values);
  });
  constexpr auto step = static_cast<std::int64_t>(envelope_step);
  std::vector<place> found;
  for (const place& p : by_shape.best()) {
    const std::int64_t begin = p.lag * step + static_cast<std::int64_t>(from);
    place best{begin, -1};
    for (std::int64_t lag = begin - step; lag <= begin + step; ++lag) {
      const double s = measure(pattern, heard, lag, 0, pattern.size()).similarity();
      if (s > best.score) best = {lag, s};
    }
    found.push_back(best);
  }
  return found;
}

/// Both in the band that is compared. `inverted`: asked whether to look for the other polarity,
/// and then nothing else is done; null: this one is looked for.
comparison look_for(samples reference, samples heard, bool* inverted) {
  const std::size_t from = pattern_start(reference);
  const samples pattern = reference.subspan(from, std::min(longest_pattern, reference.size()));
  search places(heard, pattern.size());
  correlator(pattern).run(heard, [&](std::int64_t first, std::span<const float> values) {
    places.block(first, values);
  });
  if (inverted != nullptr && places.is_inverted()) {
    *inverted = true;
    return {};
  }

  std::vector<piece> pieces = pieces_of(reference);
  const std::size_t anchor =
      std::min(pieces.size() - 1, (from + pattern.size() / 2) / piece_length);
  std::vector<place> candidates = places.best();
  // In a steady sound every lag is as good as the next: there the beginnings and pauses decide.
  for (const place& p : places_of_envelope(reference, heard, from, pattern))
    candidates.push_back(p);
  double most = 0;
  for (place& p : candidates) {
    p.score = measure(pattern, heard, p.lag, 0, pattern.size()).similarity();
    most = std::max(most, p.score);
  }
  comparison best;
  for (const place& p : candidates) {
    if (p.score < most * worth_following) continue;
    const std::size_t jumps =
        follower(reference, heard).follow(pieces, anchor, p.lag - static_cast<std::int64_t>(from));
    const comparison c = judge(reference, heard, pieces, jumps);
    if (c.similarity > best.similarity) best = c;
  }
  return best;
}

}  // namespace

comparison find_reference(std::span<const std::int16_t> whole_reference,
                          std::span<const std::int16_t> all_heard, std::uint32_t sample_rate) {
  if (sample_rate == 0) return {};
  const auto band = [sample_rate](samples s) {
    return without_lows(sample_rate == rate ? std::vector(s.begin(), s.end())
                                            : resample(s, sample_rate, rate));
  };
  const std::vector<std::int16_t> reference = band(whole_reference);
  std::vector<std::int16_t> heard = band(all_heard);
  if (energy(reference) == 0 || energy(heard) == 0) return {};
  bool inverted = false;
  comparison c = look_for(reference, heard, &inverted);
  if (!inverted) return c;
  for (std::int16_t& s : heard) s = static_cast<std::int16_t>(std::min(-int{s}, 32767));
  c = look_for(reference, heard, nullptr);
  c.gain = -c.gain;
  return c;
}

bool contains(const comparison& c) { return c.similarity >= 0.9 && c.found >= 0.9; }

}  // namespace sipvoice::audio
