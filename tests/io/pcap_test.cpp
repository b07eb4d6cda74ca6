#include <thread>

#include "io/loopback.hpp"
#include "sipvoice/io/pcap_writer.hpp"

using namespace sipvoice;

namespace {

std::string hex(byte_view bytes) {
  static const char* digits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t b : bytes) {
    out += digits[b >> 4];
    out += digits[b & 15];
  }
  return out;
}

wall_time at_ms(std::int64_t ms) { return wall_time(std::chrono::milliseconds(ms)); }

struct record {
  std::int64_t ms;
  std::string payload;
};

/// The records of a capture of IPv4 packets; fails where the file is not whole.
std::vector<record> records_of(const std::string& file) {
  const auto header = io::pcap_file_header();
  REQUIRE(file.size() >= header.size());
  REQUIRE(file.substr(0, header.size()) == as_text(header));
  std::vector<record> out;
  for (std::size_t at = header.size(); at < file.size();) {
    REQUIRE(file.size() - at >= io::pcap_record_header_size);
    const auto* p = reinterpret_cast<const std::uint8_t*>(file.data()) + at;
    const std::size_t length = io::pcap_record_length(p);
    REQUIRE(file.size() - at >= length);
    const auto since = io::pcap_record_time(p).time_since_epoch();
    out.push_back({std::chrono::duration_cast<std::chrono::milliseconds>(since).count(),
                   file.substr(at + 16 + 28, length - 16 - 28)});
    at += length;
  }
  return out;
}

const socket_address a{ip_address::v4(192, 0, 2, 1), 5060}, b{ip_address::v4(192, 0, 2, 2), 5062};

}  // namespace

TEST_CASE("the file header says nanoseconds and raw IP") {
  CHECK(hex(io::pcap_file_header()) ==
        "a1b23c4d"
        "0002"
        "0004"
        "00000000"
        "00000000"
        "00040000"
        "00000065");
}

TEST_CASE("a packet over IPv4 gets its headers, with a valid checksum") {
  std::vector<std::uint8_t> out(200);
  const wall_time when =
      wall_time(std::chrono::seconds(1'700'000'000)) + std::chrono::nanoseconds(123'456'789);
  const std::size_t n = io::make_pcap_record(out, a, b, as_bytes("hello"), when);
  REQUIRE(n == 16 + 20 + 8 + 5);
  CHECK(io::pcap_record_length(out.data()) == n);
  CHECK(io::pcap_record_time(out.data()) == when);
  CHECK(hex(byte_view(out).first(n)) ==
        "6553f100"
        "075bcd15"
        "00000021"
        "00000021"  // record
        "45000021"
        "00004000"
        "4011b6c8"
        "c0000201"
        "c0000202"  // IP
        "13c413c6"
        "000d0000"  // UDP
        "68656c6c6f");
}

TEST_CASE("a packet over IPv6 has the checksum that IPv6 demands") {
  std::vector<std::uint8_t> out(200);
  const auto one = ip_address::parse("2001:db8::1").value();
  const auto two = ip_address::parse("2001:db8::2").value();
  const std::size_t n = io::make_pcap_record(out, {one, 1}, {two, 2}, as_bytes("odd"), at_ms(0));
  REQUIRE(n == 16 + 40 + 8 + 3);
  CHECK(out[16] == 0x60);
  // Summing pseudo header, UDP header and payload with its checksum gives all ones (RFC 1071).
  std::uint32_t sum = 17 + 11;
  for (std::size_t i = 16 + 8; i < n; ++i) sum += (i % 2 == 0) ? out[i] << 8U : out[i];
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  CHECK(sum == 0xffff);
}

TEST_CASE("what no datagram can hold is not made into a record") {
  std::vector<std::uint8_t> out(100'000);
  const std::string longest(io::max_pcap_payload, 'x');
  CHECK(io::make_pcap_record(out, a, b, as_bytes(longest), at_ms(0)) == 16 + 65535);
  CHECK(io::make_pcap_record(out, a, b, as_bytes(longest + "x"), at_ms(0)) == 0);
  CHECK(io::make_pcap_record(std::span(out).first(20), a, b, as_bytes("x"), at_ms(0)) == 0);
}

TEST_CASE("packets of several threads are written in the order of their times") {
  const test::scratch_folder folder;
  const std::string file = folder.file("a.pcap");
  io::pcap_writer writer;
  REQUIRE(writer.open(file) == 0);
  CHECK(records_of(test::contents(file)).empty());
  io::packet_tap& first = writer.add_tap();
  io::packet_tap& second = writer.add_tap();
  first.packet(a, b, as_bytes("1"), at_ms(1));
  first.packet(a, b, as_bytes("4"), at_ms(4));
  second.packet(b, a, as_bytes("2"), at_ms(2));
  second.packet(b, a, as_bytes("3"), at_ms(3));
  writer.start();
  writer.stop();
  const auto records = records_of(test::contents(file));
  REQUIRE(records.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(records[i].ms == static_cast<std::int64_t>(i) + 1);
    CHECK(records[i].payload == std::to_string(i + 1));
  }
  CHECK(writer.written() == 4);
  CHECK(writer.dropped() == 0);
}

TEST_CASE("the capture is whole whenever it is looked at") {
  const test::scratch_folder folder;
  const std::string file = folder.file("a.pcap");
  io::pcap_writer writer;
  REQUIRE(writer.open(file) == 0);
  io::packet_tap& tap = writer.add_tap();
  writer.start();
  constexpr std::size_t count = 5000;
  std::thread producer([&] {
    for (std::size_t i = 0; i < count; ++i)
      tap.packet(a, b, as_bytes(std::string(i % 400, 'p')), io::wall_now());
  });
  producer.join();
  const time_point until = io::monotonic_now() + test::patience;
  std::size_t seen = 0;
  // records_of() fails on half a record.
  while (seen < count && io::monotonic_now() < until)
    seen = records_of(test::contents(file)).size();
  CHECK(seen == count);
  writer.stop();
}

TEST_CASE("what does not fit is dropped and counted") {
  const test::scratch_folder folder;
  io::pcap_writer writer;
  REQUIRE(writer.open(folder.file("a.pcap")) == 0);
  io::packet_tap& tap = writer.add_tap();
  const std::string large(60'000, 'x');
  constexpr std::size_t sent = 100;  // 6 MB into a ring of 4 MiB, nobody reads yet
  for (std::size_t i = 0; i < sent; ++i) tap.packet(a, b, as_bytes(large), at_ms(1));
  CHECK(writer.dropped() > 0);
  writer.start();
  writer.stop();
  CHECK(writer.written() + writer.dropped() == sent);
  CHECK(records_of(test::contents(folder.file("a.pcap"))).size() == writer.written());
}

TEST_CASE("a capture that cannot be written says so") {
  io::pcap_writer writer;
  CHECK(writer.open("/nonexistent/a.pcap") == ENOENT);
  io::pcap_writer full;
  CHECK(full.open("/dev/full") == ENOSPC);
}

namespace {

struct segment {
  std::string from, to, payload;
  std::uint32_t sequence, acknowledged;
  bool good;  ///< its checksum, and that of its IP header
};

/// The records of a capture of TCP segments over IPv4.
std::vector<segment> segments_of(const std::string& file) {
  std::vector<segment> out;
  for (std::size_t at = io::pcap_header_size; at < file.size();) {
    const auto* record = reinterpret_cast<const std::uint8_t*>(file.data()) + at;
    const std::size_t length = io::pcap_record_length(record);
    REQUIRE(file.size() - at >= length);
    at += length;
    const byte_view ip = byte_view(record, length).subspan(io::pcap_record_header_size);
    REQUIRE(ip.size() >= 40);
    REQUIRE(ip[9] == 6);
    const auto* tcp = ip.data() + 20;
    const auto sum = [](byte_view bytes, std::uint32_t s) {
      for (std::size_t i = 0; i < bytes.size(); ++i)
        s += i % 2 == 0 ? static_cast<std::uint32_t>(bytes[i]) << 8U : bytes[i];
      while (s >> 16 != 0) s = (s & 0xffff) + (s >> 16);
      return s;
    };
    const auto size = static_cast<std::uint32_t>(ip.size() - 20);
    const bool good = sum(ip.first(20), 0) == 0xffff &&
                      sum(ip.subspan(20), sum(ip.subspan(12, 8), 6 + size)) == 0xffff;
    const auto end = [&](std::size_t address, std::size_t port) {
      return socket_address{ip_address::v4(read_u32(ip.data() + address)), read_u16(tcp + port)}
          .to_string();
    };
    out.push_back({end(12, 0), end(16, 2), std::string(ip.begin() + 40, ip.end()),
                   read_u32(tcp + 4), read_u32(tcp + 8), good});
  }
  return out;
}

}  // namespace

TEST_CASE("bytes of a connection become TCP segments, each where it stands in its stream") {
  const test::scratch_folder folder;
  const std::string file = folder.file("a.pcap");
  io::pcap_writer writer;
  REQUIRE(writer.open(file) == 0);
  io::packet_tap& tap = writer.add_tap();
  io::tcp_progress one, other;
  tap.segment(one, true, a, b, as_bytes("INVITE"), at_ms(1));
  tap.segment(one, false, a, b, as_bytes("100"), at_ms(2));
  tap.segment(other, true, b, a, as_bytes("odd"), at_ms(3));  // another connection
  tap.segment(one, false, a, b, as_bytes("200 OK"), at_ms(4));
  tap.segment(one, true, a, b, as_bytes("ACK"), at_ms(5));
  writer.start();
  writer.stop();
  const auto seen = segments_of(test::contents(file));
  REQUIRE(seen.size() == 5);
  const std::string left = a.to_string(), right = b.to_string();
  const segment wanted[] = {{left, right, "INVITE", 1, 1, true},
                            {right, left, "100", 1, 7, true},
                            {right, left, "odd", 1, 1, true},
                            {right, left, "200 OK", 4, 7, true},
                            {left, right, "ACK", 7, 10, true}};
  for (std::size_t i = 0; i < 5; ++i) {
    INFO(i);
    CHECK(seen[i].from == wanted[i].from);
    CHECK(seen[i].to == wanted[i].to);
    CHECK(seen[i].payload == wanted[i].payload);
    CHECK(seen[i].sequence == wanted[i].sequence);
    CHECK(seen[i].acknowledged == wanted[i].acknowledged);
    CHECK(seen[i].good);
  }
}

TEST_CASE("a large message is several segments, what does not fit leaves a gap in the numbers") {
  const test::scratch_folder folder;
  io::pcap_writer writer;
  REQUIRE(writer.open(folder.file("a.pcap")) == 0);
  io::packet_tap& tap = writer.add_tap();
  io::tcp_progress progress;
  const std::string large(2 * io::max_pcap_segment + 5, 'x');
  tap.segment(progress, true, a, b, as_bytes(large), at_ms(1));
  CHECK(progress.sent == 1 + large.size());
  const std::string flood(5 << 20, 'y');  // more than the ring holds
  tap.segment(progress, true, a, b, as_bytes(flood), at_ms(2));
  CHECK(tap.dropped() > 0);
  CHECK(progress.sent == 1 + large.size() + flood.size());
  writer.start();
  writer.stop();
  const auto seen = segments_of(test::contents(folder.file("a.pcap")));
  REQUIRE(seen.size() > 3);
  CHECK(seen[0].payload.size() == io::max_pcap_segment);
  CHECK(seen[1].sequence == 1 + io::max_pcap_segment);
  CHECK(seen[2].payload.size() == 5);
  CHECK(seen[3].sequence == 1 + large.size());
  for (const auto& s : seen) CHECK(s.good);
  std::vector<std::uint8_t> out(2 * io::max_pcap_segment);
  const std::string too_long(io::max_pcap_segment + 1, 'x');
  CHECK(io::make_pcap_segment(out, a, b, {}, as_bytes(too_long), at_ms(0)) == 0);
  CHECK(io::make_pcap_segment(std::span(out).first(20), a, b, {}, as_bytes("x"), at_ms(0)) == 0);
}

TEST_CASE("a segment over IPv6 has a valid checksum") {
  std::vector<std::uint8_t> out(200);
  const auto one = ip_address::parse("2001:db8::1").value();
  const auto two = ip_address::parse("2001:db8::2").value();
  const std::size_t n =
      io::make_pcap_segment(out, {one, 1}, {two, 2}, {7, 9}, as_bytes("odd"), at_ms(0));
  REQUIRE(n == 16 + 40 + 20 + 3);
  CHECK(out[16 + 6] == 6);
  std::uint32_t sum = 6 + 23;
  for (std::size_t i = 16 + 8; i < n; ++i) sum += (i % 2 == 0) ? out[i] << 8U : out[i];
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  CHECK(sum == 0xffff);
}
