#include "guard.hpp"

#include <utility>

namespace soak {
namespace {

sip::digest_server_config configuration() {
  sip::digest_server_config c;
  c.realm = "gate";
  c.any_uri = true;
  c.nonce_lifetime = std::chrono::seconds(20);  // so that nonces become stale in mid-call
  return c;
}

/// Those who were called have no password.
bool comes_from_a_caller(const sip::message& m) {
  const auto from = m.from();
  return from && from->address.user == "sipvoice";
}

bool is_asked(sip::method m) {
  switch (m) {
    case sip::method::invite:
    case sip::method::bye:
    case sip::method::refer:
    case sip::method::info:
    case sip::method::message:
      return true;
    default:
      return false;
  }
}

}  // namespace

guard::guard(sim::world& world, random_source& random, const ip_address& guarded)
    : world_(world),
      guarded_(guarded),
      server_(
          configuration(),
          [](std::string_view user) -> std::optional<std::string> {
            if (user != account_user) return std::nullopt;
            return account_password;
          },
          random),
      random_(random) {}

bool guard::takes(const sim::passing& p) {
  if (p.to.ip != guarded_ || p.bytes.starts_with("SIP/2.0")) return false;
  const auto m = sip::message::parse(std::string(p.bytes));
  if (!m || !m->is_request() || !comes_from_a_caller(*m)) return false;
  const auto top = m->top_via();
  if (!top) return false;
  const std::string branch(top->branch());
  if (m->method() == sip::method::ack) {  // of what was refused here
    const auto refused = answers_.find(branch + " INVITE");
    return refused != answers_.end() && !refused->second.empty();
  }
  if (!is_asked(m->method())) return false;
  const auto [known, is_new] = answers_.try_emplace(branch + " " + std::string(m->method_name()));
  if (is_new) {
    std::vector<std::string_view> values;
    for (const sip::message::field& f : m->fields())
      if (f.id == sip::header_id::proxy_authorization) values.push_back(m->value(f));
    const auto verdict =
        server_.check(values, m->method_name(), m->request_uri(), m->body(), world_.now());
    if (verdict == sip::digest_verdict::accepted) {
      ++admitted_;
    } else {
      ++asked_;
      auto b = sip::message_builder::response_to(*m, 407, p.from, random_.token(12));
      for (const std::string& value :
           server_.challenges(verdict == sip::digest_verdict::stale, world_.now()))
        b.add(sip::header_id::proxy_authenticate, value);
      known->second = b.finish();
    }
  }
  if (known->second.empty()) return false;
  world_.send(p.to, p.from, known->second);
  return true;
}

}  // namespace soak
