#include "sipvoice/call/services.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/dialog.hpp"

namespace sipvoice::call {

namespace {

sdp::format format_of(const audio::codec_info& c) {
  return {c.payload_type, std::string(c.encoding), c.clock_rate, c.channels, std::string(c.fmtp)};
}

}  // namespace

std::string local_side::contact() const {
  std::string text;
  text.reserve(80);
  text.append(sips ? "<sips:" : "<sip:").append(sip::host_port(address));
  // RFC 5630 section 3.1.2: a sips URI needs no transport, TLS is what it means.
  if (transport == sip::transport::tcp) text += ";transport=tcp";
  if (transport == sip::transport::tls && !sips) text += ";transport=tls";
  text += '>';
  return text;
}

sip::message_builder services::reply(const sip::message& request, int status, const sip::hop& from,
                                     std::string_view to_tag, std::string_view reason) const {
  auto b = sip::message_builder::response_to(request, status, from.remote, to_tag, reason);
  if (!config.user_agent.empty()) b.add(sip::header_id::server, config.user_agent);
  return b;
}

void services::refuse(const sip::request_received& r, int status, std::string_view to_tag) {
  agent.respond(r.tx, status, reply(*r.request, status, r.from, to_tag).finish(), now);
}

void services::refuse_for_now(const sip::request_received& r, int status) {
  auto b = reply(*r.request, status, r.from, {});
  if (status == 500)
    b.add(sip::header_id::retry_after, random.below(limits::max_retry_after_s + 1));
  agent.respond(r.tx, status, b.finish(), now);
}

void services::describe_us(sip::message_builder& response, const local_side& side) const {
  response.add(sip::header_id::contact, side.contact());
  response.add(sip::header_id::allow, allowed_methods());
  response.add(sip::header_id::supported, supported_extensions());
}

std::optional<local_side> services::side_of(flow_id flow, const ip_address& local) const {
  const auto shown = [this](const ip_address& ip) {
    const bool replaced = config.advertised_ip && config.advertised_ip->is_v6() == ip.is_v6();
    return replaced ? *config.advertised_ip : ip;
  };
  for (const listener& l : listeners) {
    if (l.flow != flow) continue;
    const ip_address ip = l.local.ip.is_unspecified() ? local : l.local.ip;
    return local_side{flow, l.transport, {shown(ip), l.local.port}};
  }
  const auto stream = flows.look(flow);
  if (!stream) return std::nullopt;
  // A peer that wants to reach us connects to a listener; without one, only this connection leads
  // here, and its own address says so.
  std::uint16_t port = stream->local.port;
  for (const listener& l : listeners) {
    const bool fits = stream->listener != flow_id{}
                          ? l.flow == stream->listener
                          : l.transport == stream->transport &&
                                (l.local.ip == stream->local.ip || l.local.ip.is_unspecified());
    if (!fits || l.local.ip.is_v6() != stream->local.ip.is_v6()) continue;
    port = l.local.port;
    break;
  }
  local_side side{flow, stream->transport, {shown(stream->local.ip), port}};
  side.hold = flows.hold(flow);
  return side;
}

std::optional<local_side> services::side_toward(const listener& way, const ip_address& peer) const {
  if (!way.local.ip.is_unspecified()) return side_of(way.flow, way.local.ip);
  const ip_address local = host.local_address_toward(peer);
  if (local.is_unspecified()) return std::nullopt;
  return side_of(way.flow, local);
}

const listener* services::listener_toward(const ip_address& peer) const {
  const ip_address way = host.local_address_toward(peer);
  const listener* best = nullptr;
  int best_rank = 0;
  for (const listener& l : listeners) {
    if (l.transport != sip::transport::udp) continue;
    // A socket on :: takes IPv4 too where the system lets it; the shell names such flows by what
    // they are bound to, so only the same family is certain to work.
    if (l.local.ip.is_v6() != peer.is_v6()) continue;
    const bool leads_out = !l.local.ip.is_loopback() || peer.is_loopback();
    const int rank = l.local.ip.is_unspecified() ? 3 : l.local.ip == way ? 4 : leads_out ? 2 : 1;
    if (rank > best_rank) best = &l;
    best_rank = std::max(rank, best_rank);
  }
  return best;
}

sdp::negotiator services::new_negotiator() {
  sdp::audio_capabilities c;
  c.ptime_ms = config.ptime_ms;
  c.codecs = formats_of(config.codecs);
  c.also_accepted = variants_of(config.codecs);
  c.max_payload_bytes = audio::max_encoded_bytes;
  c.dtmf_payload_type = config.dtmf_payload_type;
  c.comfort_noise = config.comfort_noise;
  return {std::move(c), random.next() >> 2};
}

std::string services::free_session_id(const std::string& wanted) {
  std::string id = wanted;
  for (int n = 2; index.by_session_id.contains(id); ++n) {
    id = wanted + "-" + (n <= limits::max_id_suffix ? std::to_string(n) : random.token(8));
  }
  return id;
}

std::vector<sdp::format> formats_of(const std::vector<audio::codec_id>& codecs) {
  std::vector<sdp::format> formats;
  for (auto id = codecs.begin(); id != codecs.end(); ++id)
    if (std::find(codecs.begin(), id, *id) == id) formats.push_back(format_of(audio::info(*id)));
  return formats;
}

std::vector<sdp::format> variants_of(const std::vector<audio::codec_id>& codecs) {
  std::vector<sdp::format> formats;
  for (const audio::codec_id id : codecs)
    for (const audio::codec_info& other : audio::variants(id).subspan(1))
      formats.push_back(format_of(other));
  return formats;
}

const header_list::value_type* unsettable(const header_list& headers) {
  const auto wrong = std::find_if(headers.begin(), headers.end(), [](const auto& h) {
    return !is_token(h.first) || !sip::is_safe_value(h.second) ||
           sip::is_protected(sip::header_of(h.first));
  });
  return wrong == headers.end() ? nullptr : &*wrong;
}

const std::string& supported_extensions() {
  static const std::string list = [] {
    std::string made;
    for (const std::string& tag : sip::user_agent_config{}.supported)
      made.append(made.empty() ? "" : ", ").append(tag);
    return made;
  }();
  return list;
}

const std::string& allowed_methods() {
  static const std::string list = [] {
    std::string made;
    for (const sip::method m : sip::user_agent_config{}.allowed)
      made.append(made.empty() ? "" : ", ").append(sip::name_of(m));
    return made;
  }();
  return list;
}

}  // namespace sipvoice::call
