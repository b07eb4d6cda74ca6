#include "sipvoice/rtp/telephone_event.hpp"

#include <array>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace sipvoice;
using rtp::telephone_event;
using std::chrono::milliseconds;

namespace {

const time_point begin{std::chrono::seconds(9)};

std::array<std::uint8_t, 4> payload(std::uint8_t event, std::uint32_t duration, bool end = false) {
  std::array<std::uint8_t, 4> out{};
  telephone_event{event, end, 10, static_cast<std::uint16_t>(duration)}.print(out);
  return out;
}

/// "5/160" with a '-' before it when no end came.
struct ears {
  rtp::event_receiver receiver{8000};
  std::vector<std::string> digits;

  void take() {
    while (const auto d = receiver.poll())
      digits.push_back((d->complete ? "" : "-") + std::string(1, d->value) + "/" +
                       std::to_string(d->duration_ms));
  }
  void hear(int at_ms, std::uint32_t timestamp, std::uint8_t event, std::uint32_t duration,
            bool end = false) {
    receiver.handle_timeout(begin + milliseconds(at_ms));
    CHECK(receiver.receive(rtp_timestamp{timestamp}, payload(event, duration, end),
                           begin + milliseconds(at_ms)));
    take();
  }
  void wait(int at_ms) {
    receiver.handle_timeout(begin + milliseconds(at_ms));
    take();
  }
};

using list = std::vector<std::string>;

}  // namespace

TEST_CASE("the payload of RFC 4733 2.3") {
  // The worked example's shape: event 1, end, volume 7, duration 400.
  const std::array<std::uint8_t, 4> wire{1, 0x87, 0x01, 0x90};
  const auto e = telephone_event::parse(wire);
  REQUIRE(e.has_value());
  CHECK(*e == telephone_event{1, true, 7, 400});
  std::array<std::uint8_t, 4> again{};
  e->print(again);
  CHECK(again == wire);
  CHECK_FALSE(telephone_event::parse(byte_view(wire).first(3)).has_value());
  // The reserved bit is ignored (2.3.3), and what follows the four bytes too.
  const std::array<std::uint8_t, 8> reserved{1, 0xc7, 0x01, 0x90, 2, 0x07, 0, 9};
  CHECK(*telephone_event::parse(reserved) == telephone_event{1, true, 7, 400});
  const std::string all = "0123456789*#ABCD";
  for (std::uint8_t i = 0; i < 16; ++i) {
    CHECK(rtp::digit_of(i) == all[i]);
    CHECK(rtp::event_of(all[i]) == i);
  }
  CHECK(rtp::event_of('d') == 15);
  CHECK_FALSE(rtp::event_of('x'));
  CHECK_FALSE(rtp::digit_of(16));
}

TEST_CASE("an event with its three ends is one digit") {
  ears e;
  for (std::uint32_t i = 1; i <= 8; ++i) e.hear(static_cast<int>(20 * i), 1000, 5, 160 * i, i == 8);
  CHECK(e.digits == list{"5/160"});
  e.hear(180, 1000, 5, 1280, true);
  e.hear(200, 1000, 5, 1280, true);
  e.wait(1000);
  CHECK(e.digits == list{"5/160"});
  CHECK(e.receiver.next_deadline() == never);
}

TEST_CASE("a lost start is still one digit") {
  ears e;
  e.hear(0, 1000, 5, 1280, true);
  e.hear(20, 1000, 5, 1280, true);
  CHECK(e.digits == list{"5/160"});
}

TEST_CASE("a lost end: told 150 ms after the last update") {
  ears e;
  e.hear(0, 1000, 11, 160);
  e.hear(20, 1000, 11, 320);
  CHECK(e.receiver.next_deadline() == begin + milliseconds(170));
  e.wait(169);
  CHECK(e.digits.empty());
  e.wait(170);
  CHECK(e.digits == list{"-#/40"});
  e.hear(190, 1000, 11, 1280, true);  // after all: it has been told
  CHECK(e.digits == list{"-#/40"});
}

TEST_CASE("a lost end: told when the next digit begins") {
  ears e;
  e.hear(0, 1000, 1, 160);
  e.hear(100, 1800, 2, 160);
  CHECK(e.digits == list{"-1/20"});
  e.hear(120, 1800, 2, 320, true);
  CHECK(e.digits == list{"-1/20", "2/40"});
  e.hear(121, 1000, 1, 1280, true);
  CHECK(e.digits == list{"-1/20", "2/40"});
}

TEST_CASE("the same digit twice is two digits") {
  ears e;
  e.hear(0, 1000, 7, 160);
  e.hear(20, 1000, 7, 320, true);
  e.hear(100, 1800, 7, 160);
  e.hear(101, 1000, 7, 320, true);  // a late copy of the first one's end
  e.hear(120, 1800, 7, 320, true);
  CHECK(e.digits == list{"7/40", "7/40"});
  // With both ends lost too.
  ears f;
  f.hear(0, 1000, 7, 160);
  f.hear(100, 1800, 7, 160);
  f.wait(400);
  CHECK(f.digits == list{"-7/20", "-7/20"});
}

TEST_CASE("reordered updates keep the longest duration, timestamps wrap") {
  ears e;
  e.hear(0, 0xffffffff, 3, 320);
  e.hear(1, 0xffffffff, 3, 160);
  e.hear(20, 0xffffffff, 3, 480, true);
  e.hear(100, 500, 4, 160, true);
  CHECK(e.digits == list{"3/60", "4/20"});
}

TEST_CASE("a long event goes on in segments (2.5.1.3)") {
  ears e;
  int at = 0;
  for (std::uint32_t d = 160; d < 0xffff; d += 160) e.hear(at += 20, 1000, 9, d);
  SECTION("with the packet of 0xFFFF") { e.hear(at, 1000, 9, 0xffff); }
  SECTION("without it") {}
  e.hear(at + 20, 1000 + 0xffff, 9, 65);
  e.hear(at + 25, 1000, 9, 65440);  // late, of the first segment
  e.hear(at + 40, 1000 + 0xffff, 9, 465, true);
  e.hear(at + 60, 1000 + 0xffff, 9, 465, true);
  e.wait(at + 1000);
  CHECK(e.digits == list{"9/8250"});  // (65535 + 465) / 8
}

TEST_CASE("a segment after a break belongs to the digit that was told") {
  ears e;
  e.hear(0, 1000, 9, 64000);
  e.wait(150);
  CHECK(e.digits == list{"-9/8000"});
  e.hear(300, 1000 + 0xffff, 9, 800);
  e.hear(320, 1000 + 0xffff, 9, 960, true);
  e.wait(1000);
  CHECK(e.digits == list{"-9/8000"});
}

TEST_CASE("what is no digit is ignored, the clock is the negotiated one") {
  ears e;
  e.hear(0, 1000, 16, 160, true);
  e.hear(0, 2000, 255, 160, true);
  e.wait(500);
  CHECK(e.digits.empty());
  CHECK(e.receiver.next_deadline() == never);
  const std::array<std::uint8_t, 3> cut{1, 2, 3};
  CHECK_FALSE(e.receiver.receive(rtp_timestamp{0}, cut, begin));

  rtp::event_receiver opus(48000);
  CHECK(opus.receive(rtp_timestamp{0}, payload(1, 7680, true), begin));
  const auto d = opus.poll();
  REQUIRE(d);
  CHECK(d->duration_ms == 160);
}

TEST_CASE("a new source starts anew, with the same timestamps too") {
  ears e;
  e.hear(0, 1000, 1, 160, true);
  e.hear(50, 5000, 2, 160);
  e.receiver.restart();
  e.take();
  CHECK(e.digits == list{"1/20", "-2/20"});
  e.hear(60, 1000, 1, 160, true);
  CHECK(e.digits == list{"1/20", "-2/20", "1/20"});
}

namespace {

/// What the sender makes of its ticks: "1:160" a packet, M marker, E end, '.' a free tick, '!'
/// done.
std::string ticks(rtp::event_sender& s, int count, std::uint32_t per_tick,
                  std::uint32_t timestamp = 0) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    const auto step = s.tick(rtp_timestamp{timestamp}, per_tick, 8000);
    if (step.sequence_done) out += '!';
    if (step.count == 0) out += '.';
    for (std::size_t p = 0; p < step.count; ++p)
      out += (p > 0 ? "+" : "") + std::to_string(step.packets[p].timestamp.value) + ":" +
             std::to_string(step.packets[p].event.duration) + (step.packets[p].marker ? "M" : "") +
             (step.packets[p].event.end ? "E" : "");
    out += ' ';
    timestamp += per_tick;
  }
  return out;
}

}  // namespace

TEST_CASE("sent digits, tick by tick") {
  rtp::event_sender s;
  s.queue("1w2", milliseconds(60), milliseconds(80));
  CHECK_FALSE(s.idle());
  CHECK(ticks(s, 9, 160) == "0:160M 0:320 0:480E 0:480E 0:480E . . . . ");
  // The gap's two remaining ticks were two of those; half a second is 25.
  const std::string pause = ticks(s, 23, 160, 9 * 160);
  CHECK(pause.find(':') == std::string::npos);
  CHECK(ticks(s, 8, 160, 32 * 160) == "5120:160M 5120:320 5120:480E 5120:480E 5120:480E . . !. ");
  CHECK(s.idle());
}

TEST_CASE("every ptime: durations rise by it, the last one reaches what was asked") {
  struct row {
    int ptime_ms;
    std::string out;
  };
  const std::array<row, 5> rows{{{10, "0:80M 0:160 0:240 0:320E 0:320E 0:320E "},
                                 {20, "0:160M 0:320E 0:320E 0:320E . . "},
                                 {30, "0:240M 0:480E 0:480E 0:480E . !. "},
                                 {40, "0:320ME 0:320E 0:320E !. . . "},
                                 {60, "0:480ME 0:480E 0:480E !. . . "}}};
  for (const row& r : rows) {
    INFO(r.ptime_ms);
    rtp::event_sender s;
    s.queue("*", milliseconds(40), milliseconds(80));
    CHECK(ticks(s, 6, static_cast<std::uint32_t>(8 * r.ptime_ms)) == r.out);
  }
}

TEST_CASE("a sent digit of ten seconds is read as one by the receiver") {
  rtp::event_sender s;
  ears e;
  s.queue("D", std::chrono::seconds(10), milliseconds(80));
  std::uint32_t timestamp = 0xffff0000, previous = 0;
  int ends = 0;
  for (int i = 0; i < 520; ++i, timestamp += 160) {
    const auto step = s.tick(rtp_timestamp{timestamp}, 160, 8000);
    for (std::size_t p = 0; p < step.count; ++p) {
      const auto& packet = step.packets[p];
      ends += packet.event.end;
      CHECK(packet.marker == (i == 0));
      const std::uint32_t reached = packet.timestamp.value - 0xffff0000 + packet.event.duration;
      CHECK(reached >= previous);
      previous = reached;
      e.hear(20 * i, packet.timestamp.value, packet.event.event, packet.event.duration,
             packet.event.end);
    }
  }
  CHECK(ends == 3);
  CHECK(previous == 80000);
  CHECK(e.digits == list{"D/10000"});
}

TEST_CASE("queued strings are told one by one, nonsense is left out") {
  rtp::event_sender s;
  s.queue("", milliseconds(20), milliseconds(20));
  s.queue("xyz", milliseconds(20), milliseconds(20));
  s.queue("3", milliseconds(20), milliseconds(20));
  int done = 0;
  for (int i = 0; i < 20; ++i) done += s.tick(rtp_timestamp{}, 160, 8000).sequence_done;
  CHECK(done == 3);
  CHECK(s.idle());
}

TEST_CASE("a digit whose stream stood still lasts through the gap, within one segment") {
  rtp::event_sender s;
  s.queue("1", milliseconds(100), milliseconds(80));
  CHECK(ticks(s, 2, 160) == "0:160M 0:320 ");
  // Two ticks were left out: their time belongs to the digit, which ends when it was to end.
  CHECK(ticks(s, 2, 160, 4 * 160) == "0:800E 0:800E ");

  rtp::event_sender held;
  held.queue("1", milliseconds(100), milliseconds(80));
  CHECK(ticks(held, 1, 160) == "0:160M ");
  CHECK(ticks(held, 3, 160, 8000 * 60) == "0:65535E 0:65535E 0:65535E ");
}
