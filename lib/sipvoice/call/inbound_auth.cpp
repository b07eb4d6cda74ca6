#include "sipvoice/call/inbound_auth.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sipvoice::call {

inbound_auth::inbound_auth(services& s)
    : s_(s), wrong_({.rate = max_wrong_a_second, .includes_loopback = true, .exempt = {}}) {
  if (s_.config.users.empty() && !s_.config.password_of) return;
  sip::digest_server_config c;
  c.realm = s_.config.auth_realm;
  c.algorithms = s_.config.auth_algorithms;
  c.any_uri = true;  // proxies on the way rewrite the Request-URI (22.4, item 5)
  server_ = std::make_unique<sip::digest_server>(
      std::move(c),
      [&config = s_.config](std::string_view user) -> std::optional<std::string> {
        const auto found = config.users.find(user);
        if (found != config.users.end()) return found->second;
        return config.password_of ? config.password_of(user) : std::nullopt;
      },
      s_.random);
}

void inbound_auth::challenge(const sip::request_received& r, bool stale) {
  auto b = s_.reply(*r.request, 401, r.from, s_.new_tag());
  for (const std::string& value : server_->challenges(stale, s_.now))
    b.add(sip::header_id::www_authenticate, value);
  s_.agent.respond(r.tx, 401, b.finish(), s_.now);
}

inbound_auth::verdict inbound_auth::judge(const sip::request_received& r) {
  if (!server_) return verdict::pass;
  const sip::message& m = *r.request;
  std::vector<std::string_view> values;
  for (const sip::message::field& f : m.fields())
    if (f.id == sip::header_id::authorization) values.push_back(m.value(f));
  switch (server_->check(values, m.method_name(), m.request_uri(), m.body(), s_.now)) {
    case sip::digest_verdict::accepted:
      return verdict::pass;
    case sip::digest_verdict::missing:
      challenge(r, false);
      return verdict::challenged;
    case sip::digest_verdict::stale:
      challenge(r, true);
      return verdict::challenged;
    case sip::digest_verdict::malformed:
      return verdict::malformed;
    case sip::digest_verdict::wrong:
      break;
  }
  const bool few = wrong_.judge(r.from.remote.ip, s_.now) == source_limiter::verdict::pass;
  if (wrong_.take_log_line())
    s_.log(2, "wrong credentials from " + r.from.remote.ip.to_string() + ": more than " +
                  std::to_string(max_wrong_a_second) + " a second, answered by 403");
  return few ? verdict::wrong : verdict::forbidden;
}

}  // namespace sipvoice::call
