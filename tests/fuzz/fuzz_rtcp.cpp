// RTCP datagrams of any shape at a reader and at a session that goes on reporting: views stay
// inside, what we send is always a compound that reads back, figures keep to what they may be.
#include <vector>

#include "check.hpp"
#include "sipvoice/rtp/rtcp.hpp"
#include "sipvoice/rtp/rtcp_session.hpp"

using namespace sipvoice;
using fuzz::require;

namespace {

constexpr ssrc ours{0x01020304};

void check_ours(byte_view report) {
  std::size_t reports = 0, names = 0;
  const rtp::rtcp_reader reader{.report =
                                    [&](const rtp::rtcp_report& r) {
                                      require(r.sender == ours && r.count() <= 1,
                                              "one report of ours, of one source");
                                      ++reports;
                                    },
                                .name =
                                    [&](const rtp::rtcp_name& n) {
                                      require(n.source == ours && !n.cname.empty(), "our own name");
                                      ++names;
                                    }};
  require(reader.read(report), "what we send can be read");
  require(reports == 1 && names == 1, "a report and a name");
}

void read_all(byte_view datagram) {
  const auto inside = [&](const void* p, std::size_t n) {
    const auto* at = static_cast<const std::uint8_t*>(p);
    return n == 0 || (at >= datagram.data() && at + n <= datagram.data() + datagram.size());
  };
  const rtp::rtcp_reader reader{
      .report =
          [&](const rtp::rtcp_report& r) {
            require(inside(r.blocks.data(), r.blocks.size()), "blocks are inside");
            for (std::size_t i = 0; i < r.count(); ++i)
              require(r.block(i).cumulative_lost >= -0x800000, "24 bits with a sign");
          },
      .name =
          [&](const rtp::rtcp_name& n) {
            require(inside(n.cname.data(), n.cname.size()), "names are inside");
          }};
  if (reader.read(datagram)) require(rtp::is_rtcp_compound(datagram), "a compound");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  time_point now{std::chrono::seconds(9)};
  rtp::rtcp_session session(ours, in.byte(), now);
  rtp::receiver_statistics heard;
  rtp::sent_so_far sent;
  while (!in.empty()) {
    const std::uint8_t op = in.byte();
    const std::string datagram = in.bytes(in.word() % 300);
    const byte_view bytes(reinterpret_cast<const std::uint8_t*>(datagram.data()), datagram.size());
    read_all(bytes);
    static_cast<void>(session.receive(bytes, now));
    if (const auto trip = session.round_trip())
      require(*trip >= duration::zero() && *trip <= std::chrono::seconds(30), "a round trip");
    if ((op & 1) != 0) {
      rtp::packet_header h;
      h.sequence = sequence_number{in.word()};
      h.source = ssrc{op & 6U};
      heard.on_packet(h);
      heard.on_jitter(rtp_timestamp{std::uint32_t{in.word()} << 16}, now, 8000);
    }
    sent.packets += op >> 5;
    sent.octets += sent.packets * 160;
    now += std::chrono::milliseconds((op & 8) != 0 ? 1 : 3000);
    if (const byte_view report = session.handle_timeout(sent, heard, now); !report.empty())
      check_ours(report);
    require(session.next_deadline() > now, "no deadline stays due");
  }
  if (const byte_view bye = session.goodbye(sent, heard, now); !bye.empty()) check_ours(bye);
  require(session.next_deadline() == never, "after BYE nothing follows");
  return 0;
}
