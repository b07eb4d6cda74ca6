// Texts spoken by a program that the test writes: how it is called, what is kept, what is refused.
#include "sipvoice/device/speech.hpp"

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "device/files.hpp"
#include "sipvoice/device/child_process.hpp"
#include "sipvoice/device/sounds.hpp"
#include "support/catch.hpp"
#include "support/source_dir.hpp"

using namespace sipvoice;
using namespace sipvoice::device;
using namespace std::chrono_literals;

namespace {

std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::size_t wavs_in(const std::string& folder) {
  std::size_t count = 0;
  for (const auto& e : std::filesystem::directory_iterator(folder))
    if (e.path().extension() == ".wav") ++count;
  return count;
}

/// A folder with a program that copies a WAV and notes what it was called with.
struct stage {
  test::scratch_folder folder;
  std::string program = folder.file("speak er"), calls = folder.file("calls");

  /// `before`: shell lines; $1 voice, $2 text, $3 WAV.
  explicit stage(const std::string& before = "") {
    const std::string sound = test::source_dir() + "/samples/audio/sales.wav";
    write("#!/bin/sh\n" + before + "\necho \"$# $1 $(cat \"$2\")\" >> '" + calls + "'\ncp '" +
          sound + "' \"$3\"\n");
  }
  void write(const std::string& script) const {
    std::ofstream(program) << script;
    ::chmod(program.c_str(), 0700);
  }
  [[nodiscard]] speech_settings settings() const {
    speech_settings s;
    s.command = "'" + program + "' {voice} {text_file} {wav_file}";
    s.voice = "anna";
    s.cache_folder = folder.file("cache/deep");
    return s;
  }
};

std::vector<std::string> words(const std::string& command) {
  const auto parsed = speech_command::parse(command);
  REQUIRE(parsed.has_value());
  return parsed->fill({"v w", "/t", "/o"});
}

}  // namespace

TEST_CASE("A command is cut into words without a shell") {
  using list = std::vector<std::string>;
  CHECK(words("p {text_file} {wav_file}") == list{"p", "/t", "/o"});
  CHECK(words(" \tp  --voice={voice} {text_file}\t{wav_file} ") ==
        list{"p", "--voice=v w", "/t", "/o"});
  CHECK(words(R"('a b' "c 'd' \" \x" e\ f {text_file}{wav_file} '')") ==
        list{"a b", "c 'd' \" \\x", "e f", "/t/o", ""});
  CHECK(words("p $HOME ;rm `x` | * > y {text_file} {wav_file}") ==
        list{"p", "$HOME", ";rm", "`x`", "|", "*", ">", "y", "/t", "/o"});
}

TEST_CASE("Values that look like places are not filled again") {
  const auto parsed = speech_command::parse("p {voice} {text_file} {wav_file}");
  REQUIRE(parsed.has_value());
  CHECK(parsed->fill({"{wav_file}", "/t", "/o"}).at(1) == "{wav_file}");
}

TEST_CASE("Commands that cannot work are refused") {
  for (const char* text :
       {"", "   ", "p", "p {text_file}", "p {wav_file}", "p 'x {text_file} {wav_file}",
        "'' {text_file} {wav_file}", "p\n{text_file} {wav_file}"}) {
    CAPTURE(text);
    CHECK_FALSE(speech_command::parse(text).has_value());
  }
}

TEST_CASE("A voice cannot be read as an option, a text has something to say") {
  CHECK(check_voice("en-us+f3").empty());
  CHECK(check_voice("").empty());
  CHECK_FALSE(check_voice("-w").empty());
  CHECK_FALSE(check_voice("a\nb").empty());
  CHECK_FALSE(check_voice(std::string(201, 'a')).empty());
  CHECK(check_spoken_text("--help").empty());
  CHECK_FALSE(check_spoken_text(" \n\t").empty());
  CHECK_FALSE(check_spoken_text(std::string("a\0b", 3)).empty());
  CHECK_FALSE(check_spoken_text(std::string(20'001, 'a')).empty());
}

TEST_CASE("A text is spoken once, whatever is in it, and kept") {
  const stage s;
  const speech speaker(s.settings());
  const std::string text = "--help; $(touch x) `y` \"z\" 'q' %s";
  std::string error;
  const auto first = speaker.speak(text, "", 8000, error);
  CAPTURE(error);
  REQUIRE(first);
  CHECK(first->name == "say:" + text);
  CHECK(first->sample_rate == 8000);
  CHECK(content(s.calls) == "3 anna " + text + "\n");

  const auto again = speaker.speak(text, "anna", 16000, error);
  REQUIRE(again);
  CHECK(again->samples.size() ==
        Approx(2.0 * static_cast<double>(first->samples.size())).margin(2));
  CHECK(content(s.calls) == "3 anna " + text + "\n");

  REQUIRE(speaker.speak(text, "bert", 8000, error));
  REQUIRE(speaker.speak("another", "", 8000, error));
  CHECK(content(s.calls) == "3 anna " + text + "\n3 bert " + text + "\n3 anna another\n");
  CHECK(wavs_in(s.settings().cache_folder) == 3);
  struct stat folder {};
  REQUIRE(::stat(s.settings().cache_folder.c_str(), &folder) == 0);
  CHECK((folder.st_mode & 077) == 0);
}

TEST_CASE("A store speaks too, and shares what it has spoken") {
  const stage s;
  const auto store = make_sound_store([](const std::function<void()>&) {}, s.settings());
  std::string error;
  const auto a = store->speak("hello", "", 8000, error);
  REQUIRE(a);
  CHECK(store->speak("hello", "", 8000, error) == a);
  CHECK(store->load_source(session::prompt_source::speech("hello"), 8000, error) == a);
}

TEST_CASE("A program that has changed speaks anew") {
  const stage s;
  const speech speaker(s.settings());
  REQUIRE(speaker.make("hello", "").how == spoken::outcome::made);
  s.write(content(s.program) + "# another version\n");
  REQUIRE(speaker.make("hello", "").how == spoken::outcome::made);
  CHECK(content(s.calls) == "3 anna hello\n3 anna hello\n");
}

TEST_CASE("The cache holds no more than it may, and keeps what was used last") {
  const stage s;
  auto settings = s.settings();
  const std::string wav = speech(settings).make("one", "").file;
  const auto size = std::filesystem::file_size(wav);
  settings.cache_bytes = 2 * size + size / 2;
  const speech speaker(settings);
  const auto age = [](const std::string& file, int hours) {
    std::filesystem::last_write_time(
        file, std::filesystem::file_time_type::clock::now() - std::chrono::hours(hours));
  };
  const std::string two = speaker.make("two", "").file;
  age(wav, 2);
  age(two, 3);
  CHECK(speaker.make("one", "").file == wav);  // used: now it is the younger one
  const std::string three = speaker.make("three", "").file;
  CHECK(wavs_in(settings.cache_folder) == 2);
  CHECK(std::filesystem::exists(wav));
  CHECK_FALSE(std::filesystem::exists(two));
  CHECK(std::filesystem::exists(three));
}

TEST_CASE("What a process that died has left behind is removed, nothing else") {
  const stage s;
  const std::string folder = s.settings().cache_folder;
  std::filesystem::create_directories(folder + "/.making-dead");
  std::filesystem::create_directories(folder + "/.making-alive");
  std::filesystem::last_write_time(folder + "/.making-dead",
                                   std::filesystem::file_time_type::clock::now() - 2h);
  REQUIRE(speech(s.settings()).make("x", "").how == spoken::outcome::made);
  CHECK_FALSE(std::filesystem::exists(folder + "/.making-dead"));
  CHECK(std::filesystem::exists(folder + "/.making-alive"));
}

TEST_CASE("Failures of the program are one line that names it, and nothing is kept") {
  struct row {
    const char* before;
    const char* says;
  };
  const row rows[] = {
      {"echo 'no such model' >&2; exit 3", "no such model"},
      {"exit 0", "no sound that can be read"},
      {"echo nonsense > \"$3\"; exit 0", "no sound that can be read"},
      {"kill -9 $$", "signal 9"},
  };
  for (const row& r : rows) {
    CAPTURE(r.before);
    const stage s(r.before);
    const spoken made = speech(s.settings()).make("hello", "");
    CHECK(made.how == spoken::outcome::failed);
    CAPTURE(made.error);
    CHECK(made.error.find(r.says) != std::string::npos);
    CHECK(made.error.find("speak er") != std::string::npos);
    CHECK(made.error.find('\n') == std::string::npos);
    CHECK(wavs_in(s.settings().cache_folder) == 0);
    CHECK(std::filesystem::is_empty(s.settings().cache_folder));
  }
}

TEST_CASE("A program that does not end is stopped with its children") {
  const stage s("sleep 600 & echo $! > \"$0.pid\"; wait; exit 1");
  auto settings = s.settings();
  settings.time_limit = 300ms;
  const spoken made = speech(settings).make("hello", "");
  CHECK(made.how == spoken::outcome::failed);
  CHECK(made.error.find("in time") != std::string::npos);
}

TEST_CASE("A program that says too much does not block, and is heard as far as it matters") {
  const stage s(
      "i=0; while [ $i -lt 3000 ]; do echo 'a line of forty characters or a little more' >&2; "
      "i=$((i+1)); done");
  CHECK(speech(s.settings()).make("hello", "").how == spoken::outcome::made);
}

TEST_CASE("A program that writes without end is stopped") {
  const stage s;
  const auto r =
      run_program({"/bin/sh", "-c", "exec cat /dev/zero > '" + s.folder.file("big") + "'"},
                  {30s, s.folder.file("big"), 1 << 20});
  CHECK(r.how == child_result::end::too_large);
}

TEST_CASE("What is missing is told with what to do") {
  const stage s;
  auto settings = s.settings();
  SECTION("the program") {
    settings.command = "/no/such/program {text_file} {wav_file}";
    const spoken made = speech(settings).make("hello", "");
    CHECK(made.how == spoken::outcome::failed);
    CHECK(made.error.find("/no/such/program") != std::string::npos);
  }
  SECTION("the voice") {
    settings.voice.clear();
    const spoken made = speech(settings).make("hello", "");
    CHECK(made.how == spoken::outcome::bad_usage);
    CHECK(made.error.find("--voice") != std::string::npos);
  }
  SECTION("the folder") {
    std::ofstream(s.folder.file("file")) << "x";
    settings.cache_folder = s.folder.file("file/cache");
    CHECK(speech(settings).make("hello", "").how == spoken::outcome::failed);
  }
}

TEST_CASE("The program gets none of our files and an empty input") {
  test::scratch_folder folder;
  const std::string out = folder.file("out");
  const auto r =
      run_program({"/bin/sh", "-c", "ls /proc/self/fd > '" + out + "'; cat"}, {30s, {}, 0});
  CHECK(r.ok());
  // 3 is the folder that ls itself reads.
  CHECK(content(out) == "0\n1\n2\n3\n");
}

TEST_CASE("Real espeak-ng: a sound, another one for another voice, a line for an unknown voice") {
  if (find_program("espeak-ng").empty()) {
    WARN("SIPVOICE-SKIPPED: espeak-ng is not installed");
    return;
  }
  const stage s;
  auto settings = s.settings();
  settings.command.clear();
  settings.voice.clear();
  const speech speaker(settings);
  std::string error;
  const auto usual = speaker.speak("Welcome to the sales department.", "", 8000, error);
  CAPTURE(error);
  REQUIRE(usual);
  CHECK(usual->samples.size() > 8000);
  const auto other = speaker.speak("Welcome to the sales department.", "en-us+f3", 8000, error);
  REQUIRE(other);
  CHECK(other->samples != usual->samples);
  const spoken unknown = speaker.make("hello", "xyzzy");
  CHECK(unknown.how == spoken::outcome::bad_usage);
  CHECK(unknown.error.find("en-us") != std::string::npos);
}
