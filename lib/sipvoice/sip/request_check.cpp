#include "sipvoice/sip/request_check.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"

namespace sipvoice::sip {
namespace {

bool is_supported(std::string_view tag, const user_agent_config& config) {
  return std::any_of(config.supported.begin(), config.supported.end(),
                     [tag](const std::string& known) { return iequals(known, tag); });
}

std::optional<rejection> check_method(const message& request, const user_agent_config& config) {
  if (config.pass_any_method) return std::nullopt;
  if (request.method() == method::other) return rejection{501};
  const auto& allowed = config.allowed;
  if (std::find(allowed.begin(), allowed.end(), request.method()) == allowed.end())
    return rejection{405};
  return std::nullopt;
}

// Every option tag that is not ours, of one header or several (8.2.2.3).
std::optional<rejection> check_require(const message& request, const user_agent_config& config) {
  if (!request.has(header_id::require)) return std::nullopt;
  std::string unsupported;
  bool readable = true;
  request.for_each(header_id::require, [&](std::string_view tag) {
    if (tag.empty()) return;
    if (!is_token(tag)) {
      readable = false;
    } else if (!is_supported(tag, config)) {
      if (!unsupported.empty()) unsupported += ", ";
      unsupported += tag;
    }
  });
  if (!readable) return rejection{400, "unreadable Require"};
  if (unsupported.empty()) return std::nullopt;
  return rejection{420, nullptr, std::move(unsupported)};
}

std::string allow_value(const user_agent_config& config) {
  std::string out;
  for (const method m : config.allowed) {
    if (!out.empty()) out += ", ";
    out += name_of(m);
  }
  return out;
}

void add_server(message_builder& out, const user_agent_config& config) {
  if (!config.server_name.empty()) out.add(header_id::server, config.server_name);
}

}  // namespace

std::optional<rejection> check_syntax(const message& request) {
  if (!iequals(request.version(), "SIP/2.0")) return rejection{505};
  if (const char* wrong = request.check()) return rejection{400, wrong};
  return std::nullopt;
}

std::optional<rejection> check_support(const message& request, const user_agent_config& config) {
  if (auto wrong = check_method(request, config)) return wrong;
  const auto& target = request.target();
  if (!target) return rejection{400, "unreadable Request-URI"};
  if (!target->is_sip()) return rejection{416};
  return check_require(request, config);
}

std::string make_rejection(const message& request, const rejection& why,
                           const socket_address& source, std::string_view to_tag,
                           const user_agent_config& config) {
  std::string reason;
  if (why.detail != nullptr)
    reason = std::string(standard_reason(why.status)) + " (" + why.detail + ")";
  auto out = message_builder::response_to(request, why.status, source, to_tag, reason);
  if (why.status == 405 || why.status == 501) out.add(header_id::allow, allow_value(config));
  if (why.status == 420) out.add(header_id::unsupported, why.unsupported);
  if (why.status == 503) out.add(header_id::retry_after, std::uint64_t{overload_retry_seconds});
  add_server(out, config);
  return out.finish();
}

std::string make_trying(const message& request, const socket_address& source,
                        const user_agent_config& config) {
  auto out = message_builder::response_to(request, 100, source, {});
  add_server(out, config);
  return out.finish();
}

}  // namespace sipvoice::sip
