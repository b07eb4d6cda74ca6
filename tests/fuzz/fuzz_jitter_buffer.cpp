// A list of operations on the jitter buffer: packets of any number, time and length, frames taken
// and left out, sources, moments. What comes out is told right, nothing comes out twice, and what
// is held is bounded.
#include <array>
#include <span>
#include <vector>

#include "check.hpp"
#include "sipvoice/rtp/jitter_buffer.hpp"

using namespace sipvoice;
using fuzz::require;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t most_packets = 30'000;

struct machine {
  explicit machine(fuzz::input& i)
      : in(i),
        kind(in.byte()),
        rate((kind & 1) != 0 ? 48'000 : 8'000),
        buffer(rate, (kind & 2) != 0 ? rate : 8'000, milliseconds(in.byte() * 2),
               (kind & 4) != 0 ? rtp::playout_mode::steady : rtp::playout_mode::adaptive) {}

  void put(std::uint8_t op) {
    sequence += (op & 8) != 0 ? in.word() : std::uint16_t{1};
    timestamp += (op & 16) != 0 ? (std::uint32_t{in.word()} << 16) | in.word() : rate / 50;
    if ((op & 32) != 0) timestamp -= std::uint32_t{in.byte()} * 160u;
    const std::size_t length = (op & 64) != 0 ? in.word() % 12'289 : rate / 50;
    given.push_back(length);
    const std::vector<std::int16_t> sound(length, static_cast<std::int16_t>(given.size()));
    std::optional<time_point> arrived;
    if ((op & 128) == 0) arrived = now;
    buffer.put(rtp_timestamp{timestamp}, sequence_number{sequence}, sound, arrived);
  }

  void get(std::size_t count) {
    std::vector<std::int16_t> out(count);
    const auto piece = buffer.peek(out);
    std::size_t at = 0;
    for (const rtp::gap& g : piece.missing()) {
      require(g.offset >= at && g.length > 0 && g.offset + g.length <= count,
              "gaps are in order and inside");
      at = g.offset + g.length;
    }
    for (const std::int16_t s : out) {
      if (s == 0) continue;
      const auto n = static_cast<std::size_t>(s - 1);
      require(n < given.size(), "what is played was given");
      require(given[n] > 0, "nothing is played twice");
      --given[n];
    }
    const std::size_t left_out = std::min<std::size_t>(in.byte(), buffer.surplus());
    buffer.consume(count);
    if (left_out > 0) buffer.consume(left_out, left_out);
  }

  void step() {
    const std::uint8_t op = in.byte();
    switch (op & 7) {
      case 0:
      case 1:
      case 2:
        if (given.size() < most_packets) put(op);
        break;
      case 3:
      case 4:
        now += milliseconds(20);
        get(rate / 50);
        break;
      case 5:
        now += milliseconds(op >> 3);
        get(in.word() % (rate * 3 / 10 + 1));
        break;
      case 6:
        (op & 8) != 0 ? buffer.restart() : buffer.note_other(sequence_number{in.word()});
        break;
      default:
        now += milliseconds((op & 8) != 0 ? -static_cast<int>(in.byte()) : int{in.byte()} * 40);
        break;
    }
    require(buffer.pending() <= rate * 3 / 10 + 12'288, "what is held is bounded");
    require(buffer.late() <= given.size(), "no more is late than was given");
  }

  fuzz::input& in;
  std::uint8_t kind;
  std::uint32_t rate;
  rtp::jitter_buffer buffer;
  std::vector<std::size_t> given;  ///< samples still to be played, by packet
  time_point now{std::chrono::hours(1)};
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  machine m(in);
  for (int steps = 0; !in.empty() && steps < 4000; ++steps) m.step();
  return 0;
}
