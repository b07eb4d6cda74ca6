#include "call_verdict.hpp"

#include "sipvoice/session/capture.hpp"
#include "support/catch.hpp"

using namespace sipvoice;

TEST_CASE("a call longer than what is kept of it: the verdict says what was compared") {
  for (const std::size_t missing : {std::size_t{0}, std::size_t{1}}) {
    CAPTURE(missing);
    session::call_record record;
    record.answered = true;
    record.by = call::ended_by::local;
    record.reason = "hangup";
    record.heard.resize(std::size_t{8000} * session::max_capture_seconds - missing);
    app::call_expectation expected;
    expected.audio_file = "a.wav";
    const std::string line = app::judge(record, expected).line;
    CHECK(line.find("NOT found") != std::string::npos);
    CHECK((line.find("the first 20 min of the call alone") != std::string::npos) == (missing == 0));
  }
}
