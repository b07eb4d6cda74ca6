#include "sipvoice/call/authorization.hpp"

#include <algorithm>

namespace sipvoice::call {
namespace {

using sip::digest_algorithm;
using sip::digest_challenge;

/// Which of several challenges of one realm is answered. RFC 8760 section 2.4 takes the topmost
/// one; what a server lists it accepts, so the strongest does no harm and cannot be pushed down.
int strength(digest_algorithm a) {
  switch (a) {
    case digest_algorithm::md5_sess:
      return 0;
    case digest_algorithm::md5:
      return 1;
    case digest_algorithm::sha256_sess:
      return 2;
    case digest_algorithm::sha256:
      return 3;
    case digest_algorithm::sha512_256_sess:
      return 4;
    case digest_algorithm::sha512_256:
      return 5;
  }
  return 0;
}

/// The strongest readable challenge of each realm, in the order in which the realms stand.
std::vector<digest_challenge> best_of(const sip::message& response, sip::header_id id) {
  std::vector<digest_challenge> best;
  for (const sip::message::field& f : response.fields()) {
    if (f.id != id) continue;
    auto parsed = digest_challenge::parse(response.value(f));
    if (!parsed) continue;
    const auto same = std::find_if(best.begin(), best.end(), [&](const digest_challenge& c) {
      return c.realm == parsed->realm;
    });
    if (same == best.end()) {
      if (best.size() < authorization::max_realms) best.push_back(std::move(*parsed));
    } else if (strength(parsed->algorithm) > strength(same->algorithm)) {
      *same = std::move(*parsed);
    }
  }
  return best;
}

std::string key_of(bool proxy, std::string_view realm) {
  return (proxy ? "p:" : "w:") + std::string(realm);
}

}  // namespace

void authorization::trust(const std::vector<ip_address>& peers) {
  for (const ip_address& peer : peers)
    if (!trusts(peer) && peers_.size() < max_peers) peers_.push_back(peer);
}

bool authorization::trusts(const ip_address& peer) const {
  return std::find(peers_.begin(), peers_.end(), peer) != peers_.end();
}

const account* authorization::account_for(std::string_view realm) const {
  const account* any = nullptr;
  for (const account& a : accounts_) {
    if (a.realm && *a.realm == realm) return &a;
    if (!a.realm && any == nullptr) any = &a;
  }
  return any;
}

bool authorization::accept(bool proxy, digest_challenge challenge, attempt& a) {
  const account* who = account_for(challenge.realm);
  // Such a value could not go out again.
  if (who == nullptr || !sip::is_safe_value(who->user) || !sip::is_safe_value(challenge.realm) ||
      !sip::is_safe_value(challenge.nonce) || !sip::is_safe_value(challenge.opaque)) {
    return false;
  }
  const std::string key = key_of(proxy, challenge.realm);
  const bool answered = std::find(a.answered.begin(), a.answered.end(), key) != a.answered.end();
  if (answered && !challenge.stale) return false;
  const auto known = std::find_if(realms_.begin(), realms_.end(), [&](const known_realm& k) {
    return k.proxy == proxy && k.challenge.realm == challenge.realm;
  });
  if (known == realms_.end()) {
    if (realms_.size() >= max_realms) return false;
    sip::digest_client client({who->user, who->password});
    realms_.push_back({proxy, std::move(challenge), std::move(client)});
  } else {
    // The nonce with which this request already went out: it will be refused for ever.
    const bool used = std::any_of(a.sent.begin(), a.sent.end(), [&](const auto& line) {
      const auto c = sip::digest_credentials::parse(line.second);
      return c && c->realm == challenge.realm && c->nonce == challenge.nonce;
    });
    if (used) return false;
    known->challenge = std::move(challenge);
  }
  if (!answered) a.answered.push_back(key);
  return true;
}

bool authorization::take_challenge(const sip::message& response, const ip_address& sent_to,
                                   attempt& a) {
  if (response.status() != 401 && response.status() != 407) return false;
  if (accounts_.empty() || !trusts(sent_to) || a.rounds >= max_rounds) return false;
  bool any = false;
  // A proxy that has forked the request gathers the challenges of both kinds (16.7, item 7).
  for (const bool proxy : {false, true}) {
    const auto id = proxy ? sip::header_id::proxy_authenticate : sip::header_id::www_authenticate;
    for (digest_challenge& c : best_of(response, id)) any = accept(proxy, std::move(c), a) || any;
  }
  if (any) ++a.rounds;
  return any;
}

void authorization::add_to(sip::message_builder& request, std::string_view method,
                           std::string_view uri, std::string_view body, attempt& a) {
  a.sent.clear();
  for (known_realm& k : realms_) {
    const auto id = k.proxy ? sip::header_id::proxy_authorization : sip::header_id::authorization;
    a.sent.emplace_back(id, k.client.answer(k.challenge, method, uri, body, *random_));
  }
  repeat_in(request, a);
}

void authorization::repeat_in(sip::message_builder& ack, const attempt& a) {
  for (const auto& [id, value] : a.sent) ack.add(id, value);
}

}  // namespace sipvoice::call
