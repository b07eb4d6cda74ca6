#include <vector>

#include "rig.hpp"
#include "support/catch.hpp"

using namespace test;
using list = std::vector<std::string>;

namespace {

std::vector<std::uint8_t> encoded(const audio::clip& c, std::size_t from, std::size_t count) {
  std::vector<std::int16_t> frame(count);
  for (std::size_t i = 0; i < count && from + i < c.samples.size(); ++i)
    frame[i] = c.samples[from + i];
  std::vector<std::uint8_t> out(count);
  if (audio::make_encoder(audio::codec_id::pcmu)->encode(frame, out) != count) out.clear();
  return out;
}

}  // namespace

TEST_CASE("silence is sent on every tick, on time, in one stream") {
  rig r;
  r.run_to(10 * 20 - 1);
  REQUIRE(r.sent.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) {
    const auto& p = r.sent[i];
    CHECK(p.at_ms == static_cast<std::int64_t>(20 * i));
    CHECK(p.header.marker == (i == 0));
    CHECK(p.header.type == payload_type{0});
    CHECK(p.header.sequence == sequence_number{static_cast<std::uint16_t>(65534 + i)});
    CHECK(p.header.timestamp == rtp_timestamp{0xffffff00u + 160 * static_cast<std::uint32_t>(i)});
    CHECK(p.header.source == ssrc{0xabcd});
    CHECK(p.payload == std::vector<std::uint8_t>(160, 0xff));
    CHECK(p.to == peer);
  }
  CHECK(r.figures().packets_sent == 10);
  CHECK(r.figures().late_ticks == 0);
  CHECK(r.session.next_deadline() == at(200));
}

TEST_CASE("three prompts: frame by frame, no gap between, each told at its time") {
  rig r;
  const auto a = clip(480), b = clip(500, 1000), c = clip(1, 2000);
  r.command(media::play_command{1, a, false});
  r.command(media::play_command{2, b, false});
  r.command(media::play_command{3, c, false});
  r.run_to(200);
  CHECK(r.events == list{"0 start 1", "60 end 1 60", "60 start 2", "140 end 2 62", "140 start 3",
                         "160 end 3 0"});
  REQUIRE(r.sent.size() == 11);
  for (std::size_t i = 0; i < 11; ++i) {
    INFO("packet " << i);
    CHECK(r.sent[i].header.timestamp ==
          rtp_timestamp{0xffffff00u + 160 * static_cast<std::uint32_t>(i)});
    const auto expected = i < 3    ? encoded(*a, 160 * i, 160)
                          : i < 7  ? encoded(*b, 160 * (i - 3), 160)
                          : i == 7 ? encoded(*c, 0, 160)
                                   : std::vector<std::uint8_t>(160, 0xff);
    CHECK(r.sent[i].payload == expected);
  }
}

TEST_CASE("every ptime has its own number and length of packets") {
  for (const std::uint32_t ptime : {10u, 20u, 30u, 40u, 60u}) {
    INFO(ptime);
    auto open = opening();
    open.parameters.format.ptime_ms = ptime;
    rig r(open);
    r.command(media::play_command{1, clip(8000), false});
    r.run_to(1199);
    REQUIRE(r.sent.size() == 1200 / ptime);
    for (std::size_t i = 0; i < r.sent.size(); ++i) {
      CHECK(r.sent[i].payload.size() == 8 * ptime);
      CHECK(r.sent[i].at_ms == static_cast<std::int64_t>(i * ptime));
      CHECK(r.sent[i].header.timestamp ==
            rtp_timestamp{0xffffff00u + 8 * ptime * static_cast<std::uint32_t>(i)});
    }
  }
}

TEST_CASE("a change of ptime and payload type in mid-call holds from the next tick") {
  rig r;
  r.run_to(45);
  auto p = r.parameters;
  p.format.ptime_ms = 30;
  p.format.send = {payload_type{8}, audio::codec_id::pcma};
  r.change(p);
  r.run_to(125);
  REQUIRE(r.sent.size() == 6);
  const std::array<std::int64_t, 6> times{0, 20, 40, 60, 90, 120};
  const std::array<std::uint32_t, 6> stamps{0, 160, 320, 480, 720, 960};
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(r.sent[i].at_ms == times[i]);
    CHECK(r.sent[i].header.timestamp == rtp_timestamp{0xffffff00u + stamps[i]});
    CHECK(r.sent[i].payload == std::vector<std::uint8_t>(i < 3 ? 160 : 240, i < 3 ? 0xff : 0xd5));
    CHECK(r.sent[i].header.type == payload_type{static_cast<std::uint8_t>(i < 3 ? 0 : 8)});
    CHECK_FALSE((i > 0 && r.sent[i].header.marker));
  }
}

TEST_CASE("loops go round, stop cuts what had begun") {
  rig r;
  r.command(media::play_command{1, clip(320), true});
  r.command(media::play_command{2, clip(160), true});
  r.command(media::play_command{3, clip(0), true});  // nothing to loop
  r.run_to(150);
  CHECK(r.events == list{"0 start 1", "40 start 2", "60 start 3", "60 end 3 0"});
  const auto first = encoded(*clip(320), 0, 160);
  REQUIRE(r.sent.size() == 8);
  CHECK(r.sent[0].payload == first);
  CHECK(r.sent[2].payload == first);
  CHECK(r.sent[3].payload == first);
  CHECK(r.sent[4].payload == encoded(*clip(320), 160, 160));
  CHECK(r.sent[5].payload == first);
  r.command(media::play_command{4, clip(800), false});
  r.command(media::stop_play_command{});
  CHECK(list(r.events.begin() + 4, r.events.end()) == list{"150 cut 2 40", "150 cut 1 120"});
  r.run_to(160);
  CHECK(r.sent.back().payload == std::vector<std::uint8_t>(160, 0xff));
}

TEST_CASE("on hold and without an address nothing goes out, prompts wait, time goes on") {
  struct row {
    const char* what;
    media::direction direction;
    socket_address remote;
  };
  const std::array<row, 4> rows{{{"inactive", media::direction::inactive, peer},
                                 {"receive only", media::direction::receive_only, peer},
                                 {"no port", media::direction::both, {peer.ip, 0}},
                                 {"old-style hold", media::direction::both, {ip_address{}, 4000}}}};
  for (const row& row : rows) {
    INFO(row.what);
    rig r;
    r.command(media::play_command{1, clip(640), false});
    r.run_to(25);
    const auto active = r.parameters;
    auto held = active;
    held.direction = row.direction;
    held.remote_rtp = row.remote;
    r.change(held);
    r.run_to(105);
    CHECK(r.sent.size() == 2);
    r.change(active);
    r.run_to(165);
    REQUIRE(r.sent.size() == 5);
    CHECK(r.sent[2].at_ms == 120);
    CHECK(r.sent[2].header.marker);
    CHECK(r.sent[2].header.sequence == sequence_number{0});
    CHECK(r.sent[2].header.timestamp == rtp_timestamp{0xffffff00u + 6 * 160});
    CHECK(r.sent[2].payload == encoded(*clip(640), 320, 160));
    CHECK(r.events == list{"0 start 1", "160 end 1 80"});
  }
}

TEST_CASE("a late worker catches up in order, a stalled one does not burst") {
  rig r;
  r.session.handle_timeout(at(5 * 20));
  r.now_ms = 100;
  r.drain();
  REQUIRE(r.sent.size() == 6);
  for (std::size_t i = 0; i < 6; ++i)
    CHECK(r.sent[i].header.timestamp ==
          rtp_timestamp{0xffffff00u + 160 * static_cast<std::uint32_t>(i)});
  CHECK(r.figures().late_ticks == 4);  // those more than one tick behind
  CHECK(r.session.next_deadline() == at(120));

  const auto sink = std::make_shared<memory_sink>();
  r.command(media::record_command{1, sink, {}});
  r.sent.clear();
  r.session.handle_timeout(at(120 + 2000 + 7));
  r.drain();
  REQUIRE(r.sent.size() == 1);
  CHECK(r.sent[0].header.marker);
  CHECK(r.sent[0].header.sequence == sequence_number{4});
  CHECK(r.sent[0].header.timestamp == rtp_timestamp{0xffffff00u + 160 * 106});
  CHECK(r.session.next_deadline() == at(2140));
  CHECK(r.figures().late_ticks == 104);
  CHECK(sink->heard.size() == 101 * 160);  // gaps are time in recordings
}

TEST_CASE("digits go out in place of the sound, whose time goes on") {
  rig r;
  const auto prompt = clip(160 * 20);
  r.command(media::play_command{1, prompt, false});
  r.run_to(30);
  r.command(media::send_digits_command{"7", milliseconds(60), milliseconds(80)});
  r.run_to(239);
  REQUIRE(r.sent.size() == 12);
  for (std::size_t i = 0; i < 12; ++i) {
    INFO("packet " << i);
    const auto& p = r.sent[i];
    const bool digit = i >= 2 && i < 7;
    CHECK(p.header.sequence == sequence_number{static_cast<std::uint16_t>(65534 + i)});
    CHECK(p.header.type == payload_type{static_cast<std::uint8_t>(digit ? 101 : 0)});
    CHECK(p.header.marker == (i == 0 || i == 2));
    CHECK(p.header.timestamp ==
          rtp_timestamp{0xffffff00u + 160 * static_cast<std::uint32_t>(digit ? 2 : i)});
    if (digit) {
      const auto e = rtp::telephone_event::parse(p.payload);
      REQUIRE(e.has_value());
      CHECK(e->event == 7);
      CHECK(e->duration == 160 * std::min<std::size_t>(i - 1, 3));
      CHECK(e->end == (i >= 4));
    } else {
      CHECK(p.payload == encoded(*prompt, 160 * i, 160));
    }
  }
  CHECK(r.events == list{"0 start 1", "180 digits sent"});
}

TEST_CASE("without an agreed telephone-event a digit goes out as its tones") {
  auto open = opening();
  open.parameters.format.dtmf_send.reset();
  rig r(open);
  r.command(media::send_digits_command{"5", milliseconds(100), milliseconds(80)});
  r.run_to(399);
  REQUIRE(r.sent.size() == 20);
  std::vector<std::int16_t> pcm;
  for (const auto& p : r.sent) {
    CHECK(p.header.type == payload_type{0});
    std::vector<std::int16_t> frame(160);
    CHECK(audio::make_decoder(audio::codec_id::pcmu)->decode(p.payload, frame) == 160);
    pcm.insert(pcm.end(), frame.begin(), frame.end());
  }
  // Goertzel at the tones of 5, and at one that is none of its own.
  const auto power = [&](double hz) {
    const double k = 2 * std::cos(2 * 3.14159265358979 * hz / 8000);
    double one = 0, two = 0;
    for (std::size_t i = 0; i < 800; ++i) {
      const double v = pcm[i] + k * one - two;
      two = one;
      one = v;
    }
    return std::sqrt(one * one + two * two - k * one * two) / 400;
  };
  CHECK(power(770) > 6000);
  CHECK(power(1336) > 6000);
  CHECK(power(1477) < 300);
  for (std::size_t i = 5; i < 20; ++i)
    CHECK(r.sent[i].payload == std::vector<std::uint8_t>(160, 0xff));
  CHECK(r.events == list{"180 digits sent"});
}
