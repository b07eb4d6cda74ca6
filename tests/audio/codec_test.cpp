#include "sipvoice/audio/codec.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "sipvoice/audio/tone.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::audio;

namespace {

constexpr std::array<codec_id, codec_count> all{
    codec_id::pcmu,      codec_id::pcma,     codec_id::g722,      codec_id::opus,
    codec_id::l16,       codec_id::l16_8000, codec_id::l16_24000, codec_id::l16_32000,
    codec_id::l16_44100, codec_id::l16_48000};

std::vector<std::int16_t> tone(double hz, std::uint32_t rate, double seconds) {
  std::vector<std::int16_t> out(static_cast<std::size_t>(seconds * rate));
  sine(hz, rate, 0.3).fill(out);
  return out;
}

using packet = std::vector<std::uint8_t>;

std::vector<packet> encoded(codec_id id, const std::vector<std::int16_t>& sound,
                            std::uint32_t ptime_ms, const encoder_options& options = {}) {
  const std::size_t frame = info(id).sample_rate * ptime_ms / 1000;
  const auto e = make_encoder(id, options);
  std::vector<packet> out;
  std::array<std::uint8_t, max_encoded_bytes> bytes{};
  for (std::size_t at = 0; at + frame <= sound.size(); at += frame) {
    const std::size_t count = e->encode(std::span(sound).subspan(at, frame), bytes);
    REQUIRE(count > 0);
    out.emplace_back(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return out;
}

std::vector<std::int16_t> decoded(decoder& d, const packet& p) {
  std::vector<std::int16_t> pcm(max_packet_samples);
  pcm.resize(d.decode(p, pcm));
  return pcm;
}

std::vector<std::int16_t> decoded(codec_id id, const std::vector<packet>& packets) {
  const auto d = make_decoder(id);
  std::vector<std::int16_t> out;
  for (const packet& p : packets) {
    const auto pcm = decoded(*d, p);
    out.insert(out.end(), pcm.begin(), pcm.end());
  }
  return out;
}

double energy(const std::int16_t* p, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += double{1} * p[i] * p[i];
  return sum;
}

/// Of a tone, in dB: what is left when its best fit (any phase and level) is taken out.
double snr_of_tone(const std::vector<std::int16_t>& pcm, double hz, std::uint32_t rate) {
  const std::size_t from = rate / 5, count = pcm.size() - from;
  const double w = 2 * 3.14159265358979323846 * hz / rate;
  double re = 0, im = 0;
  for (std::size_t i = 0; i < count; ++i) {
    re += pcm[from + i] * std::cos(w * static_cast<double>(i));
    im += pcm[from + i] * std::sin(w * static_cast<double>(i));
  }
  const double tone = 2 * (re * re + im * im) / static_cast<double>(count);
  return 10 * std::log10(tone / (energy(pcm.data() + from, count) - tone));
}

}  // namespace

TEST_CASE("codecs are found by their names") {
  CHECK(codecs().size() == 5);
  std::string names;
  for (const codec_info& c : codecs()) {
    names += std::string(c.option_name) + " ";
    CHECK(find(c.option_name) == &info(c.id));
  }
  CHECK(names == "pcmu pcma g722 opus l16 ");
  for (const codec_id id : all) {
    CHECK(info(id).id == id);
    CHECK(find_encoding(info(id).encoding, info(id).clock_rate, info(id).channels) == &info(id));
  }
  CHECK(find("PCMU") == &info(codec_id::pcmu));
  CHECK(find("g729") == nullptr);
  CHECK(find_encoding("pcma", 8000, 1) == &info(codec_id::pcma));
  CHECK(find_encoding("PCMA", 16000, 1) == nullptr);
  CHECK(find_encoding("PCMA", 8000, 2) == nullptr);
  CHECK(find_encoding("G722", 16000, 1) == nullptr);
  CHECK(find_encoding("OPUS", 48000, 2) == &info(codec_id::opus));
  CHECK(find_encoding("opus", 48000, 1) == nullptr);
  CHECK(find_encoding("L16", 11025, 1) == nullptr);
  CHECK(find_encoding("L16", 44100, 2) == nullptr);
  CHECK(variants(codec_id::g722).size() == 1);
  CHECK(variants(codec_id::l16).size() == 6);
  CHECK(variants(codec_id::l16_8000).front().id == codec_id::l16);
}

TEST_CASE("clock rate and sample rate are two things") {
  CHECK(info(codec_id::g722).clock_rate == 8000);
  CHECK(info(codec_id::g722).sample_rate == 16000);
  CHECK(info(codec_id::opus).clock_rate == 48000);
  const std::vector<std::int16_t> silence(320);
  std::array<std::uint8_t, max_encoded_bytes> out{};
  CHECK(make_encoder(codec_id::g722)->encode(silence, out) == 160);
  CHECK(ticks_of(codec_id::g722, byte_view(out).first(160)) == 160);
}

TEST_CASE("every codec at every packet time: length, time and sound") {
  struct row {
    codec_id id;
    double least_snr;
  };
  const std::array<row, 10> rows{{{codec_id::pcmu, 35},
                                  {codec_id::pcma, 35},
                                  {codec_id::g722, 25},
                                  {codec_id::opus, 15},
                                  {codec_id::l16, 70},
                                  {codec_id::l16_8000, 70},
                                  {codec_id::l16_24000, 70},
                                  {codec_id::l16_32000, 70},
                                  {codec_id::l16_44100, 70},
                                  {codec_id::l16_48000, 70}}};
  for (const row& r : rows) {
    const codec_info& c = info(r.id);
    for (const std::uint32_t ms : {10U, 20U, 30U, 40U, 60U}) {
      if (usable_ptime_ms(r.id, ms) != ms) continue;
      const auto packets = encoded(r.id, tone(440, c.sample_rate, 1.2), ms);
      std::size_t longest = 0, wrong_time = 0;
      for (const packet& p : packets) {
        longest = std::max(longest, p.size());
        wrong_time += ticks_of(r.id, p) != c.clock_rate * ms / 1000;
      }
      const auto heard = decoded(r.id, packets);
      INFO(c.encoding << "/" << c.clock_rate << " " << ms << " ms");
      CHECK(longest <= max_encoded_bytes);
      CHECK(wrong_time == 0);
      CHECK(heard.size() == packets.size() * c.sample_rate * ms / 1000);
      CHECK(snr_of_tone(heard, 440, c.sample_rate) > r.least_snr);
    }
  }
}

TEST_CASE("packet times that a codec cannot have become shorter ones") {
  struct row {
    codec_id id;
    std::uint32_t wanted, used;
  };
  const std::array<row, 14> rows{{{codec_id::pcmu, 30, 30},
                                  {codec_id::pcmu, 60, 60},
                                  {codec_id::pcmu, 25, 20},
                                  {codec_id::pcmu, 5, 10},
                                  {codec_id::opus, 30, 20},
                                  {codec_id::opus, 60, 60},
                                  {codec_id::l16, 60, 60},
                                  {codec_id::l16_24000, 60, 40},
                                  {codec_id::l16_32000, 60, 30},
                                  {codec_id::l16_44100, 60, 20},
                                  {codec_id::l16_48000, 60, 20},
                                  {codec_id::l16_48000, 30, 20},
                                  {codec_id::l16_48000, 20, 20},
                                  {codec_id::l16_48000, 10, 10}}};
  for (const row& r : rows) {
    INFO(info(r.id).encoding << "/" << info(r.id).clock_rate << " " << r.wanted);
    CHECK(usable_ptime_ms(r.id, r.wanted) == r.used);
  }
}

TEST_CASE("L16 is big endian, and an odd byte is no sample") {
  std::array<std::uint8_t, 4> bytes{};
  CHECK(make_encoder(codec_id::l16)->encode(std::array<std::int16_t, 2>{0x1234, -2}, bytes) == 4);
  CHECK(bytes == std::array<std::uint8_t, 4>{0x12, 0x34, 0xff, 0xfe});
  const auto d = make_decoder(codec_id::l16);
  CHECK(decoded(*d, {0x12, 0x34, 0xff, 0xfe, 0x77}) == std::vector<std::int16_t>{0x1234, -2});
  CHECK(decoded(*d, {0x12}).empty());
  CHECK(ticks_of(codec_id::l16, std::array<std::uint8_t, 5>{}) == 2);
}

TEST_CASE("what does not fit is not written") {
  const std::vector<std::int16_t> frame(960);
  std::array<std::uint8_t, 8> small{};
  for (const codec_id id : {codec_id::pcmu, codec_id::pcma, codec_id::g722, codec_id::l16}) {
    CHECK(make_encoder(id)->encode(frame, small) == 0);
    std::array<std::int16_t, 3> room{};
    CHECK(make_decoder(id)->decode(std::vector<std::uint8_t>(20), room) == 0);
  }
  // 30 ms, and no frame at all.
  std::array<std::uint8_t, max_encoded_bytes> out{};
  CHECK(make_encoder(codec_id::opus)->encode(std::vector<std::int16_t>(1440), out) == 0);
  std::array<std::int16_t, 100> room{};
  const auto packets = encoded(codec_id::opus, frame, 20);
  CHECK(make_decoder(codec_id::opus)->decode(packets.at(0), room) == 0);
}

TEST_CASE("no room and no samples are no null pointers to libopus") {
  std::array<std::uint8_t, max_encoded_bytes> out{};
  const auto e = make_encoder(codec_id::opus);
  CHECK(e->encode({}, out) == 0);
  CHECK(e->encode(std::vector<std::int16_t>(960), {}) == 0);
  const auto d = make_decoder(codec_id::opus);
  CHECK(d->decode(packet{0xf8, 1}, {}) == 0);
  CHECK(d->conceal({}) == 0);
  CHECK(d->decode_fec(packet{0xf8, 1}, {}) == 0);
}

TEST_CASE("payloads that are no sound of the codec give none") {
  const auto d = make_decoder(codec_id::opus);
  CHECK(decoded(*d, {}).empty());
  // Code 3 without its count of frames; code 3 with 63 frames of 60 ms.
  CHECK(decoded(*d, {0x03}).empty());
  CHECK(decoded(*d, {0x1b, 0x3f}).empty());
  CHECK(ticks_of(codec_id::opus, {}) == 0);
  CHECK(ticks_of(codec_id::opus, packet{0x1b, 0x3f}) == 0);
  for (const codec_id id : all) CHECK(decoded(*make_decoder(id), {}).empty());
}

TEST_CASE("a decoder that is reset decodes as a new one") {
  for (const codec_id id : all) {
    const auto packets = encoded(id, tone(440, info(id).sample_rate, 0.2), 20);
    const auto d = make_decoder(id);
    std::vector<std::int16_t> first, second;
    for (const packet& p : packets) first = decoded(*d, p);
    d->reset();
    for (const packet& p : packets) second = decoded(*d, p);
    INFO(info(id).encoding);
    CHECK(first == second);
  }
}

TEST_CASE("Opus makes up what is lost, the copy in the next packet does it better") {
  constexpr std::size_t frame = 960;
  // A rising tone: repeating what came before is not enough.
  std::vector<std::int16_t> sound(48000);
  double phase = 0;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    phase += 2 * 3.14159265358979 * (200 + 900.0 * static_cast<double>(i) / 48000) / 48000;
    sound[i] = static_cast<std::int16_t>(9000 * std::sin(phase) + 3000 * std::sin(3 * phase));
  }
  const auto packets = encoded(codec_id::opus, sound, 20);
  const auto whole = decoded(codec_id::opus, packets);
  const auto error = [&](std::size_t lost, bool fec) {
    const auto d = make_decoder(codec_id::opus);
    for (std::size_t i = 0; i < lost; ++i) static_cast<void>(decoded(*d, packets[i]));
    std::vector<std::int16_t> made(frame);
    const std::size_t count = fec ? d->decode_fec(packets[lost + 1], made) : d->conceal(made);
    REQUIRE(count == frame);
    CHECK(energy(made.data(), frame) > 0.1 * energy(&whole[lost * frame], frame));
    for (std::size_t i = 0; i < frame; ++i)
      made[i] = static_cast<std::int16_t>((made[i] - whole[lost * frame + i]) / 2);
    return energy(made.data(), frame);
  };
  double concealed = 0, corrected = 0;
  for (const std::size_t lost : {10U, 17U, 25U, 33U, 41U}) {
    concealed += error(lost, false);
    corrected += error(lost, true);
  }
  CHECK(corrected < concealed / 2);
}

TEST_CASE("codecs without concealment of their own say so") {
  std::array<std::int16_t, 160> out{};
  const packet next(160);
  for (const codec_id id : {codec_id::pcmu, codec_id::pcma, codec_id::g722, codec_id::l16}) {
    CHECK(make_decoder(id)->conceal(out) == 0);
    CHECK(make_decoder(id)->decode_fec(next, out) == 0);
  }
}

TEST_CASE("Opus keeps to the bits that the other side allows") {
  const auto bytes = [](const encoder_options& options) {
    std::size_t sum = 0;
    for (const packet& p : encoded(codec_id::opus, tone(700, 48000, 2), 20, options))
      sum += p.size();
    return static_cast<double>(sum);
  };
  const double usual = bytes({}), less = bytes({true, 12000});
  CHECK(usual * 8 / 2 < 36000);
  CHECK(less * 8 / 2 < 14000);
}
