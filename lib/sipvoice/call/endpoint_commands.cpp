// What the shell orders, and what it asks.
#include <algorithm>

#include "sipvoice/call/endpoint_impl.hpp"
#include "sipvoice/call/in_dialog_content.hpp"

namespace sipvoice::call {

const char* name_of(ended_by by) {
  switch (by) {
    case ended_by::remote:
      return "remote";
    case ended_by::local:
      return "local";
    case ended_by::timeout:
      return "timeout";
    case ended_by::error:
      return "error";
  }
  return "error";
}

endpoint::endpoint(endpoint_config config, random_source& random, host_environment& host)
    : impl_(std::make_unique<impl>(std::move(config), random, host)) {}
endpoint::~endpoint() = default;

bool endpoint::ring(call_id id, time_point now, const header_list& headers) {
  return impl_->with(id, now, [&](class call& c) { return c.ring(headers); });
}

bool endpoint::early_media(call_id id, time_point now, const header_list& headers) {
  return impl_->with(id, now, [&](class call& c) { return c.early_media(headers); });
}

bool endpoint::answer(call_id id, const answer_options& options, time_point now) {
  return impl_->with(id, now, [&](class call& c) { return c.answer(options); });
}

bool endpoint::reject(call_id id, int status, std::string reason, std::string rule, time_point now,
                      const header_list& headers) {
  return impl_->with(id, now, [&](class call& c) {
    return c.reject(status, std::move(reason), std::move(rule), headers);
  });
}

bool endpoint::redirect(call_id id, const std::string& target, std::string rule, time_point now,
                        int status) {
  return impl_->with(id, now,
                     [&](class call& c) { return c.redirect(target, std::move(rule), status); });
}

bool endpoint::hang_up(call_id id, std::string reason, time_point now, const end_cause& cause) {
  return impl_->with(id, now, [&](class call& c) { return c.hang_up(std::move(reason), cause); });
}

bool endpoint::hold(call_id id, time_point now) {
  return impl_->with(id, now, [](class call& c) { return c.hold(true); });
}

bool endpoint::resume(call_id id, time_point now) {
  return impl_->with(id, now, [](class call& c) { return c.hold(false); });
}

bool endpoint::modify(call_id id, const media_modification& change, time_point now) {
  return impl_->with(id, now, [&](class call& c) { return c.modify(change); });
}

call_id endpoint::dial(const dial_request& request, time_point now) {
  impl_->shared.now = now;
  const call_id id = impl_->shared.new_call_id();
  impl_->place(id, request, {});
  impl_->pump();
  return id;
}

bool endpoint::transfer(call_id id, const std::string& target, time_point now) {
  return impl_->with(id, now, [&](class call& c) { return c.transfer(target, std::nullopt); });
}

bool endpoint::transfer_to_call(call_id id, call_id other, time_point now) {
  const auto found = impl_->calls.find(other);
  if (found == impl_->calls.end() || id == other) return false;
  const auto goal = found->second.object->as_transfer_goal();
  if (!goal) return false;
  return impl_->with(id, now,
                     [&](class call& c) { return c.transfer(goal->target, goal->dialog); });
}

bool endpoint::send_info_digit(call_id id, char digit, std::uint32_t duration_ms, time_point now) {
  return impl_->with(id, now, [&](class call& c) {
    return c.send_content(info_digit_request(digit, duration_ms));
  });
}

bool endpoint::send_message(call_id id, const std::string& content_type, std::string body,
                            time_point now) {
  return impl_->with(id, now, [&](class call& c) {
    return c.send_content(message_request(content_type, std::move(body)));
  });
}

bool endpoint::send_in_dialog(call_id id, const in_dialog_request& request, time_point now) {
  return impl_->with(id, now, [&](class call& c) { return c.send_in_dialog(request); });
}

bool endpoint::respond(call_id id, request_handle request, const request_answer& answer,
                       time_point now) {
  if (id != call_id{})
    return impl_->with(id, now, [&](class call& c) { return c.respond(request, answer); });
  impl_->shared.now = now;
  held_requests& outside = impl_->held_outside;
  const auto* one = outside.find(request);
  if (one == nullptr || !may_be_sent(answer)) return false;
  outside.answer(request, answer, outside.reply(*one, answer.status, answer.reason));
  impl_->pump();
  return true;
}

call_id endpoint::register_account(const registration_request& what, time_point now) {
  impl_->shared.now = now;
  const call_id id = impl_->shared.new_call_id();
  const bool done = impl_->outside.add(id, what);
  impl_->pump();
  return done ? id : call_id{};
}

bool endpoint::unregister(call_id id, time_point now) {
  impl_->shared.now = now;
  const bool done = impl_->outside.unregister(id);
  impl_->pump();
  return done;
}

void endpoint::unregister_all(time_point now) {
  impl_->shared.now = now;
  impl_->outside.unregister_all();
  impl_->pump();
}

call_id endpoint::send_request(const outgoing_request& what, duration timeout, time_point now) {
  impl_->shared.now = now;
  const call_id id = impl_->shared.new_call_id();
  const bool done = impl_->outside.send(id, what, timeout);
  impl_->pump();
  return done ? id : call_id{};
}

void endpoint::stop_accepting() { impl_->gate.stop_accepting(); }

void endpoint::stop_placing() { impl_->shared.stopped_placing = true; }

void endpoint::stop_waiting(time_point now) {
  std::vector<call_id> all;
  for (const auto& [id, entry] : impl_->calls) all.push_back(id);
  for (const call_id id : all)
    impl_->with(id, now, [](call& c) {
      c.stop_waiting();
      return true;
    });
}

std::optional<output> endpoint::poll() {
  auto out = impl_->shared.out.pop();
  const auto* sent = out ? std::get_if<sip::transmit>(&*out) : nullptr;
  if (sent != nullptr && impl_->config.trace)
    impl_->config.trace({false, sent->to.transport, sent->to.remote, sent->bytes});
  return out;
}

time_point endpoint::next_deadline() const {
  return std::min({impl_->deadlines.next(), impl_->outside.next_deadline(),
                   impl_->agent.next_deadline(), impl_->shared.flows.next_deadline(),
                   impl_->shared.names.next_deadline(), impl_->held_outside.next_deadline()});
}

std::size_t endpoint::calls() const { return impl_->shared.untold; }

std::size_t endpoint::unanswered_byes() const { return impl_->shared.unanswered; }

std::size_t endpoint::transactions() const { return impl_->agent.transactions(); }

endpoint_inventory endpoint::inventory() const {
  return {impl_->calls.size(), impl_->agent.transactions(), impl_->shared.index.size(),
          impl_->deadlines.size(), impl_->shared.out.size()};
}

std::size_t endpoint::flows() const { return impl_->shared.flows.size(); }

endpoint_counters endpoint::counters() const {
  endpoint_counters c;
  c.sip = impl_->agent.counters();
  c.rate_limited = impl_->flood.limited();
  c.rate_silenced = impl_->flood.silenced();
  c.calls_in = impl_->shared.calls_in;
  c.calls_out = impl_->shared.calls_out;
  c.rejected = impl_->shared.rejected;
  return c;
}

}  // namespace sipvoice::call
