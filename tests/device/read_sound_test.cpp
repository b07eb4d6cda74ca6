#include <sndfile.h>

#include <cmath>

#include "device/files.hpp"
#include "sipvoice/device/sounds.hpp"

using namespace sipvoice;

namespace {

void make_file(const std::string& file, int format, int rate, int channels,
               const std::vector<std::int16_t>& interleaved) {
  SF_INFO info{};
  info.format = format;
  info.samplerate = rate;
  info.channels = channels;
  SNDFILE* f = ::sf_open(file.c_str(), SFM_WRITE, &info);
  REQUIRE(f != nullptr);
  const auto frames = static_cast<sf_count_t>(interleaved.size()) / channels;
  CHECK(::sf_writef_short(f, interleaved.data(), frames) == frames);
  ::sf_close(f);
}

std::vector<std::int16_t> tone(int rate, int ms) {
  std::vector<std::int16_t> v(static_cast<std::size_t>(rate * ms / 1000));
  for (std::size_t i = 0; i < v.size(); ++i)
    v[i] = static_cast<std::int16_t>(
        std::lrint(8000 * std::sin(2 * 3.14159265358979 * 440 * static_cast<double>(i) / rate)));
  return v;
}

int crossings(const std::vector<std::int16_t>& v) {
  int n = 0;
  for (std::size_t i = 1; i < v.size(); ++i) n += v[i - 1] < 0 && v[i] >= 0;
  return n;
}

}  // namespace

TEST_CASE("16-bit mono comes back sample for sample") {
  const test::scratch_folder folder;
  const std::vector<std::int16_t> samples{0, 1, -1, 32767, -32768, 12345, -12345};
  const std::string file = folder.file("a.wav");
  make_file(file, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, samples);
  std::string error;
  for (const std::uint32_t rate : {8000U, 0U}) {
    const auto clip = device::read_sound(file, rate, error);
    REQUIRE(clip);
    CHECK(clip->samples == samples);
    CHECK(clip->sample_rate == 8000);
    CHECK(clip->name == file);
  }
}

TEST_CASE("channels are averaged") {
  const test::scratch_folder folder;
  const std::string file = folder.file("a.wav");
  make_file(file, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 2,
            {100, 200, -100, -300, 32767, 32767, 500, -500});
  std::string error;
  const auto clip = device::read_sound(file, 8000, error);
  REQUIRE(clip);
  CHECK(clip->samples == std::vector<std::int16_t>{150, -200, 32767, 0});
}

TEST_CASE("G.711 in WAV gives the values of G.711") {
  const test::scratch_folder folder;
  // Values of the two laws' tables: they survive their own coding.
  const std::vector<std::int16_t> ulaw{0, 8, -8, 924, -924, 32124, -32124};
  const std::vector<std::int16_t> alaw{8, -8, 1008, -1008, 32256, -32256};
  make_file(folder.file("u.wav"), SF_FORMAT_WAV | SF_FORMAT_ULAW, 8000, 1, ulaw);
  make_file(folder.file("a.wav"), SF_FORMAT_WAV | SF_FORMAT_ALAW, 8000, 1, alaw);
  std::string error;
  CHECK(device::read_sound(folder.file("u.wav"), 8000, error)->samples == ulaw);
  CHECK(device::read_sound(folder.file("a.wav"), 8000, error)->samples == alaw);
}

TEST_CASE("any rate and format becomes the rate that is asked for") {
  const test::scratch_folder folder;
  struct row {
    const char* name;
    int format, rate;
  };
  const row table[] = {
      {"44100.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 44100},
      {"48000.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 48000},
      {"16000.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 16000},
      {"8000.au", SF_FORMAT_AU | SF_FORMAT_ULAW, 8000},
      {"11025.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 11025},
  };
  for (const row& r : table) {
    CAPTURE(r.name);
    make_file(folder.file(r.name), r.format, r.rate, 1, tone(r.rate, 1000));
    std::string error;
    const auto clip = device::read_sound(folder.file(r.name), 8000, error);
    REQUIRE(clip);
    CHECK(clip->sample_rate == 8000);
    CHECK(clip->samples.size() >= 7990);
    CHECK(clip->samples.size() <= 8010);
    CHECK(crossings(clip->samples) >= 437);
    CHECK(crossings(clip->samples) <= 442);
  }
}

TEST_CASE("what is no sound says which file and why") {
  const test::scratch_folder folder;
  std::string error;
  CHECK_FALSE(device::read_sound(folder.file("none.wav"), 8000, error));
  CHECK(error.find("none.wav") != std::string::npos);
  CHECK(error.find("No such file") != std::string::npos);
  std::ofstream(folder.file("text.wav")) << "this is no sound at all, just some text";
  CHECK_FALSE(device::read_sound(folder.file("text.wav"), 8000, error));
  CHECK(error.find("text.wav") != std::string::npos);
  make_file(folder.file("empty.wav"), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, {});
  CHECK_FALSE(device::read_sound(folder.file("empty.wav"), 8000, error));
  CHECK(error == "cannot read " + folder.file("empty.wav") + ": no sound in it");
}

TEST_CASE("a prompt longer than the bound is refused, not loaded") {
  const test::scratch_folder folder;
  const std::string file = folder.file("long.wav");
  // One second more than an hour, at a rate that keeps the file small.
  make_file(file, SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 1000, 1,
            std::vector<std::int16_t>((device::max_prompt_seconds + 1) * 1000));
  std::string error;
  CHECK_FALSE(device::read_sound(file, 1000, error));
  CHECK(error == "cannot read " + file + ": longer than 3600 seconds");
}

TEST_CASE("a store reads a file once for each rate and shares it") {
  const test::scratch_folder folder;
  const std::string file = folder.file("a.wav");
  make_file(file, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, tone(8000, 100));
  const auto store = device::make_sound_store([](std::function<void()>) {});
  std::string error;
  const auto first = store->load(file, 8000, error);
  REQUIRE(first);
  std::filesystem::remove(file);
  CHECK(store->load(file, 8000, error) == first);
  CHECK_FALSE(store->load(file, 16000, error));
  CHECK(error.find("a.wav") != std::string::npos);
}
