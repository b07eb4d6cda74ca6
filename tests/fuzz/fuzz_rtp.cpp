// RTP and RTCP datagrams: views stay inside, a header printed is read again, and the receiver's
// figures and buffers keep their bounds whatever sequence of headers comes.
#include <array>
#include <cstdlib>
#include <span>
#include <vector>

#include "sipvoice/rtp/jitter_buffer.hpp"
#include "sipvoice/rtp/packet.hpp"
#include "sipvoice/rtp/receiver_statistics.hpp"
#include "sipvoice/rtp/reorder_queue.hpp"
#include "sipvoice/rtp/rtcp.hpp"

using namespace sipvoice;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

void one_datagram(byte_view bytes) {
  if (rtp::is_rtcp_compound(bytes)) require(bytes.size() % 4 == 0 && bytes.size() >= 4);
  const auto p = rtp::parse(bytes);
  if (!p) {
    require(p.error().offset <= bytes.size());
    return;
  }
  std::size_t total =
      rtp::header_bytes + p->csrc_list.size() + p->payload.size() + p->padding_bytes;
  if (p->extension) total += 4 + p->extension->data.size();
  require(total == bytes.size());
  for (std::size_t i = 0; i < p->csrc_count; ++i) static_cast<void>(p->csrc(i));
  std::array<std::uint8_t, rtp::header_bytes> out;
  rtp::print(p->header, out);
  const auto again = rtp::parse(out);
  require(again && again->header == p->header);
}

/// Six bytes an operation: a header's worth of numbers, and what happens to it.
void operations(byte_view bytes) {
  rtp::receiver_statistics counts;
  rtp::jitter_buffer playout(8000, 8000);
  rtp::reorder_queue queue;
  std::array<std::int16_t, 480> pcm{};
  time_point now{std::chrono::seconds(1)};
  std::uint64_t given = 0;
  for (; bytes.size() >= 6; bytes = bytes.subspan(6)) {
    rtp::packet_header h;
    h.sequence = sequence_number{read_u16(bytes.data())};
    h.timestamp = rtp_timestamp{(std::uint32_t{read_u16(bytes.data() + 2)} - 0x8000u) * 80u};
    h.source = ssrc{bytes[4] & 1u};
    now += std::chrono::milliseconds(bytes[4] >> 3);
    const auto place = counts.on_packet(h);
    ++given;
    require(counts.received() + counts.duplicate() <= given + 1);
    counts.on_jitter(h.timestamp, now, 8000);
    require(counts.jitter_ticks() >= 0);
    if (place != rtp::arrival::duplicate && place != rtp::arrival::stray) {
      playout.put(h.timestamp, h.sequence, std::span(pcm).first((bytes[5] & 15u) * 30));
      queue.push(h, bytes.first(6), (bytes[4] & 4u) == 0, now);
    }
    for (std::size_t n = 0; queue.pop(now); ++n) require(n < rtp::reorder_queue::capacity);
    require(queue.next_deadline() > now);
    if ((bytes[5] & 16u) != 0) playout.restart();
    if ((bytes[5] & 32u) != 0) playout.note_other(h.sequence);
    for (unsigned pulls = bytes[5] >> 6; pulls > 0; --pulls)
      playout.pull(std::span(pcm).first(160));
    require(playout.pending() <= 2400 + 480);
    pcm.fill(1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const byte_view bytes(data, size);
  one_datagram(bytes);
  operations(bytes.subspan(1));
  return 0;
}
