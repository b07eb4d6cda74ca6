// What `like` and --expect-audio must take for the reference, and what not: speech of espeak-ng,
// tones and noise through codecs, losses and cuts. The verdict of every row stands in the table,
// and no row may be close to the threshold.
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/audio/compare.hpp"
#include "sipvoice/audio/concealer.hpp"
#include "sipvoice/audio/resample.hpp"
#include "sipvoice/base/random.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::audio;

namespace {

using sound = std::vector<std::int16_t>;

constexpr const char* sales =
    "Welcome to the sales department. For new orders press one, for deliveries press two, or stay "
    "on the line.";
constexpr const char* night =
    "Our office is closed at the moment. Please leave a message after the tone and we will call "
    "you "
    "back tomorrow.";

/// What espeak-ng writes: 16 bit mono; its rate stands in the header. Empty without the program.
sound spoken(const std::string& options, const std::string& text, std::uint32_t rate) {
  static std::map<std::string, sound> kept;
  const std::string command = "espeak-ng --stdout " + options + " '" + text + "' 2>/dev/null";
  sound& out = kept[command + std::to_string(rate)];
  if (!out.empty()) return out;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  if (!pipe) return {};
  std::vector<std::uint8_t> bytes(4 << 20);
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), pipe.get()));
  if (bytes.size() < 44) return {};
  const std::uint32_t from = bytes[24] | bytes[25] << 8 | bytes[26] << 16;
  sound samples;
  for (std::size_t i = 44; i + 1 < bytes.size(); i += 2)
    samples.push_back(static_cast<std::int16_t>(bytes[i] | bytes[i + 1] << 8));
  return out = resample(samples, from, rate);
}

sound tone(double hz, double seconds, std::uint32_t rate) {
  sound out(static_cast<std::size_t>(seconds * rate));
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::int16_t>(
        8000 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate));
  return out;
}

sound noise(std::uint64_t seed, double seconds, std::uint32_t rate, int level) {
  seeded_random random(seed);
  sound out(static_cast<std::size_t>(seconds * rate));
  for (std::int16_t& s : out)
    s = static_cast<std::int16_t>(
        static_cast<int>(random.below(static_cast<std::uint64_t>(2 * level + 1))) - level);
  return out;
}

sound louder(sound s, double gain) {
  for (std::int16_t& v : s)
    v = static_cast<std::int16_t>(std::clamp(std::lround(v * gain), -32768L, 32767L));
  return s;
}

sound added(sound a, const sound& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    a[i] = static_cast<std::int16_t>(std::clamp(a[i] + b[i], -32768, 32767));
  return a;
}

sound joined(std::initializer_list<sound> parts) {
  sound out;
  for (const sound& p : parts) out.insert(out.end(), p.begin(), p.end());
  return out;
}

sound part(const sound& s, double from, double to) {
  const auto at = [&](double share) {
    return s.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(s.size()));
  };
  return {at(from), at(to)};
}

/// Through a codec in packets of 20 ms, of which `loss` are lost and concealed as a call does it.
sound through(codec_id id, const sound& s, double loss = 0, std::uint64_t seed = 1) {
  const auto encode = make_encoder(id);
  const auto decode = make_decoder(id);
  const std::uint32_t rate = info(id).sample_rate;
  const std::size_t frame = rate / 50;
  seeded_random random(seed);
  concealer fill(rate);
  sound out, decoded(max_packet_samples);
  std::vector<std::uint8_t> packet(max_encoded_bytes);
  for (std::size_t at = 0; at + frame <= s.size(); at += frame) {
    const std::size_t size = encode->encode(std::span(s).subspan(at, frame), packet);
    decoded.assign(frame, 0);
    if (static_cast<double>(random.below(10000)) >= loss * 10000) {
      decoded.resize(max_packet_samples);
      decoded.resize(decode->decode({packet.data(), size}, decoded));
      if (id != codec_id::opus) fill.heard(decoded);
    } else if (decode->conceal(decoded) == 0) {
      fill.missing(decoded);
    }
    out.insert(out.end(), decoded.begin(), decoded.end());
  }
  return out;
}

sound with_hole(sound s, double at, double seconds, std::uint32_t rate) {
  const auto from = static_cast<std::size_t>(at * static_cast<double>(s.size()));
  for (std::size_t i = from;
       i < std::min(s.size(), from + static_cast<std::size_t>(seconds * rate)); ++i)
    s[i] = 0;
  return s;
}

/// 30 ms of silence in every 100.
sound chopped(sound s) {
  for (std::size_t i = 0; i < s.size(); ++i)
    if (i % 800 < 240) s[i] = 0;
  return s;
}

/// The stretch is heard twice.
sound stuttered(const sound& s, double at, double seconds, std::uint32_t rate) {
  const auto from = static_cast<std::size_t>(at * static_cast<double>(s.size()));
  const auto to = from + static_cast<std::size_t>(seconds * rate);
  sound out(s.begin(), s.begin() + static_cast<std::ptrdiff_t>(to));
  out.insert(out.end(), s.begin() + static_cast<std::ptrdiff_t>(from), s.end());
  return out;
}

sound faster(const sound& s, double factor) {
  return resample(s, static_cast<std::uint32_t>(std::lround(100000 * factor)), 100000);
}

struct row {
  std::string what;
  bool same;
  std::uint32_t rate;
  sound reference, heard;
};

std::vector<row> rows() {
  std::vector<row> all;
  const auto add = [&](bool same, const std::string& what, std::uint32_t rate,
                       const sound& reference, const sound& heard) {
    all.push_back({what, same, rate, reference, joined({sound(rate / 2), heard, sound(rate / 3)})});
  };
  const sound a = spoken("-v en-us", sales, 8000), other_text = spoken("-v en-us", night, 8000);
  const sound yes = spoken("-v en-us", "Yes.", 8000);
  const sound wide = spoken("-v en-us", sales, 16000), full = spoken("-v en-us", sales, 48000);
  const sound woman = spoken("-v en-gb+f3", sales, 8000), german = spoken("-v de", sales, 8000);
  const sound slow = spoken("-v en-us -s 140", sales, 8000),
              quick = spoken("-v en-us -s 190", sales, 8000);
  const sound high = spoken("-v en-us -p 70", sales, 8000);
  if (a.empty()) return all;
  const auto pcmu = [](const sound& s) { return through(codec_id::pcmu, s); };

  add(true, "as it is", 8000, a, a);
  add(true, "pcmu", 8000, a, pcmu(a));
  add(true, "pcma", 8000, a, through(codec_id::pcma, a));
  add(true, "g722", 16000, wide, through(codec_id::g722, wide));
  add(true, "l16", 16000, wide, through(codec_id::l16, wide));
  add(true, "opus", 48000, full, through(codec_id::opus, full));
  add(true, "pcmu, 20 dB quieter", 8000, a, louder(pcmu(a), 0.1));
  add(true, "30 dB quieter, then pcmu", 8000, a, pcmu(louder(a, 0.03)));
  add(true, "louder", 8000, a, pcmu(louder(a, 1.5)));
  add(true, "behind another prompt", 8000, a, joined({pcmu(other_text), pcmu(a)}));
  add(true, "before another prompt", 8000, a, joined({pcmu(a), pcmu(other_text)}));
  add(true, "twice, one after the other", 8000, a, joined({pcmu(a), pcmu(a)}));
  add(true, "in some noise", 8000, a, pcmu(added(a, noise(3, 20, 8000, 200))));
  for (std::uint64_t seed = 1; seed <= 4; ++seed)
    add(true, "pcmu with 5 % lost, " + std::to_string(seed), 8000, a,
        through(codec_id::pcmu, a, 0.05, seed));
  add(true, "pcma with 5 % lost", 8000, a, through(codec_id::pcma, a, 0.05, 5));
  add(true, "g722 with 5 % lost", 16000, wide, through(codec_id::g722, wide, 0.05, 6));
  add(true, "opus with 5 % lost", 48000, full, through(codec_id::opus, full, 0.05, 7));
  add(true, "l16 with 5 % lost", 16000, wide, through(codec_id::l16, wide, 0.05, 8));
  add(true, "other speech, 5 % lost", 8000, other_text,
      through(codec_id::pcmu, other_text, 0.05, 9));
  add(true, "pcmu, g722 and pcma in turn", 16000, wide,
      through(codec_id::g722, resample(through(codec_id::pcma, pcmu(a)), 8000, 16000)));
  add(true, "20 ms more in the middle", 8000, a,
      pcmu(joined({part(a, 0, 0.5), sound(160), part(a, 0.5, 1)})));
  add(true, "20 ms less in the middle", 8000, a,
      pcmu(joined({part(a, 0, 0.5), part(a, 0.5 + 160.0 / static_cast<double>(a.size()), 1)})));
  add(true, "200 ppm fast", 8000, a, pcmu(faster(a, 1.0002)));
  add(true, "one word", 8000, yes, pcmu(yes));
  add(true, "a long text", 8000, joined({a, other_text, a, other_text}),
      pcmu(joined({a, other_text, a, other_text})));
  add(true, "a tone", 8000, tone(440, 2, 8000), pcmu(tone(440, 2, 8000)));
  add(true, "a long tone", 8000, tone(440, 10, 8000), pcmu(tone(440, 10, 8000)));
  const sound dial = added(tone(350, 5, 8000), tone(440, 5, 8000));
  add(true, "a dial tone", 8000, dial, pcmu(dial));
  const sound ring = added(tone(440, 2, 8000), tone(480, 2, 8000)), pause(32000);
  const sound ringing = joined({ring, pause, ring, pause, ring});
  add(true, "a ringing tone", 8000, ringing, pcmu(ringing));
  add(true, "noise", 8000, noise(1, 2, 8000, 4000), pcmu(noise(1, 2, 8000, 4000)));
  add(true, "a woman", 8000, woman, pcmu(woman));
  add(true, "the other polarity", 8000, a, pcmu(louder(a, -1)));
  add(true, "the other polarity, 5 % lost", 8000, a,
      through(codec_id::pcmu, louder(a, -1), 0.05, 10));
  add(true, "noise of the other polarity", 8000, noise(1, 2, 8000, 4000),
      pcmu(louder(noise(1, 2, 8000, 4000), -1)));

  add(false, "another text", 8000, a, pcmu(other_text));
  add(false, "a woman's voice", 8000, a, pcmu(woman));
  add(false, "a German voice", 8000, a, pcmu(german));
  add(false, "a higher voice", 8000, a, pcmu(high));
  add(false, "spoken slower", 8000, a, pcmu(slow));
  add(false, "spoken quicker", 8000, a, pcmu(quick));
  add(false, "2 % faster", 8000, a, pcmu(faster(a, 1.02)));
  add(false, "5 % slower", 8000, a, pcmu(faster(a, 0.95)));
  add(false, "the end cut off", 8000, a, pcmu(part(a, 0, 0.7)));
  add(false, "the last fifth cut off", 8000, a, pcmu(part(a, 0, 0.8)));
  add(false, "the beginning cut off", 8000, a, pcmu(part(a, 0.2, 1)));
  for (const double at : {0.1, 0.23, 0.4, 0.61, 0.85})
    add(false, "a hole of 200 ms at " + std::to_string(at), 8000, a,
        with_hole(pcmu(a), at, 0.2, 8000));
  add(false, "a hole of 200 ms, noise in it", 8000, a,
      pcmu(added(with_hole(a, 0.4, 0.2, 8000), noise(2, 20, 8000, 60))));
  add(false, "a hole of 200 ms, g722", 16000, wide,
      through(codec_id::g722, with_hole(wide, 0.4, 0.2, 16000)));
  add(false, "a hole of 200 ms, opus", 48000, full,
      through(codec_id::opus, with_hole(full, 0.4, 0.2, 48000)));
  add(false, "a hole of 200 ms and 5 % lost", 8000, a,
      through(codec_id::pcmu, with_hole(a, 0.4, 0.2, 8000), 0.05, 3));
  add(false, "a hole of 200 ms, the other polarity", 8000, a,
      with_hole(pcmu(louder(a, -1)), 0.4, 0.2, 8000));
  // All words are there, but whoever listens hears a hole.
  add(false, "300 ms of silence more in the middle", 8000, a,
      pcmu(joined({part(a, 0, 0.5), sound(2400), part(a, 0.5, 1)})));
  add(false, "words twice", 8000, a, pcmu(stuttered(a, 0.3, 0.5, 8000)));
  add(false, "200 ms twice", 8000, a, pcmu(stuttered(a, 0.4, 0.2, 8000)));
  add(false, "30 ms of every 100 missing", 8000, a, chopped(pcmu(a)));
  add(false, "40 % lost", 8000, a, through(codec_id::pcmu, a, 0.4, 4));
  add(false, "another tone", 8000, tone(440, 2, 8000), pcmu(tone(450, 2, 8000)));
  add(false, "an octave higher", 8000, tone(440, 2, 8000), pcmu(tone(880, 2, 8000)));
  add(false, "half a tone", 8000, tone(440, 2, 8000), pcmu(tone(440, 1, 8000)));
  add(false, "other noise", 8000, noise(1, 2, 8000, 4000), pcmu(noise(2, 2, 8000, 4000)));
  add(false, "a tone in place of speech", 8000, a, pcmu(tone(440, 8, 8000)));
  add(false, "noise in place of speech", 8000, a, pcmu(noise(1, 8, 8000, 4000)));
  add(false, "backwards", 8000, a, pcmu(sound(a.rbegin(), a.rend())));
  add(false, "one word of another", 8000, yes, pcmu(spoken("-v en-us", "No.", 8000)));
  add(false, "nothing", 8000, a, sound(80000));
  return all;
}

}  // namespace

TEST_CASE("speech and tones that are like a reference and those that are not") {
  const auto table = rows();
  if (table.empty()) {
    WARN("SIPVOICE-SKIPPED: no espeak-ng");
    return;
  }
  REQUIRE(table.size() >= 40);
  for (const row& r : table) {
    const comparison c = find_reference(r.reference, r.heard, r.rate);
    INFO(r.what << ": similarity " << c.similarity << ", found " << c.found << ", delay "
                << c.delay_ms << " ms, gain " << c.gain);
    CHECK(contains(c) == r.same);
    if (r.same) CHECK((c.gain < 0) == (r.what.find("other polarity") != std::string::npos));
    if (r.same)
      CHECK(c.similarity >= 0.95);
    else
      CHECK(c.similarity <= 0.85);
  }
}
