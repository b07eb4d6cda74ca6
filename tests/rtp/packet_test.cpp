#include "sipvoice/rtp/packet.hpp"

#include <array>
#include <vector>

#include "sipvoice/rtp/rtcp.hpp"
#include "sipvoice/rtp/sender.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using bytes = std::vector<std::uint8_t>;

namespace {

bytes header(std::uint8_t first, std::uint8_t second) {
  return {first, second, 0x12, 0x34, 1, 2, 3, 4, 0xca, 0xfe, 0xba, 0xbe};
}
bytes operator+(bytes a, const bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("an RTP packet is taken apart") {
  const bytes datagram = header(0x80 | 0x20 | 0x10 | 2, 0x80 | 101) +
                         bytes{0, 0, 0, 7, 0, 0, 0, 9} +              // two CSRCs
                         bytes{0xbe, 0xde, 0, 1, 0x10, 0xaa, 0, 0} +  // extension, one word
                         bytes{1, 2, 3, 4, 5} + bytes{0, 0, 3};       // payload, padding
  const auto p = rtp::parse(datagram);
  REQUIRE(p.has_value());
  CHECK(p->header == rtp::packet_header{true, payload_type{101}, sequence_number{0x1234},
                                        rtp_timestamp{0x01020304}, ssrc{0xcafebabe}});
  CHECK(p->csrc_count == 2);
  CHECK(p->csrc(0) == ssrc{7});
  CHECK(p->csrc(1) == ssrc{9});
  REQUIRE(p->extension);
  CHECK(p->extension->profile == 0xbede);
  CHECK(bytes(p->extension->data.begin(), p->extension->data.end()) == bytes{0x10, 0xaa, 0, 0});
  CHECK(bytes(p->payload.begin(), p->payload.end()) == bytes{1, 2, 3, 4, 5});
  CHECK(p->padding_bytes == 3);
}

TEST_CASE("what is no RTP packet is refused, what is just one is not") {
  struct row {
    const char* what;
    bytes datagram;
    bool good;
  };
  const std::array<row, 14> rows{{
      {"nothing", {}, false},
      {"eleven bytes", bytes(11, 0x80), false},
      {"a header alone", header(0x80, 0), true},
      {"version 1", header(0x40, 0), false},
      {"version 3", header(0xc0, 0), false},
      {"15 CSRCs announced, none there", header(0x8f, 0), false},
      {"one CSRC cut off", header(0x81, 0) + bytes{0, 0, 0}, false},
      {"extension announced, not there", header(0x90, 0), false},
      {"extension of nothing", header(0x90, 0) + bytes{0, 0, 0, 0}, true},
      {"extension longer than the packet", header(0x90, 0) + bytes{0, 0, 0, 2, 1, 1, 1, 1}, false},
      {"extension of 65535 words", header(0x90, 0) + bytes{0, 0, 0xff, 0xff, 1}, false},
      {"padding without a byte", header(0xa0, 0), false},
      {"padding of zero", header(0xa0, 0) + bytes{5, 0}, false},
      {"padding is all there is", header(0xa0, 0) + bytes{0, 2}, true},
  }};
  for (const row& r : rows) {
    INFO(r.what);
    CHECK(rtp::parse(r.datagram).has_value() == r.good);
  }
  CHECK_FALSE(rtp::parse(header(0xa0, 0) + bytes{0, 3}).has_value());
}

TEST_CASE("a printed header is read again") {
  for (const bool marker : {false, true}) {
    const rtp::packet_header h{marker, payload_type{127}, sequence_number{65535},
                               rtp_timestamp{0xfffffff0}, ssrc{1}};
    std::array<std::uint8_t, rtp::header_bytes> out{};
    rtp::print(h, out);
    const auto p = rtp::parse(out);
    REQUIRE(p.has_value());
    CHECK(p->header == h);
    CHECK(p->payload.empty());
  }
}

TEST_CASE("the sender: time goes on, sequence numbers have no hole, a gap is marked") {
  rtp::sender s(ssrc{5}, sequence_number{65534}, rtp_timestamp{0xffffff60});
  const auto one = s.next(payload_type{0});
  CHECK(one.marker);
  CHECK(one.sequence == sequence_number{65534});
  CHECK(one.timestamp == rtp_timestamp{0xffffff60});
  s.advance(160);
  const auto two = s.next(payload_type{0});
  CHECK_FALSE(two.marker);
  CHECK(two.timestamp == rtp_timestamp{0});
  s.advance(160);
  s.advance(160);  // a tick without a packet
  const auto three = s.next(payload_type{0});
  CHECK(three.marker);
  CHECK(three.sequence == sequence_number{0});
  CHECK(three.timestamp == rtp_timestamp{320});
  CHECK_FALSE(s.next_at(payload_type{101}, rtp_timestamp{320}, rtp::marking::clear).marker);
  CHECK(s.next_at(payload_type{101}, rtp_timestamp{320}, rtp::marking::set).marker);
  s.not_before(rtp_timestamp{100});
  CHECK(s.time() == rtp_timestamp{320});
  s.not_before(rtp_timestamp{1000});
  CHECK(s.time() == rtp_timestamp{1000});
}

TEST_CASE("RTCP compounds by the checks of RFC 3550 A.2") {
  const bytes rr{0x80, 201, 0, 1, 0, 0, 0, 1};
  const bytes sdes{0x81, 202, 0, 2, 0, 0, 0, 1, 1, 1, 'a', 0};
  bytes padded = rr;
  padded[0] = 0xa0;
  struct row {
    const char* what;
    bytes datagram;
    bool good;
  };
  const std::array<row, 9> rows{{{"empty", {}, false},
                                 {"receiver report", rr, true},
                                 {"compound", rr + sdes, true},
                                 {"sdes first", sdes + rr, false},
                                 {"cut off", bytes(rr.begin(), rr.end() - 1), false},
                                 {"length too long", bytes{0x80, 201, 0, 9, 0, 0, 0, 1}, false},
                                 {"version 1 later", rr + bytes{0x41, 202, 0, 0}, false},
                                 {"padding before the last", padded + sdes, false},
                                 {"three bytes behind", rr + bytes{1, 2, 3}, false}}};
  for (const row& r : rows) {
    INFO(r.what);
    CHECK(rtp::is_rtcp_compound(r.datagram) == r.good);
  }
}
