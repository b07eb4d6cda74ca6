#include "sipvoice/device/speech.hpp"

#include <sys/stat.h>

#include <cstdlib>

#include "sipvoice/base/text.hpp"
#include "sipvoice/device/child_process.hpp"
#include "sipvoice/device/sounds.hpp"
#include "sipvoice/device/speech_cache.hpp"

namespace sipvoice::device {
namespace {

/// An hour of 16-bit sound at 48 kHz is not a sentence.
constexpr std::uint64_t max_wav_bytes = std::uint64_t{128} << 20;
constexpr const char* espeak_default_voice = "en";

std::string quoted(const std::string& s) { return "'" + printable(s) + "'"; }

spoken refuse(spoken::outcome how, std::string error) { return {how, {}, std::move(error)}; }

/// What the program said as one line.
std::string one_line(std::string_view text) {
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = trim(take_until(rest, '\n'));
    if (line.empty()) continue;
    if (!out.empty()) out += "; ";
    out += printable(line, 200);
    if (out.size() > 400) break;
  }
  return out;
}

/// Changes with the program, so that a new version speaks anew.
std::string stamp_of(const std::string& path) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0) return path;
  return path + " " + std::to_string(s.st_size) + " " + std::to_string(s.st_mtim.tv_sec) + "." +
         std::to_string(s.st_mtim.tv_nsec);
}

/// "af, am, ..., en-us, ...": the second column of its list.
std::string espeak_voices() {
  child_limits limits{std::chrono::seconds(10), {}, 0, true, 32768};
  const child_result listed = run_program({find_program("espeak-ng"), "--voices"}, limits);
  std::string names;
  std::string_view rest = listed.said;
  static_cast<void>(take_until(rest, '\n'));  // the names of the columns
  while (!rest.empty()) {
    std::string_view line = trim(take_until(rest, '\n'));
    static_cast<void>(take_until(line, ' '));
    line = trim(line);
    const std::string_view name = take_until(line, ' ');
    if (!name.empty()) names.append(names.empty() ? "" : ", ").append(printable(name));
  }
  return names.empty() ? "those that 'espeak-ng --voices' lists" : names;
}

spoken program_is_missing(const speech_command& command) {
  if (command.is_espeak())
    return refuse(
        spoken::outcome::failed,
        "the program espeak-ng, which speaks, is not there; install the package espeak-ng "
        "or name another program with --tts-command");
  return refuse(spoken::outcome::failed, "--tts-command: there is no program " +
                                             quoted(command.program()) +
                                             " that can be run; install it or correct the path");
}

spoken program_failed(const speech_command& command, const std::string& voice,
                      const child_result& r) {
  const std::string name = quoted(command.program());
  const std::string said = r.said.empty() ? "" : ": " + one_line(r.said);
  switch (r.how) {
    case child_result::end::too_slow:
      return refuse(spoken::outcome::failed, name + " did not end in time and was stopped" + said);
    case child_result::end::too_large:
      return refuse(spoken::outcome::failed, name + " wrote too long a sound and was stopped");
    case child_result::end::killed:
      return refuse(spoken::outcome::failed,
                    name + " was ended by signal " + std::to_string(r.code) + said);
    case child_result::end::not_started:
      return refuse(spoken::outcome::failed, "cannot start " + name + ", error " +
                                                 std::to_string(r.code) + " of the system");
    case child_result::end::exited:
      break;
  }
  if (command.is_espeak() && r.said.find("voice does not exist") != std::string::npos)
    return refuse(spoken::outcome::bad_usage, "espeak-ng has no voice " + quoted(voice) +
                                                  "; there are " + espeak_voices() +
                                                  "; with a variant: en-us+f3");
  return refuse(spoken::outcome::failed,
                name + " could not speak (exit code " + std::to_string(r.code) + ")" +
                    (voice.empty() ? "" : " with the voice " + quoted(voice)) + said);
}

}  // namespace

std::string default_speech_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  // The specification of base directories: a relative path there is invalid and ignored.
  if (cache != nullptr && cache[0] == '/') return std::string(cache) + "/sipvoice/speech";
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return std::string(home) + "/.cache/sipvoice/speech";
  return {};
}

spoken speech::make(const std::string& text, const std::string& asked_voice) const {
  auto command = speech_command::espeak();
  if (!settings_.command.empty()) {
    const auto parsed = speech_command::parse(settings_.command);
    if (!parsed)
      return refuse(spoken::outcome::bad_usage,
                    std::string("--tts-command: ") + parsed.error().what +
                        "; write 'PROGRAM {voice} {text_file} {wav_file}'");
    command = *parsed;
  }
  std::string voice = asked_voice.empty() ? settings_.voice : asked_voice;
  if (voice.empty() && command.is_espeak()) voice = espeak_default_voice;
  if (voice.empty() && command.takes_voice())
    return refuse(spoken::outcome::bad_usage,
                  "--tts-command takes a {voice}; name it with --voice");
  if (const auto wrong = check_voice(voice); !wrong.empty())
    return refuse(spoken::outcome::bad_usage, "the voice " + quoted(voice) + ": " + wrong);
  if (const auto wrong = check_spoken_text(text); !wrong.empty())
    return refuse(spoken::outcome::bad_usage, wrong);
  const std::string program = find_program(command.program());
  if (program.empty()) return program_is_missing(command);

  const std::string folder =
      settings_.cache_folder.empty() ? default_speech_folder() : settings_.cache_folder;
  if (folder.empty())
    return refuse(spoken::outcome::failed,
                  "no folder to keep speech in: set XDG_CACHE_HOME or HOME to an absolute path");
  const std::string file = cache_file(folder, {stamp_of(program), command.identity(), voice, text});
  if (take_from_cache(file)) return {spoken::outcome::made, file, {}};

  const speech_workshop workshop(folder);
  if (!workshop.error().empty()) return refuse(spoken::outcome::failed, workshop.error());
  const speech_values values{voice, workshop.file("text.txt"), workshop.file("speech.wav")};
  if (!workshop.write("text.txt", text + "\n"))
    return refuse(spoken::outcome::failed, "cannot write " + values.text_file);
  auto arguments = command.fill(values);
  arguments[0] = program;
  child_limits limits{settings_.time_limit, values.wav_file, max_wav_bytes};
  limits.stop = settings_.stop;
  const child_result ended = run_program(arguments, limits);
  if (!ended.ok()) return program_failed(command, voice, ended);
  std::string error;
  if (!read_sound(values.wav_file, 0, error))
    return refuse(spoken::outcome::failed,
                  quoted(command.program()) + " has written no sound that can be read: " + error);
  if (auto wrong = put_into_cache(values.wav_file, file); !wrong.empty())
    return refuse(spoken::outcome::failed, std::move(wrong));
  trim_cache(folder, settings_.cache_bytes, file);
  return {spoken::outcome::made, file, {}};
}

std::shared_ptr<const audio::clip> speech::speak(const std::string& text, const std::string& voice,
                                                 std::uint32_t sample_rate,
                                                 std::string& error) const {
  // Once more: another process may have cleared the folder in between.
  for (int tries = 0; tries < 2; ++tries) {
    const spoken made = make(text, voice);
    error = made.error;
    if (made.how != spoken::outcome::made) return nullptr;
    const auto clip = read_sound(made.file, sample_rate, error);
    if (!clip) continue;
    auto named = std::make_shared<audio::clip>(*clip);
    named->name = "say:" + text;
    return named;
  }
  return nullptr;
}

}  // namespace sipvoice::device
