// Rows about the figures of media.
#include "rows.hpp"

using namespace test;

namespace {

/// A caller that hears what the other side does once it has answered.
std::string heard(const std::string& steps_of_b, const std::string& steps_of_a) {
  return "\n a:\n  - call: b\n  - expect_answer\n" + steps_of_a +
         " b:\n  - expect_call\n  - answer\n" + steps_of_b;
}

}  // namespace

TEST_CASE("The figures of media are as they are expected", "[rows]") {
  const std::string lossy = R"(
 a:
  network: {rtp: {loss: 20%, jitter: 40ms}}
  steps:
   - call: b
   - expect_answer
   - wait: 10s
 b:
  - expect_call
  - answer
  - wait: 5s
)";
  check({
      {"all of them",
       heard("  - wait: 3s\n",
             "  - wait: 2s\n  - expect_media: {audio: both, lost: \"<1%\", jitter: \"<20ms\", "
             "codec: pcmu, first_packet: \"<300ms\"}\n")},
      {"another codec",
       heard("  - wait: 3s\n", "  - expect_media: {codec: pcma, within: 2s}  # here\n"),
       failure{by_media, "a", "expect_media", "codec pcma", "codec pcmu"}},
      {"one way only",
       heard("  - wait: 5s\n",
             "  - wait: 2s\n  - expect_media: {audio: sent_only, within: 2s}  # here\n"),
       failure{by_media, "a", "expect_media", "audio sent_only", "audio both"}},
      {"too much lost", lossy + "  - expect_media: {lost: \"<5%\", within: 2s}  # here\n",
       failure{by_media, "b", "expect_media", "lost <5%", "% lost"}},
      {"not too much lost", lossy + "  - expect_media: {lost: \"<40%\", within: 2s}\n"},
      {"too much jitter", lossy + "  - expect_media: {jitter: \"<2ms\", within: 2s}  # here\n",
       failure{by_media, "b", "expect_media", "jitter <2ms", "jitter "}},
      {"a first packet that comes late", R"(
 a:
  network: {rtp: {delay: 400ms}}
  steps:
   - call: b
   - expect_answer
 b:
  - expect_call
  - answer
  - expect_media: {first_packet: "<300ms", within: 4s}  # here
)",
       failure{by_media, "b", "expect_media", "first_packet <300ms", "the first packet after"}},
  });
}
