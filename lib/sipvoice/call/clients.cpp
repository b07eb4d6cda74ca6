#include "sipvoice/call/clients.hpp"

#include <algorithm>

#include "sipvoice/sip/uri.hpp"

namespace sipvoice::call {
namespace {

/// No URI has a character that could end its header. (A target that is none is told as 503.)
bool is_uri_or_empty(const std::string& text) {
  return text.empty() || sip::uri::parse(text).has_value();
}

}  // namespace

bool clients::send(call_id id, const outgoing_request& what, duration timeout) {
  if (size() >= max_at_once || !may_be_set(what.headers)) return false;
  if (!is_uri_or_empty(what.from) || !is_uri_or_empty(what.to)) return false;
  if (!sip::is_safe_value(what.content_type)) return false;
  const time_point begun = s_.now;
  single& one = requests_[id];
  one.request = std::make_unique<client_request>(
      s_, id, what, timeout, [this, id, begun](const client_request::outcome& o) {
        requests_[id].over = true;
        s_.emit(client_event{
            request_finished{id, o.status, o.reason, o.response != nullptr, s_.now - begun}});
      });
  one.request->send([](sip::message_builder& b, const local_side& local) {
    b.add(sip::header_id::contact, local.contact());
    b.add(sip::header_id::allow, allowed_methods());
    b.add(sip::header_id::accept, "application/sdp");
  });
  sweep();
  return true;
}

bool clients::add(call_id id, const registration_request& what) {
  if (size() >= max_at_once || !may_be_set(what.headers) || !is_uri_or_empty(what.from))
    return false;
  auto& made = registrations_[id];
  made = std::make_unique<registration>(s_, id, what);
  made->start();
  sweep();
  return true;
}

bool clients::unregister(call_id id) {
  const auto found = registrations_.find(id);
  if (found == registrations_.end()) return false;
  found->second->unregister();
  sweep();
  return true;
}

void clients::unregister_all() {
  for (const auto& [id, one] : registrations_) one->unregister();
  sweep();
}

client_request* clients::find(call_id id) {
  if (const auto r = registrations_.find(id); r != registrations_.end())
    return &r->second->request();
  const auto q = requests_.find(id);
  return q == requests_.end() ? nullptr : q->second.request.get();
}

client_request* clients::find(sip::client_tx tx) {
  const auto known = s_.index.request_by_tx.find(tx);
  return known == s_.index.request_by_tx.end() ? nullptr : find(known->second);
}

bool clients::receive_response(const sip::response_received& r) {
  client_request* one = find(r.tx);
  if (one == nullptr) return false;
  one->receive_response(r);
  sweep();
  return true;
}

bool clients::request_timed_out(sip::client_tx tx) {
  client_request* one = find(tx);
  if (one == nullptr) return false;
  one->request_timed_out(tx);
  sweep();
  return true;
}

void clients::connection_lost(flow_id lost) {
  for (const auto& [id, one] : registrations_) one->connection_lost(lost);
}

void clients::handle_timeout() {
  for (const auto& [id, one] : registrations_) one->handle_timeout();
  for (const auto& [id, one] : requests_) one.request->handle_timeout();
  sweep();
}

time_point clients::next_deadline() const {
  time_point next = never;
  for (const auto& [id, one] : registrations_) next = std::min(next, one->next_deadline());
  for (const auto& [id, one] : requests_) next = std::min(next, one.request->next_deadline());
  return next;
}

/// What is over is removed once nothing of it is on the stack.
void clients::sweep() {
  std::erase_if(registrations_, [](const auto& r) { return r.second->is_over(); });
  std::erase_if(requests_, [](const auto& r) { return r.second.over; });
}

}  // namespace sipvoice::call
