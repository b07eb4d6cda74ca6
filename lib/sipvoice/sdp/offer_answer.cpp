// The negotiator: RFC 3264 for one audio stream.
#include "sipvoice/sdp/offer_answer.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>
#include <utility>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sdp/choose.hpp"

namespace sipvoice::sdp {

namespace {

using verdict = boost::system::result<audio_agreement, refused>;

// Our own numbers and spelling, the number of the other side.
format numbered(const format& f, std::uint8_t payload_type) {
  format out = f;
  out.payload_type = payload_type;
  return out;
}

refused no_common(const media& m, std::span<const format_view> ours) {
  return {refusal::no_common_codec,
          "no common codec: offered " + list_codecs(m.formats) + "; accepted " + list_codecs(ours)};
}

// What does not depend on who offered: addresses, packet time, telephone-event and comfort noise.
audio_agreement common_terms(const media& m, const destination& to, format send,
                             const audio_capabilities& ours) {
  audio_agreement a;
  a.remote_rtp = to.rtp;
  a.remote_rtcp = to.rtcp;
  a.send = std::move(send);
  std::optional<std::uint32_t> longest = m.maxptime_ms;
  if (const auto most = longest_packet_ms(a.send, ours.max_payload_bytes))
    longest = std::min(*most, longest.value_or(*most));
  a.ptime_ms = packet_time_of(
      a.send, choose_ptime(m.ptime_ms, longest,
                           choose_ptime(ours.ptime_ms, std::nullopt, default_ptime_ms)));
  // RFC 4733 section 2.1 with RFC 7160: events share the stream, so they share its clock.
  if (ours.dtmf_payload_type)
    if (const format_view* f = find_telephone_event(m.formats, a.send.clock_rate)) {
      a.dtmf_send_type = f->payload_type;
      a.dtmf_clock_rate = f->clock_rate;
    }
  if (ours.comfort_noise && a.send.clock_rate == 8000)
    if (const format_view* f = find_comfort_noise(m.formats))
      a.comfort_noise_type = f->payload_type;
  return a;
}

verdict judge_offered(const session_description& offer, std::size_t index,
                      const audio_capabilities& ours) {
  const media& m = offer.media[index];
  const auto to = judge_destination(offer, m);
  if (!to) return to.error();
  for (const format_view& offered : m.formats) {
    const format* codec = find_codec<format>(ours.codecs, offered);
    if (codec == nullptr) codec = find_codec<format>(ours.also_accepted, offered);
    if (codec == nullptr) continue;
    format send = numbered(*codec, offered.payload_type);
    send.fmtp = offered.fmtp;
    audio_agreement a = common_terms(m, *to, std::move(send), ours);
    a.media_index = index;
    a.receive = {numbered(*codec, offered.payload_type)};
    a.dtmf_receive_type = a.dtmf_send_type;  // an answer uses the numbers of the offer
    const direction peer = peer_direction(offer.direction_of(m), to->hold);
    a.local_direction = mirrored(peer);
    a.remote_holds = both_allow(peer, direction::receive_only) == direction::inactive;
    a.rtcp_mux = m.rtcp_mux;  // RFC 5761 5.1.1: the answer takes it up
    return a;
  }
  return no_common(m, {std::vector<format_view>(ours.codecs.begin(), ours.codecs.end())});
}

// Looks into the texts of `offered`.
media refused_line(const media& offered) {
  media m;
  m.type = offered.type;
  m.protocol = offered.protocol;
  m.tokens = offered.tokens;
  return m;
}

// Looks into the texts of `formats`.
media line_of(std::span<const format> formats, const socket_address& local, std::uint32_t ptime_ms,
              direction d, std::uint32_t max_payload_bytes) {
  media m;
  m.port = local.port;
  for (const format& f : formats)
    if (const auto most = longest_packet_ms(f, max_payload_bytes); most && *most < longest_ptime_ms)
      m.maxptime_ms = std::min(*most, m.maxptime_ms.value_or(*most));
  m.formats.assign(formats.begin(), formats.end());
  m.ptime_ms = ptime_ms;
  m.direction_line = d;
  return m;
}

format event_format(std::uint8_t payload_type, std::uint32_t clock_rate) {
  return {payload_type, "telephone-event", clock_rate, 1, dtmf_events};
}

std::vector<format> answered_formats(const audio_agreement& a) {
  std::vector<format> formats;
  formats.reserve(3);
  formats.push_back(a.receive.front());
  if (a.dtmf_receive_type) formats.push_back(event_format(*a.dtmf_receive_type, a.dtmf_clock_rate));
  if (a.comfort_noise_type) formats.push_back({*a.comfort_noise_type, "CN", 8000, 1, {}});
  return formats;
}

}  // namespace

bool is_packet_time(std::int64_t ms) {
  return std::find(std::begin(packet_times), std::end(packet_times), ms) != std::end(packet_times);
}

void throw_exception_from_error(const refused& r, const boost::source_location&) {
  throw std::runtime_error(r.text);
}

negotiator::negotiator(audio_capabilities capabilities, std::uint64_t session_id)
    : capabilities_(std::move(capabilities)), session_id_(session_id) {}

verdict negotiator::evaluate(std::string_view text) const {
  const auto offer = session_description::parse(text);
  if (!offer) return refused{refusal::malformed, offer.error().what};
  // The stream that is up keeps its m= line as long as that is usable; else the first that is.
  short_list<std::size_t, 4> order;
  if (current_ && current_->media_index < offer->media.size())
    order.push_back(current_->media_index);
  for (std::size_t i = 0; i < offer->media.size(); ++i)
    if (order.empty() || i != order.front()) order.push_back(i);
  refused why{refusal::no_audio, "no m=audio with RTP/AVP and a port"};
  bool judged = false;
  for (const std::size_t i : order) {
    const media& m = offer->media[i];
    if (!is_our_kind(m) || m.port == 0) continue;
    verdict v = judge_offered(*offer, i, capabilities_);
    if (v)
      if (auto no = unreachable(v->remote_rtp.ip)) v = std::move(*no);
    if (v) return v;
    if (!std::exchange(judged, true)) why = v.error();
  }
  return why;
}

std::string negotiator::answer(std::string_view text, const audio_agreement& agreement,
                               const socket_address& local_rtp, direction wanted) {
  const auto offer = session_description::parse(text);
  if (!offer || agreement.media_index >= offer->media.size() || agreement.receive.empty())
    return {};
  audio_agreement agreed = agreement;
  agreed.local_direction = both_allow(agreement.local_direction, wanted);
  const std::vector<format> formats = answered_formats(agreed);
  session_description next;
  for (const media& m : offer->media) next.media.push_back(refused_line(m));
  const media& offered = offer->media[agreed.media_index];
  media& ours = next.media[agreed.media_index];
  ours = line_of(formats, local_rtp, agreed.ptime_ms, agreed.local_direction,
                 capabilities_.max_payload_bytes);
  ours.type = offered.type;  // as the peer spells them: it may compare with case
  ours.protocol = offered.protocol;
  ours.rtcp_mux = agreed.rtcp_mux;
  remember(offered);
  audio_index_ = agreed.media_index;
  current_ = std::move(agreed);
  return send(next, local_rtp);
}

std::string negotiator::make_offer(const socket_address& local_rtp, direction wanted) {
  const std::vector<format> formats = audio_formats();
  session_description next;
  // RFC 3264 section 8: m= lines never go away; refused ones stay refused.
  const std::string before = last_sent_;
  if (const auto last = session_description::parse(before))
    for (const media& m : last->media) next.media.push_back(refused_line(m));
  if (next.media.empty()) next.media.emplace_back();
  if (audio_index_ >= next.media.size()) audio_index_ = 0;
  media& ours = next.media[audio_index_];
  ours = line_of(formats, local_rtp,
                 choose_ptime(capabilities_.ptime_ms, std::nullopt, default_ptime_ms), wanted,
                 capabilities_.max_payload_bytes);
  // RFC 5761 5.1.1: asked for at first; then as it was agreed. Both ports are there in any case.
  ours.rtcp_mux = !current_ || current_->rtcp_mux;
  remember(ours);
  offered_ = wanted;
  return send(next, local_rtp);
}

verdict negotiator::take_answer(std::string_view text) {
  const auto sent = session_description::parse(last_sent_);
  if (!sent || sent->media.size() <= audio_index_)
    return refused{refusal::malformed, "an answer without an offer"};
  const auto answer = session_description::parse(text);
  if (!answer) return refused{refusal::malformed, answer.error().what};
  if (answer->media.size() <= audio_index_ || !is_our_kind(answer->media[audio_index_]) ||
      answer->media[audio_index_].port == 0)
    return refused{refusal::no_audio, "the answer refuses the audio"};
  const media& m = answer->media[audio_index_];
  const auto to = judge_destination(*answer, m);
  if (!to) return to.error();
  if (auto no = unreachable(to->rtp.ip)) return std::move(*no);
  // Several codecs may come: we send the first and hear any, each under the number we offered.
  const std::span<const format_view> ours = sent->media[audio_index_].formats;
  std::vector<format> receive;
  std::optional<format> first;
  for (const format_view& theirs : m.formats)
    if (const format_view* codec = find_codec(ours, theirs)) {
      format known = codec->copy();
      if (std::find(receive.begin(), receive.end(), known) != receive.end()) continue;
      if (!first) {
        first = numbered(known, theirs.payload_type);
        first->fmtp = theirs.fmtp;
      }
      receive.push_back(std::move(known));
    }
  if (!first) return no_common(m, ours);
  audio_agreement a = common_terms(m, *to, std::move(*first), capabilities_);
  a.media_index = audio_index_;
  a.receive = std::move(receive);
  a.rtcp_mux = m.rtcp_mux && sent->media[audio_index_].rtcp_mux;
  const format_view* events = find_telephone_event(ours, a.send.clock_rate);
  if (events == nullptr) a.dtmf_send_type.reset();
  if (a.dtmf_send_type) a.dtmf_receive_type = events->payload_type;
  const direction peer = peer_direction(answer->direction_of(m), to->hold);
  a.local_direction = both_allow(mirrored(peer), offered_);
  // Not sending because we did not offer to is our hold, not the peer's.
  const bool peer_hears = both_allow(peer, direction::receive_only) != direction::inactive;
  const bool we_would_send = both_allow(offered_, direction::send_only) != direction::inactive;
  a.remote_holds = to->hold || (we_would_send ? !peer_hears : current_ && current_->remote_holds);
  remember(m);
  current_ = a;
  return a;
}

// Media stay on the socket that they are bound to, which has one family.
std::optional<refused> negotiator::unreachable(const ip_address& remote) const {
  if (!bound_to_v6_ || remote.is_unspecified() || remote.is_v6() == *bound_to_v6_)
    return std::nullopt;
  return refused{refusal::unusable_address,
                 remote.is_v6() ? "IP6 where media go over IP4" : "IP4 where media go over IP6"};
}

std::vector<format> negotiator::audio_formats() const {
  std::vector<format> formats;
  std::vector<std::uint32_t> clocks;
  const auto add = [&](const format& codec) {
    formats.push_back(numbered(codec, number_for(codec, formats)));
    if (std::find(clocks.begin(), clocks.end(), codec.clock_rate) == clocks.end())
      clocks.push_back(codec.clock_rate);
  };
  // What only the peer would have offered (another rate of a codec of ours) stays on offer in use.
  if (const format* in_use =
          current_ ? find_codec<format>(capabilities_.also_accepted, current_->send) : nullptr)
    if (std::any_of(capabilities_.codecs.begin(), capabilities_.codecs.end(),
                    [&](const format& f) { return iequals(f.encoding, in_use->encoding); }))
      add(current_->receive.front());
  for (const format& codec : capabilities_.codecs) add(codec);
  if (capabilities_.dtmf_payload_type) {
    // The configured number goes to 8 kHz where that is among the clocks.
    std::stable_partition(clocks.begin(), clocks.end(), [](std::uint32_t c) { return c == 8000; });
    for (const std::uint32_t clock : clocks) {
      const format events = event_format(*capabilities_.dtmf_payload_type, clock);
      formats.push_back(numbered(events, number_for(events, formats)));
    }
  }
  if (capabilities_.comfort_noise && std::find(clocks.begin(), clocks.end(), 8000U) != clocks.end())
    formats.push_back(*static_format(13));
  return formats;
}

// RFC 3264 section 8.3.2: within a session a dynamic number never changes its meaning.
std::uint8_t negotiator::number_for(const format& wanted,
                                    const std::vector<format>& offered) const {
  const auto taken = [&](std::uint8_t n) {
    const auto clashes = [&](const format& f) {
      return f.payload_type == n && !same_codec(f, wanted);
    };
    return std::any_of(mapped_.begin(), mapped_.end(), clashes) ||
           std::any_of(offered.begin(), offered.end(), clashes);
  };
  if (wanted.payload_type < first_dynamic_payload_type) return wanted.payload_type;
  if (const auto known = std::find_if(mapped_.begin(), mapped_.end(),
                                      [&](const format& f) { return same_codec(f, wanted); });
      known != mapped_.end() && known->payload_type >= first_dynamic_payload_type)
    return known->payload_type;
  if (!taken(wanted.payload_type)) return wanted.payload_type;
  for (std::uint8_t n = first_dynamic_payload_type; n <= max_payload_type; ++n)
    if (!taken(n)) return n;
  return wanted.payload_type;
}

void negotiator::remember(const sdp::media& m) {
  for (const format_view& f : m.formats)
    if (f.payload_type >= first_dynamic_payload_type &&
        std::none_of(mapped_.begin(), mapped_.end(),
                     [&](const format& known) { return known.payload_type == f.payload_type; }))
      mapped_.push_back(f.copy());
}

// The version rises with every change (RFC 3264 section 8), and only then.
const std::string& negotiator::send(session_description& next, const socket_address& local_rtp) {
  bound_to_v6_ = local_rtp.ip.is_v6();
  next.origin.session_id = session_id_;
  next.origin.version = version_;
  next.origin.address = local_rtp.ip;
  const std::string address = local_rtp.ip.to_string();
  next.connection_line = connection{address, local_rtp.ip, local_rtp.ip.is_v6()};
  std::string text = next.print();
  if (last_sent_.empty() || text != last_sent_) {
    next.origin.version = ++version_;
    text.clear();
    next.append_to(text);
    text.shrink_to_fit();
    last_sent_ = std::move(text);
  }
  return last_sent_;
}

}  // namespace sipvoice::sdp
