#include "sipvoice/call/flood_gate.hpp"

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/response_route.hpp"

namespace sipvoice::call {
namespace {

/// Value of the first `To` or `t` line; folded lines are not followed: a tag on one is not seen,
/// and the request merely counts.
std::string_view to_line(std::string_view bytes) {
  while (!bytes.empty()) {
    std::string_view line = take_until(bytes, '\n');
    if (trim(line).empty()) return {};
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = trim(line.substr(0, colon));
    if (iequals(name, "to") || iequals(name, "t")) return line.substr(colon + 1);
  }
  return {};
}

}  // namespace

request_glance glance_at(std::string_view bytes) {
  while (!bytes.empty() && (bytes.front() == '\r' || bytes.front() == '\n')) bytes.remove_prefix(1);
  const std::string_view start = trim(take_until(bytes, '\n'));
  request_glance g;
  const std::string_view method = start.substr(0, start.find(' '));
  g.is_request =
      is_token(method) && method != "ACK" && start.find("SIP/") != std::string_view::npos;
  if (!g.is_request) return g;
  const std::string_view to = to_line(bytes);
  const std::size_t angle = to.rfind('>');
  const std::string_view params = angle == std::string_view::npos ? to : to.substr(angle + 1);
  if (const std::size_t semicolon = params.find(';'); semicolon != std::string_view::npos)
    g.to_tag = sip::params_view{trim(params.substr(semicolon))}.get("tag").value_or("");
  return g;
}

flood_gate::flood_gate(services& s)
    : s_(s),
      limiter_({s.config.source_rate, s.config.source_rate_includes_loopback, s.config.trusted}) {}

bool flood_gate::admit(const sip::hop& from, std::string_view bytes) {
  if (limiter_.is_exempt(from.remote.ip)) return true;
  const request_glance g = glance_at(bytes);
  if (!g.is_request) return true;
  if (!g.to_tag.empty() && s_.index.by_local_tag.contains(std::string(g.to_tag))) return true;
  const source_limiter::verdict v = limiter_.judge(from.remote.ip, s_.now);
  if (auto line = limiter_.take_log_line()) s_.log(2, std::move(*line));
  switch (v) {
    case source_limiter::verdict::pass:
      return true;
    case source_limiter::verdict::refuse:
      refuse(from, bytes);
      return false;
    case source_limiter::verdict::silence:
      ++silenced_;
      return false;
  }
  return false;
}

/// A stateless 503 (RFC 3261 section 8.2.7). It has a To tag, so that the ACK it provokes is
/// complete.
void flood_gate::refuse(const sip::hop& from, std::string_view bytes) {
  const auto request = sip::message::parse(std::string(bytes));
  if (!request || request->check() != nullptr) {
    ++silenced_;
    return;
  }
  sip::hop to = from;  // 18.2.2 and RFC 3581
  if (const auto route = sip::response_route(*request, from)) to = *route;
  auto b = s_.reply(*request, 503, from, s_.new_tag());
  b.add(sip::header_id::retry_after, limits::retry_after_s);
  s_.flows.send(to, b.finish(), s_.now);
  ++limited_;
}

}  // namespace sipvoice::call
