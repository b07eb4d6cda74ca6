#include <vector>

#include "rig.hpp"
#include "sipvoice/media/digit_ear.hpp"
#include "support/catch.hpp"

using namespace test;
using list = std::vector<std::string>;

TEST_CASE("what is received is counted once, and told first") {
  rig r;
  r.command(media::start_command{});
  r.run_to(37);
  CHECK_FALSE(r.figures().first_packet_ms);
  r.audio(0);
  r.audio(1);
  r.audio(1);
  r.audio(3);
  r.audio(2);
  r.audio(5, peer, 8);
  r.audio(6, peer, 96);
  r.audio(7, peer, 13);
  r.audio(8, peer, 18);          // a type that was not agreed
  r.audio(9, address(2, 4000));  // another address
  r.session.receive({}, peer, at(40));
  const auto& s = r.figures();
  CHECK(s.packets_received == 7);
  CHECK(s.duplicate == 1);
  CHECK(s.reordered == 1);
  CHECK(s.lost == 1);
  CHECK(s.rejected == 2);
  CHECK(s.malformed == 1);
  CHECK(s.ssrc_changes == 0);
  CHECK(s.first_packet_ms == 37.0);
  CHECK(s.remote_sdp == peer);
  CHECK(s.remote_observed == peer);
  CHECK_FALSE(s.round_trip_ms);
  CHECK_FALSE(s.mos);
  CHECK(r.events == list{"37 first"});
  CHECK(std::string(media::audio_verdict(s)) == "both");
}

TEST_CASE("malformed datagrams are counted and change nothing") {
  rig r;
  std::vector<std::uint8_t> big(5000, 0x80);
  r.session.receive(big, peer, at(0));
  std::vector<std::uint8_t> long_payload(12 + 2049, 0);
  long_payload[0] = 0x80;
  r.session.receive(long_payload, peer, at(0));
  const std::array<std::uint8_t, 3> few{0x80, 0, 0};
  r.session.receive(few, peer, at(0));
  r.session.receive_rtcp(few, address(1, 4001), at(0));
  const std::array<std::uint8_t, 8> report{0x80, 201, 0, 1, 0, 0, 0, 1};
  r.session.receive_rtcp(report, address(1, 4001), at(0));
  r.session.receive_rtcp(report, address(9, 4001), at(0));
  r.drain();
  CHECK(r.figures().malformed == 4);
  CHECK(r.figures().rejected == 1);
  CHECK(r.figures().packets_received == 0);
  CHECK(r.events.empty());
}

TEST_CASE("jitter is measured with the time of arrival, the first packet before the answer is 0") {
  rig r;
  r.audio(0);
  r.now_ms = 30;
  r.audio(1);
  r.command(media::start_command{});
  CHECK(r.figures().jitter_ms == Approx(10.0 / 16));
  CHECK(r.figures().first_packet_ms == 0.0);
}

TEST_CASE("digits are told once, whatever of them is lost") {
  rig r;
  r.audio(0);
  for (std::uint32_t i = 1; i <= 4; ++i) r.event(i, 5000, 5, 160 * i, i == 4);
  r.event(5, 5000, 5, 640, true);
  r.event(6, 5000, 5, 640, true);
  r.now_ms = 100;
  r.event(7, 9000, 11, 160, false);
  r.run_to(1000);
  CHECK(r.events == list{"0 first", "0 5/80", "250 -#/20"});
  CHECK(r.figures().packets_received == 8);
  CHECK(r.figures().lost == 0);
  r.event(8, 20000, 1, 160, false);
  r.close();
  CHECK(list(r.events.begin() + 3, r.events.end()) == list{"1000 -1/20", "1000 closed"});
}

TEST_CASE("nothing is heard where our direction does not receive") {
  for (const auto d : {media::direction::inactive, media::direction::send_only}) {
    auto open = opening();
    open.parameters.direction = d;
    rig r(open);
    const auto sink = std::make_shared<memory_sink>();
    r.command(media::record_command{1, sink, {}});
    r.command(media::echo_command{true});
    for (std::uint32_t n = 0; n < 10; ++n) {
      r.audio(n);
      r.run_to(20 * n + 19);
    }
    r.event(10, 5000, 5, 160, true);
    r.close();
    CHECK(r.sent.empty());
    CHECK(std::all_of(sink->heard.begin(), sink->heard.end(), [](auto s) { return s == 0; }));
    CHECK(r.events == list{"0 first", "199 closed"});
  }
}

TEST_CASE("timeouts: never started, stopped, on hold") {
  struct row {
    const char* what;
    bool start;
    std::vector<int> packets;  ///< ms
    int hold_from, hold_to;    ///< 0: none
    list expected;
  };
  const std::array<row, 7> rows{
      {{"never answered", false, {}, 0, 0, {}},
       {"nothing ever came", true, {}, 0, 0, {"5000 never started"}},
       {"came and stopped", true, {100, 900}, 0, 0, {"100 first", "2900 stopped coming"}},
       {"came before the answer only", true, {-10}, 0, 0, {"-10 first", "2000 stopped coming"}},
       {"came after all, and stopped",
        true,
        {6000},
        0,
        0,
        {"5000 never started", "6000 first", "8000 stopped coming"}},
       {"held over the end of the time",
        true,
        {100},
        1000,
        7000,
        {"100 first", "9000 stopped coming"}},
       {"held from the start on", true, {}, 1000, 3000, {"8000 never started"}}}};
  for (const row& row : rows) {
    INFO(row.what);
    auto open = opening();
    open.inactivity_timeout = milliseconds(2000);
    open.establishment_timeout = milliseconds(5000);
    rig r(open);
    std::uint32_t n = 0;
    bool started = false;
    for (int t = -10; t <= 20000; t += 10) {
      if (t > 0) r.run_to(t);
      r.now_ms = t;
      if (t == 0 && row.start && !started) {
        r.command(media::start_command{});
        started = true;
      }
      for (const int p : row.packets)
        if (p == t) r.audio(n++);
      auto changed = r.parameters;
      changed.on_hold = t == row.hold_from;
      if (row.hold_to != 0 && (t == row.hold_from || t == row.hold_to)) r.change(changed);
    }
    CHECK(r.events == row.expected);
  }
}

TEST_CASE("no timeouts while our direction does not receive: whom we hold may be silent") {
  for (const auto d : {media::direction::inactive, media::direction::send_only}) {
    auto open = opening();
    open.inactivity_timeout = milliseconds(2000);
    open.establishment_timeout = milliseconds(5000);
    rig r(open);
    r.command(media::start_command{});
    r.audio(0);
    r.run_to(1000);
    auto held = r.parameters;
    held.direction = d;
    r.change(held);
    r.run_to(20'000);
    CHECK(r.events == list{"0 first"});
    held.direction = media::direction::both;
    r.change(held);
    r.run_to(30'000);
    CHECK(r.events == list{"0 first", "22000 stopped coming"});
  }
}

TEST_CASE("an address that is nobody's is sent nothing, until there is one") {
  auto open = opening();
  open.parameters.remote_rtp = open.parameters.remote_rtcp = {};  // c=0.0.0.0
  rig r(open);
  r.command(media::start_command{});
  r.run_to(30'000);
  CHECK(r.sent.empty());
  CHECK(r.reports.empty());
  auto found = r.parameters;
  found.remote_rtp = peer;
  found.remote_rtcp = address(1, 4001);
  r.change(found);
  r.run_to(60'000);
  REQUIRE_FALSE(r.sent.empty());
  CHECK(r.sent.front().to == peer);
  CHECK_FALSE(r.reports.empty());
}

TEST_CASE("a flood of digits is bounded") {
  rig r;
  std::vector<std::uint8_t> bytes(16);
  for (std::uint32_t n = 0; n < 5000; ++n) {
    rtp::print({false, payload_type{96}, sequence_number{static_cast<std::uint16_t>(n)},
                rtp_timestamp{n * 100000}, ssrc{1}},
               std::span(bytes).first<12>());
    bytes[12] = static_cast<std::uint8_t>(n % 16);
    bytes[13] = 0x80;
    r.session.receive(bytes, peer, at(0));
  }
  r.drain();
  CHECK(r.events.size() == 1 + media::digit_ear::max_digits_at_once);  // and the first packet
}
