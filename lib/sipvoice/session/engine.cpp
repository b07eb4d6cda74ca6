#include "sipvoice/session/engine.hpp"

#include <unordered_map>
#include <utility>

#include "sipvoice/base/timer_heap.hpp"
#include "sipvoice/session/call_actions.hpp"
#include "sipvoice/session/engine_context.hpp"

namespace sipvoice::session {
namespace {

/// For a peer that was sent on, to take our place at the target: as long as his INVITE may take.
constexpr duration patience_with_replaces = std::chrono::seconds(32);

}  // namespace

struct engine::impl {
  impl(call::endpoint& endpoint, sound_store& sounds, clock_reading clock)
      : context(endpoint, sounds, clock) {}

  struct entry {
    std::unique_ptr<call_actions> actions;
    timer_id timer = timer_id::none;
    time_point armed = never;
  };

  [[nodiscard]] call_actions* find(call::call_id id) {
    const auto at = calls.find(id);
    return at != calls.end() ? at->second.actions.get() : nullptr;
  }
  call_actions& add(call::call_id id, call_plan plan, time_point now) {
    auto made = std::make_unique<call_actions>(context, std::move(plan), ++calls_seen, now);
    made->set_id(id);
    return *calls.insert_or_assign(id, entry{std::move(made)}).first->second.actions;
  }
  /// After every step of a call: its media may be known by now, its deadline another, or it is
  /// over.
  void settle(call::call_id id) {
    const auto at = calls.find(id);
    if (at == calls.end()) return;
    entry& e = at->second;
    if (const auto media = e.actions->media_id()) by_media.insert_or_assign(*media, id);
    const bool over = e.actions->closed();
    const time_point due = over ? never : e.actions->next_deadline();
    if (due != e.armed) {
      timers.cancel(e.timer);
      e.timer = due != never ? timers.schedule(due, id) : timer_id::none;
      e.armed = due;
    }
    if (!over) return;
    if (const auto media = e.actions->media_id()) by_media.erase(*media);
    calls.erase(at);
    count_closed();
  }
  void count_closed() {
    ++calls_closed;
    if (limit > 0 && calls_closed >= limit) context.endpoint.stop_accepting();
  }

  void on(const call::call_incoming& e, time_point now);
  void on(const call::call_outgoing& e, time_point now) {
    if (auto* c = find(e.info.id)) c->outgoing(e.info, now);
  }
  void on(const call::call_ringing& e, time_point now) {
    if (auto* c = find(e.id)) c->ringing(e.status, now);
  }
  void on(const call::call_early_media& e, time_point now) {
    if (auto* c = find(e.id)) c->early_media(e, now);
    settle(e.id);
  }
  void on(const call::call_answered& e, time_point now) {
    if (auto* c = find(e.id)) c->answered(e, now);
    join(e.id, now);
    settle(e.id);
  }
  void on(const call::call_held& e, time_point now) {
    if (auto* c = find(e.id)) c->held(e, now);
  }
  void on(const call::call_digit& e, time_point now) {
    if (auto* c = find(e.id)) c->digit(e.digit, e.duration_ms, digit_method::info, true, now);
  }
  void on(const call::call_digit_sent& e, time_point now) {
    if (auto* c = find(e.id)) c->info_digit_sent(now);
    settle(e.id);
  }
  void on(const call::call_message& e, time_point now) {
    if (auto* c = find(e.id)) c->message(e, now);
  }
  void on(const call::page_message& e, time_point now) {
    context.tell(nullptr, now, message_event{e.content_type, e.text, e.from_uri, e.to_uri});
  }
  void on(const call::call_request_finished& e, time_point now) {
    if (auto* c = find(e.id)) c->tell(request_finished_event{e}, now);
  }
  void on(const call::call_request& e, time_point now) {
    if (e.id == call::call_id{}) return context.tell(nullptr, now, request_event{e});
    if (auto* c = find(e.id)) c->tell(request_event{e}, now);
  }
  void on(const call::call_transfer& e, time_point now);
  void on(const call::call_rejected& e, time_point now);
  void on(const call::call_ended& e, time_point now) {
    if (auto* c = find(e.id)) c->ended(e, now);
    part(e.id, 0, e.reason, now);
    settle(e.id);
  }
  void on(const call::client_event& e, time_point now) {
    context.tell(nullptr, now, client_event_line{e});
    context.out.emplace_back(client_told{e});
  }
  void consult(time_point now);
  void join(call::call_id consultation, time_point now);
  void part(call::call_id id, int status, const std::string& reason, time_point now);
  void read_mail(time_point now);
  void end_direct(call::call_id id, const media::event_body& event, time_point now);

  engine_context context;
  plan_chooser chooser;
  bool stopping = false;  ///< shut_down() was called
  bool keep_registrations = false;
  std::uint64_t limit = 0, calls_seen = 0, calls_closed = 0;
  std::unordered_map<call::call_id, entry> calls;
  timer_heap<call::call_id> timers;
  std::unordered_map<media::media_id, call::call_id> by_media;
};

void engine::impl::on(const call::call_incoming& e, time_point now) {
  chosen_plan chosen;
  if (stopping) {  // its INVITE came before the stop, the event after it
    chosen.plan.reject = reject_plan{503, {}};
    chosen.rule = "shutdown";
  } else if (auto* replaced = e.info.replaces ? find(*e.info.replaces) : nullptr) {
    chosen.plan = replaced->plan();  // what was done there goes on here
    chosen.plan.transfer.reset();
    chosen.plan.consult.reset();
  } else if (chooser) {
    chosen = chooser(e.info);
  } else {
    chosen.plan.reject = reject_plan{404, {}};
  }
  add(e.info.id, std::move(chosen.plan), now).incoming(e.info, chosen.rule, now);
  settle(e.info.id);
}

/// Where the peer sends us elsewhere, the call that follows does what this one did.
void engine::impl::on(const call::call_transfer& e, time_point now) {
  auto* c = find(e.id);
  if (c == nullptr) return;
  if (e.new_call) {
    call_plan plan = c->plan();
    plan.reject.reset();
    plan.transfer.reset();
    plan.consult.reset();
    add(*e.new_call, std::move(plan), now);
  }
  c->transfer(e, now);
  // The target ends it itself when the peer has taken our place (RFC 3891); not every one does.
  const bool over =
      e.state == call::transfer_state::done || e.state == call::transfer_state::failed;
  if (over && e.by_us && c->consultation())
    context.hang_up(*c->consultation(),
                    e.state == call::transfer_state::done ? "transferred" : "transfer_failed", now);
  settle(e.id);
}

/// Places the calls of attended transfers that have become due.
void engine::impl::consult(time_point now) {
  for (const call::call_id id : std::exchange(context.to_consult, {})) {
    auto* c = find(id);
    if (c == nullptr || c->is_over()) continue;
    const call::call_id other = context.endpoint.dial(*c->plan().consult, now);
    c->consults(other);
    add(other, {}, now).is_consultation_for(id);
  }
}

/// The target of an attended transfer has answered: the peer is sent to take our place there.
void engine::impl::join(call::call_id consultation, time_point now) {
  const auto* other = find(consultation);
  if (other == nullptr || !other->consulted_for()) return;
  auto* c = find(*other->consulted_for());
  if (c == nullptr || c->is_over()) return;
  if (context.endpoint.transfer_to_call(c->id(), consultation, now)) return;
  c->consultation_failed(0, "cannot_transfer", now);
  context.hang_up(consultation, "transfer_failed", now);
}

/// One of the two calls of an attended transfer has ended. A peer that has been sent on may end his
/// call first and take our place at the target then (RFC 5057): that call waits for him.
void engine::impl::part(call::call_id id, int status, const std::string& reason, time_point now) {
  auto* c = find(id);
  if (c == nullptr) return;
  if (auto* other = c->consultation() ? find(*c->consultation()) : nullptr) {
    if (c->has_sent_peer_on()) {
      other->end_at(now + patience_with_replaces);
      settle(*c->consultation());
    } else {
      context.hang_up(*c->consultation(), "hangup", now);
    }
  }
  auto* waits = c->consulted_for() ? find(*c->consulted_for()) : nullptr;
  if (waits != nullptr && !c->is_answered()) waits->consultation_failed(status, reason, now);
}

/// Also of INVITEs that were refused before they became a call of ours.
void engine::impl::on(const call::call_rejected& e, time_point now) {
  if (auto* known = find(e.info.id)) {
    known->rejected(e, now);
    part(e.info.id, e.status, e.reason, now);
    settle(e.info.id);
    return;
  }
  count_closed();
  context.tell(&e.info, now, rejected_event{e.status, e.reason, e.rule});
  call_record record;
  record.info = e.info;
  record.status = e.status;
  record.reason = e.reason;
  record.rule = e.rule;
  context.out.emplace_back(call_finished{std::move(record)});
}

void engine::impl::read_mail(time_point now) {
  const auto letters = std::exchange(context.mailbox->letters, {});
  for (const auto& letter : letters) {
    if (auto* c = find(letter.call)) c->recording_done(letter.handle, letter.result, now);
    settle(letter.call);
  }
}

/// What an endpoint does with the media events of its calls.
void engine::impl::end_direct(call::call_id id, const media::event_body& event, time_point now) {
  if (const auto* late = std::get_if<media::media_timed_out>(&event)) {
    context.end_direct(id, call::ended_by::timeout,
                       late->never_started ? "rtp_never" : "rtp_timeout");
  } else if (std::holds_alternative<media::peer_left>(event)) {
    context.end_direct(id, call::ended_by::remote, "rtcp_bye");
  } else if (const auto* closed = std::get_if<media::media_closed>(&event)) {
    const auto ended = context.direct.closed(id, closed->statistics, now);
    if (ended) on(*ended, now);
  }
}

engine::engine(call::endpoint& endpoint, sound_store& sounds, clock_reading clock)
    : impl_(std::make_unique<impl>(endpoint, sounds, clock)) {}
engine::~engine() = default;

void engine::set_chooser(plan_chooser chooser) { impl_->chooser = std::move(chooser); }
void engine::enable_events(bool json) { impl_->context.json = json; }
void engine::tell_values(bool on) { impl_->context.values = on; }
void engine::set_texts(event_texts which) { impl_->context.texts = which; }
void engine::watch_speech(bool vad, bool barge_in) {
  impl_->context.vad = vad;
  impl_->context.barge_in = barge_in;
}
void engine::set_call_limit(std::uint64_t calls) { impl_->limit = calls; }

void engine::handle(const call::call_event& event, time_point now) {
  impl_->read_mail(now);
  std::visit([&](const auto& e) { impl_->on(e, now); }, event);
  impl_->consult(now);
}

void engine::handle(const media::media_event& event, time_point now) {
  impl_->read_mail(now);
  const auto at = impl_->by_media.find(event.id);
  if (at == impl_->by_media.end()) return;
  const call::call_id id = at->second;
  if (auto* c = impl_->find(id)) c->media(event.body, now);
  if (direct_calls::owns(id)) impl_->end_direct(id, event.body, now);
  impl_->settle(id);
  impl_->consult(now);
}

void engine::handle_timeout(time_point now) {
  impl_->read_mail(now);
  while (const auto due = impl_->timers.pop(now)) {
    const auto at = impl_->calls.find(*due);
    if (at == impl_->calls.end()) continue;
    at->second.timer = timer_id::none;
    at->second.armed = never;
    at->second.actions->handle_timeout(now);
    impl_->settle(*due);
  }
  impl_->consult(now);
}

time_point engine::next_deadline() const {
  if (!impl_->context.mailbox->letters.empty()) return time_point::min();
  return impl_->timers.next();
}

call::call_id engine::dial(const call::dial_request& request, const call_plan& plan,
                           time_point now) {
  const call::call_id id = impl_->context.endpoint.dial(request, now);
  impl_->add(id, plan, now);
  return id;
}

call::call_id engine::open_direct(const direct_request& request, const call_plan& plan,
                                  random_source& random, time_point now) {
  if (impl_->stopping) return call::call_id{};
  const direct_calls::opened opened = impl_->context.direct.open(request, random, now);
  call_actions& call = impl_->add(opened.info.id, plan, now);
  call.outgoing(opened.info, now);
  impl_->context.out.emplace_back(opened.media);
  call.answered(opened.answered, now);
  impl_->settle(opened.info.id);
  return opened.info.id;
}

bool engine::cancel(call::call_id id, const std::string& reason, time_point now) {
  const auto* call = impl_->find(id);
  return call != nullptr && !call->is_answered() &&
         impl_->context.endpoint.hang_up(id, reason, now);
}

bool engine::hang_up(call::call_id id, const std::string& reason, const call::end_cause& cause,
                     time_point now) {
  return impl_->context.hang_up(id, reason, now, cause);
}

bool engine::command(call::call_id id, media::command_body body) {
  auto* call = impl_->find(id);
  return call != nullptr && call->command(std::move(body));
}

bool engine::play(call::call_id id, const prompt_source& source, bool loop, std::string& error) {
  auto* call = impl_->find(id);
  return call != nullptr && call->play(source, loop, error);
}

bool engine::send_digits(call::call_id id, const std::string& digits,
                         std::optional<media::digit_method> method, time_point now,
                         std::optional<duration> each) {
  auto* call = impl_->find(id);
  const bool done = call != nullptr && call->send_digits(digits, method, each, now);
  impl_->settle(id);
  return done;
}

bool engine::live(call::call_id id, const std::string& device, std::string& error, time_point now) {
  auto* call = impl_->find(id);
  return call != nullptr && call->live(device, error, now);
}

bool engine::stop_live(call::call_id id, time_point now) {
  auto* call = impl_->find(id);
  return call != nullptr && call->stop_live(now);
}

bool engine::record(call::call_id id, const std::string& file, bool stereo, duration max_duration,
                    time_point now) {
  auto* call = impl_->find(id);
  return call != nullptr && call->record(file, stereo, max_duration, now);
}

bool engine::stop_recording(call::call_id id) {
  auto* call = impl_->find(id);
  return call != nullptr && call->stop_recording();
}

std::optional<media::media_format> engine::format_of(call::call_id id) const {
  const auto* call = impl_->find(id);
  return call != nullptr ? call->format() : std::nullopt;
}

void engine::keep_registrations(bool keep) { impl_->keep_registrations = keep; }

call::call_id engine::register_account(const call::registration_request& what, time_point now) {
  return impl_->context.endpoint.register_account(what, now);
}

call::call_id engine::send_request(const call::outgoing_request& what, duration timeout,
                                   time_point now) {
  return impl_->context.endpoint.send_request(what, timeout, now);
}

void engine::announce_listening(const std::string& address, time_point now) {
  impl_->context.tell(nullptr, now, listening_event{address});
}

void engine::shut_down(time_point now) {
  impl_->stopping = true;
  impl_->context.endpoint.stop_accepting();
  impl_->context.endpoint.stop_placing();
  for (const auto& [id, call] : impl_->calls) {
    impl_->context.hang_up(id, "shutdown", now);
  }
  if (!impl_->keep_registrations) impl_->context.endpoint.unregister_all(now);
}

bool engine::done() const {
  return impl_->limit > 0 && impl_->calls_closed >= impl_->limit && impl_->calls.empty();
}

std::size_t engine::sessions() const { return impl_->calls.size(); }

std::optional<engine_output> engine::poll() { return impl_->context.out.pop(); }

}  // namespace sipvoice::session
