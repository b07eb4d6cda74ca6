#include "sipvoice/call/dialog_requests.hpp"

#include <algorithm>

#include "sipvoice/call/next_hop.hpp"

namespace sipvoice::call {
namespace {

/// 12.2.1.2. A MESSAGE, an OPTIONS or a NOTIFY that times out says nothing of the session
/// (RFC 5057 section 5.1: a usage or a transaction of its own).
bool ends_dialog(sip::method m, int status) {
  switch (m) {
    case sip::method::invite:
    case sip::method::update:
    case sip::method::info:
    case sip::method::refer:
      return status == 481 || status == 408;
    default:
      return false;
  }
}

}  // namespace

dialog_requests::dialog_requests(services& s, call_id owner, local_side local, sip::dialog dialog,
                                 const sip::hop& seen)
    : s_(s),
      owner_(owner),
      local_(std::move(local)),
      dialog_(std::move(dialog)),
      observed_(seen),
      where_(s, owner, [this](destination::progress) { located(); }) {}

dialog_requests::~dialog_requests() {
  for (const pending& p : pending_) {
    s_.index.by_client_tx.erase(p.tx);
    if (p.what.method == sip::method::bye) --s_.unanswered;
  }
  for (const kept_ack& a : acks_) s_.index.by_client_tx.erase(a.invite);
}

void dialog_requests::confirm(sip::dialog confirmed, const sip::hop& from) {
  confirmed.local_cseq = std::max(confirmed.local_cseq, dialog_.local_cseq);
  confirmed.remote_cseq = dialog_.remote_cseq;
  dialog_ = std::move(confirmed);
  seen(from);
}

request_id dialog_requests::send(dialog_request r) {
  const bool bye = r.method == sip::method::bye;
  if (!bye && pending_.size() >= max_in_flight) return request_id::none;
  if (bye) ++s_.unanswered;
  const request_id id{++last_id_};
  pending p;
  p.id = id;
  p.what = std::move(r);
  pending_.push_back(std::move(p));
  transmit(pending_.back());
  return id;
}

void dialog_requests::send_bye(const std::string& reason) {
  dialog_request bye{sip::method::bye};
  if (!reason.empty()) bye.headers.emplace_back("Reason", reason);
  send(std::move(bye));
}

/// Builds it with the next CSeq number and a branch of its own, and sends it.
void dialog_requests::transmit(pending& p) {
  const dialog_request& r = p.what;
  const std::string branch = s_.agent.new_branch();
  p.number = ++dialog_.local_cseq;
  p.tx = {};
  p.provisional = false;
  auto b = dialog_.request(r.method_name(), p.number, branch, local_.transport, local_.address);
  switch (r.method) {  // target refresh requests, and what makes a subscription
    case sip::method::invite:
    case sip::method::update:
    case sip::method::refer:
    case sip::method::notify:
    case sip::method::subscribe:
      b.add(sip::header_id::contact, local_.contact());
      break;
    default:
      break;
  }
  if (!s_.config.user_agent.empty()) b.add(sip::header_id::user_agent, s_.config.user_agent);
  for (const auto& [name, value] : r.headers) b.add(name, value);
  if (credentials_ != nullptr)
    credentials_->add_to(b, r.method_name(), dialog_.target().request_uri, r.body, p.credentials);
  put({p.id, branch, b.finish(r.content_type, r.body)});
}

void dialog_requests::put(parcel what) {
  if (!locate()) {
    waiting_.push_back(std::move(what));
    return;
  }
  dispatch_waiting();
  dispatch(std::move(what));
}

/// In their order. There may be some from before the target changed: what was waited for then is
/// told no more.
void dialog_requests::dispatch_waiting() {
  for (parcel& p : std::exchange(waiting_, {})) dispatch(std::move(p));
}

void dialog_requests::dispatch(parcel what) {
  const sip::hop to = *located_;
  if (sent_by_.transport != local_.transport || sent_by_.address != local_.address)
    what.bytes = sip::with_sent_by(std::move(what.bytes), sent_by_.transport, sent_by_.address);
  // The target may have moved to a host that was never called, or the name led there.
  if (credentials_ != nullptr && !credentials_->trusts(to.remote.ip))
    what.bytes = sip::without_credentials(std::move(what.bytes));
  if (what.request == request_id::none) {
    s_.agent.send_ack(std::move(what.bytes), to);
    return;
  }
  pending* p = find(what.request);
  if (p == nullptr) return;
  p->sent_to = to.remote.ip;
  p->tx = s_.agent.send_request(p->what.method, std::move(what.branch), std::move(what.bytes), to,
                                s_.now);
  s_.index.by_client_tx[p->tx] = owner_;
}

dialog_requests::pending* dialog_requests::find(request_id id) {
  const auto at =
      std::find_if(pending_.begin(), pending_.end(), [&](const pending& p) { return p.id == id; });
  return at == pending_.end() ? nullptr : &*at;
}

void dialog_requests::cancel(request_id invite) {
  pending* p = find(invite);
  if (p == nullptr || p->what.method != sip::method::invite) return;
  p->cancel_wish = true;
  cancel_when_allowed(*p);
}

void dialog_requests::cancel_invites() {
  for (pending& p : pending_) {
    if (p.what.method != sip::method::invite) continue;
    p.cancel_wish = true;
    cancel_when_allowed(p);
  }
}

void dialog_requests::cancel_when_allowed(pending& p) {
  if (!p.cancel_wish || p.cancelled || !p.provisional) return;
  p.cancelled = true;
  s_.agent.send_cancel(p.tx, s_.now);
}

bool dialog_requests::receive_response(const sip::response_received& r) {
  const int status = r.response->status();
  if (status >= 200 && status < 300 && repeat_ack(r.tx)) return true;
  const auto at = std::find_if(pending_.begin(), pending_.end(),
                               [&](const pending& p) { return p.tx == r.tx; });
  if (at == pending_.end()) return false;
  if (status < 200) {
    at->provisional = true;
    cancel_when_allowed(*at);
    if (const auto told = at->what.provisional) told(*r.response);
    return true;
  }
  // Behind our BYE nothing else goes out: with its higher CSeq number it could overtake the BYE,
  // which the peer would refuse then (12.2.2).
  const bool ending = at->what.method != sip::method::bye &&
                      std::any_of(pending_.begin(), pending_.end(), [](const pending& p) {
                        return p.what.method == sip::method::bye;
                      });
  const bool too_late = at->cancel_wish || ending;
  const bool again = !too_late && credentials_ != nullptr &&
                     credentials_->take_challenge(*r.response, at->sent_to, at->credentials);
  if (again) {
    s_.index.by_client_tx.erase(at->tx);
    transmit(*at);
    return true;
  }
  finish(static_cast<std::size_t>(at - pending_.begin()), {r.response, r.from, r.tx, at->number});
  return true;
}

bool dialog_requests::request_timed_out(sip::client_tx tx) {
  const auto at =
      std::find_if(pending_.begin(), pending_.end(), [&](const pending& p) { return p.tx == tx; });
  if (at == pending_.end()) return false;
  finish(static_cast<std::size_t>(at - pending_.begin()), {nullptr, {}, tx, at->number});
  return true;
}

void dialog_requests::finish(std::size_t at, request_outcome outcome) {
  const pending over = std::move(pending_[at]);
  pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(at));
  s_.index.by_client_tx.erase(over.tx);
  if (over.what.method == sip::method::bye) --s_.unanswered;
  outcome.credentials = &over.credentials;
  if (over.what.done) over.what.done(outcome);
  if (over.what.method == sip::method::invite && outcome.is_success()) {
    const bool acknowledged = std::any_of(acks_.begin(), acks_.end(),
                                          [&](const kept_ack& a) { return a.invite == over.tx; });
    if (!acknowledged) acknowledge(over.tx, over.number, {}, &over.credentials);
  }
  // A cancelled INVITE that times out may have been ended by the CANCEL alone.
  if (gone_ && ends_dialog(over.what.method, outcome.status()) && !over.cancel_wish)
    gone_(outcome.status());
}

void dialog_requests::acknowledge(sip::client_tx invite, std::uint32_t number,
                                  const std::string& body,
                                  const authorization::attempt* credentials) {
  // CSeq number of the INVITE, a branch of its own, since it is a transaction of its own.
  auto b = dialog_.request(sip::method::ack, number, s_.agent.new_branch(), local_.transport,
                           local_.address);
  if (credentials != nullptr) authorization::repeat_in(b, *credentials);
  std::string bytes = b.finish(body.empty() ? "" : "application/sdp", body);
  drop_old_acks(1);
  acks_.push_back({invite, bytes, s_.now + 64 * s_.config.timers.t1});
  s_.index.by_client_tx[invite] = owner_;
  put({request_id::none, {}, std::move(bytes)});
}

bool dialog_requests::repeat_ack(sip::client_tx invite) {
  const auto at = std::find_if(acks_.begin(), acks_.end(),
                               [&](const kept_ack& a) { return a.invite == invite; });
  if (at == acks_.end()) return false;
  const bool waits = std::any_of(waiting_.begin(), waiting_.end(),
                                 [&](const parcel& w) { return w.bytes == at->bytes; });
  if (!waits) put({request_id::none, {}, at->bytes});
  return true;
}

void dialog_requests::drop_old_acks(std::size_t room) {
  std::erase_if(acks_, [&](const kept_ack& a) {
    const bool old = a.until <= s_.now;
    if (old) s_.index.by_client_tx.erase(a.invite);
    return old;
  });
  while (acks_.size() + room > max_kept_acks) {
    s_.index.by_client_tx.erase(acks_.front().invite);
    acks_.erase(acks_.begin());
  }
}

/// True when it is known where requests go.
bool dialog_requests::locate() {
  const std::string uri_text = dialog_.target().next_hop;
  if (uri_text == located_for_) {
    if (where_.is_waiting()) return false;
    if (located_ && (!sip::is_reliable(located_->transport) || s_.flows.is_open(located_->flow)))
      return true;
  }
  located_for_ = uri_text;
  located_.reset();
  const auto uri = sip::uri::parse(uri_text);
  const bool is_name = !next_hop_of(uri_text).address;
  // RFC 5626 section 5.3: a peer that puts "ob" into its Contact is reached where it came from.
  if ((is_name && !asks_names_) || (uri && uri->param("ob"))) {
    stay_where_seen();
    return true;
  }
  where_.stay_on(local_);
  const auto progress = where_.seek(uri_text);
  if (progress == destination::progress::waiting) return false;
  use_found();
  return true;
}

void dialog_requests::stay_where_seen() {
  located_ = observed_;
  sent_by_ = local_;
}

/// Chooses between what the dialog says and where the peer was seen.
void dialog_requests::use_found() {
  const auto log = [&](const std::string& what) {
    s_.log(1, "dialog " + dialog_.call_id + ": " + what +
                  "; requests go to where the peer was seen, " + observed_.remote.to_string());
  };
  const auto& found = where_.found();
  if (!found) {
    log(located_for_ + " " + where_.failure());
    return stay_where_seen();
  }
  const socket_address& remote = found->to.remote;
  const bool behind_nat = s_.config.nat_contact && dialog_.route_set.empty() &&
                          remote.ip.is_private() && remote.ip != observed_.remote.ip;
  if (!behind_nat) {
    located_ = found->to;
    located_->remote.ip = remote.ip.on_link_of(observed_.remote.ip);
    sent_by_ = found->local;
    return;
  }
  if (!nat_logged_) log("Contact " + remote.to_string() + " is private");
  nat_logged_ = true;
  stay_where_seen();
}

void dialog_requests::located() {
  if (!located_) use_found();
  dispatch_waiting();
}

}  // namespace sipvoice::call
