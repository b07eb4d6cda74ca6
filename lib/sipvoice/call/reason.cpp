#include "sipvoice/call/reason.hpp"

#include "sipvoice/base/text.hpp"

namespace sipvoice::call {

remote_reason reason_of(const sip::message& request) {
  remote_reason r;
  request.for_each(sip::header_id::reason, [&](std::string_view value) {
    if (value.empty()) return;
    if (!r.text.empty()) r.text += ", ";
    r.text += value;
    const std::size_t semicolon = value.find(';');
    if (r.q850 || semicolon == std::string_view::npos) return;
    if (!iequals(trim(value.substr(0, semicolon)), "Q.850")) return;
    if (const auto cause = sip::params_view{value.substr(semicolon)}.get("cause"))
      if (const auto number = parse_decimal(trim(*cause), 127)) r.q850 = static_cast<int>(*number);
  });
  return r;
}

std::string reason_header(const end_cause& cause) {
  if (!cause.raw.empty() && sip::is_safe_value(cause.raw)) return cause.raw;
  if (!cause.q850 || *cause.q850 < 0 || *cause.q850 > 127) return {};
  std::string out = "Q.850;cause=" + std::to_string(*cause.q850);
  if (cause.text.empty() || !sip::is_safe_value(cause.text)) return out;
  out += ";text=\"";
  for (const char c : cause.text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace sipvoice::call
