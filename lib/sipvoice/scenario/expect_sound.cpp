// The steps that expect sound, digits and figures of media.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "sipvoice/audio/compare.hpp"
#include "sipvoice/audio/voice_activity.hpp"
#include "sipvoice/scenario/player.hpp"
#include "sipvoice/scenario/wording.hpp"

namespace sipvoice::scenario {
namespace {

using std::chrono::milliseconds;

constexpr double quiet_dbfs = -50;
/// Judged at a time; a tone of 440 Hz is told from one of 450.
constexpr int frames_per_second = 25;
/// Sound that lasts may have gaps as long as a concealed loss.
constexpr int longest_gap = 2;  ///< frames
constexpr duration default_for = milliseconds(200);
constexpr duration after_last_digit = milliseconds(400);
/// What was under way when a silence began: a jitter buffer, an echo of the network.
constexpr duration silence_begins_within = milliseconds(400);
/// For `like`: what a jitter buffer and an estimate of time may add.
constexpr duration like_margin = milliseconds(800);

std::uint64_t samples_of(duration d, std::uint32_t rate) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(to_ms(d), 0)) * rate / 1000;
}
duration time_of(std::uint64_t samples, std::uint32_t rate) {
  return std::chrono::nanoseconds(samples * 1'000'000'000 / rate);
}

/// The share of a frame's power that lies at one frequency.
double tone_share(std::span<const std::int16_t> frame, double hz, std::uint32_t rate) {
  double re = 0, im = 0, power = 0;
  for (std::size_t i = 0; i < frame.size(); ++i) {
    const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate;
    const double s = frame[i];
    re += s * std::cos(angle);
    im += s * std::sin(angle);
    power += s * s;
  }
  const auto n = static_cast<double>(frame.size());
  return power > 0 ? 2 * (re * re + im * im) / (n * power) : 0;
}

class of_sound : public expectation {
 public:
  of_sound(player& p, const step& s) : player_(p), step_(s) {}
  [[nodiscard]] failure_kind kind() const override { return failure_kind::media; }
  [[nodiscard]] failure_kind kind_of_nothing() const override { return failure_kind::media; }

  [[nodiscard]] bool had_chance() const override {
    const call_view* c = player_.find_call(step_);
    return c != nullptr && (c->sound || c->answered);
  }

 protected:
  [[nodiscard]] call_view& call() const { return player_.call_of(step_); }
  player& player_;
  const step& step_;
};

/// Something, somebody or one tone is heard for a while.
class sound_lasts final : public of_sound {
 public:
  sound_lasts(player& p, const step& s)
      : of_sound(p, s), wanted_(s.with.get_or<duration>("for", default_for)) {
    if (const auto* hz = s.with.get<double>("tone")) hz_ = *hz;
    speech_ = s.with.get_or<bool>("speech", false);
  }
  look poll(time_point) override {
    call_view& c = call();
    if (!c.sound) return look::wait;
    const std::uint32_t rate = c.sound->sample_rate();
    const std::size_t frame = rate / frames_per_second;
    if (speech_ && !voice_) voice_.emplace(rate);
    at_ = std::max({at_, c.met_until, c.sound->begin()});
    for (auto rest = c.sound->from(at_); rest.size() >= frame;
         rest = rest.subspan(frame), at_ += frame) {
      heard_any_ = heard_any_ || audio::level_dbfs(rest.first(frame)) > quiet_dbfs;
      if (is_it(rest.first(frame), rate)) {
        run_ += gap_ + 1;
        gap_ = 0;
        longest_ = std::max(longest_, run_);
      } else if (run_ > 0 && ++gap_ > longest_gap) {
        run_ = gap_ = 0;
      }
      if (run_ > 0 && samples_of(wanted_, rate) <= static_cast<std::uint64_t>(run_) * frame) {
        c.met_until = at_ + frame;
        return look::met;
      }
    }
    return look::wait;
  }
  [[nodiscard]] duration beyond() const override { return wanted_; }
  [[nodiscard]] std::string expected() const override { return what() + " for " + words(wanted_); }
  [[nodiscard]] std::string seen() const override {
    if (!call().sound) return "no media";
    if (longest_ > 0)
      return what() + " for " + words(milliseconds(longest_ * 1000 / frames_per_second)) +
             " at most";
    return heard_any_ ? "other sound" : "nothing but silence";
  }
  [[nodiscard]] std::vector<measured_value> measured() const override {
    return {{"heard_ms", std::int64_t{longest_} * 1000 / frames_per_second}};
  }

 private:
  [[nodiscard]] std::string what() const {
    if (hz_ > 0) return "a tone of " + std::to_string(static_cast<int>(hz_)) + " Hz";
    return speech_ ? "speech" : "sound";
  }
  [[nodiscard]] bool is_it(std::span<const std::int16_t> frame, std::uint32_t rate) {
    constexpr double most_of_it = 0.7;
    if (voice_) {
      static_cast<void>(voice_->hear(frame));
      return voice_->speaking();
    }
    if (audio::level_dbfs(frame) <= quiet_dbfs) return false;
    return hz_ <= 0 || tone_share(frame, hz_, rate) >= most_of_it;
  }

  duration wanted_;
  double hz_ = 0;
  bool speech_ = false, heard_any_ = false;
  std::optional<audio::voice_activity> voice_;
  std::uint64_t at_ = 0;
  int run_ = 0, gap_ = 0, longest_ = 0;  ///< frames
};

/// From its beginning on; with `within` it may begin so much later.
class silence_lasts final : public of_sound {
 public:
  silence_lasts(player& p, const step& s)
      : of_sound(p, s), wanted_(s.with.get_or<duration>("for", {})) {
    const auto* within = s.with.get<duration>("within");
    begins_within_ = silence_begins_within + (within != nullptr ? *within : duration{});
  }
  look poll(time_point) override {
    call_view& c = call();
    if (!c.sound) return look::wait;
    const std::uint32_t rate = c.sound->sample_rate();
    const std::size_t frame = rate / frames_per_second;
    if (!begun_) {
      begun_ = at_ = c.sound->end();
      quiet_since_ = at_;
    }
    at_ = std::max(at_, c.sound->begin());
    for (auto rest = c.sound->from(at_); rest.size() >= frame;
         rest = rest.subspan(frame), at_ += frame) {
      const double level = audio::level_dbfs(rest.first(frame));
      loudest_ = std::max(loudest_, level);
      if (level > quiet_dbfs) {
        quiet_since_ = at_ + frame;
        if (quiet_since_ - *begun_ > samples_of(begins_within_, rate)) return look::failed;
      }
      if (at_ + frame - quiet_since_ >= samples_of(wanted_, rate)) {
        c.met_until = at_ + frame;
        return look::met;
      }
    }
    return c.is_over() ? look::failed : look::wait;
  }
  [[nodiscard]] duration beyond() const override { return wanted_ + silence_begins_within; }
  [[nodiscard]] std::string expected() const override { return "silence for " + words(wanted_); }
  [[nodiscard]] std::string seen() const override {
    if (!call().sound) return "no media";
    if (call().is_over()) return "the end of the call";
    return "sound of " + std::to_string(static_cast<int>(std::lround(loudest_))) + " dB";
  }
  [[nodiscard]] std::vector<measured_value> measured() const override {
    return {{"loudest_db", loudest_}};
  }

 private:
  duration wanted_, begins_within_;
  std::optional<std::uint64_t> begun_;
  std::uint64_t at_ = 0, quiet_since_ = 0;
  double loudest_ = -80;
};

/// A sound file inside what is heard.
class reference_is_heard final : public of_sound {
 public:
  reference_is_heard(player& p, const step& s)
      : of_sound(p, s),
        file_(path_beside(p.where().file->file, s.with.get_or<std::string>("like", {}))),
        wanted_(s.with.get_or<double>("similarity", 0.9)),
        within_(s.with.get_or<duration>("within", default_within)),
        began_(p.where().now) {
    const call_view* c = p.find_call(s);
    load(c != nullptr && c->sound ? c->sound->sample_rate() : 8000);
  }

  look poll(time_point now) override {
    if (!clip_) return look::failed;
    call_view& c = call();
    if (!c.sound) return look::wait;
    const std::uint32_t rate = c.sound->sample_rate();
    if (clip_->sample_rate != rate) load(rate);
    if (!clip_) return look::failed;
    const std::uint64_t from = std::max(c.met_until, c.sound->begin());
    if (over_) return look::failed;
    const time_point end = is_forbidden() ? forbidden_until_ : began_ + within_ + beyond();
    const bool last = now >= end || c.is_over();
    over_ = last;
    if (!last && (c.sound->end() < from + clip_->samples.size() || c.sound->end() < next_look_))
      return look::wait;
    next_look_ = c.sound->end() + std::max<std::uint64_t>(clip_->samples.size() / 4, rate / 2);
    const auto heard = c.sound->from(from);
    if (heard.empty()) return last ? look::failed : look::wait;
    found_ = audio::find_reference(clip_->samples, heard, rate);
    looked_ = true;
    const bool met = found_.similarity >= wanted_ && found_.found >= std::min(wanted_, 0.9);
    const double start_ms = player_.where().ms(*c.sound->started()) +
                            static_cast<double>(from) * 1000 / rate + found_.delay_ms;
    if (!met && !last) return look::wait;
    note(c, start_ms, met);
    if (!met) return look::failed;
    const auto begin =
        static_cast<std::int64_t>(from) + static_cast<std::int64_t>(found_.delay_ms * rate / 1000);
    c.met_until = static_cast<std::uint64_t>(std::max<std::int64_t>(
        begin + static_cast<std::int64_t>(clip_->samples.size()), static_cast<std::int64_t>(from)));
    too_late_ = !is_forbidden() && start_ms > player_.where().ms(began_ + within_);
    return too_late_ ? look::failed : look::met;
  }
  [[nodiscard]] duration beyond() const override {
    return (clip_ ? time_of(clip_->samples.size(), clip_->sample_rate) : duration{}) + like_margin;
  }
  [[nodiscard]] time_point ask_again(time_point) const override {
    return is_forbidden() ? forbidden_until_ : began_ + within_ + beyond();
  }
  [[nodiscard]] std::string expected() const override {
    return "a sound like " + step_.with.get_or<std::string>("like", {}) + " (similarity " +
           two_digits(wanted_) + ")";
  }
  [[nodiscard]] std::string seen() const override {
    if (!clip_) return "the reference cannot be read: " + error_;
    if (!call().sound) return "no media";
    if (!looked_) return "too little sound to compare";
    if (too_late_) return "it began later than " + words(within_);
    return "similarity " + two_digits(found_.similarity) + ", " +
           std::to_string(std::lround(found_.found * 100)) + " % of it found" +
           (call().is_over() ? ", and the call is over" : "");
  }
  [[nodiscard]] std::vector<measured_value> measured() const override {
    if (!looked_) return {};
    return {{"similarity", found_.similarity},
            {"delay_ms", found_.delay_ms},
            {"gain", found_.gain},
            {"found", found_.found}};
  }

 private:
  static std::string two_digits(double d) {
    const std::string s = std::to_string(std::lround(d * 100));
    return d >= 1 ? "1" : "0." + std::string(s.size() < 2 ? "0" : "") + s;
  }
  void load(std::uint32_t rate) { clip_ = player_.where().sounds->load(file_, rate, error_); }
  void note(call_view& c, double start_ms, bool met) {
    reference_point r;
    r.file = step_.with.get_or<std::string>("like", {});
    r.start_ms = start_ms;
    r.found = met;
    r.similarity = found_.similarity;
    r.gain = found_.gain;
    r.share = found_.found;
    outline_builder outline(clip_->sample_rate);
    outline.add(clip_->samples);
    r.outline = outline.take(start_ms, clip_->sample_rate);
    c.note(std::move(r));
  }

  std::string file_, error_;
  double wanted_;
  duration within_;
  time_point began_;
  std::shared_ptr<const audio::clip> clip_;
  std::uint64_t next_look_ = 0;
  audio::comparison found_;
  bool looked_ = false, too_late_ = false;
  bool over_ = false;  ///< the last look has been taken
};

/// These digits, no others, and no more.
class digits_come final : public of_sound {
 public:
  digits_come(player& p, const step& s)
      : of_sound(p, s),
        wanted_(s.with.get_or<std::string>("digits", {})),
        within_(s.with.get_or<duration>("within", default_within)),
        began_(p.where().now) {
    if (const auto* method = s.with.get<std::string>("method")) method_ = *method;
  }
  look poll(time_point now) override {
    call_view& c = call();
    if (is_forbidden()) return search(c);
    while (!c.digits.empty()) {
      const seen_digit d = c.digits.front();
      c.digits.pop_front();
      got_ += d.digit;
      too_late_ = complete_at_ == never && d.at > began_ + within_;
      if (too_late_) return look::failed;
      if (got_.size() > wanted_.size() || d.digit != wanted_[got_.size() - 1]) return look::failed;
      if (!method_.empty() && d.method != method_) {
        other_method_ = d.method;
        return look::failed;
      }
      if (got_.size() == wanted_.size()) complete_at_ = std::max(d.at, player_.where().began);
    }
    if (complete_at_ == never) return look::wait;
    return now >= complete_at_ + after_last_digit || c.is_over() ? look::met : look::wait;
  }
  [[nodiscard]] duration beyond() const override { return after_last_digit; }
  [[nodiscard]] time_point ask_again(time_point) const override {
    return complete_at_ == never ? never : complete_at_ + after_last_digit;
  }
  [[nodiscard]] failure_kind kind_of_nothing() const override { return failure_kind::time; }
  [[nodiscard]] std::string expected() const override {
    return wanted_.empty() ? "digit"
                           : "the digits " + wanted_ + (method_.empty() ? "" : " by " + method_);
  }
  [[nodiscard]] std::string seen() const override {
    if (!other_method_.empty()) return got_ + " by " + other_method_;
    if (too_late_) return "the digits " + got_ + ", the last one later than " + words(within_);
    return got_.empty() ? "no digit" : "the digits " + got_;
  }
  [[nodiscard]] std::vector<measured_value> measured() const override { return {{"digits", got_}}; }

 private:
  /// Anywhere among those that nobody has met, in a row; one wanted digit is any.
  look search(const call_view& c) {
    std::string all;
    for (const seen_digit& d : c.digits)
      if (method_.empty() || d.method == method_) all += d.digit;
    got_ = all;
    return !all.empty() && all.find(wanted_) != std::string::npos ? look::met : look::wait;
  }

  std::string wanted_, method_, got_, other_method_;
  duration within_;
  time_point began_, complete_at_ = never;
  bool too_late_ = false;
};

class figures_are final : public of_sound {
 public:
  using of_sound::of_sound;
  look poll(time_point) override {
    call_view& c = call();
    if (!c.statistics) return c.is_over() ? look::failed : look::wait;
    figures_ = c.statistics;
    // As it is now: a re-INVITE may have changed it.
    const auto format = player_.at().engine().format_of(c.id);
    const auto codec = format                      ? std::optional(format->send.codec)
                       : c.ended && c.ended->codec ? c.ended->codec
                                                   : std::nullopt;
    codec_ = codec ? audio::info(*codec).option_name : "";
    wrong_ = what_is_wrong(*figures_);
    if (wrong_.empty()) return look::met;
    return c.is_over() ? look::failed : look::wait;
  }
  [[nodiscard]] std::string expected() const override { return "media with " + words(step_.with); }
  [[nodiscard]] std::string seen() const override { return figures_ ? wrong_ : "no media"; }
  [[nodiscard]] std::vector<measured_value> measured() const override {
    if (!figures_) return {};
    std::vector<measured_value> all{{"audio", std::string(media::audio_verdict(*figures_))},
                                    {"lost_percent", lost_percent(*figures_)},
                                    {"jitter_ms", figures_->jitter_ms},
                                    {"codec", codec_}};
    if (figures_->first_packet_ms) all.push_back({"first_packet_ms", *figures_->first_packet_ms});
    return all;
  }

 private:
  static double lost_percent(const media::media_statistics& f) {
    const auto all = static_cast<double>(f.packets_received + f.lost);
    return all > 0 ? static_cast<double>(f.lost) * 100 / all : 0;
  }
  [[nodiscard]] std::string what_is_wrong(const media::media_statistics& f) const {
    // Of nothing there is neither loss nor jitter.
    if (f.packets_received == 0 &&
        (step_.with.find("lost") != nullptr || step_.with.find("jitter") != nullptr))
      return "no packet received";
    const auto* audio = step_.with.get<std::string>("audio");
    if (audio != nullptr && *audio != media::audio_verdict(f))
      return std::string("audio ") + media::audio_verdict(f);
    const auto* codec = step_.with.get<std::string>("codec");
    if (codec != nullptr && *codec != codec_) return "codec " + codec_;
    const auto* lost = step_.with.get<double>("lost");
    if (lost != nullptr && lost_percent(f) >= *lost)
      return std::to_string(lost_percent(f)).substr(0, 5) + " % lost";
    const auto* jitter = step_.with.get<duration>("jitter");
    if (jitter != nullptr && f.jitter_ms >= static_cast<double>(to_ms(*jitter)))
      return "jitter " + std::to_string(f.jitter_ms).substr(0, 5) + " ms";
    const auto* first = step_.with.get<duration>("first_packet");
    if (first != nullptr && !f.first_packet_ms) return "no packet";
    if (first != nullptr && *f.first_packet_ms >= static_cast<double>(to_ms(*first)))
      return "the first packet after " + std::to_string(std::lround(*f.first_packet_ms)) + " ms";
    return {};
  }

  std::optional<media::media_statistics> figures_;
  std::string codec_, wrong_ = "nothing measured";
};

}  // namespace

std::unique_ptr<expectation> expect_sound(player& p, const step& s) {
  switch (s.kind) {
    case step_kind::expect_dtmf:
      return std::make_unique<digits_come>(p, s);
    case step_kind::expect_silence:
      return std::make_unique<silence_lasts>(p, s);
    case step_kind::expect_media:
      return std::make_unique<figures_are>(p, s);
    default:
      if (s.with.find("like") != nullptr) return std::make_unique<reference_is_heard>(p, s);
      return std::make_unique<sound_lasts>(p, s);
  }
}

}  // namespace sipvoice::scenario
