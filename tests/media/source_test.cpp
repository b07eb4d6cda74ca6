// Sound of an application in a media session: at the codec's rate or another, behind prompts and
// digits, and cut off by speech.
#include "rig.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

/// Gives so many samples of one value.
class counted_source final : public media::sound_source {
 public:
  counted_source(std::uint32_t rate, std::size_t samples) : rate_(rate), left(samples) {}
  [[nodiscard]] std::uint32_t sample_rate() const override { return rate_; }
  [[nodiscard]] std::size_t read(std::span<std::int16_t> frame) override {
    const std::size_t n = std::min(frame.size(), left);
    std::fill_n(frame.begin(), n, std::int16_t{8000});
    left -= n;
    ++reads;
    return n;
  }
  bool interrupt() override { return std::exchange(left, 0) > 0; }
  [[nodiscard]] bool take_news() override { return std::exchange(news, false); }

 private:
  std::uint32_t rate_;

 public:
  std::size_t left;
  int reads = 0;
  bool news = false;
};

}  // namespace

TEST_CASE("an application's sound goes out behind prompts, and silence behind it") {
  rig r;
  const auto source = std::make_shared<counted_source>(8000, 400);
  const auto prompt = clip(320, 1000);
  r.command(media::source_command{source});
  r.command(media::play_command{1, prompt, false});
  r.run_to(199);
  REQUIRE(r.sent.size() == 10);
  const std::vector<std::uint8_t> silence(160, 0xff);
  const std::uint8_t loud = r.sent[2].payload[0];
  CHECK(loud != 0xff);
  CHECK(r.sent[2].payload == std::vector<std::uint8_t>(160, loud));
  CHECK(r.sent[3].payload == std::vector<std::uint8_t>(160, loud));
  std::vector<std::uint8_t> last(160, 0xff);  // half a frame, then silence
  std::fill_n(last.begin(), 80, loud);
  CHECK(r.sent[4].payload == last);
  CHECK(r.sent[5].payload == silence);
  CHECK(source->left == 0);
  // In echo it waits.
  source->left = 160;
  r.command(media::echo_command{true});
  r.run_to(259);
  CHECK(source->left == 160);
  r.command(media::echo_command{false});
  r.run_to(299);
  CHECK(source->left == 0);
}

TEST_CASE("an application's sound of another rate is resampled to that of the codec") {
  rig r;
  const auto source = std::make_shared<counted_source>(48000, 48000);
  r.command(media::source_command{source});
  r.run_to(199);
  CHECK(source->left == 48000 - 10 * 960);
  CHECK(r.sent.at(9).payload != std::vector<std::uint8_t>(160, 0xff));
  r.command(media::source_command{std::make_shared<counted_source>(100, 100)});  // no rate of sound
  r.run_to(219);
  CHECK(r.sent.at(10).payload == std::vector<std::uint8_t>(160, 0xff));
}

TEST_CASE("start_command is answered, and news are told as often as a source has them") {
  rig r;
  const auto source = std::make_shared<counted_source>(8000, 16000);
  r.session.command(media::start_command{}, at(0));
  const auto started = r.session.poll_event();
  REQUIRE(started);
  CHECK(std::holds_alternative<media::media_started>(*started));
  r.session.command(media::source_command{source}, at(0));
  source->news = true;
  r.session.handle_timeout(at(0));
  const auto news = r.session.poll_event();
  REQUIRE(news);
  CHECK(std::holds_alternative<media::sound_news>(*news));
  r.session.handle_timeout(at(20));
  CHECK_FALSE(r.session.poll_event());
}
