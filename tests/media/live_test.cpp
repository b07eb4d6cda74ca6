// A microphone and a speaker in a call, on the virtual clock.
#include <algorithm>
#include <cmath>

#include "rig.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

/// A card that hears a level that we set and keeps what it should play.
struct fake_card final : media::live_sound {
  explicit fake_card(std::uint32_t r = 48000) : rate(r) {}
  std::uint32_t rate;
  std::int16_t said = 0;
  std::size_t read_samples = 0;
  std::vector<std::int16_t> played;
  [[nodiscard]] std::uint32_t sample_rate() const override { return rate; }
  void read(std::span<std::int16_t> frame) override {
    std::fill(frame.begin(), frame.end(), said);
    read_samples += frame.size();
  }
  void write(std::span<const std::int16_t> frame) override {
    played.insert(played.end(), frame.begin(), frame.end());
  }
};

std::int16_t decoded(const sent_packet& p) {
  std::vector<std::int16_t> out(p.payload.size());
  const auto n = audio::make_decoder(audio::codec_id::pcmu)->decode(p.payload, out);
  return n > 0 ? out[n / 2] : std::int16_t{0};
}

/// 20 ms of a constant level as mu-law.
std::vector<std::uint8_t> steady(std::int16_t level) {
  const std::vector<std::int16_t> frame(160, level);
  std::vector<std::uint8_t> out(160);
  static_cast<void>(audio::make_encoder(audio::codec_id::pcmu)->encode(frame, out));
  return out;
}

void send_steady(rig& r, std::uint32_t n, std::int16_t level) {
  r.receive({n == 0, payload_type{0}, sequence_number{static_cast<std::uint16_t>(100 + n)},
             rtp_timestamp{160 * n}, ssrc{7}},
            steady(level));
}

bool near(std::int16_t value, int wanted) { return std::abs(value - wanted) < 300; }

}  // namespace

TEST_CASE("live: the microphone goes out, what comes is played, as much as time passes") {
  const std::uint32_t rate = GENERATE(48000u, 44100u, 32000u, 16000u, 8000u);
  CAPTURE(rate);
  rig r;
  const auto card = std::make_shared<fake_card>(rate);
  card->said = 5000;
  r.command(media::live_command{card});
  for (std::uint32_t n = 0; n < 50; ++n) {
    r.run_to(20 * n + 5);
    send_steady(r, n, -9000);
  }
  REQUIRE(r.sent.size() == 50);
  CHECK(near(decoded(r.sent[30]), 5000));
  CHECK(card->read_samples == rate);
  REQUIRE(card->played.size() == rate);
  CHECK(card->played.front() == 0);
  CHECK(near(card->played.back(), -9000));
  // The delay of the jitter buffer, and no more.
  const auto first = std::find_if(card->played.begin(), card->played.end(),
                                  [](std::int16_t s) { return s < -4500; });
  CHECK((first - card->played.begin()) * 1000 / rate < 120);
}

TEST_CASE("live: prompts and digits come before the microphone, whose time passes") {
  rig r;
  const auto card = std::make_shared<fake_card>();
  card->said = 5000;
  r.command(media::live_command{card});
  const auto prompt = std::make_shared<audio::clip>();
  prompt->samples.assign(800, -7000);
  r.run_to(199);
  r.command(media::play_command{1, prompt, false});
  r.run_to(499);
  CHECK(near(decoded(r.sent[8]), 5000));
  CHECK(near(decoded(r.sent[12]), -7000));
  CHECK(near(decoded(r.sent[20]), 5000));
  CHECK(card->read_samples == 25 * 960);
}

TEST_CASE("live: ends with its command and with the call, and lets go of the card") {
  rig r;
  const auto card = std::make_shared<fake_card>();
  card->said = 5000;
  r.command(media::live_command{card});
  r.run_to(199);
  CHECK(card.use_count() > 1);
  r.command(media::live_command{});
  CHECK(card.use_count() == 1);
  r.run_to(299);
  CHECK(r.sent.back().payload == std::vector<std::uint8_t>(160, 0xff));
  r.command(media::live_command{card});
  r.close();
  CHECK(card.use_count() == 1);
}

TEST_CASE("live: a card of no usable rate is no card") {
  for (const std::uint32_t rate : {0u, 1000u, 192000u}) {
    rig r;
    r.command(media::live_command{std::make_shared<fake_card>(rate)});
    r.run_to(99);
    CHECK(r.sent.size() == 5);
  }
}

TEST_CASE("live: a card of the codec's own rate, and recording beside it") {
  rig r;
  const auto card = std::make_shared<fake_card>(8000);
  card->said = 5000;
  const auto sink = std::make_shared<memory_sink>();
  r.command(media::live_command{card});
  r.command(media::record_command{1, sink, {}});
  for (std::uint32_t n = 0; n < 50; ++n) {
    r.run_to(20 * n + 5);
    send_steady(r, n, -9000);
  }
  CHECK(near(decoded(r.sent[30]), 5000));
  CHECK(near(card->played.back(), -9000));
  CHECK(near(sink->heard.back(), -9000));
  CHECK(near(sink->sent.back(), 5000));
}
