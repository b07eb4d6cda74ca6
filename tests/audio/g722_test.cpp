#include "sipvoice/audio/g722.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"

using namespace sipvoice::audio;

namespace {

std::vector<std::int16_t> words(const std::string& name) {
  const std::string bytes = test::read_file(test::data_folder() / "g722" / name);
  std::vector<std::int16_t> out;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    out.push_back(static_cast<std::int16_t>(static_cast<unsigned char>(bytes[i]) |
                                            (static_cast<unsigned char>(bytes[i + 1]) << 8)));
  return out;
}

std::vector<std::uint8_t> codes() {
  const auto all = words("codspw.cod");
  return {all.begin(), all.end()};
}

}  // namespace

TEST_CASE("G.722 encodes the ITU's sequence bit by bit") {
  if (!test::have_data("g722/inpsp.bin")) return;
  const auto input = words("inpsp.bin");
  REQUIRE(input.size() == 97536);
  // In packets of 20 ms and what is left: one stream, wherever it is cut.
  std::vector<std::uint8_t> ours(input.size() / 2);
  g722::encoder encoder;
  std::size_t written = 0;
  for (std::size_t at = 0; at < input.size(); at += 320) {
    const auto piece = std::span(input).subspan(at, std::min<std::size_t>(320, input.size() - at));
    written += encoder.encode(piece, std::span(ours).subspan(written));
  }
  CHECK(written == ours.size());
  CHECK(ours == codes());
}

TEST_CASE("G.722 decodes the ITU's sequence bit by bit in each mode") {
  if (!test::have_data("g722/codspw.cod")) return;
  const auto input = codes();
  for (const g722::mode m : {g722::mode::kbit64, g722::mode::kbit56, g722::mode::kbit48}) {
    const auto number = std::to_string(static_cast<int>(m));
    g722::decoder decoder(m);
    std::vector<std::int16_t> ours(input.size() * 2);
    CHECK(decoder.decode(input, ours) == ours.size());
    INFO("mode " << number);
    CHECK(ours == words("outsp" + number + ".bin"));
  }
}

TEST_CASE("G.722 writes no more than there is room for") {
  const std::vector<std::int16_t> samples(321, 1000);
  std::vector<std::uint8_t> bytes(200);
  CHECK(g722::encoder().encode(samples, bytes) == 160);
  CHECK(g722::encoder().encode(samples, std::span(bytes).first(10)) == 10);
  std::vector<std::int16_t> out(101);
  CHECK(g722::decoder().decode(bytes, out) == 100);
}
