// Arbitrary session descriptions: what is parsed survives printing, every offer that is accepted
// gets an answer that fits it, and an answer from anywhere leaves the negotiation in order.
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "sipvoice/base/bytes.hpp"
#include "sipvoice/sdp/offer_answer.hpp"
#include "sipvoice/sdp/session_description.hpp"

using namespace sipvoice;
using namespace sipvoice::sdp;

namespace {

void require(bool ok) {
  if (!ok) std::abort();
}

audio_capabilities capabilities() {
  return {{*static_format(0), *static_format(8), {96, "opus", 48000, 2, ""}}, 101, true, 20};
}

bool may_receive(const ip_address& a) { return !a.is_multicast() && !a.is_broadcast(); }

void check(const audio_agreement& a) {
  require(may_receive(a.remote_rtp.ip) && may_receive(a.remote_rtcp.ip));
  require((a.remote_rtp.port == 0) == a.remote_rtp.ip.is_unspecified());
  require(a.ptime_ms == 10 || a.ptime_ms == 20 || a.ptime_ms == 30 || a.ptime_ms == 40 ||
          a.ptime_ms == 60);
  require(!a.receive.empty() && same_codec(a.receive.front(), a.send));
  require(a.send.payload_type <= max_payload_type);
  require(a.dtmf_send_type.has_value() == a.dtmf_receive_type.has_value());
}

// What stands between spaces.
std::vector<std::string> words(std::string_view s) {
  std::istringstream in{std::string(s)};
  return {std::istream_iterator<std::string>(in), {}};
}

void check_round_trip(std::string_view text) {
  const auto d = session_description::parse(text);
  if (!d) return;
  const std::string printed = d->print();
  const auto again = session_description::parse(printed);
  require(again.has_value() && *again == *d && again->print() == printed);
}

void check_answer(std::string_view text) {
  negotiator n(capabilities(), 1);
  const auto a = n.evaluate(text);
  if (!a) return;
  check(*a);
  // Media have an address of the family that was offered; in another one the next offer is refused.
  const socket_address local{
      a->remote_rtp.ip.is_v6() ? ip_address::parse("::1").value() : ip_address::v4(127, 0, 0, 1),
      4000};
  const auto offer = session_description::parse(text);
  require(a->rtcp_mux == offer->media[a->media_index].rtcp_mux);
  const std::string answer = n.answer(text, *a, local);
  const auto parsed = session_description::parse(answer);
  require(parsed.has_value() && parsed->media.size() == offer->media.size());
  for (std::size_t i = 0; i < parsed->media.size(); ++i) {
    const media& m = parsed->media[i];
    require(m.type == offer->media[i].type && m.protocol == offer->media[i].protocol);
    require(m.port == (i == a->media_index ? 4000U : 0U));
    if (i != a->media_index) require(words(m.tokens) == words(offer->media[i].tokens));
  }
  require(n.answer(text, *a, local) == answer);
  check_round_trip(answer);
  require(n.evaluate(text).has_value());
  const std::string again = n.make_offer(local);
  require(session_description::parse(again)->media.size() == offer->media.size());
}

void check_taking(std::string_view text) {
  negotiator n(capabilities(), 1);
  require(n.make_offer({ip_address::v4(127, 0, 0, 1), 4000}) == n.last_sent());
  const auto a = n.take_answer(text);
  require(n.current().has_value() == a.has_value());
  if (!a) return;
  check(*a);
  // We offered it.
  require(a->rtcp_mux == session_description::parse(text)->media[a->media_index].rtcp_mux);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  check_round_trip(text);
  check_answer(text);
  check_taking(text);
  return 0;
}
