#include "sipvoice/rtp/reorder_queue.hpp"

#include <array>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace sipvoice;
using std::chrono::milliseconds;

namespace {

const time_point begin{std::chrono::seconds(50)};

struct queue {
  rtp::reorder_queue q;
  std::string out;  ///< payload letters, in the order they left

  void push(std::uint16_t sequence, int at_ms, bool deliver = true) {
    rtp::packet_header h;
    h.sequence = sequence_number{sequence};
    const std::uint8_t letter = static_cast<std::uint8_t>('a' + (sequence + 6) % 26);
    q.push(h, byte_view(&letter, 1), deliver, begin + milliseconds(at_ms));
    drain(at_ms);
  }
  void drain(int at_ms) {
    while (const auto item = q.pop(begin + milliseconds(at_ms)))
      if (item->deliver) out += static_cast<char>(item->payload[0]);
  }
};

}  // namespace

TEST_CASE("in order everything leaves at once, over the wrap too") {
  queue q;
  std::uint16_t sequence = 65530;
  for (int i = 0; i < 12; ++i) {
    q.push(sequence++, 20 * i);
    CHECK(q.out.size() == static_cast<std::size_t>(i + 1));
  }
  CHECK(q.q.next_deadline() == never);
}

TEST_CASE("a gap waits for 40 ms, then it is given up") {
  queue q;
  q.push(20, 0);  // 'a' is 20
  q.push(22, 20);
  q.push(24, 30);
  CHECK(q.out == "a");
  CHECK(q.q.next_deadline() == begin + milliseconds(60));
  q.drain(59);
  CHECK(q.out == "a");
  q.drain(60);
  CHECK(q.out == "ac");
  CHECK(q.q.next_deadline() == begin + milliseconds(70));
  q.push(23, 65);
  CHECK(q.out == "acde");
  q.push(21, 66);
  CHECK(q.out == "acde");
  CHECK(q.q.late() == 1);
}

TEST_CASE("a gap waits for eight packets at most") {
  queue q;
  q.push(20, 0);
  for (std::uint16_t s = 22; s < 29; ++s) q.push(s, 1);
  CHECK(q.out == "a");
  q.push(29, 1);
  CHECK(q.out == "acdefghij");
  q.push(21, 2);
  CHECK(q.out == "acdefghij");
}

TEST_CASE("places without a payload are kept, and all can be taken at once") {
  queue q;
  q.push(20, 0);
  q.push(22, 0);
  q.push(21, 0, false);
  CHECK(q.out == "ac");
  q.push(25, 1);
  q.push(24, 1);
  CHECK(q.out == "ac");
  std::string rest;
  while (const auto item = q.q.pop_all()) rest += static_cast<char>(item->payload[0]);
  CHECK(rest == "ef");
  q.q.reset();
  q.push(3, 2);
  CHECK(q.out == "acj");
}
