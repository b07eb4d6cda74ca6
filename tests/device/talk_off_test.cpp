// Speech is not taken for digits: prompts that we have, and what the espeak-ng program says.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "files.hpp"
#include "sipvoice/audio/clip.hpp"
#include "sipvoice/audio/dtmf_detector.hpp"
#include "sipvoice/device/sounds.hpp"
#include "support/source_dir.hpp"

using namespace sipvoice;

namespace {

std::string digits_in(const audio::clip& clip, double factor = 1) {
  audio::dtmf_detector detector(clip.sample_rate);
  std::string out;
  std::vector<std::int16_t> piece;
  for (std::size_t at = 0; at < clip.samples.size(); at += piece.size()) {
    piece.assign(clip.samples.begin() + static_cast<std::ptrdiff_t>(at),
                 clip.samples.begin() + static_cast<std::ptrdiff_t>(std::min(
                                            clip.samples.size(), at + clip.sample_rate / 50)));
    for (std::int16_t& s : piece) s = static_cast<std::int16_t>(s * factor);
    detector.push(piece);
    while (const auto d = detector.poll()) out += d->value;
  }
  return out;
}

constexpr const char* text =
    "Thank you for calling. To hear about our opening hours, press one; for sales, press two; to "
    "speak to a human being, please hold the line. Our lines are busy at this moment. You are "
    "number seven in the queue, and the time to wait is about eleven minutes. Ooh! Eee, aah, oh "
    "no, "
    "please do not go away: zoological museums use few blue shoes. Peter Piper picked a peck of "
    "pickled peppers. Sie sind jetzt verbunden; bitte sprechen Sie nach dem Signalton. Merci de "
    "patienter, un conseiller va prendre votre appel. Su llamada es muy importante para nosotros. "
    "The quick brown fox jumps over the lazy dog, while nine hundred and ninety nine sheep sleep.";

/// The program without a shell; false: it is not there, or does not know the voice.
bool speak(const std::string& voice, const std::string& text_file, const std::string& wav) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::execlp("espeak-ng", "espeak-ng", "-v", voice.c_str(), "-f", text_file.c_str(), "-w",
             wav.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("no digit in the prompts") {
  for (const char* name : {"chime-stereo", "menu", "sales", "welcome", "welcome-g711"})
    for (const std::uint32_t rate : {8000U, 16000U, 48000U}) {
      INFO(name << " at " << rate);
      std::string error;
      const auto clip =
          device::read_sound(test::source_dir() + "/samples/audio/" + name + ".wav", rate, error);
      REQUIRE(clip);
      REQUIRE(clip->sample_rate == rate);
      CHECK(digits_in(*clip) == "");
    }
}

TEST_CASE("no digit in minutes of speech, by many voices") {
  const test::scratch_folder folder;
  const std::string said = folder.file("text"), wav = folder.file("speech.wav");
  std::ofstream(said) << text;
  if (!speak("en", said, wav)) {
    std::puts("SIPVOICE-SKIPPED: espeak-ng is not installed");
    return;
  }
  double seconds = 0;
  for (const char* voice : {"en", "en+m3", "en+m7", "en+f2", "en+f5", "en+whisper", "en+croak",
                            "de", "de+f3", "fr", "fr+f4", "es", "it+f1", "sv"}) {
    INFO(voice);
    if (!speak(voice, said, wav)) continue;
    std::string error;
    const auto clip = device::read_sound(wav, 8000, error);
    REQUIRE(clip);
    seconds += static_cast<double>(clip->samples.size()) / 8000;
    CHECK(digits_in(*clip) == "");
    CHECK(digits_in(*clip, 0.2) == "");
  }
  CHECK(seconds > 300);
}
