#include <vector>

#include "rig.hpp"
#include "support/catch.hpp"

using namespace test;
using list = std::vector<std::string>;

TEST_CASE("echo returns every payload once, bit-exact, at once, over the wraps of both numbers") {
  rig r;
  r.command(media::echo_command{true});
  for (std::uint32_t n = 0; n < 100; ++n) {
    r.run_to(3 + 20 * n);
    r.audio(n);
  }
  REQUIRE(r.sent.size() == 100);
  for (std::uint32_t n = 0; n < 100; ++n) {
    const auto& p = r.sent[n];
    CHECK(p.payload == rig::payload_of(n));
    CHECK(p.at_ms == 3 + 20 * n);
    CHECK(p.header.marker == (n == 0));
    CHECK(p.header.type == payload_type{0});
    CHECK(p.header.source == ssrc{0xabcd});
    CHECK(p.header.sequence == sequence_number{static_cast<std::uint16_t>(65534 + n)});
    CHECK(p.header.timestamp - r.sent[0].header.timestamp == static_cast<std::int32_t>(160 * n));
  }
  CHECK(r.figures().packets_sent == 100);
  CHECK(r.figures().packets_received == 100);
}

TEST_CASE("echo: order, copies, gaps") {
  struct row {
    const char* what;
    std::vector<std::uint32_t> packets;  ///< one every 10 ms
    std::vector<std::uint32_t> returned;
    std::vector<bool> marker;
    std::uint64_t late;
  };
  const std::array<row, 6> rows{
      {{"in order", {0, 1, 2}, {0, 1, 2}, {true, false, false}, 0},
       {"swapped", {0, 2, 1, 3}, {0, 1, 2, 3}, {true, false, false, false}, 0},
       {"copies", {0, 0, 1, 1, 0}, {0, 1}, {true, false}, 0},
       {"lost", {0, 2, 3}, {0, 2, 3}, {true, true, false}, 0},
       {"too late",
        {0, 2, 3, 4, 5, 6, 1, 7},
        {0, 2, 3, 4, 5, 6, 7},
        {true, true, false, false, false, false, false},
        1},
       {"before the first", {5, 4, 6}, {5, 6}, {true, false}, 1}}};
  for (const row& row : rows) {
    INFO(row.what);
    rig r;
    r.command(media::echo_command{true});
    std::int64_t t = 0;
    for (const auto n : row.packets) {
      r.run_to(t += 10);
      r.audio(n);
    }
    r.run_to(t + 100);
    REQUIRE(r.sent.size() == row.returned.size());
    for (std::size_t i = 0; i < r.sent.size(); ++i) {
      CHECK(r.sent[i].payload == rig::payload_of(row.returned[i]));
      CHECK(r.sent[i].header.marker == row.marker[i]);
      CHECK(r.sent[i].header.sequence == sequence_number{static_cast<std::uint16_t>(65534 + i)});
      CHECK(r.sent[i].header.timestamp - r.sent[0].header.timestamp ==
            static_cast<std::int32_t>(160 * (row.returned[i] - row.returned[0])));
    }
    CHECK(r.figures().late == row.late);
  }
}

TEST_CASE("echo of another codec is coded anew, digits are not echoed") {
  rig r;
  r.command(media::echo_command{true});
  r.audio(0, peer, 8);
  r.event(1, 5000, 5, 160, false);
  r.event(2, 5000, 5, 320, true);
  r.audio(3, peer, 8);
  REQUIRE(r.sent.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    std::vector<std::int16_t> pcm(160);
    std::vector<std::uint8_t> expected(160);
    CHECK(
        audio::make_decoder(audio::codec_id::pcma)->decode(rig::payload_of(i == 0 ? 0 : 3), pcm) ==
        160);
    CHECK(audio::make_encoder(audio::codec_id::pcmu)->encode(pcm, expected) == 160);
    CHECK(r.sent[i].header.type == payload_type{0});
    CHECK(r.sent[i].payload == expected);
  }
  CHECK(r.events == list{"0 first", "0 5/40"});
}

TEST_CASE("a new source in mid-echo: what waits goes out first, time never goes back") {
  rig r;
  r.command(media::echo_command{true});
  r.audio(0);
  r.audio(2);
  r.receive({false, payload_type{0}, sequence_number{9}, rtp_timestamp{12}, ssrc{8}},
            rig::payload_of(50));
  r.receive({false, payload_type{0}, sequence_number{10}, rtp_timestamp{172}, ssrc{8}},
            rig::payload_of(51));
  REQUIRE(r.sent.size() == 4);
  const std::array<std::uint32_t, 4> content{0, 2, 50, 51};
  const std::array<std::int32_t, 4> stamps{0, 320, 480, 640};
  const std::array<bool, 4> markers{true, true, true, false};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(r.sent[i].payload == rig::payload_of(content[i]));
    CHECK(r.sent[i].header.timestamp - r.sent[0].header.timestamp == stamps[i]);
    CHECK(r.sent[i].header.marker == markers[i]);
  }
  CHECK(r.figures().ssrc_changes == 1);
}

TEST_CASE("a jump of the sequence: the first packet after it is echoed too") {
  rig r;
  r.command(media::echo_command{true});
  r.audio(0);
  r.audio(1);
  r.audio(20001);
  r.audio(20002);
  r.audio(20003);
  REQUIRE(r.sent.size() == 5);
  CHECK(r.sent[2].payload == rig::payload_of(20001));
  CHECK(r.sent[4].payload == rig::payload_of(20003));
  CHECK(r.figures().packets_received == 5);
  CHECK(r.figures().lost == 0);
}

TEST_CASE("echo off: silence goes on behind what was echoed") {
  rig r;
  r.command(media::echo_command{true});
  for (std::uint32_t n = 0; n < 5; ++n) {
    r.run_to(20 * n + 1);
    r.audio(n);
  }
  r.run_to(95);
  r.command(media::echo_command{false});
  r.run_to(120);
  REQUIRE(r.sent.size() == 7);
  CHECK(r.sent[5].payload == std::vector<std::uint8_t>(160, 0xff));
  CHECK(r.sent[5].header.timestamp - r.sent[4].header.timestamp == 160);
  CHECK(r.sent[6].header.timestamp - r.sent[5].header.timestamp == 160);
  r.audio(5);
  CHECK(r.sent.size() == 7);
}

TEST_CASE("digits sent while echoing take its place") {
  rig r;
  r.command(media::echo_command{true});
  r.run_to(1);
  r.audio(0);
  r.command(media::send_digits_command{"1", milliseconds(40), milliseconds(40)});
  for (std::uint32_t n = 1; n < 10; ++n) {
    r.run_to(20 * n + 1);
    r.audio(n);
  }
  // Ticks 1 to 4 are the digit's (two updates, two repeated ends), then the echo goes on.
  REQUIRE(r.sent.size() == 1 + 4 + 5);
  for (std::size_t i = 1; i < 5; ++i) CHECK(r.sent[i].header.type == payload_type{101});
  CHECK(r.sent[5].payload == rig::payload_of(5));
  for (std::size_t i = 1; i < r.sent.size(); ++i) {
    CHECK(r.sent[i].header.sequence == sequence_number{static_cast<std::uint16_t>(65534 + i)});
    CHECK_FALSE(r.sent[i].header.timestamp.before(r.sent[i - 1].header.timestamp));
  }
}
