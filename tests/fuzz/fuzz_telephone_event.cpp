// telephone-events: any packets give a bounded number of sane digits; what our sender makes, with
// losses chosen by the input, is read as at most the digits that were sent.
#include <array>
#include <cstdlib>
#include <string>

#include "sipvoice/rtp/telephone_event.hpp"

using namespace sipvoice;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

/// Nine bytes a packet: timestamp, payload, time since the one before.
void any_packets(byte_view bytes) {
  rtp::event_receiver receiver(8000);
  time_point now{std::chrono::seconds(1)};
  std::size_t packets = 0, digits = 0;
  const auto take = [&] {
    while (const auto d = receiver.poll()) {
      require(rtp::event_of(d->value).has_value());
      ++digits;
    }
  };
  for (; bytes.size() >= 9; bytes = bytes.subspan(9)) {
    now += std::chrono::milliseconds(bytes[8]);
    receiver.handle_timeout(now);
    take();
    require(receiver.receive(rtp_timestamp{read_u32(bytes.data())}, bytes.subspan(4, 4), now));
    const auto e = rtp::telephone_event::parse(bytes.subspan(4, 4));
    require(e.has_value());
    ++packets;
    take();
    require(digits <= packets);
  }
  receiver.finish();
  take();
  require(digits <= packets);
  require(receiver.next_deadline() == never);
}

/// A bit a packet: set, it is lost.
void sent_with_losses(byte_view bytes) {
  const std::string digits = "12A#*0";
  rtp::event_sender sender;
  rtp::event_receiver receiver(8000);
  sender.queue(digits, std::chrono::milliseconds(40 + 20 * (bytes[0] % 8)),
               std::chrono::milliseconds(100));
  time_point now{std::chrono::seconds(1)};
  rtp_timestamp timestamp{0xfffffe00};
  std::string heard, arrived;
  std::size_t bit = 0;
  const auto take = [&] {
    while (const auto d = receiver.poll()) heard += d->value;
  };
  while (!sender.idle()) {
    const auto step = sender.tick(timestamp, 160, 8000);
    receiver.handle_timeout(now);
    for (std::size_t i = 0; i < step.count; ++i, ++bit) {
      if ((bytes[bit / 8 % bytes.size()] >> (bit % 8) & 1u) != 0) continue;
      std::array<std::uint8_t, rtp::telephone_event_bytes> payload;
      step.packets[i].event.print(payload);
      const char digit = *rtp::digit_of(step.packets[i].event.event);
      if (arrived.empty() || arrived.back() != digit) arrived += digit;
      require(receiver.receive(step.packets[i].timestamp, payload, now));
    }
    take();
    timestamp += 160;
    now += std::chrono::milliseconds(20);
  }
  receiver.finish();
  take();
  // Every digit of which one packet came is one digit, in order.
  require(heard == arrived);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const byte_view bytes(data, size);
  any_packets(bytes);
  sent_with_losses(bytes);
  return 0;
}
