// What arrives can be anything: figures move, the call lives.
#include <algorithm>
#include <vector>

#include "rig.hpp"
#include "sipvoice/base/random.hpp"
#include "support/catch.hpp"

using namespace test;
using bytes = std::vector<std::uint8_t>;

namespace {

/// An RTP packet of PCMU with this first byte, and `rest` behind the fixed header.
bytes raw(std::uint8_t first, std::uint16_t sequence, const bytes& rest, std::uint8_t type = 0) {
  bytes out(rtp::header_bytes);
  rtp::print({false, payload_type{type}, sequence_number{sequence}, rtp_timestamp{sequence * 160u},
              ssrc{7}},
             std::span(out).first<rtp::header_bytes>());
  out[0] = first;
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}
bytes joined(const bytes& a, const bytes& b) {
  bytes out = a;
  out.insert(out.end(), b.begin(), b.end());
  return out;
}
const bytes sound = rig::payload_of(3);

/// Silence apart from what is played: what of `sink` is this payload.
bool holds(const memory_sink& sink, const bytes& payload) {
  std::vector<std::int16_t> pcm(payload.size());
  if (audio::make_decoder(audio::codec_id::pcmu)->decode(payload, pcm) != pcm.size()) return false;
  return std::search(sink.heard.begin(), sink.heard.end(), pcm.begin(), pcm.end()) !=
         sink.heard.end();
}

}  // namespace

TEST_CASE("headers of every shape: the sound is heard, or the packet is counted as malformed") {
  struct row {
    const char* what;
    bytes datagram;
    bool heard, malformed;
  };
  bytes fifteen(60, 0x11);
  const bytes extension{0xbe, 0xde, 0, 2, 0x10, 0xaa, 0, 0, 0, 0, 0, 0};
  const bytes padding{0, 0, 0, 4};
  const std::vector<row> rows{
      {"plain", raw(0x80, 1, sound), true, false},
      {"fifteen CSRCs", raw(0x8f, 1, joined(fifteen, sound)), true, false},
      {"CSRCs that are not there", raw(0x8f, 1, bytes(59)), false, true},
      {"an extension (RFC 8285)", raw(0x90, 1, joined(extension, sound)), true, false},
      {"an empty extension", raw(0x90, 1, joined({1, 2, 0, 0}, sound)), true, false},
      {"an extension of 256 KiB", raw(0x90, 1, joined({1, 2, 0xff, 0xff}, sound)), false, true},
      {"an extension cut off", raw(0x90, 1, {1, 2, 0}), false, true},
      {"padding", raw(0xa0, 1, joined(sound, padding)), true, false},
      {"nothing but padding", raw(0xa0, 1, padding), false, false},
      {"padding longer than the packet", raw(0xa0, 1, joined(sound, {255})), false, true},
      {"padding of zero", raw(0xa0, 1, joined(sound, {0})), false, true},
      {"padding without a byte", raw(0xa0, 1, {}), false, true},
      {"all of it", raw(0xb1, 1, joined(joined(joined(bytes(4), extension), sound), padding)), true,
       false},
      {"no payload", raw(0x80, 1, {}), false, false},
      {"version 1", raw(0x40, 1, sound), false, true},
      {"version 3", raw(0xc0, 1, sound), false, true},
      {"64 KiB", raw(0x80, 1, bytes(65'000)), false, true},
  };
  for (const row& one : rows) {
    CAPTURE(one.what);
    rig r;
    const auto sink = std::make_shared<memory_sink>();
    r.command(media::record_command{1, sink, {}});
    r.run_to(5);
    r.session.receive(one.datagram, peer, at(5));
    r.drain();
    CHECK(r.figures().malformed == (one.malformed ? 1 : 0));
    CHECK(r.figures().packets_received == (one.malformed ? 0 : 1));
    // The call lives: what follows is heard.
    r.session.receive(raw(0x80, 2, rig::payload_of(9)), peer, at(25));
    r.run_to(305);
    CHECK(holds(*sink, sound) == one.heard);
    CHECK(holds(*sink, rig::payload_of(9)));
  }
}

TEST_CASE("a thousand sources: each is counted as a change, the last one is heard") {
  rig r;
  const auto sink = std::make_shared<memory_sink>();
  r.command(media::record_command{1, sink, {}});
  for (std::uint32_t n = 0; n < 1000; ++n) {
    r.run_to(20 * n + 5);
    r.receive({false, payload_type{0}, sequence_number{static_cast<std::uint16_t>(n * 7919)},
               rtp_timestamp{n * 2'654'435'761u}, ssrc{n + 1}},
              rig::payload_of(n));
  }
  CHECK(r.figures().ssrc_changes == 999);
  CHECK(r.figures().packets_received == 1000);
  CHECK(r.figures().lost == 0);
  CHECK(sink->heard.size() == 1000 * 160);  // time goes on
  r.run_to(20'300);
  CHECK(holds(*sink, rig::payload_of(998)));
  CHECK(r.figures().ssrc_changes == 999);
}

TEST_CASE("two sources at once, and timestamps that jump at random: time goes on, bounds hold") {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    CAPTURE(seed);
    seeded_random random(seed);
    rig r;
    const auto steady = std::make_shared<memory_sink>(), adaptive = std::make_shared<memory_sink>();
    r.command(media::record_command{1, steady, {}});
    r.command(media::record_command{2, adaptive, {}, 0, media::playout_mode::adaptive});
    r.command(media::echo_command{true});
    for (std::uint32_t n = 0; n < 2000; ++n) {
      r.run_to(20 * n + 5);
      r.receive(
          {random.below(2) == 0, payload_type{static_cast<std::uint8_t>(random.below(2) * 8)},
           sequence_number{random.below(20) == 0 ? random.next16() : static_cast<std::uint16_t>(n)},
           rtp_timestamp{random.below(20) == 0 ? random.next32() : n * 160},
           ssrc{static_cast<std::uint32_t>(random.below(2))}},
          bytes(random.below(4) == 0 ? random.below(2048) : 160, 0x55));
    }
    CHECK(steady->heard.size() == 2000 * 160);
    CHECK(adaptive->heard.size() == 2000 * 160);
    const auto& f = r.figures();
    CHECK(f.packets_received + f.duplicate <= 2000);
    CHECK(f.packets_received > 500);
    CHECK(f.ssrc_changes > 500);
    r.close();
    CHECK(steady->closed == 1);
    CHECK(adaptive->closed == 1);
    // No more than what a buffer holds follows at the end.
    CHECK(steady->heard.size() <= 2000 * 160 + 8000 / 2);
  }
}

TEST_CASE("RTCP of every malformation is counted, and changes nothing") {
  rig r;
  const std::vector<bytes> malformed{
      {},
      {0x80},
      {0x80, 200, 0, 0},                                           // an SR without a sender
      {0x80, 200, 0, 1, 0, 0, 0, 1},                               // an SR without its figures
      {0x81, 201, 0, 1, 0, 0, 0, 1},                               // a block that is not there
      {0x9f, 201, 0, 1, 0, 0, 0, 1},                               // 31 of them
      {0x80, 201, 0xff, 0xff, 0, 0, 0, 1},                         // longer than the datagram
      {0x80, 202, 0, 0},                                           // SDES first
      {0x40, 201, 0, 1, 0, 0, 0, 1},                               // version 1
      {0xa0, 201, 0, 1, 0, 0, 0, 9},                               // padding longer than the packet
      {0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 202, 0, 1, 0, 0, 0, 1},  // SDES without an end
      {0x80, 201, 0, 1, 0, 0, 0, 1, 0x82, 203, 0, 1, 0, 0, 0, 1},  // BYE of two, one there
      {0x80, 201, 0, 1, 0, 0, 0, 1, 0x80},                         // a byte too many
  };
  for (const bytes& one : malformed) r.session.receive_rtcp(one, address(1, 4001), at(0));
  r.session.receive_rtcp(bytes(5000, 0x80), address(1, 4001), at(0));
  r.drain();
  CHECK(r.figures().malformed == malformed.size() + 1);
  CHECK_FALSE(r.figures().round_trip_ms);
  r.audio(0);
  CHECK(r.figures().packets_received == 1);
}

TEST_CASE("a peer that changes its packet time and payload type in mid-call is heard throughout") {
  rig r;
  const auto sink = std::make_shared<memory_sink>();
  r.command(media::record_command{1, sink, {}});
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::vector<std::int16_t> said;
  std::int64_t now = 5;
  for (const std::size_t ms : {20U, 60U, 10U, 40U, 30U, 20U})
    for (int i = 0; i < 12; ++i) {
      const bool a_law = i % 2 == 1;
      bytes payload(8 * ms);
      for (std::size_t k = 0; k < payload.size(); ++k)
        payload[k] = static_cast<std::uint8_t>((timestamp / 8 + k) % 120);
      std::vector<std::int16_t> pcm(payload.size());
      REQUIRE(audio::make_decoder(a_law ? audio::codec_id::pcma : audio::codec_id::pcmu)
                  ->decode(payload, pcm) == pcm.size());
      said.insert(said.end(), pcm.begin(), pcm.end());
      // A packet leaves when its last sample has been said.
      now += static_cast<std::int64_t>(ms);
      r.run_to(now);
      r.receive({false, payload_type{static_cast<std::uint8_t>(a_law ? 8 : 0)},
                 sequence_number{sequence++}, rtp_timestamp{timestamp}, ssrc{7}},
                payload);
      timestamp += static_cast<std::uint32_t>(payload.size());
    }
  r.close();
  const auto first =
      std::find_if(sink->heard.begin(), sink->heard.end(), [](std::int16_t s) { return s != 0; });
  REQUIRE(static_cast<std::size_t>(sink->heard.end() - first) >= said.size());
  CHECK(std::equal(said.begin(), said.end(), first));
  CHECK(r.figures().lost == 0);
  CHECK(r.figures().late == 0);
  CHECK(r.figures().concealed_ms == 0);
}
