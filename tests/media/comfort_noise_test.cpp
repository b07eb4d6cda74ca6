// Pauses of the sender, with comfort noise (RFC 3389) and plain ones: how they sound, and that they
// are no loss.
#include <cmath>
#include <vector>

#include "rig.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

double level_of(std::span<const std::int16_t> sound) {
  double energy = 0;
  for (const std::int16_t s : sound) energy += double(s) * s;
  return 10 * std::log10(energy / double(sound.size()) / (32768.0 * 32768.0) + 1e-12);
}

struct sender {
  rig& r;
  std::shared_ptr<memory_sink> sink = std::make_shared<memory_sink>();
  std::uint16_t number = 65530;
  std::uint32_t timestamp = 0xfffff000;

  explicit sender(rig& to) : r(to) { r.command(media::record_command{1, sink, {}}); }
  void audio(int packets, int lose = -1) {
    for (int i = 0; i < packets; ++i) {
      if (i != lose)
        r.receive(
            {false, payload_type{0}, sequence_number{number}, rtp_timestamp{timestamp}, ssrc{7}},
            std::vector<std::uint8_t>(160, i % 2 == 0 ? 0x90 : 0x10));
      ++number;
      timestamp += 160;
      r.run_to(r.now_ms + 20);
    }
  }
  void noise(std::vector<std::uint8_t> payload, std::int32_t dated = 0) {
    r.receive({false, payload_type{13}, sequence_number{number++},
               rtp_timestamp{timestamp + static_cast<std::uint32_t>(dated)}, ssrc{7}},
              payload);
  }
  void pause(int ms) {
    timestamp += 8 * static_cast<std::uint32_t>(ms);
    r.run_to(r.now_ms + ms);
  }
  [[nodiscard]] double level(int from_ms, int to_ms) const {
    return level_of(std::span(sink->heard).subspan(8 * from_ms, 8 * (to_ms - from_ms)));
  }
};

}  // namespace

TEST_CASE("comfort noise sounds at its level until the next packet, and is no loss") {
  for (const int level : {20, 40, 60})
    for (const std::int32_t dated : {0, -160}) {
      CAPTURE(level, dated);
      rig r;
      sender s(r);
      s.audio(10);
      s.noise({static_cast<std::uint8_t>(level), 0x40, 0x80}, dated);
      s.pause(1000);
      s.noise({static_cast<std::uint8_t>(level + 10)});
      s.pause(1000);
      s.audio(10);
      s.r.close();
      // 60 ms behind; the pause's end is laid anew.
      CHECK(s.level(280, 1240) == Approx(-level).margin(0.5));
      CHECK(s.level(1280, 2240) == Approx(-level - 10).margin(0.5));
      CHECK(r.figures().packets_received == 22);
      CHECK(r.figures().lost == 0);
      CHECK(r.figures().late == 0);
      CHECK(r.figures().concealed_ms == 0);
      CHECK(r.figures().jitter_ms == Approx(0).margin(0.01));
    }
}

TEST_CASE("a plain pause is silent and no loss, a loss after a pause with noise is concealed") {
  rig r;
  sender s(r);
  s.audio(10);
  s.pause(1000);
  s.audio(10);
  s.noise({30});
  s.pause(500);
  s.audio(20, 10);
  r.close();
  CHECK(s.level(400, 1200) < -100);
  CHECK(r.figures().lost == 1);
  CHECK(r.figures().concealed_ms == 20);
  // The second half of it: the voice fading out, not the noise of before.
  CHECK(s.level(60 + 2100 + 2, 60 + 2100 + 10) > -20);
}

TEST_CASE("noise packets of every kind: empty, dated anywhere, many, not agreed") {
  rig r;
  sender s(r);
  s.noise({40});  // before any sound
  s.audio(5);
  s.noise({});
  s.noise({0xff});
  for (int i = 0; i < 100; ++i) s.noise({50}, i * 1'000'000);
  s.pause(500);
  s.audio(5);
  r.close();
  CHECK(r.figures().lost == 0);
  CHECK(r.figures().malformed == 0);
  CHECK(s.level(300, 500) == Approx(-50).margin(0.5));

  auto open = opening();
  open.parameters.format.comfort_noise.reset();
  rig without(open);
  sender other(without);
  other.audio(5);
  other.noise({30});
  other.pause(200);
  without.close();
  CHECK(without.figures().rejected == 1);
  CHECK(other.level(250, 300) < -100);
}

TEST_CASE("silence is sent as sound: no suppression of what we send") {
  rig r;
  r.run_to(2000);
  CHECK(r.sent.size() == 101);
  for (const auto& p : r.sent) CHECK(p.header.type == payload_type{0});
}
