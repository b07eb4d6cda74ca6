#include "sipvoice/api/control.hpp"

#include <utility>

#include "sipvoice/api/convert.hpp"
#include "sipvoice/error.hpp"

namespace sipvoice::api {
namespace {

[[noreturn]] void unusable(const std::string& what) {
  throw Error(Error::Kind::configuration, what);
}

}  // namespace

control::control(Config config) : config_(std::move(config)) {
  static_cast<void>(endpoint_config_of(config_));  // what is wrong is told now
}

call::endpoint_config control::endpoint_config() {
  call::endpoint_config e = endpoint_config_of(config_);
  if (config_.invite_filter)
    e.invite_filter = [this](const call::call_info& info) { return filter(info); };
  if (config_.auth_resolver)
    e.password_of = [this](std::string_view user) { return password_of(user); };
  if (on.trace) e.trace = [this](const call::passing_message& m) { trace(m); };
  return e;
}

void control::attach(session::engine& engine, call::endpoint& endpoint, shell& by) {
  engine_ = &engine;
  endpoint_ = &endpoint;
  shell_ = &by;
  engine.tell_values(true);
  engine.set_chooser([plan = own_plan()](const call::call_info&) {
    return session::chosen_plan{plan, {}};
  });
}

session::call_plan control::own_plan() const {
  session::call_plan plan;
  plan.controlled = true;
  plan.barge_in = config_.interruption;
  plan.vad = static_cast<bool>(on.speech);
  return plan;
}

void control::detach() {
  release();
  on = {};
  detached_ = true;
}

void control::release() {
  engine_ = nullptr;
  endpoint_ = nullptr;
  shell_ = nullptr;
  for (auto& [id, state] : calls_) {
    state->state = State::ended;
    state->completion = nullptr;
    state->chunks.reset();
    state->completed.clear();
  }
  calls_.clear();
  by_id_.clear();
  traced_.clear();
}

// --- calls

control::state_ptr control::find(call::call_id id) const {
  const auto at = calls_.find(id);
  return at != calls_.end() ? at->second : nullptr;
}

control::state_ptr control::add(const call::call_info& info) {
  auto state = std::make_shared<session_state>();
  state->owner = weak_from_this();
  state->call = info.id;
  describe(*state, info);
  calls_.insert_or_assign(info.id, state);
  if (!state->id.empty()) by_id_.insert_or_assign(state->id, info.id);
  return state;
}

void control::describe(session_state& s, const call::call_info& info) const {
  s.id = info.session_id;
  s.participant_id = info.participant_id;
  s.room_id = info.room_id;
  s.metadata = metadata_of(info);
}

Session control::dial(const DialRequest& request,
                      std::function<void(Session&, const DialResult&)> completion) {
  if (engine_ == nullptr) throw Error(Error::Kind::wrong_state, "dial() before start()");
  if (!is_sip_uri(request.to)) unusable("cannot dial '" + request.to + "': not a SIP URI");
  if (!request.from.empty() && !is_sip_uri(request.from))
    unusable("cannot dial from '" + request.from + "': not a SIP URI");
  if (!request.proxy.empty() && !is_sip_uri(request.proxy))
    unusable("cannot dial through '" + request.proxy + "': not a SIP URI");
  if (!are_safe(request.headers)) unusable("cannot dial with a header that holds a line break");
  call::dial_request d;
  d.target = request.to;
  d.from = request.from;
  d.headers = request.headers;
  if (!request.proxy.empty()) d.proxy = request.proxy;
  d.answer_timeout = request.timeout;
  if (request.credentials)
    d.accounts.push_back({request.credentials->user, request.credentials->password});
  call::call_info info;
  info.inbound = false;
  info.to_uri = info.request_uri = request.to;
  info.from_uri = request.from;
  info.id = engine_->dial(d, own_plan(), shell_->now());
  const state_ptr state = add(info);  // the rest of it is told by call_opened
  state->completion = std::move(completion);
  shell_->settle();
  return handle(state);
}

Session control::open_rtp(session::direct_request request, random_source& random) {
  if (engine_ == nullptr) throw Error(Error::Kind::wrong_state, "open() before start()");
  call::call_info info;
  info.inbound = false;
  info.id = engine_->open_direct(request, own_plan(), random, shell_->now());
  shell_->settle();
  if (info.id == call::call_id{}) throw Error(Error::Kind::wrong_state, "open() after stop()");
  return handle(add(info));
}

Session control::connect(const std::string& room, const std::string& participant,
                         const std::string& channel, const std::string& session_id) {
  const auto at = by_id_.find(session_id);
  const state_ptr s = at != by_id_.end() ? find(at->second) : nullptr;
  if (!s)
    throw Error(Error::Kind::unknown_session,
                "there is no session '" + session_id + "' to connect");
  s->room_id = room;
  s->participant_id = participant;
  s->channel_id = channel;
  return handle(s);
}

std::uint64_t control::register_account(const Account& account) {
  if (engine_ == nullptr)
    throw Error(Error::Kind::wrong_state, "register_account() before start()");
  if (!is_sip_uri(account.uri)) unusable("cannot register '" + account.uri + "': not a SIP URI");
  if (!account.proxy.empty() && !is_sip_uri(account.proxy))
    unusable("cannot register through '" + account.proxy + "': not a SIP URI");
  call::registration_request r;
  r.aor = account.uri;
  if (!account.proxy.empty()) r.proxy = account.proxy;
  if (account.credentials)
    r.accounts.push_back({account.credentials->user, account.credentials->password});
  r.expires = account.expires;
  const auto id = static_cast<std::uint64_t>(engine_->register_account(r, shell_->now()));
  shell_->settle();
  if (id == 0) unusable("cannot register '" + account.uri + "': there are too many accounts");
  accounts_.emplace(id, false);
  return id;
}

bool control::unregister(std::uint64_t account) {
  if (endpoint_ == nullptr || accounts_.erase(account) == 0) return false;
  const bool done = endpoint_->unregister(call::call_id{account}, shell_->now());
  shell_->settle();
  return done;
}

// --- queries

std::optional<Session> control::find(const std::string& id) const {
  const auto at = by_id_.find(id);
  const state_ptr s = at != by_id_.end() ? find(at->second) : nullptr;
  return s ? std::optional(handle(s)) : std::nullopt;
}

std::vector<Session> control::sessions(const std::string* room) const {
  std::vector<Session> list;
  for (const auto& [id, s] : calls_)
    if (room == nullptr || s->room_id == *room) list.push_back(handle(s));
  return list;
}

std::set<std::string> control::capabilities() const {
  std::set<std::string> can{"dtmf_signaling", "hold",  "transfer", "recording",
                            "early_media",    "dial",  "echo",     "speech",
                            "registration",   "trace", "playback"};
  if (config_.interruption) can.insert("interruption");
  return can;
}

// --- the boundary of callbacks

void control::report(const std::string& line) {
  if (!on.error) return;
  try {
    on.error(line);
  } catch (...) {  // nobody is left to tell
  }
}

void control::run(const std::function<void()>& f) {
  try {
    f();
  } catch (const std::exception& e) {
    report(std::string("a posted function threw: ") + e.what());
  } catch (...) {
    report("a posted function threw");
  }
}

/// 500 before the answer, BYE after it.
void control::failed(const state_ptr& s, const std::string& what) {
  report("session " + s->id + ": a callback threw: " + what);
  if (engine_ == nullptr || s->state == State::ended) return;
  const time_point now = shell_->now();
  if (s->metadata.inbound && !s->answered &&
      endpoint_->reject(s->call, 500, {}, "callback_failed", now)) {
    shell_->settle();
    return;
  }
  constexpr int temporary_failure = 41;
  engine_->hang_up(s->call, "callback_failed", {temporary_failure, {}}, now);
  shell_->settle();
}

}  // namespace sipvoice::api
