#include "sipvoice/audio/g711.hpp"

#include <array>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "sipvoice/audio/codec.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"

using namespace sipvoice::audio;

namespace {

std::vector<std::int16_t> words(const std::string& name) {
  const std::string bytes = test::read_file(test::data_folder() / "g711" / name);
  std::vector<std::int16_t> out;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    out.push_back(static_cast<std::int16_t>(static_cast<unsigned char>(bytes[i]) |
                                            (static_cast<unsigned char>(bytes[i + 1]) << 8)));
  return out;
}

std::size_t differences(codec_id id, const std::string& coded, const std::string& decoded) {
  const auto source = words("sweep.src");
  const auto codes = words(coded), linear = words(decoded);
  REQUIRE(source.size() == 65536);
  REQUIRE(codes.size() == source.size());
  REQUIRE(linear.size() == source.size());
  std::vector<std::uint8_t> ours(source.size());
  std::vector<std::int16_t> again(source.size());
  CHECK(make_encoder(id)->encode(source, ours) == source.size());
  CHECK(make_decoder(id)->decode(ours, again) == source.size());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < source.size(); ++i)
    if (ours[i] != static_cast<std::uint8_t>(codes[i]) || again[i] != linear[i]) ++wrong;
  return wrong;
}

}  // namespace

TEST_CASE("G.711 is bit-exact to the ITU sweep of all inputs") {
  if (!test::have_data("g711/sweep.src")) return;
  CHECK(differences(codec_id::pcmu, "sweep-r.u", "sweep-r.reu") == 0);
  CHECK(differences(codec_id::pcma, "sweep-r.a", "sweep-r.rea") == 0);
}

TEST_CASE("G.711 decodes every code as the ITU table says") {
  if (!test::have_data("g711/decode.csv")) return;
  std::istringstream in(test::read_file(test::data_folder() / "g711" / "decode.csv"));
  std::string line;
  std::getline(in, line);
  REQUIRE(line.rfind("code,ulaw_pcm16,alaw_pcm16", 0) == 0);
  int rows = 0;
  while (std::getline(in, line)) {
    int code = 0, ulaw = 0, alaw = 0;
    REQUIRE(std::sscanf(line.c_str(), "%d,%d,%d", &code, &ulaw, &alaw) == 3);
    INFO("code " << code);
    CHECK(g711::ulaw_decode(static_cast<std::uint8_t>(code)) == ulaw);
    CHECK(g711::alaw_decode(static_cast<std::uint8_t>(code)) == alaw);
    ++rows;
  }
  CHECK(rows == 256);
}

TEST_CASE("G.711: known codes, without the data") {
  struct row {
    std::int16_t linear;
    std::uint8_t ulaw, alaw;
  };
  const std::array<row, 6> rows{{{0, 0xff, 0xd5},
                                 {-1, 0x7f, 0x55},
                                 {32767, 0x80, 0xaa},
                                 {-32768, 0x00, 0x2a},
                                 {1, 0xff, 0xd5},
                                 {7232, 163, 137}}};
  for (const row& r : rows) {
    INFO(r.linear);
    CHECK(g711::ulaw_encode(r.linear) == r.ulaw);
    CHECK(g711::alaw_encode(r.linear) == r.alaw);
  }
}

TEST_CASE("G.711: decoding and encoding again keeps every code") {
  for (int code = 0; code < 256; ++code) {
    const auto c = static_cast<std::uint8_t>(code);
    CHECK(g711::alaw_encode(g711::alaw_decode(c)) == c);
    // Mu-law has two zeros; the negative one comes back as the positive one.
    CHECK(g711::ulaw_encode(g711::ulaw_decode(c)) == (c == 0x7f ? 0xff : c));
  }
}
