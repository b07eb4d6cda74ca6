#include "sipvoice/call/client_request.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/dialog.hpp"

namespace sipvoice::call {

client_request::client_request(services& s, call_id id, outgoing_request what, duration timeout,
                               std::function<void(const outcome&)> done)
    : s_(s),
      id_(id),
      what_(std::move(what)),
      timeout_(timeout),
      done_(std::move(done)),
      call_id_(s.random.token(24)),
      tag_(s.new_tag()),
      auth_(what_.accounts, s.random),
      targets_(what_.target),
      where_(s, id, [this](destination::progress p) { took_aim(p); }) {}

client_request::~client_request() { s_.index.request_by_tx.erase(tx_); }

void client_request::send(more_headers more) {
  if (stage_ != stage::idle) return;
  more_ = std::move(more);
  attempt_ = {};
  targets_ = redirect_targets(what_.target);
  target_ = what_.target;
  stage_ = stage::locating;
  if (timeout_ > duration::zero()) give_up_at_ = s_.now + timeout_;
  aim();
}

void client_request::aim() {
  stage_ = stage::locating;
  took_aim(where_.seek(what_.proxy ? *what_.proxy : target_));
}

void client_request::took_aim(destination::progress p) {
  if (p == destination::progress::waiting) return;
  if (p == destination::progress::failed) return fail(503, where_.failure());
  local_ = where_.found()->local;
  peer_ = where_.found()->to;
  // What a redirection names is not a peer that was configured.
  if (is_configured()) auth_.trust(where_.addresses());
  transmit();
}

/// RFC 3263 section 4.3: another server of the same name may do. False: there is none.
bool client_request::try_next_place() {
  stage_ = stage::locating;
  const auto p = where_.next();
  if (p == destination::progress::failed) return false;
  took_aim(p);
  return true;
}

void client_request::transmit() {
  const std::string_view method = sip::name_of(what_.method);
  const std::string uri = target_.substr(0, target_.find('?'));
  const std::string branch = s_.agent.new_branch();
  const std::string& to = what_.to.empty() ? what_.target : what_.to;
  std::string from = what_.from;
  if (from.empty()) from = "sip:sipvoice@" + sip::host_port({local_.address.ip, 0});
  auto b = sip::message_builder::request(method, uri);
  b.add(sip::header_id::via, sip::via_value(local_.transport, local_.address, branch));
  b.add(sip::header_id::max_forwards, std::uint64_t{70});
  if (what_.proxy) {
    const bool loose = sip::uri::parse(*what_.proxy)->param("lr").has_value();
    b.add(sip::header_id::route, "<" + *what_.proxy + (loose ? ">" : ";lr>"));
  }
  b.add(sip::header_id::from, "<" + from + ">;tag=" + tag_);
  b.add(sip::header_id::to, "<" + to.substr(0, to.find('?')) + ">");
  b.add(sip::header_id::call_id, call_id_);
  b.add(sip::header_id::cseq, std::to_string(++cseq_) + " " + std::string(method));
  if (!s_.config.user_agent.empty()) b.add(sip::header_id::user_agent, s_.config.user_agent);
  if (more_) more_(b, local_);
  for (const auto& [name, value] : what_.headers) b.add(name, value);
  if (auth_.trusts(peer_.remote.ip)) auth_.add_to(b, method, uri, what_.body, attempt_);
  s_.index.request_by_tx.erase(tx_);
  tx_ = s_.agent.send_request(what_.method, branch, b.finish(what_.content_type, what_.body), peer_,
                              s_.now);
  s_.index.request_by_tx[tx_] = id_;
  stage_ = stage::waiting;
}

std::vector<ip_address> client_request::server_addresses() const {
  if (is_configured()) return where_.addresses();
  return {peer_.remote.ip};
}

bool client_request::receive_response(const sip::response_received& r) {
  if (stage_ != stage::waiting || r.tx != tx_) return false;
  const bool moved = sip::is_reliable(peer_.transport) && r.from.transport == peer_.transport &&
                     r.from.flow != peer_.flow;
  if (moved) {  // its connection had ended, and it went out once more on another one
    peer_.flow = r.from.flow;
    local_.hold = s_.flows.hold(r.from.flow);
  }
  if (r.response->status() >= 200) on_final(*r.response);
  return true;
}

bool client_request::request_timed_out(sip::client_tx tx) {
  if (stage_ != stage::waiting || tx != tx_) return false;
  if (!try_next_place()) fail(408, "no response");
  return true;
}

void client_request::on_final(const sip::message& response) {
  const int status = response.status();
  if (auth_.take_challenge(response, peer_.remote.ip, attempt_)) return transmit();
  if (status == 503 && try_next_place()) return;
  const bool followed = redirect_targets::follows(status) && targets_.take(response);
  const bool hopeless = status < 300 || status >= 600;
  if ((followed || (targets_.redirected() && !hopeless)) && try_next_target()) return;
  finish({status, std::string(response.reason_phrase()), &response, peer_.remote});
}

bool client_request::try_next_target() {
  auto next = targets_.next();
  if (!next) return false;
  s_.log(1, std::string(sip::name_of(what_.method)) + " redirected to " + printable(*next));
  target_ = std::move(*next);
  attempt_ = {};
  aim();
  return true;
}

/// This target is of no use; perhaps another one is.
void client_request::fail(int status, std::string reason) {
  if (targets_.redirected() && try_next_target()) return;
  finish({status, std::move(reason), nullptr, peer_.remote});
}

void client_request::handle_timeout() {
  if (s_.now < give_up_at_) return;
  // The transaction goes on quietly; nobody listens any more.
  finish({408, "no response", nullptr, peer_.remote});
}

void client_request::finish(outcome o) {
  s_.index.request_by_tx.erase(tx_);
  tx_ = {};
  stage_ = stage::idle;
  give_up_at_ = never;
  more_ = {};
  done_(o);
}

}  // namespace sipvoice::call
