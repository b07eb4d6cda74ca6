// Telephone-events under an SSRC of their own, and floods of them.
#include <map>

#include "media/rig.hpp"
#include "sipvoice/media/digit_ear.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

/// A peer whose packets have the numbers of their SSRC, every 20 ms.
struct sender {
  rig r;
  std::uint32_t sound_n = 0;
  std::map<std::uint32_t, std::uint16_t> event_n;  ///< by SSRC
  std::shared_ptr<memory_sink> sink = std::make_shared<memory_sink>();

  sender() { r.command(media::record_command{1, sink, {}}); }
  void pass() { r.run_to(r.now_ms + 20); }
  /// Numbers without a hole, timestamps that go with the time.
  void sound(std::uint32_t source = 7) {
    const auto n = sound_n++;
    r.receive({n == 0, payload_type{0}, sequence_number{static_cast<std::uint16_t>(65500 + n)},
               rtp_timestamp{0xfffff000u + static_cast<std::uint32_t>(8 * r.now_ms)}, ssrc{source}},
              rig::payload_of(n));
  }
  void event(std::uint32_t source, std::uint32_t timestamp, std::uint8_t digit,
             std::uint32_t duration, bool end) {
    std::vector<std::uint8_t> payload(4);
    rtp::telephone_event{digit, end, 10, static_cast<std::uint16_t>(duration)}.print(
        std::span(payload).first<4>());
    const bool same = source == 7;
    const auto n = same ? static_cast<std::uint16_t>(65500 + sound_n++) : event_n[source]++;
    r.receive({false, payload_type{96}, sequence_number{n}, rtp_timestamp{timestamp}, ssrc{source}},
              payload);
  }
  /// Eight packets of a digit of 120 ms, the end three times. `between`: sound goes on beside it.
  void digit(std::uint32_t source, std::uint32_t timestamp, std::uint8_t digit, bool between) {
    for (std::uint32_t n = 1; n <= 8; ++n) {
      event(source, timestamp, digit, 160 * std::min(n, 6u), n >= 6);
      if (between) sound();
      pass();
    }
  }
  [[nodiscard]] std::string digits() const {
    std::string out;
    for (const std::string& e : r.events)
      if (e.find('/') != std::string::npos) out += e.substr(e.find(' ') + 1) + " ";
    return out;
  }
};

}  // namespace

TEST_CASE("telephone-events under another SSRC than the sound: each digit once") {
  for (const bool between : {false, true}) {
    CAPTURE(between);
    sender s;
    for (int n = 0; n < 5; ++n, s.pass()) s.sound();
    for (std::uint8_t n = 0; n < 4; ++n) {
      s.digit(99, 50'000u + 3000u * n, n, between);
      for (int m = 0; m < 5; ++m, s.pass()) s.sound();
    }
    const auto& f = s.r.figures();
    CHECK(s.digits() == "0/120 1/120 2/120 3/120 ");
    CHECK(f.packets_received == s.sound_n + 32u);
    CHECK(f.lost == 0);
    CHECK(f.ssrc_changes == 0);
    CHECK(f.late == 0);
    CHECK(f.duplicate == 0);
    CHECK(f.malformed == 0);
    CHECK(f.jitter_ms < 1);
  }
}

TEST_CASE("sound that follows events under another SSRC is echoed from its first packet on") {
  sender s;
  s.r.command(media::echo_command{true});
  s.event_n[99] = 13'267;  // ahead of the numbers of the sound
  s.event(99, 50'000, 5, 160, false);
  s.pass();
  for (int n = 0; n < 5; ++n, s.pass()) s.sound();
  REQUIRE(s.r.sent.size() >= 5);
  CHECK(s.r.sent.front().payload == rig::payload_of(0));
}

TEST_CASE("the sound beside events under another SSRC is heard as without them") {
  sender with, without;
  for (std::uint32_t n = 0; n < 60; ++n) {
    if (n >= 20 && n < 28) with.event(99, 7, 5, 160 * std::min(n - 19, 6u), n >= 25);
    with.sound();
    without.sound();
    with.pass();
    without.pass();
  }
  CHECK(with.digits() == "5/120 ");
  CHECK(with.sink->heard == without.sink->heard);
  CHECK(with.r.figures().concealed_ms == 0);
}

TEST_CASE("events before the first sound, then sound under another SSRC") {
  sender s;
  for (std::uint32_t n = 1; n <= 8; ++n) {
    s.event(99, 5000, 3, 160 * std::min(n, 6u), n >= 6);
    if (n >= 3) s.sound();  // in the middle of the digit
    s.pass();
  }
  s.digit(99, 9000, 4, true);
  CHECK(s.digits() == "3/120 4/120 ");
  CHECK(s.r.figures().ssrc_changes == 0);
  CHECK(s.r.figures().packets_received == s.sound_n + 16u);
  CHECK(s.r.figures().lost == 0);
}

TEST_CASE("a new SSRC for each digit, and late ends of the one before") {
  sender s;
  s.sound();
  s.digit(100, 1000, 1, true);
  s.event(101, 500, 2, 160, false);
  s.event(100, 1000, 1, 960, true);  // once more
  s.event(101, 500, 2, 320, true);
  s.event(100, 1000, 1, 960, true);
  s.event(102, 77, 3, 160, false);  // its end is lost
  s.event(103, 77, 4, 320, true);
  CHECK(s.digits() == "1/120 2/40 -3/20 4/40 ");
}

TEST_CASE("the sound changes its SSRC: what was under way is told, and only once") {
  sender s;
  for (int n = 0; n < 5; ++n, s.pass()) s.sound();
  s.event(7, 2000, 6, 160, false);
  s.sound(8);
  s.event(7, 2000, 6, 480, true);  // overtaken by the new source
  s.sound(8);
  CHECK(s.digits() == "-6/20 ");
  CHECK(s.r.figures().ssrc_changes == 1);
}

TEST_CASE("a flood of digits is told up to its bound, and what is beyond is counted") {
  constexpr int at_once = media::digit_ear::max_digits_at_once;
  constexpr std::int64_t each_ms = 1000 / media::digit_ear::max_digits_per_second;
  sender s;
  std::uint32_t timestamp = 0;
  const auto told = [&] {
    const std::string digits = s.digits();
    return std::count(digits.begin(), digits.end(), '/');
  };
  const auto press = [&](int count) {
    for (int n = 0; n < count; ++n) s.event(7, timestamp += 400, 1, 320, true);
  };
  press(at_once);
  CHECK(told() == at_once);
  CHECK(s.r.figures().digits_dropped == 0);
  press(1);
  CHECK(told() == at_once);
  CHECK(s.r.figures().digits_dropped == 1);
  s.r.run_to(each_ms - 1);  // a millisecond too early
  press(1);
  CHECK(s.r.figures().digits_dropped == 2);
  s.r.run_to(each_ms);
  press(2);
  CHECK(told() == at_once + 1);
  CHECK(s.r.figures().digits_dropped == 3);
  s.r.run_to(100'000);  // long enough for all, and not for more
  press(at_once + 7);
  CHECK(told() == 2 * at_once + 1);
  CHECK(s.r.figures().digits_dropped == 10);
}

TEST_CASE("the fastest dialler there is loses no digit") {
  sender s;
  for (std::uint32_t n = 0; n < 500; ++n) {
    s.r.run_to(80 * n);
    s.event(7, 640 * n, 1, 320, true);
  }
  const std::string digits = s.digits();
  CHECK(std::count(digits.begin(), digits.end(), '/') == 500);
  CHECK(s.r.figures().digits_dropped == 0);
}
