// A sender that goes on with other numbers under its old SSRC, as a player of several captures
// does.
#include <array>
#include <string>

#include "sipvoice/rtp/telephone_event.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::rtp;

namespace {

void press(event_receiver& receiver, std::uint8_t event, std::uint32_t timestamp) {
  for (const bool end : {false, true, true}) {
    std::array<std::uint8_t, telephone_event_bytes> payload{};
    telephone_event{event, end, 10, static_cast<std::uint16_t>(end ? 2240 : 320)}.print(payload);
    CHECK(receiver.receive(rtp_timestamp{timestamp}, payload, time_point{}));
  }
}

std::string told(event_receiver& receiver) {
  std::string digits;
  while (const auto digit = receiver.poll()) digits += digit->value;
  return digits;
}

}  // namespace

TEST_CASE("an older timestamp is a late packet, unless the stream has jumped") {
  event_receiver receiver(8000);
  press(receiver, 5, 43200);
  CHECK(told(receiver) == "5");
  press(receiver, 1, 13280);
  CHECK(told(receiver).empty());
  receiver.jumped();
  press(receiver, 5, 43200);  // the last one again: still that one
  CHECK(told(receiver).empty());
  press(receiver, 1, 13280);
  CHECK(told(receiver) == "1");
  press(receiver, 0, 10000);  // by the new numbers this is late again
  CHECK(told(receiver).empty());
}

TEST_CASE("what is under way when the stream jumps is told as cut off") {
  event_receiver receiver(8000);
  std::array<std::uint8_t, telephone_event_bytes> payload{};
  telephone_event{7, false, 10, 800}.print(payload);
  CHECK(receiver.receive(rtp_timestamp{50000}, payload, time_point{}));
  receiver.jumped();
  press(receiver, 8, 20000);
  const auto first = receiver.poll();
  REQUIRE(first);
  CHECK(first->value == '7');
  CHECK_FALSE(first->complete);
  CHECK(told(receiver) == "8");
}
