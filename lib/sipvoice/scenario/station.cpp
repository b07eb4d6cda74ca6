#include "sipvoice/scenario/station.hpp"

namespace sipvoice::scenario {
namespace {

/// At one time; what comes beyond gets 503.
constexpr std::size_t max_calls_of_a_party = 1000;

}  // namespace

std::vector<audio::codec_id> codecs_of(const text_list& names) {
  std::vector<audio::codec_id> list;
  for (const std::string& name : names)
    if (const auto* found = audio::find(name)) list.push_back(found->id);
  return list;
}

station_plan plan_of(const party& p) {
  station_plan plan;
  plan.listen = p.settings.get_or<std::string>("listen", plan.listen);
  if (const auto* codecs = p.settings.get<text_list>("codecs"))
    plan.endpoint.codecs = codecs_of(*codecs);
  if (const auto* pt = p.settings.get<std::int64_t>("dtmf_pt"))
    plan.endpoint.dtmf_payload_type = static_cast<std::uint8_t>(*pt);
  if (const auto* ptime = p.settings.get<duration>("ptime"))
    plan.endpoint.ptime_ms = static_cast<std::uint32_t>(to_ms(*ptime));
  if (p.settings.get_or<bool>("reliable", false))
    plan.endpoint.reliable_provisionals = call::endpoint_config::rel100::when_supported;
  plan.endpoint.source_rate = 0;
  plan.endpoint.max_sessions = max_calls_of_a_party;
  plan.endpoint.rtp_establishment_timeout = {};
  plan.endpoint.rtp_inactivity_timeout = {};
  plan.sip = p.sip;
  plan.rtp = p.rtp;
  if (const auto* seed = p.settings.get<std::int64_t>("seed"))
    plan.seed = static_cast<std::uint64_t>(*seed);
  return plan;
}

}  // namespace sipvoice::scenario
