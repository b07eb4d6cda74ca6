// What lasts long or is done often costs little, and recordings hold what was heard.
#include <unistd.h>

#include <fstream>

#include "rows.hpp"

using namespace sipvoice;
using scenario::verdict;

namespace {

struct folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("sipvoice-rows-" + std::to_string(getpid()));
  folder() { std::filesystem::create_directories(path); }
  ~folder() { std::filesystem::remove_all(path); }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
};

}  // namespace

TEST_CASE("Ten thousand waits are ten thousand steps, and the report shows the last of them") {
  const auto r = test::simulate(R"(
timeout: 1h
parties:
 a:
  - repeat:
      times: 10000
      steps:
       - wait: 100ms
  - log: done
 b:
  - wait: 1s
)");
  INFO(test::told(r));
  CHECK(r.result == verdict::passed);
  CHECK(r.duration_ms == 1'000'000);
  REQUIRE(r.log.size() == 1);
  CHECK(r.log[0].text == "done");
  const auto& steps = r.parties.at(0).steps;
  CHECK(steps.size() <= 5000);
  CHECK(steps.back().step == "log");
  CHECK(steps.back().result == scenario::step_result::passed);
}

TEST_CASE("A repeat of steps that wait for nothing ends at once") {
  const auto r = test::simulate(R"(
 a:
  - repeat:
      times: 10000
      steps:
       - log: again
 b:
  - wait: 1s
)");
  CHECK(r.result == verdict::passed);
  CHECK(r.log.size() == 10000);
}

TEST_CASE("A call of one hour") {
  const auto r = test::simulate(R"(
timeout: 2h
parties:
 a:
  - call: {to: b, session_expires: 1800s}
  - expect_answer
  - wait: 1h
  - send_dtmf: "1"
  - hangup
 b:
  - expect_call
  - answer
  - expect_dtmf: {digits: "1", within: 61m}
  - expect_media: {audio: both, lost: "<1%"}
  - expect_hangup: {by: remote, reason: "*"}
)");
  INFO(test::told(r));
  CHECK(r.result == verdict::passed);
  REQUIRE(r.parties.at(1).calls.size() == 1);
  const auto& call = r.parties[1].calls[0];
  CHECK(call.duration_ms >= 3'600'000);
  REQUIRE(call.media);
  CHECK(call.media->packets_received >= 179'000);
  CHECK(call.quality.size() >= 3590);
}

TEST_CASE("A recording holds what was heard, until it is stopped") {
  const folder in;
  const auto r = test::simulate(R"(
 a:
  - call: b
  - expect_answer
  - record: {file: heard.wav, stereo: true}
  - wait: 2s
  - stop: record
  - wait: 2s
 b:
  - expect_call
  - answer
  - tone: {hz: 440, for: 4s}
)",
                                1, in.path.string());
  INFO(test::told(r));
  CHECK(r.result == verdict::passed);
  // 2 s of 8000 stereo samples of two bytes, and a header.
  REQUIRE(std::filesystem::exists(in.path / "heard.wav"));
  CHECK(std::filesystem::file_size(in.path / "heard.wav") == Approx(64'044).margin(1300));
}

TEST_CASE("A recording ends by itself, and a second one is refused") {
  const folder in;
  const auto r = test::simulate(R"(
 a:
  - call: b
  - expect_answer
  - record: {file: one.wav, max_duration: 1s}
  - wait: 500ms
  - record: {file: two.wav}
 b:
  - expect_call
  - answer
)",
                                1, in.path.string());
  REQUIRE(r.failure);
  CHECK(r.failure->step == "record");
  CHECK(r.failure->kind == scenario::failure_kind::media);
  CHECK_THAT(r.failure->seen, Catch::Contains("another one is under way"));
  const auto alone = test::simulate(R"(
 a:
  - call: b
  - expect_answer
  - record: {file: three.wav, max_duration: 1s}
  - wait: 3s
 b:
  - expect_call
  - answer
)",
                                    1, in.path.string());
  CHECK(alone.result == verdict::passed);
  CHECK(std::filesystem::file_size(in.path / "three.wav") == Approx(16'044).margin(400));
}

TEST_CASE("Bytes are sent from a file, and a file that is gone is the failure of its step") {
  const folder in;
  std::ofstream(in.path / "options.txt", std::ios::binary)
      << "OPTIONS sip:b@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKf1\r\n"
         "From: <sip:a@10.0.0.1>;tag=1\r\nTo: <sip:b@10.0.0.2>\r\nCall-ID: file-1\r\n"
         "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
  const auto d = test::read_scenario(R"(
 a:
  - send_raw: {file: options.txt, to: b}
  - expect_response: 200
 b:
  - expect_request: {method: OPTIONS, headers: {Call-ID: file-1}}
)",
                                     in.path.string());
  harness::run_settings s;
  const auto sent = run_simulated(d, s);
  INFO(test::told(sent));
  CHECK(sent.result == verdict::passed);
  CHECK(sent.parties.at(1).steps.at(0).result == scenario::step_result::passed);
  std::filesystem::remove(in.path / "options.txt");
  const auto gone = run_simulated(d, s);
  REQUIRE(gone.failure);
  CHECK(gone.failure->step == "send_raw");
  CHECK_THAT(gone.failure->seen, Catch::Contains("cannot be read"));
}
