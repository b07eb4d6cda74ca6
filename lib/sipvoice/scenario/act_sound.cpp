// The steps that act by sound and digits.
#include "sipvoice/scenario/player.hpp"
#include "sipvoice/scenario/wording.hpp"

namespace sipvoice::scenario {
namespace {

constexpr double default_level_dbm0 = -10;
constexpr duration default_tone = std::chrono::seconds(1);

/// The call is over before a step of it is.
[[noreturn]] void cut_off(const std::string& expected, const call_view& c) {
  throw step_failed{
      failure_kind::signalling, expected,
      std::string("the call ended before it") + (c.ended ? " (" + c.ended->reason + ")" : "")};
}

[[noreturn]] void refuse(const std::string& expected, const std::string& seen) {
  throw step_failed{failure_kind::media, expected, seen};
}

session::prompt_source source_of(const player& p, const step& s) {
  if (s.kind == step_kind::play)
    return session::prompt_source(
        path_beside(p.where().file->file, s.with.get_or<std::string>("file", {})));
  if (s.kind == step_kind::say)
    return session::prompt_source::speech(p.text(s.with.get_or<std::string>("text", {})),
                                          s.with.get_or<std::string>("voice", {}));
  return session::prompt_source::of_tone({s.with.get_or<double>("hz", 0),
                                          s.with.get_or<double>("level", default_level_dbm0),
                                          s.with.get_or<duration>("for", default_tone)});
}

task play(player& p, const step& s, call_view& c) {
  const bool loop = s.with.get_or<bool>("loop", false);
  const auto* until = s.with.get<std::string>("until");
  std::string error;
  if (!p.at().engine().play(c.id, source_of(p, s), loop, error))
    refuse("a sound that can be played", error.empty() ? "the call has no media" : error);
  const std::size_t mine = ++c.plays_begun;
  const std::size_t digits = c.digits_heard;
  c.speech_heard = false;
  p.at().settle();
  if (s.with.get_or<bool>("background", loop && until == nullptr)) co_return;
  const bool by_digit = until != nullptr && *until == "dtmf";
  const bool by_speech = until != nullptr && *until == "speech";
  const auto cut = [&c, by_digit, by_speech, digits] {
    return (by_digit && c.digits_heard > digits) || (by_speech && c.speech_heard);
  };
  static_cast<void>(
      co_await p.until([&c, mine, cut] { return c.plays_over >= mine || c.is_over() || cut(); }));
  if (c.plays_over >= mine) co_return;
  if (cut()) {
    static_cast<void>(p.at().engine().command(c.id, media::stop_play_command{}));
    p.at().settle();
    static_cast<void>(co_await p.until([&c, mine] { return c.plays_over >= mine || c.is_over(); }));
    p.measure("stopped_by", std::string(by_digit ? "dtmf" : "speech"));
    co_return;
  }
  if (!p.still_to_come({step_kind::expect_hangup})) cut_off("the end of the sound", c);
}

task send_digits(player& p, const step& s, call_view& c) {
  const std::string digits = s.with.get_or<std::string>("digits", {});
  std::optional<media::digit_method> how;
  if (const auto* method = s.with.get<std::string>("method"))
    how = *method == "info"     ? media::digit_method::info
          : *method == "inband" ? media::digit_method::inband
                                : media::digit_method::rfc4733;
  const duration each = s.with.get_or<duration>("duration", std::chrono::milliseconds(160));
  c.digits_under_way = true;
  if (!p.at().engine().send_digits(c.id, digits, how, p.where().now, each))
    refuse("digits that can be sent", "the call has no media, or other digits are under way");
  p.at().settle();
  const char* const name = how == media::digit_method::info     ? "info"
                           : how == media::digit_method::inband ? "inband"
                                                                : "rfc4733";
  for (const char d : digits)
    if (d != 'w' && d != 'W')
      c.note(digit_point{p.where().ms(p.where().now), true, d,
                         static_cast<std::uint32_t>(to_ms(each)), name});
  static_cast<void>(co_await p.until([&c] { return !c.digits_under_way || c.is_over(); }));
  if (c.digits_under_way && !p.still_to_come({step_kind::expect_hangup}))
    cut_off("the end of the digits", c);
}

void stop(player& p, const step& s, call_view& c) {
  const auto what = s.with.get_or<std::string>("what", {});
  bool done = false;
  if (what == "play")
    done = p.at().engine().command(c.id, media::stop_play_command{});
  else if (what == "record")
    done = p.at().engine().stop_recording(c.id);
  else if (what == "echo")
    done = p.at().engine().command(c.id, media::echo_command{false});
  else
    done = p.at().engine().stop_live(c.id, p.where().now);
  if (!done) refuse("something that can be stopped: " + what, "nothing of it is under way");
  p.at().settle();
}

}  // namespace

bool is_sound(step_kind k) {
  switch (k) {
    case step_kind::play:
    case step_kind::say:
    case step_kind::tone:
    case step_kind::echo:
    case step_kind::live:
    case step_kind::record:
    case step_kind::stop:
    case step_kind::send_dtmf:
    case step_kind::bridge:
      return true;
    default:
      return false;
  }
}

task media_ready(player& p, call_view& c) {
  session::engine& engine = p.at().engine();
  const auto ready = [&engine, &c] { return engine.format_of(c.id).has_value(); };
  static_cast<void>(co_await p.until([&c, ready] { return c.is_over() || ready(); }));
  if (c.is_over())
    throw step_failed{
        failure_kind::signalling, "a call with media",
        c.rejected ? "it was refused: " + status_words(c.rejected->status, c.rejected->reason)
                   : "it is over (" + c.ended->reason + ")"};
}

task act_sound(player& p, const step& s) {
  call_view& c = p.call_of(s);
  co_await media_ready(p, c);
  switch (s.kind) {
    case step_kind::play:
    case step_kind::say:
    case step_kind::tone:
      co_await play(p, s, c);
      break;
    case step_kind::send_dtmf:
      co_await send_digits(p, s, c);
      break;
    case step_kind::echo:
      static_cast<void>(p.at().engine().command(c.id, media::echo_command{true}));
      p.at().settle();
      break;
    case step_kind::live: {
      std::string error;
      if (!p.at().engine().live(c.id, s.with.get_or<std::string>("device", "default"), error,
                                p.where().now))
        refuse("a sound card", error);
      p.at().settle();
      break;
    }
    case step_kind::record: {
      const std::string path =
          path_beside(p.where().file->file, s.with.get_or<std::string>("file", {}));
      if (!p.at().engine().record(c.id, path, s.with.get_or<bool>("stereo", false),
                                  s.with.get_or<duration>("max_duration", {}), p.where().now))
        refuse("a recording to " + path,
               "another one is under way in this call, or the file cannot be written");
      p.at().settle();
      break;
    }
    case step_kind::stop:
      stop(p, s, c);
      break;
    default:
      p.where().join_bridge(s.with.get_or<std::string>("name", {}), p, c);
      break;
  }
}

}  // namespace sipvoice::scenario
