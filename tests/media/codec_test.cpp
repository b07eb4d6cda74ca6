// Media sessions with every codec: what goes out, what is recorded, and changes in mid-call.
#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "rig.hpp"
#include "sipvoice/audio/tone.hpp"
#include "support/catch.hpp"

using namespace test;
using audio::codec_id;

namespace {

constexpr std::array<codec_id, 6> kinds{codec_id::pcmu, codec_id::pcma, codec_id::g722,
                                        codec_id::opus, codec_id::l16,  codec_id::l16_48000};
constexpr payload_type ours{96};

media::media_open opening(codec_id codec, std::uint32_t ptime_ms = 20) {
  media::media_open open = test::opening();
  auto& f = open.parameters.format;
  f.send = {ours, codec};
  f.receive = {{ours, codec}};
  f.dtmf_send = f.dtmf_receive = std::nullopt;
  f.ptime_ms = ptime_ms;
  return open;
}

std::shared_ptr<const audio::clip> tone(double hz, std::uint32_t rate, std::uint32_t ms) {
  auto c = std::make_shared<audio::clip>();
  c->sample_rate = rate;
  c->samples.resize(std::size_t{rate} * ms / 1000);
  audio::sine(hz, rate, 0.3).fill(c->samples);
  return c;
}

/// Rising zero crossings a second.
double frequency(std::span<const std::int16_t> sound, std::uint32_t rate) {
  std::size_t crossings = 0, first = 0, last = 0;
  for (std::size_t i = 1; i < sound.size(); ++i)
    if (sound[i - 1] < 0 && sound[i] >= 0) {
      if (crossings++ == 0) first = i;
      last = i;
    }
  if (crossings < 2) return 0;
  return static_cast<double>(crossings - 1) * rate / static_cast<double>(last - first);
}

std::span<const std::int16_t> part(const std::vector<std::int16_t>& all, std::uint32_t rate,
                                   std::size_t from_ms, std::size_t to_ms) {
  const std::size_t from = std::min(all.size(), rate * from_ms / 1000);
  return std::span(all).subspan(from, std::min(all.size(), rate * to_ms / 1000) - from);
}

/// Sends a tone of this codec to the session, a packet every `ms`, from now on.
struct sender {
  sender(rig& to, codec_id codec, double hz)
      : r(to),
        id(codec),
        encoder(audio::make_encoder(codec)),
        source(hz, audio::info(codec).sample_rate, 0.3) {}
  void packets(std::size_t count, std::uint32_t ms, const std::vector<std::size_t>& lost = {}) {
    const auto& c = audio::info(id);
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<std::int16_t> pcm(c.sample_rate * ms / 1000);
      source.fill(pcm);
      std::vector<std::uint8_t> payload(audio::max_encoded_bytes);
      payload.resize(encoder->encode(pcm, payload));
      if (std::find(lost.begin(), lost.end(), i) == lost.end())
        r.receive({false, type, sequence, timestamp, ssrc{7}}, payload);
      ++sequence;
      timestamp += c.clock_rate * ms / 1000;
      r.run_to(r.now_ms + ms);
    }
  }
  rig& r;
  codec_id id;
  std::unique_ptr<audio::encoder> encoder;
  audio::sine source;
  payload_type type = ours;
  sequence_number sequence{65530};
  rtp_timestamp timestamp{0xfffff000};
};

/// The amplitude of a tone in `s`, and all else that is in it, in dB of the tone.
std::pair<double, double> tone_and_noise(std::span<const std::int16_t> s, double hz,
                                         std::uint32_t rate) {
  double a = 0, b = 0, all = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const double phase = 2 * 3.14159265358979 * hz * static_cast<double>(i) / rate;
    a += s[i] * std::cos(phase);
    b += s[i] * std::sin(phase);
    all += double{1} * s[i] * s[i];
  }
  const double amplitude = 2 * std::hypot(a, b) / static_cast<double>(s.size());
  const double tone = amplitude * amplitude / 2 * static_cast<double>(s.size());
  return {amplitude, 10 * std::log10(std::max(all - tone, 1.0) / tone)};
}
/// What two codecs and a resampler may add, in dB of the tone.
double noise_of(codec_id from, codec_id to) {
  const auto coarse = [](codec_id id) { return id == codec_id::g722 || id == codec_id::opus; };
  return coarse(from) || coarse(to) ? -20 : -30;
}

}  // namespace

TEST_CASE("every codec and packet time: even packets, and the tone in them") {
  for (const codec_id id : kinds)
    for (const std::uint32_t ms : {10U, 20U, 30U, 40U, 60U}) {
      const auto& c = audio::info(id);
      const std::uint32_t used = audio::usable_ptime_ms(id, ms);
      rig r(opening(id, ms));
      const auto sink = std::make_shared<memory_sink>();
      r.command(media::record_command{1, sink, {}});
      r.command(media::play_command{1, tone(440, c.sample_rate, 1200), false});
      r.run_to(1199);
      const auto d = audio::make_decoder(id);
      std::vector<std::int16_t> heard;
      std::size_t uneven = 0;
      for (std::size_t i = 0; i < r.sent.size(); ++i) {
        std::vector<std::int16_t> pcm(audio::max_packet_samples);
        pcm.resize(d->decode(r.sent[i].payload, pcm));
        heard.insert(heard.end(), pcm.begin(), pcm.end());
        if (i > 0)
          uneven += static_cast<std::uint32_t>(r.sent[i].header.timestamp -
                                               r.sent[i - 1].header.timestamp) !=
                    c.clock_rate * used / 1000;
        uneven += r.sent[i].header.type != ours;
      }
      INFO(c.encoding << "/" << c.clock_rate << " " << ms << " ms");
      CHECK(r.sent.size() == 1200 / used);
      CHECK(uneven == 0);
      CHECK(heard.size() == c.sample_rate * 1200 / 1000);
      CHECK(frequency(part(heard, c.sample_rate, 100, 1200), c.sample_rate) ==
            Approx(440).margin(1));
      CHECK(sink->sent.size() == heard.size());
      CHECK(frequency(part(sink->sent, c.sample_rate, 0, 1200), c.sample_rate) ==
            Approx(440).margin(1));
    }
}

TEST_CASE("what comes by each codec is recorded at its rate") {
  for (const codec_id id : kinds) {
    const std::uint32_t rate = audio::info(id).sample_rate;
    rig r(opening(id));
    const auto sink = std::make_shared<memory_sink>();
    r.command(media::record_command{1, sink, {}});
    sender peer(r, id, 440);
    peer.packets(60, 20);
    r.close();
    INFO(audio::info(id).encoding << "/" << rate);
    CHECK(frequency(part(sink->heard, rate, 200, 1200), rate) == Approx(440).margin(1));
    CHECK(r.figures().concealed_ms == 0);
    CHECK(r.figures().late == 0);
    CHECK(r.figures().jitter_ms < 1);
  }
}

TEST_CASE("packets that build on one another are decoded in their order") {
  // The same packets once in order, once with pairs swapped: one recording.
  for (const codec_id id : {codec_id::g722, codec_id::opus}) {
    const auto& c = audio::info(id);
    std::array<std::shared_ptr<memory_sink>, 2> sinks;
    for (const bool swapped : {false, true}) {
      rig r(opening(id));
      auto& sink = sinks[swapped ? 1 : 0] = std::make_shared<memory_sink>();
      r.command(media::record_command{1, sink, {}});
      const auto encoder = audio::make_encoder(id);
      audio::sine source(440, c.sample_rate, 0.3);
      std::vector<std::vector<std::uint8_t>> payloads(40);
      for (auto& p : payloads) {
        std::vector<std::int16_t> pcm(c.sample_rate / 50);
        source.fill(pcm);
        p.resize(audio::max_encoded_bytes);
        p.resize(encoder->encode(pcm, p));
      }
      for (std::uint32_t i = 0; i < payloads.size(); ++i) {
        const std::uint32_t n = !swapped || i % 10 < 8 ? i : i % 2 == 0 ? i + 1 : i - 1;
        r.now_ms += i % 10 == 9 ? 1 : 0;  // the second of a pair is close behind
        r.receive({false, ours, sequence_number{static_cast<std::uint16_t>(n)},
                   rtp_timestamp{n * c.clock_rate / 50}, ssrc{7}},
                  payloads[n]);
        r.run_to(20 * (i + 1) - (i % 10 == 8 ? 19 : 0));
      }
      r.run_to(1000);
      r.close();
    }
    INFO(c.encoding);
    const auto level = [&](std::size_t at) {
      return frequency(part(sinks[at]->heard, c.sample_rate, 200, 800), c.sample_rate);
    };
    CHECK(level(0) == Approx(440).margin(1));
    CHECK(level(1) == Approx(440).margin(1));
  }
}

TEST_CASE("a lost packet of Opus comes from the next one, two from concealment too") {
  rig r(opening(codec_id::opus));
  const auto sink = std::make_shared<memory_sink>();
  r.command(media::record_command{1, sink, {}});
  sender peer(r, codec_id::opus, 440);
  peer.packets(60, 20, {20, 40, 41});
  r.close();
  CHECK(r.figures().lost == 3);
  CHECK(r.figures().concealed_ms == 60);
  CHECK(frequency(part(sink->heard, 48000, 300, 1200), 48000) == Approx(440).margin(2));
}

TEST_CASE("a codec change in mid-call: the recording keeps its rate, the prompt its pitch") {
  struct row {
    codec_id before, after;
  };
  const std::array<row, 6> rows{{{codec_id::pcmu, codec_id::g722},
                                 {codec_id::g722, codec_id::pcma},
                                 {codec_id::opus, codec_id::pcmu},
                                 {codec_id::pcmu, codec_id::opus},
                                 {codec_id::l16_48000, codec_id::opus},
                                 {codec_id::opus, codec_id::g722}}};
  for (const row& w : rows) {
    const std::uint32_t rate = audio::info(w.before).sample_rate;
    const std::uint32_t new_rate = audio::info(w.after).sample_rate;
    rig r(opening(w.before));
    const auto sink = std::make_shared<memory_sink>(), other = std::make_shared<memory_sink>();
    r.command(media::record_command{1, sink, {}, rate});
    r.command(media::play_command{1, tone(700, rate, 2000), false});
    sender(r, w.before, 440).packets(50, 20);
    media::media_parameters p = r.parameters;
    p.format.send = {payload_type{97}, w.after};
    p.format.receive = {{payload_type{97}, w.after}};
    r.change(p);
    r.command(media::record_command{2, other, {}, new_rate});
    const std::size_t sent_before = r.sent.size();
    sender peer(r, w.after, 440);
    peer.type = payload_type{97};
    peer.sequence = sequence_number{65530 + 50 - 65536};
    peer.packets(50, 20);
    r.close();
    INFO(audio::info(w.before).encoding << " to " << audio::info(w.after).encoding);
    // 2 s and what was buffered, at the rate it began with.
    CHECK(sink->heard.size() >= 2 * rate);
    CHECK(sink->heard.size() <= 2 * rate + rate * 3 / 10);
    CHECK_FALSE(sink->unequal);
    CHECK(frequency(part(sink->heard, rate, 200, 900), rate) == Approx(440).margin(1));
    CHECK(frequency(part(sink->heard, rate, 1300, 1900), rate) == Approx(440).margin(2));
    CHECK(frequency(part(sink->sent, rate, 0, 950), rate) == Approx(700).margin(1));
    CHECK(frequency(part(sink->sent, rate, 1100, 1900), rate) == Approx(700).margin(2));
    CHECK(other->heard.size() >= new_rate);
    CHECK(frequency(part(other->sent, new_rate, 200, 900), new_rate) == Approx(700).margin(2));
    CHECK(r.sent[sent_before].header.type == payload_type{97});
    CHECK(std::find(r.events.begin(), r.events.end(), "2000 end 1 2000") != r.events.end());
  }
}

TEST_CASE("echo is bit-exact by one codec and sounds the same by two") {
  for (const codec_id id : kinds) {
    rig r(opening(id));
    r.command(media::echo_command{true});
    std::vector<std::vector<std::uint8_t>> payloads;
    const auto encoder = audio::make_encoder(id);
    audio::sine source(440, audio::info(id).sample_rate, 0.3);
    for (std::uint32_t n = 0; n < 20; ++n) {
      std::vector<std::int16_t> pcm(audio::info(id).sample_rate / 50);
      source.fill(pcm);
      auto& p = payloads.emplace_back(audio::max_encoded_bytes);
      p.resize(encoder->encode(pcm, p));
      r.receive({false, ours, sequence_number{static_cast<std::uint16_t>(n)},
                 rtp_timestamp{n * audio::info(id).clock_rate / 50}, ssrc{7}},
                p);
    }
    INFO(audio::info(id).encoding);
    REQUIRE(r.sent.size() == payloads.size());
    for (std::size_t i = 0; i < payloads.size(); ++i) CHECK(r.sent[i].payload == payloads[i]);
  }
  for (const codec_id from : kinds)
    for (const codec_id to : kinds) {
      if (from == to) continue;
      auto open = opening(to);
      open.parameters.format.receive.push_back({payload_type{98}, from});
      rig r(open);
      r.command(media::echo_command{true});
      sender peer(r, from, 440);
      peer.type = payload_type{98};
      peer.packets(40, 20);
      const auto& c = audio::info(to);
      const auto d = audio::make_decoder(to);
      std::vector<std::int16_t> heard;
      std::size_t uneven = 0;
      for (std::size_t i = 0; i < r.sent.size(); ++i) {
        std::vector<std::int16_t> pcm(audio::max_packet_samples);
        pcm.resize(d->decode(r.sent[i].payload, pcm));
        heard.insert(heard.end(), pcm.begin(), pcm.end());
        uneven += i > 0 && r.sent[i].header.timestamp - r.sent[i - 1].header.timestamp !=
                               static_cast<std::int32_t>(c.clock_rate / 50);
      }
      INFO(audio::info(from).encoding << " to " << c.encoding);
      CHECK(r.sent.size() == 40);
      CHECK(uneven == 0);
      const auto steady = part(heard, c.sample_rate, 200, 700);
      CHECK(frequency(part(heard, c.sample_rate, 100, 800), c.sample_rate) ==
            Approx(440).margin(2));
      const auto [level, noise_db] = tone_and_noise(steady, 440, c.sample_rate);
      CHECK(level == Approx(0.3 * 32767).epsilon(0.05));
      CHECK(noise_db < noise_of(from, to));
    }
}

TEST_CASE("echo of packets that Opus has no frames for: in pieces, a rest filled up") {
  auto open = opening(codec_id::opus);
  open.parameters.format.receive = {{payload_type{0}, codec_id::pcmu}};
  rig r(open);
  r.command(media::echo_command{true});
  // 30 ms of G.711 are 20 and 10; 4 ms are filled up.
  r.receive({false, payload_type{0}, sequence_number{1}, rtp_timestamp{0}, ssrc{7}},
            std::vector<std::uint8_t>(240, 0x40));
  r.receive({false, payload_type{0}, sequence_number{2}, rtp_timestamp{240}, ssrc{7}},
            std::vector<std::uint8_t>(32, 0x40));
  REQUIRE(r.sent.size() == 3);
  CHECK(audio::ticks_of(codec_id::opus, r.sent[0].payload) == 960);
  CHECK(audio::ticks_of(codec_id::opus, r.sent[1].payload) == 480);
  CHECK(audio::ticks_of(codec_id::opus, r.sent[2].payload) == 480);
  CHECK(r.sent[1].header.timestamp - r.sent[0].header.timestamp == 960);
  CHECK(r.sent[2].header.timestamp - r.sent[1].header.timestamp == 480);
}
