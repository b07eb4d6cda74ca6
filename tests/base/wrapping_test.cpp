#include "sipvoice/base/wrapping.hpp"

#include "sipvoice/base/bytes.hpp"
#include "sipvoice/base/time.hpp"
#include "support/catch.hpp"

using namespace sipvoice;

TEST_CASE("sequence numbers are compared the shorter way round") {
  struct row {
    std::uint16_t a, b;
    int distance;  // a - b
  };
  const row rows[] = {{0, 0, 0},          {1, 0, 1},
                      {0, 1, -1},         {0, 65535, 1},
                      {65535, 0, -1},     {5, 65530, 11},
                      {32767, 0, 32767},  {32768, 0, -32768},
                      {0, 32768, -32768}, {40000, 10000, 30000}};
  for (const row& r : rows) {
    INFO(r.a << " - " << r.b);
    CHECK(sequence_number(r.a) - sequence_number(r.b) == r.distance);
    CHECK(sequence_number(r.a).before(sequence_number(r.b)) == (r.distance < 0));
  }
  CHECK(++sequence_number(65535) == sequence_number(0));
  CHECK(sequence_number(2) - std::uint16_t{3} == sequence_number(65535));
  CHECK(rtp_timestamp(0xfffffff0u) + 160u == rtp_timestamp(144));
  CHECK(rtp_timestamp(144) - rtp_timestamp(0xfffffff0u) == 160);
}

TEST_CASE("big-endian numbers survive a round trip") {
  std::uint8_t bytes[4];
  write_u32(bytes, 0xfedcba98u);
  CHECK(bytes[0] == 0xfe);
  CHECK(bytes[3] == 0x98);
  CHECK(read_u32(bytes) == 0xfedcba98u);
  CHECK(read_u16(bytes + 1) == 0xdcba);
  write_u16(bytes, 0x8001);
  CHECK(read_u16(bytes) == 0x8001);
  CHECK(as_text(as_bytes("abc")) == "abc");
}

TEST_CASE("one reading of both clocks converts moments") {
  using namespace std::chrono_literals;
  const clock_reading r{time_point(10s), wall_time(1000s)};
  CHECK(r.at(time_point(12s)) == wall_time(1002s));
  CHECK(r.at(time_point(9s)) == wall_time(999s));
  CHECK(to_ms(1999999ns) == 1);
  CHECK(to_ms(-1999999ns) == -1);
}
