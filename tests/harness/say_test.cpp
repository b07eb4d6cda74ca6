// A text is spoken, where the speaking program is there.
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "rows.hpp"

using namespace sipvoice;

TEST_CASE("A text is spoken to its end, or until a digit comes") {
  if (std::system("command -v espeak-ng > /dev/null") != 0) {
    std::cout << "SIPVOICE-SKIPPED: no espeak-ng\n";
    return;
  }
  const auto folder =
      std::filesystem::temp_directory_path() / ("sipvoice-say-" + std::to_string(getpid()));
  harness::run_settings s;
  s.speech.cache_folder = folder.string();
  const auto r = run_simulated(test::read_scenario(R"(
 a:
  - call: b
  - expect_answer
  - expect_audio: {speech: true, for: 400ms}
  - sync: spoken
  - wait: 1s
  - send_dtmf: "1"
  - expect_silence: {for: 2s}
 b:
  - expect_call
  - answer
  - say: one two three four five
  - sync: spoken
  - say: {text: "one two three four five six seven eight nine ten eleven twelve", until: dtmf}
  - expect_dtmf: "1"
  - wait: 3s
)"),
                               s);
  std::filesystem::remove_all(folder);
  INFO(test::told(r));
  CHECK(r.result == scenario::verdict::passed);
}

TEST_CASE("A program that cannot speak is the scenario's failure") {
  harness::run_settings s;
  s.speech.command = "/nonexistent/speaker";
  s.speech.cache_folder =
      (std::filesystem::temp_directory_path() / ("sipvoice-mute-" + std::to_string(getpid())))
          .string();
  const auto r = run_simulated(test::read_scenario(R"(
 a:
  - call: b
  - expect_answer
 b:
  - expect_call
  - answer
  - say: hello
)"),
                               s);
  std::filesystem::remove_all(s.speech.cache_folder);
  REQUIRE(r.failure);
  CHECK(r.failure->kind == scenario::failure_kind::media);
  CHECK_THAT(r.failure->seen, Catch::Contains("hello"));
}
