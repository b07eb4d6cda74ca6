// Speech of the other side: told with its time, and what it does to prompts.
#include <cmath>
#include <vector>

#include "rig.hpp"
#include "sipvoice/audio/tone.hpp"
#include "sipvoice/base/random.hpp"
#include "support/catch.hpp"

using namespace test;
using list = std::vector<std::string>;

namespace {

using samples = std::vector<std::int16_t>;

double amplitude(double dbfs) { return std::pow(10, dbfs / 20) * 32768 * std::sqrt(2.0); }

samples tone(std::size_t count, std::uint32_t rate, double dbfs, double hz = 210) {
  samples out(count);
  for (std::size_t i = 0; i < count; ++i)
    out[i] = static_cast<std::int16_t>(
        amplitude(dbfs) * std::sin(2 * 3.14159265 * hz * static_cast<double>(i) / rate));
  return out;
}

samples noise(std::size_t count, double dbfs) {
  seeded_random random{5};
  samples out(count);
  for (auto& s : out)
    s = static_cast<std::int16_t>((static_cast<double>(random.next() >> 11) * 0x1p-53 * 2 - 1) *
                                  amplitude(dbfs) * std::sqrt(1.5));
  return out;
}

samples silence(std::size_t count) { return samples(count); }

std::shared_ptr<const audio::clip> prompt(const samples& sound, std::uint32_t rate) {
  auto c = std::make_shared<audio::clip>();
  c->samples = sound;
  c->sample_rate = rate;
  return c;
}

media::media_open with_codec(audio::codec_id codec) {
  auto open = opening();
  open.parameters.format.send = {payload_type{97}, codec};
  open.parameters.format.receive = {{payload_type{97}, codec}};
  return open;
}

/// The other side: its sound in packets, each one sent when its last sample has been spoken.
struct caller {
  rig& r;
  audio::codec_id codec = audio::codec_id::pcmu;
  payload_type type{0};
  std::uint32_t ptime_ms = 20;
  sequence_number sequence{65530};
  rtp_timestamp timestamp{0xffff0000};
  std::unique_ptr<audio::encoder> encoder = audio::make_encoder(codec);

  [[nodiscard]] std::size_t packet_samples() const {
    return audio::info(codec).sample_rate * ptime_ms / 1000;
  }
  [[nodiscard]] std::uint32_t ticks() const {
    return audio::info(codec).clock_rate * ptime_ms / 1000;
  }
  void say(const samples& sound, bool lose_every_fifth = false) {
    for (std::size_t at = 0; at + packet_samples() <= sound.size(); at += packet_samples()) {
      std::vector<std::uint8_t> payload(audio::max_encoded_bytes);
      payload.resize(encoder->encode(std::span(sound).subspan(at, packet_samples()), payload));
      r.run_to(r.now_ms + ptime_ms);
      if (!lose_every_fifth || sequence.value % 5 != 0)
        r.receive({false, type, sequence, timestamp, ssrc{7}}, payload);
      ++sequence;
      timestamp += ticks();
    }
  }
  /// Nothing is sent for so long.
  void pause(std::uint32_t ms) {
    r.run_to(r.now_ms + ms);
    timestamp += audio::info(codec).clock_rate / 1000 * ms;
  }
  void comfort_noise(std::uint8_t level) {
    r.receive({false, payload_type{13}, sequence, timestamp, ssrc{7}}, {level});
    ++sequence;
  }
};

list of_kind(const rig& r, const std::string& word) {
  list out;
  for (const auto& e : r.events)
    if (e.find(" " + word) != std::string::npos) out.push_back(e);
  return out;
}

/// Packets that carry sound and left after that moment.
std::size_t loud_packets_after(const rig& r, std::int64_t ms) {
  std::size_t count = 0;
  for (const auto& p : r.sent) {
    const auto first = p.payload.at(0);
    const bool quiet =
        std::all_of(p.payload.begin(), p.payload.end(), [&](auto b) { return b == first; });
    if (!quiet && p.at_ms > ms) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("speech is told with its time since the answer, only where it was asked for") {
  for (const bool asked : {true, false}) {
    CAPTURE(asked);
    rig r;
    r.run_to(300);
    r.command(media::start_command{});
    if (asked) r.command(media::watch_speech_command{});
    caller c{r};
    c.say(noise(8000, -60));
    c.say(tone(8000, 8000, -20));
    c.say(noise(8000, -60));
    CHECK(of_kind(r, "speech") == (asked ? list{"1340 speech 1000"} : list{}));
    CHECK(of_kind(r, "quiet") == (asked ? list{"2700 quiet 2000"} : list{}));
    CHECK(of_kind(r, "barge-in").empty());
  }
}

TEST_CASE("speech of every codec and packet time") {
  using enum audio::codec_id;
  for (const auto codec : {pcmu, pcma, g722, opus, l16, l16_48000})
    for (const std::uint32_t ptime : {10u, 20u, 40u}) {
      if (audio::usable_ptime_ms(codec, ptime) != ptime) continue;
      CAPTURE(audio::info(codec).option_name, ptime);
      rig r(with_codec(codec));
      r.command(media::start_command{});
      r.command(media::watch_speech_command{});
      const std::uint32_t rate = audio::info(codec).sample_rate;
      caller c{r, codec, payload_type{97}, ptime};
      c.say(silence(rate));
      c.say(tone(rate, rate, -20));
      c.say(silence(rate));
      REQUIRE(of_kind(r, "speech").size() == 1);
      REQUIRE(of_kind(r, "quiet").size() == 1);
      CHECK(std::stoi(of_kind(r, "speech")[0]) <= 1000 + 40 + static_cast<int>(ptime));
      CHECK(std::stoi(of_kind(r, "quiet")[0]) >= 2380);
      CHECK(std::stoi(of_kind(r, "quiet")[0]) <= 2420 + static_cast<int>(ptime));
    }
}

TEST_CASE("a pause of the sender is silence, lost packets are not") {
  struct row {
    const char* what;
    std::function<void(caller&)> middle;
    list speech, quiet;
  };
  const std::vector<row> rows{
      {"a short pause", [](caller& c) { c.pause(300); }, {"540 speech 500"}, {}},
      {"nothing more comes",
       [](caller& c) { c.pause(2000); },
       {"540 speech 500", "3040 speech 3000"},
       {"1400 quiet 1000"}},
      {"comfort noise",
       [](caller& c) {
         for (int i = 0; i < 10; ++i) {
           c.comfort_noise(30);
           c.pause(200);
         }
       },
       {"540 speech 500", "3040 speech 3000"},
       {"1400 quiet 1000"}},
      {"every fifth packet is lost",
       [](caller& c) { c.say(tone(16000, 8000, -20), true); },
       {"540 speech 500"},
       {}},
  };
  for (const row& row : rows) {
    INFO(row.what);
    rig r;
    r.command(media::start_command{});
    r.command(media::watch_speech_command{});
    caller c{r};
    c.say(noise(4000, -60));
    c.say(tone(4000, 8000, -20));
    row.middle(c);
    c.say(tone(4000, 8000, -20));
    CHECK(of_kind(r, "speech") == row.speech);
    CHECK(of_kind(r, "quiet") == row.quiet);
    CHECK(r.figures().lost == (std::string(row.what).starts_with("every") ? 20 : 0));
  }
}

TEST_CASE("barge-in: from the first packet of speech to silence, at every packet time and phase") {
  for (const std::uint32_t theirs : {10u, 20u, 30u, 60u})
    for (const std::uint32_t ours : {10u, 20u, 60u})
      for (const std::int64_t phase : {0, 3, 19}) {
        CAPTURE(theirs, ours, phase);
        auto open = opening();
        open.parameters.format.ptime_ms = ours;
        rig r(open);
        r.command(media::start_command{});
        r.command(media::watch_speech_command{.tell = false, .barge_in = true});
        r.command(media::play_command{1, prompt(tone(80000, 8000, -20, 440), 8000), false});
        r.command(media::play_command{2, prompt(tone(80000, 8000, -20, 440), 8000), false});
        r.run_to(phase);
        caller c{.r = r, .ptime_ms = theirs};
        c.say(noise(1920, -60));
        const std::int64_t first_packet = r.now_ms + theirs;
        c.say(tone(8000, 8000, -18));
        const auto barged = of_kind(r, "barge-in");
        REQUIRE(barged.size() == 1);
        const std::int64_t stopped = std::stoll(barged[0]);
        // 40 ms of speech decide; the first packet has brought the first of them.
        CHECK(stopped - first_packet <= 40);
        CHECK(barged[0] == std::to_string(stopped) + " barge-in " + std::to_string(stopped));
        CHECK(loud_packets_after(r, stopped) == 0);
        // What was played is what went out.
        const std::int64_t frames = stopped / ours + 1;
        CHECK(of_kind(r, "barged") ==
              list{std::to_string(stopped) + " barged 1 " + std::to_string(frames * ours)});
        CHECK(of_kind(r, "start") == list{"0 start 1"});
        CHECK(of_kind(r, "speech").empty());
        // The line goes on with silence.
        CHECK(r.sent.back().at_ms > stopped);
      }
}

TEST_CASE("barge-in: what is no speech of the caller changes nothing") {
  // A prompt with pauses, as speech has them.
  samples words;
  for (int i = 0; i < 20; ++i) {
    const auto word = tone(2400, 8000, -16, 300);
    words.insert(words.end(), word.begin(), word.end());
    words.resize(words.size() + 800);
  }
  const auto echoed = [&](double loss_db, std::size_t delay) {
    samples out(delay);
    for (const std::int16_t s : words)
      out.push_back(static_cast<std::int16_t>(s * std::pow(10, -loss_db / 20)));
    return out;
  };
  struct row {
    const char* what;
    samples heard;
    bool stops;
  };
  samples clicks(64000);
  for (std::size_t i = 0; i < clicks.size(); i += 1600) clicks[i + 5] = 20000;
  std::vector<row> rows{{"silence", silence(64000), false},
                        {"line noise", noise(64000, -52), false},
                        {"clicks", clicks, false},
                        {"the caller", tone(16000, 8000, -22), true},
                        {"a quiet caller", tone(16000, 8000, -28), true}};
  for (const std::size_t delay : {80u, 800u, 2400u, 3200u})
    for (const double loss : {20.0, 26.0, 40.0})
      rows.push_back({"an echo", echoed(loss, delay), false});
  for (const row& row : rows) {
    INFO(row.what);
    rig r;
    r.command(media::start_command{});
    r.command(media::watch_speech_command{.tell = true, .barge_in = true});
    r.command(media::play_command{1, prompt(words, 8000), false});
    caller c{r};
    c.say(row.heard);
    CHECK(of_kind(r, "barge-in").size() == (row.stops ? 1u : 0u));
    CHECK(of_kind(r, "speech").size() == (row.stops ? 1u : 0u));
    CHECK(of_kind(r, "barged").size() == (row.stops ? 1u : 0u));
  }
}

TEST_CASE(
    "digits in the sound are no speech, whatever they are agreed as, and speech beside them is") {
  using enum audio::codec_id;
  const auto digits = [](std::uint32_t rate, double amplitude, std::uint32_t on_ms,
                         std::uint32_t off_ms) {
    samples out(rate / 2);
    for (std::uint8_t e = 0; e < 16; ++e) {
      const auto t = audio::tones_of(e);
      audio::sine low(t.low_hz, rate, amplitude), high(t.high_hz, rate, amplitude);
      samples press(rate * on_ms / 1000);
      low.fill(press);
      high.add(press);
      out.insert(out.end(), press.begin(), press.end());
      out.resize(out.size() + rate * off_ms / 1000);
    }
    return out;
  };
  struct row {
    audio::codec_id codec;
    std::uint32_t on_ms;
    double amplitude;
  };
  for (const row& one : {row{pcmu, 50, 0.2}, row{pcmu, 160, 0.05}, row{pcma, 1000, 0.3},
                         row{g722, 60, 0.2}, row{opus, 100, 0.2}, row{l16_48000, 80, 0.3}})
    for (const bool events_agreed : {true, false}) {
      CAPTURE(audio::info(one.codec).option_name, events_agreed, one.on_ms, one.amplitude);
      auto open = with_codec(one.codec);
      if (!events_agreed) open.parameters.format.dtmf_receive.reset();
      rig r(open);
      r.command(media::start_command{});
      r.command(media::watch_speech_command{.tell = true, .barge_in = true});
      r.command(media::play_command{1, prompt(tone(400000, 8000, -60), 8000), false});
      const std::uint32_t rate = audio::info(one.codec).sample_rate;
      caller c{r, one.codec, payload_type{97}};
      c.say(digits(rate, one.amplitude, one.on_ms, 80));
      CHECK(of_kind(r, "speech").empty());
      CHECK(of_kind(r, "barge-in").empty());
      CHECK(of_kind(r, "in the sound").size() == (events_agreed ? 0u : 16u));
      // Who speaks after the last digit is heard.
      c.say(silence(rate / 5));
      c.say(tone(rate / 2, rate, -20));
      CHECK(of_kind(r, "barge-in").size() == 1);
    }
}

TEST_CASE("a digit of which packets are lost is no speech either") {
  for (const std::uint8_t event : std::array<std::uint8_t, 4>{1, 5, 11, 15}) {
    CAPTURE(int{event});
    rig r;
    r.command(media::start_command{});
    r.command(media::watch_speech_command{});
    caller c{r};
    const auto t = audio::tones_of(event);
    audio::sine low(t.low_hz, 8000, 0.2), high(t.high_hz, 8000, 0.2);
    samples press(16000);
    low.fill(press);
    high.add(press);
    c.say(silence(8000));
    c.say(press, true);
    c.say(silence(8000));
    CHECK(r.figures().lost == 20);
    CHECK(of_kind(r, "speech").empty());
  }
}

TEST_CASE("barge-in over line noise and the echo of a prompt without a pause") {
  rig r;
  r.command(media::start_command{});
  r.command(media::watch_speech_command{.tell = false, .barge_in = true});
  const auto music = tone(80000, 8000, -18, 440);
  r.command(media::play_command{1, prompt(music, 8000), false});
  samples heard = noise(40000, -50);
  for (std::size_t i = 0; i < heard.size(); ++i) {
    heard[i] = static_cast<std::int16_t>(heard[i] + music[i] / 10);
    if (i >= 32000)
      heard[i] = static_cast<std::int16_t>(
          heard[i] +
          amplitude(-22) * std::sin(2 * 3.14159265 * 190 * static_cast<double>(i) / 8000));
  }
  caller c{r};
  c.say(heard);
  CHECK(of_kind(r, "barge-in") == list{"4040 barge-in 4040"});
}

TEST_CASE(
    "barge-in: all prompts go, loops too, later ones play, without a prompt nothing is told") {
  rig r;
  r.command(media::start_command{});
  r.command(media::watch_speech_command{.tell = false, .barge_in = true});
  caller c{r};
  c.say(tone(1600, 8000, -18));
  c.say(silence(8000));
  CHECK(of_kind(r, "barge-in").empty());
  r.command(media::play_command{1, prompt(tone(160, 8000, -40), 8000), true});
  r.command(media::play_command{2, prompt(tone(160, 8000, -40), 8000), true});
  c.say(silence(1600));
  c.say(tone(1600, 8000, -18));
  CHECK(of_kind(r, "barge-in").size() == 1);
  CHECK(of_kind(r, "barged").size() == 2);
  c.say(silence(8000));
  r.command(media::play_command{3, prompt(tone(1600, 8000, -40), 8000), false});
  c.say(silence(4000));
  CHECK(of_kind(r, "end 3").size() == 1);
  CHECK(of_kind(r, "barge-in").size() == 1);
}

TEST_CASE("a burst of jumps and copies is bounded and tells pairs") {
  rig r;
  r.command(media::start_command{});
  r.command(media::watch_speech_command{});
  caller c{r};
  seeded_random random{9};
  for (int i = 0; i < 2000; ++i) {
    c.timestamp += static_cast<std::uint32_t>(random.next());
    c.sequence += static_cast<std::uint16_t>(random.below(3));
    c.say(tone(160, 8000, -18));
  }
  r.run_to(r.now_ms + 1000);
  const auto speech = of_kind(r, "speech"), quiet = of_kind(r, "quiet");
  CHECK(speech.size() == quiet.size());
}
