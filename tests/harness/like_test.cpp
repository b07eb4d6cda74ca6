// A prompt is recognised when it is whole; cut, holed, faster or another it is not.
#include <unistd.h>

#include <cmath>

#include "rows.hpp"
#include "sipvoice/device/sounds.hpp"
#include "sipvoice/device/wav_writer.hpp"
#include "support/source_dir.hpp"

using namespace sipvoice;

namespace {

constexpr std::uint32_t sampled_at = 8000;

/// A folder with the welcome as it is shipped, and as it was spoiled.
class prompts {
 public:
  prompts() {
    std::filesystem::create_directories(folder_);
    std::string error;
    const auto whole =
        device::read_sound(test::source_dir() + "/samples/audio/welcome.wav", sampled_at, error);
    REQUIRE(whole);
    const std::vector<std::int16_t> s(whole->samples.begin(), whole->samples.end());
    write("whole.wav", s);
    write("cut.wav", {s.begin(), s.begin() + static_cast<std::ptrdiff_t>(s.size() * 2 / 3)});
    write("late.wav", {s.begin() + static_cast<std::ptrdiff_t>(s.size() / 3), s.end()});
    auto hole = s;
    // Where it is loud, so that words are missing and not a pause.
    std::size_t loudest = 0;
    for (std::size_t i = s.size() / 4; i < s.size() * 3 / 4; ++i)
      if (std::abs(int{s[i]}) > std::abs(int{s[loudest]})) loudest = i;
    std::fill_n(hole.begin() + static_cast<std::ptrdiff_t>(loudest - sampled_at / 10),
                sampled_at / 5, std::int16_t{0});
    write("hole.wav", hole);
    std::vector<std::int16_t> fast, quiet;
    for (std::size_t i = 0; i * 11 / 10 < s.size(); ++i) fast.push_back(s[i * 11 / 10]);
    for (const std::int16_t one : s) quiet.push_back(static_cast<std::int16_t>(one / 4));
    write("fast.wav", fast);
    write("quiet.wav", quiet);
  }
  ~prompts() { std::filesystem::remove_all(folder_); }
  prompts(const prompts&) = delete;
  prompts& operator=(const prompts&) = delete;

  [[nodiscard]] scenario::scenario_report play(const std::string& file,
                                               const std::string& codecs = "[pcmu]",
                                               const std::string& wait = "500ms") const {
    return test::simulate("\n a:\n  codecs: " + codecs +
                              "\n  steps:\n   - call: b\n   - expect_answer\n"
                              "   - expect_audio: {like: whole.wav, within: 2s}\n"
                              " b:\n  codecs: " +
                              codecs + "\n  steps:\n   - expect_call\n   - answer\n   - wait: " +
                              wait + "\n   - play: \"" + file + "\"\n   - wait: 5s\n",
                          1, folder_.string());
  }

 private:
  void write(const std::string& name, const std::vector<std::int16_t>& samples) const {
    device::wav_writer w;
    REQUIRE(w.create((folder_ / name).string(), sampled_at, 1) == 0);
    REQUIRE(w.append(samples));
    w.close();
  }
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("sipvoice-like-" + std::to_string(getpid()));
};

}  // namespace

TEST_CASE("A prompt is recognised when it is whole") {
  const prompts p;
  for (const char* codecs : {"[pcmu]", "[pcma]", "[g722]"}) {
    for (const char* file : {"whole.wav", "quiet.wav"}) {
      const auto r = p.play(file, codecs);
      INFO(codecs << " " << file << " " << test::told(r));
      CHECK(r.result == scenario::verdict::passed);
      REQUIRE(r.parties.at(0).calls.at(0).references.size() == 1);
      const auto& found = r.parties[0].calls[0].references[0];
      CHECK(found.found);
      CHECK(found.similarity > 0.9);
      CHECK(found.share > 0.9);
    }
  }
}

TEST_CASE("A prompt that is cut, holed, faster or another is not recognised") {
  const prompts p;
  const std::string other = test::source_dir() + "/samples/audio/sales.wav";
  for (const std::string& file : {std::string("cut.wav"), std::string("late.wav"),
                                  std::string("hole.wav"), std::string("fast.wav"), other}) {
    const auto r = p.play(file);
    INFO(file << " " << test::told(r));
    REQUIRE(r.failure);
    CHECK(r.failure->kind == scenario::failure_kind::media);
    CHECK(r.failure->step == "expect_audio");
    CHECK_THAT(r.failure->expected, Catch::Contains("whole.wav (similarity 0.90)"));
    CHECK_THAT(r.failure->seen, Catch::Contains("similarity 0.") && Catch::Contains("% of it"));
  }
}

TEST_CASE("A prompt that begins too late fails, whatever it sounds like") {
  const prompts p;
  CHECK(p.play("whole.wav", "[pcmu]", "1700ms").result == scenario::verdict::passed);
  const auto r = p.play("whole.wav", "[pcmu]", "2500ms");
  INFO(test::told(r));
  REQUIRE(r.failure);
  CHECK(r.failure->kind == scenario::failure_kind::media);
  CHECK(r.failure->party == "a");
}
