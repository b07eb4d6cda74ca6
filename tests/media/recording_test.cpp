#include <algorithm>
#include <vector>

#include "rig.hpp"
#include "support/catch.hpp"

using namespace test;
using list = std::vector<std::string>;
using sound = std::vector<std::int16_t>;

namespace {

sound decoded(const std::vector<std::uint8_t>& payload) {
  sound out(payload.size());
  if (audio::make_decoder(audio::codec_id::pcmu)->decode(payload, out) != payload.size())
    out.clear();
  return out;
}
sound part(const sound& s, std::size_t frame) {
  if (s.size() < (frame + 1) * 160) return {};
  return {s.begin() + static_cast<std::ptrdiff_t>(frame * 160),
          s.begin() + static_cast<std::ptrdiff_t>((frame + 1) * 160)};
}
const sound quiet(160, 0);

}  // namespace

TEST_CASE("a recording has every tick, what was heard 60 ms later, and the rest at the end") {
  rig r;
  const auto sink = std::make_shared<memory_sink>();
  const auto prompt = clip(160 * 4);
  r.command(media::record_command{1, sink, {}});
  r.command(media::play_command{1, prompt, false});
  for (std::uint32_t n = 0; n < 10; ++n) {
    r.run_to(20 * n + 5);
    r.audio(n);
  }
  r.run_to(205);
  r.close();
  CHECK(sink->closed == 1);
  CHECK_FALSE(sink->unequal);
  // Eleven ticks (0 to 200 ms); the first packet came after the first of them and waits 60 ms.
  REQUIRE(sink->heard.size() == 14 * 160);
  REQUIRE(sink->sent.size() == 14 * 160);
  for (std::size_t k = 0; k < 4; ++k) CHECK(part(sink->heard, k) == quiet);
  for (std::uint32_t n = 0; n < 10; ++n)
    CHECK(part(sink->heard, n + 4) == decoded(rig::payload_of(n)));
  for (std::size_t k = 0; k < 14; ++k) {
    const sound expected = k < 4 ? part(prompt->samples, k) : quiet;
    CHECK(part(sink->sent, k) == expected);
  }
  CHECK(r.events.back() == "205 closed");
}

TEST_CASE("gaps are time, and counted as concealed only where packets were lost") {
  for (const bool lost : {true, false}) {
    rig r;
    const auto sink = std::make_shared<memory_sink>();
    r.command(media::record_command{1, sink, {}});
    for (std::uint32_t k = 0; k < 50; ++k) {
      r.run_to(20 * k + 5);
      if (k >= 10 && k < 30) continue;
      const auto sequence = static_cast<std::uint16_t>(k < 10 || lost ? k : k - 20);
      r.receive(
          {k == 0, payload_type{0}, sequence_number{sequence}, rtp_timestamp{160 * k}, ssrc{1}},
          rig::payload_of(k));
    }
    r.run_to(1005);
    r.close();
    REQUIRE(sink->heard.size() == 54 * 160);
    for (std::size_t k = 0; k < 50; ++k) {
      CAPTURE(k);
      // What stands in for missing sound fades within 60 ms, the sound after it comes in smoothly.
      if ((k >= 10 && k < 13) || k == 30) continue;
      const bool missing = k >= 10 && k < 30;
      const auto expected =
          missing ? quiet : decoded(rig::payload_of(static_cast<std::uint32_t>(k)));
      CHECK((part(sink->heard, k + 4) == expected));
    }
    CHECK(r.figures().concealed_ms == (lost ? 400 : 0));
    CHECK(r.figures().lost == (lost ? 20 : 0));
  }
}

TEST_CASE("a recording that begins late, one that ends early, one of a limited length") {
  rig r;
  const auto late = std::make_shared<memory_sink>(), limited = std::make_shared<memory_sink>(),
             stopped = std::make_shared<memory_sink>();
  r.command(media::record_command{1, stopped, {}});
  r.run_to(100);
  r.command(media::record_command{2, limited, milliseconds(50)});
  r.run_to(195);
  r.command(media::record_command{3, late, {}});
  r.command(media::stop_record_command{1});
  r.run_to(300);
  CHECK(stopped->heard.size() == 10 * 160);
  CHECK(stopped->closed == 1);
  CHECK(limited->heard.size() == 400);
  CHECK(limited->sent.size() == 400);
  CHECK(limited->closed == 1);
  CHECK(r.events == list{"160 stopped 2"});
  CHECK(late->heard.size() == 6 * 160);
  CHECK(late->closed == 0);
  r.close();
  CHECK(late->closed == 1);
  CHECK(late->heard.size() == 6 * 160);
}

TEST_CASE("four sinks hear the same, a fifth is turned away") {
  rig r;
  std::vector<std::shared_ptr<memory_sink>> sinks;
  for (std::uint32_t i = 0; i < 5; ++i) {
    sinks.push_back(std::make_shared<memory_sink>());
    r.command(media::record_command{i, sinks.back(), {}});
  }
  CHECK(r.events == list{"0 stopped 4"});
  CHECK(sinks[4]->closed == 1);
  r.run_to(5);
  r.audio(0);
  r.run_to(205);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(sinks[i]->heard == sinks[0]->heard);
    CHECK(sinks[i]->heard.size() == 11 * 160);
  }
  CHECK(sinks[4]->heard.empty());
}

TEST_CASE("an echo is recorded as sent, beside what was heard") {
  rig r;
  const auto sink = std::make_shared<memory_sink>();
  r.command(media::record_command{1, sink, {}});
  r.command(media::echo_command{true});
  for (std::uint32_t n = 0; n < 30; ++n) {
    // Jitter of up to 15 ms.
    r.run_to(20 * n + (n % 4) * 5);
    r.audio(n);
  }
  r.run_to(605);
  r.close();
  CHECK_FALSE(sink->unequal);
  CHECK(sink->heard == sink->sent);
  for (std::uint32_t n = 0; n < 30; ++n)
    CHECK(part(sink->sent, n + 4) == decoded(rig::payload_of(n)));
}

TEST_CASE("digits are silence in the recording of what was sent") {
  rig r;
  const auto sink = std::make_shared<memory_sink>();
  r.command(media::record_command{1, sink, {}});
  r.command(media::play_command{1, clip(3200), false});
  r.command(media::send_digits_command{"1", milliseconds(40), milliseconds(80)});
  r.run_to(199);
  CHECK(part(sink->sent, 3) == quiet);
  CHECK(part(sink->sent, 4) == part(clip(3200)->samples, 4));
}

TEST_CASE("a recording keeps every packet at its time, however the others came") {
  rig r;
  const auto sink = std::make_shared<memory_sink>();
  r.command(media::record_command{1, sink, {}});
  // Twice the sender stood still for 60 ms and then caught up.
  for (std::uint32_t k = 0; k < 100; ++k) {
    const bool stalled = (k >= 20 && k < 23) || (k >= 60 && k < 63);
    r.run_to(20 * (stalled ? k / 20 * 20 + 3 : k) + 5);
    r.audio(k);
  }
  r.run_to(2005);
  r.close();
  REQUIRE(sink->heard.size() >= 103 * 160);
  for (std::uint32_t k = 30; k < 60; ++k)
    CHECK((part(sink->heard, k + 4) == decoded(rig::payload_of(k))));
  for (std::uint32_t k = 70; k < 100; ++k)
    CHECK((part(sink->heard, k + 4) == decoded(rig::payload_of(k))));
}
