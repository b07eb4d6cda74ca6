#include "sipvoice/call/registration.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/dialog.hpp"
#include "sipvoice/sip/retry_after.hpp"

namespace sipvoice::call {
namespace {

/// REGISTER goes to the domain: the address of record without its user (10.2).
outgoing_request request_of(const registration_request& what) {
  outgoing_request r;
  r.method = sip::method::register_;
  const auto aor = sip::uri::parse(what.aor);
  const std::string plain = aor && aor->is_sip() ? aor->without_params() : what.aor;
  r.from = what.from.empty() ? plain : what.from;
  r.to = plain;
  if (aor && aor->is_sip()) {
    const std::string host =
        aor->host_is_v6 ? "[" + std::string(aor->host) + "]" : std::string(aor->host);
    r.target = std::string(aor->scheme) + ":" + host;
    if (aor->port != 0) r.target += ":" + std::to_string(aor->port);
    if (!aor->params.empty()) r.target += ";" + std::string(aor->params);
  } else {
    r.target = what.aor;
  }
  r.proxy = what.proxy;
  r.headers = what.headers;
  r.accounts = what.accounts;
  return r;
}

/// Our own Contact with the user of the address of record.
std::string contact_uri(const std::string& aor, const local_side& local) {
  const auto uri = sip::uri::parse(aor);
  std::string contact = local.contact();
  contact = contact.substr(1, contact.size() - 2);  // without < and >
  if (uri && !uri->user.empty())
    contact.insert(contact.find(':') + 1, std::string(uri->user) + "@");
  return contact;
}

}  // namespace

registration::registration(services& s, call_id id, const registration_request& what)
    : s_(s),
      id_(id),
      what_(what),
      request_(s, id, request_of(what), what.timeout,
               [this](const client_request::outcome& o) { on_outcome(o); }),
      expires_s_(std::clamp<std::int64_t>(to_ms(what.expires) / 1000, 1, max_expires_s)) {}

registration::~registration() {
  if (counted_) --s_.unanswered;
}

duration registration::refresh_after(std::int64_t expires_s) {
  return std::chrono::seconds(std::max(expires_s / 2, expires_s - 60));
}

void registration::send() {
  const std::int64_t wanted = state_ == state::unregistering ? 0 : expires_s_;
  due_ = never;
  request_.send([this, wanted](sip::message_builder& b, const local_side& local) {
    contact_ = contact_uri(what_.aor, local);
    b.add(sip::header_id::contact, "<" + contact_ + ">");
    b.add(sip::header_id::expires, static_cast<std::uint64_t>(wanted));
    b.add(sip::header_id::allow, allowed_methods());
  });
}

void registration::unregister() {
  if (state_ == state::over || std::exchange(wants_end_, true)) return;
  if (!request_.is_under_way() && !bound_) return end();
  ++s_.unanswered;  // the end of the process waits for the answer, as it does for those to BYEs
  counted_ = true;
  if (request_.is_under_way()) return;  // its answer comes first
  state_ = state::unregistering;
  send();
}

void registration::end() {
  state_ = state::over;
  due_ = never;
  if (std::exchange(counted_, false)) --s_.unanswered;
  std::erase_if(s_.registered, [&](const registered_peer& p) { return p.id == id_; });
}

void registration::on_outcome(const client_request::outcome& o) {
  if (state_ == state::unregistering) {
    end();
    s_.emit(client_event{unregistered{id_, what_.aor, o.status}});
    return;
  }
  if (o.status >= 200 && o.status < 300) return on_success(*o.response);
  if (o.status == 423 && take_longer_time(o.response)) return send();
  on_failure(o);
}

/// 10.2.8: the registrar wants fewer of them.
bool registration::take_longer_time(const sip::message* response) {
  if (response == nullptr || longer_times_ >= max_423) return false;
  const auto least = parse_decimal(trim(response->value(sip::header_id::min_expires)),
                                   static_cast<std::uint64_t>(max_expires_s));
  if (!least || static_cast<std::int64_t>(*least) <= expires_s_) return false;
  ++longer_times_;
  expires_s_ = static_cast<std::int64_t>(*least);
  return true;
}

/// 10.2.4: of our own Contact among all that are listed; else the Expires header, else what we
/// asked for.
std::int64_t registration::granted(const sip::message& response) const {
  const auto limit = static_cast<std::uint64_t>(max_expires_s);
  const auto read = [&](std::string_view text) -> std::optional<std::int64_t> {
    const auto n = parse_decimal(trim(text), limit);
    if (!n) return std::nullopt;
    return static_cast<std::int64_t>(*n);
  };
  std::int64_t seconds = read(response.value(sip::header_id::expires)).value_or(expires_s_);
  const auto own = sip::uri::parse(contact_);
  response.for_each(sip::header_id::contact, [&](std::string_view value) {
    const auto contact = sip::name_addr::parse(value);
    if (!contact || !own || !sip::equivalent(contact->address, *own)) return;
    if (const auto text = contact->params.get("expires")) seconds = read(*text).value_or(seconds);
  });
  return std::max(seconds, min_expires_s);
}

void registration::on_success(const sip::message& response) {
  const std::int64_t seconds = granted(response);
  const bool refreshed = std::exchange(bound_, true);
  if (!sip::is_reliable(request_.peer().transport)) {
    connected_since_ = never;
  } else if (connected_since_ == never) {
    connected_since_ = s_.now;
  }
  state_ = state::registered;
  longer_times_ = 0;
  retry_ = first_retry;
  std::erase_if(s_.registered, [&](const registered_peer& p) { return p.id == id_; });
  s_.registered.push_back({id_, request_.server_addresses(), what_.accounts});
  s_.emit(client_event{registered{id_, what_.aor, contact_, seconds, refreshed}});
  if (wants_end_) {
    state_ = state::unregistering;
    send();
    return;
  }
  due_ = s_.now + refresh_after(seconds);
}

void registration::on_failure(const client_request::outcome& o) {
  const bool hopeless =
      o.status == 401 || o.status == 403 || o.status == 404 || o.status == 407 || o.status >= 600;
  const bool last = hopeless || wants_end_ || (!what_.insist && !bound_);
  duration wait = duration::zero();
  if (!last) {
    wait = retry_;
    retry_ = std::min(2 * retry_, longest_retry);
    const auto told = o.response == nullptr
                          ? std::nullopt
                          : sip::parse_retry_after(o.response->value(sip::header_id::retry_after));
    if (told) wait = std::clamp<duration>(std::chrono::seconds(*told), wait, longest_retry);
    state_ = state::waiting;
    longer_times_ = 0;
    due_ = s_.now + wait;
  }
  if (last) end();
  s_.emit(client_event{registration_failed{id_, what_.aor, o.status, o.reason, wait}});
}

void registration::connection_lost(flow_id lost) {
  const sip::hop& peer = request_.peer();
  if (!sip::is_reliable(peer.transport) || peer.flow != lost || connected_since_ == never) return;
  const bool steady = s_.now - connected_since_ >= steady_after;
  connected_since_ = never;
  if (state_ == state::registered)
    due_ = std::min(due_, s_.now + (steady ? duration::zero() : first_retry));
}

time_point registration::next_deadline() const { return std::min(due_, request_.next_deadline()); }

void registration::handle_timeout() {
  request_.handle_timeout();
  if (s_.now < due_) return;
  state_ = state::registering;
  send();
}

}  // namespace sipvoice::call
