// The negotiator: RFC 3264 for one audio stream.
#include "sipvoice/sdp/offer_answer.hpp"

#include <algorithm>
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

refused no_common(const media& m, const std::vector<format>& ours) {
  return {refusal::no_common_codec,
          "no common codec: offered " + list_codecs(m.formats) + "; accepted " + list_codecs(ours)};
}

// What does not depend on who offered: addresses, packet time, telephone-event and comfort noise.
audio_agreement common_terms(const media& m, const destination& to, const format& send,
                             const audio_capabilities& ours) {
  audio_agreement a;
  a.remote_rtp = to.rtp;
  a.remote_rtcp = to.rtcp;
  a.send = send;
  a.ptime_ms = choose_ptime(m.ptime_ms, m.maxptime_ms,
                            choose_ptime(ours.ptime_ms, std::nullopt, default_ptime_ms));
  // RFC 4733 section 2.1 with RFC 7160: events share the stream, so they share its clock.
  if (ours.dtmf_payload_type)
    if (const format* f = find_telephone_event(m.formats, send.clock_rate)) {
      a.dtmf_send_type = f->payload_type;
      a.dtmf_clock_rate = f->clock_rate;
    }
  if (ours.comfort_noise && send.clock_rate == 8000)
    if (const format* f = find_comfort_noise(m.formats)) a.comfort_noise_type = f->payload_type;
  return a;
}

verdict judge_offered(const session_description& offer, std::size_t index,
                      const audio_capabilities& ours) {
  const media& m = offer.media[index];
  const auto to = judge_destination(offer, m);
  if (!to) return to.error();
  for (const format& offered : m.formats) {
    const format* codec = find_codec(ours.codecs, offered);
    if (codec == nullptr) continue;
    format send = numbered(*codec, offered.payload_type);
    send.fmtp = offered.fmtp;
    audio_agreement a = common_terms(m, *to, send, ours);
    a.media_index = index;
    a.receive = {numbered(*codec, offered.payload_type)};
    a.dtmf_receive_type = a.dtmf_send_type;  // an answer uses the numbers of the offer
    const direction peer = peer_direction(offer.direction_of(m), to->hold);
    a.local_direction = mirrored(peer);
    a.remote_holds = both_allow(peer, direction::receive_only) == direction::inactive;
    return a;
  }
  return no_common(m, ours.codecs);
}

media refused_line(const media& offered) {
  media m;
  m.type = offered.type;
  m.port = 0;
  m.protocol = offered.protocol;
  m.raw_formats = offered.raw_formats;
  return m;
}

media line_of(std::vector<format> formats, const socket_address& local, std::uint32_t ptime_ms,
              direction d) {
  media m;
  m.port = local.port;
  for (const format& f : formats) m.raw_formats.push_back(std::to_string(f.payload_type));
  m.formats = std::move(formats);
  m.ptime_ms = ptime_ms;
  m.direction_line = d;
  return m;
}

format event_format(std::uint8_t payload_type, std::uint32_t clock_rate) {
  return {payload_type, "telephone-event", clock_rate, 1, dtmf_events};
}

media answered_line(const media& offered, const audio_agreement& a, const socket_address& local) {
  std::vector<format> formats = {a.receive.front()};
  if (a.dtmf_receive_type) formats.push_back(event_format(*a.dtmf_receive_type, a.dtmf_clock_rate));
  if (a.comfort_noise_type) formats.push_back({*a.comfort_noise_type, "CN", 8000, 1, {}});
  media m = line_of(std::move(formats), local, a.ptime_ms, a.local_direction);
  m.type = offered.type;  // as the peer spells them: it may compare with case
  m.protocol = offered.protocol;
  return m;
}

}  // namespace

void throw_exception_from_error(const refused& r, const boost::source_location&) {
  throw std::runtime_error(r.text);
}

negotiator::negotiator(audio_capabilities capabilities, std::uint64_t session_id)
    : capabilities_(std::move(capabilities)), session_id_(session_id) {}

verdict negotiator::evaluate(std::string_view text) const {
  const auto offer = session_description::parse(text);
  if (!offer) return refused{refusal::malformed, offer.error().what};
  // The stream that is up keeps its m= line as long as that is usable; else the first that is.
  std::vector<std::size_t> order;
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
  std::vector<media> lines;
  for (std::size_t i = 0; i < offer->media.size(); ++i)
    lines.push_back(i == agreed.media_index ? answered_line(offer->media[i], agreed, local_rtp)
                                            : refused_line(offer->media[i]));
  remember(offer->media[agreed.media_index].formats);
  audio_index_ = agreed.media_index;
  current_ = std::move(agreed);
  return send(std::move(lines), local_rtp);
}

std::string negotiator::make_offer(const socket_address& local_rtp, direction wanted) {
  // RFC 3264 section 8: m= lines never go away; refused ones stay refused.
  std::vector<media> lines = local_.media;
  for (media& m : lines) m = refused_line(m);
  if (lines.empty()) lines.emplace_back();
  if (audio_index_ >= lines.size()) audio_index_ = 0;
  lines[audio_index_] = audio_offer(local_rtp, wanted);
  remember(lines[audio_index_].formats);
  offered_ = wanted;
  return send(std::move(lines), local_rtp);
}

verdict negotiator::take_answer(std::string_view text) {
  if (local_.media.empty()) return refused{refusal::malformed, "an answer without an offer"};
  const auto answer = session_description::parse(text);
  if (!answer) return refused{refusal::malformed, answer.error().what};
  if (answer->media.size() <= audio_index_ || !is_our_kind(answer->media[audio_index_]) ||
      answer->media[audio_index_].port == 0)
    return refused{refusal::no_audio, "the answer refuses the audio"};
  const media& m = answer->media[audio_index_];
  const auto to = judge_destination(*answer, m);
  if (!to) return to.error();
  // Several codecs may come: we send the first and hear any, each under the number we offered.
  const std::vector<format>& ours = local_.media[audio_index_].formats;
  std::vector<format> receive;
  std::optional<format> first;
  for (const format& theirs : m.formats)
    if (const format* codec = find_codec(ours, theirs)) {
      if (std::find(receive.begin(), receive.end(), *codec) != receive.end()) continue;
      receive.push_back(*codec);
      if (first) continue;
      first = numbered(*codec, theirs.payload_type);
      first->fmtp = theirs.fmtp;
    }
  if (!first) return no_common(m, ours);
  audio_agreement a = common_terms(m, *to, *first, capabilities_);
  a.media_index = audio_index_;
  a.receive = std::move(receive);
  const format* events = find_telephone_event(ours, a.send.clock_rate);
  if (events == nullptr) a.dtmf_send_type.reset();
  if (a.dtmf_send_type) a.dtmf_receive_type = events->payload_type;
  const direction peer = peer_direction(answer->direction_of(m), to->hold);
  a.local_direction = both_allow(mirrored(peer), offered_);
  // Not sending because we did not offer to is our hold, not the peer's.
  const bool peer_hears = both_allow(peer, direction::receive_only) != direction::inactive;
  const bool we_would_send = both_allow(offered_, direction::send_only) != direction::inactive;
  a.remote_holds = to->hold || (we_would_send ? !peer_hears : current_ && current_->remote_holds);
  remember(m.formats);
  current_ = a;
  return a;
}

media negotiator::audio_offer(const socket_address& local_rtp, direction wanted) const {
  std::vector<format> formats;
  std::vector<std::uint32_t> clocks;
  for (const format& codec : capabilities_.codecs) {
    formats.push_back(numbered(codec, number_for(codec, formats)));
    if (std::find(clocks.begin(), clocks.end(), codec.clock_rate) == clocks.end())
      clocks.push_back(codec.clock_rate);
  }
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
  return line_of(std::move(formats), local_rtp,
                 choose_ptime(capabilities_.ptime_ms, std::nullopt, default_ptime_ms), wanted);
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

void negotiator::remember(const std::vector<format>& formats) {
  for (const format& f : formats)
    if (std::none_of(mapped_.begin(), mapped_.end(),
                     [&](const format& m) { return m.payload_type == f.payload_type; }))
      mapped_.push_back(f);
}

const std::string& negotiator::send(std::vector<sdp::media> lines,
                                    const socket_address& local_rtp) {
  session_description next;
  next.origin.session_id = session_id_;
  next.origin.version = version_;
  next.origin.address = local_rtp.ip;
  next.connection_line = connection{local_rtp.ip.to_string(), local_rtp.ip, local_rtp.ip.is_v6()};
  next.media = std::move(lines);
  if (last_sent_.empty() || next != local_) next.origin.version = ++version_;
  local_ = std::move(next);
  last_sent_ = local_.print();
  return last_sent_;
}

}  // namespace sipvoice::sdp
