#include "sipvoice/call/out_of_dialog.hpp"

#include "sipvoice/call/call.hpp"
#include "sipvoice/call/session_timer.hpp"
#include "sipvoice/call/transfer_out.hpp"

namespace sipvoice::call {

void answer_options_request(services& s, const sip::request_received& r) {
  const bool in_dialog = r.request->to() && !r.request->to()->tag().empty();
  auto b = s.reply(*r.request, 200, r.from, in_dialog ? std::string{} : s.new_tag());
  if (const auto side = s.side_of(r.from.flow, r.local))
    b.add(sip::header_id::contact, side->contact());
  b.add(sip::header_id::allow, allowed_methods());
  b.add(sip::header_id::accept, "application/sdp");
  b.add(sip::header_id::accept_encoding, "identity");
  b.add(sip::header_id::supported, supported_extensions());
  s.agent.respond(r.tx, 200, b.finish(), s.now);
}

void refuse_notify(services& s, const sip::request_received& r) {
  const std::string tag = s.new_tag();
  if (admit_notify(s, r, tag)) s.refuse(r, 481, tag);
}

void refuse_method(services& s, const sip::request_received& r) {
  const int status = r.request->method() == sip::method::other ? 501 : 405;
  auto b = s.reply(*r.request, status, r.from, s.new_tag());
  b.add(sip::header_id::allow, allowed_methods());
  s.agent.respond(r.tx, status, b.finish(), s.now);
}

void respond_refusal(services& s, const sip::request_received& r, const offer_check& why,
                     std::string_view to_tag) {
  auto b = s.reply(*r.request, why.status, r.from, to_tag);
  for (const auto& [id, value] : why.headers) b.add(id, value);
  s.agent.respond(r.tx, why.status, b.finish(), s.now);
}

offer_check invite_gate::check_room(const call_info& info, bool named, std::size_t objects,
                                    std::size_t bytes) const {
  const auto unavailable = [](const char* rule, std::string detail) {
    return offer_check{503,
                       rule,
                       std::move(detail),
                       {{sip::header_id::retry_after, std::to_string(limits::retry_after_s)}},
                       {}};
  };
  if (stopped_) return unavailable("shutdown", "no new calls are accepted");
  if (objects >= s_.config.max_calls) return unavailable("max_sessions", "no more calls at once");
  if (!s_.call_bytes.has_room(bytes))
    return unavailable("overload", "what callers have sent takes too much memory");
  if (info.replaces) return {};  // one comes, one goes: neither id nor place is needed besides
  if (named && s_.index.by_session_id.contains(info.session_id))
    return {486, "session_id_in_use", "X-Session-ID is in use", {}, {}};
  const std::size_t most = s_.config.max_sessions;
  if (most != 0 && s_.sessions >= most) return unavailable("max_sessions", "no more calls at once");
  return {};
}

void invite_gate::refuse(const sip::request_received& r, call_info info, const offer_check& why) {
  respond_refusal(s_, r, why, s_.new_tag());
  tell_refusal(r, std::move(info), why);
}

void invite_gate::tell_refusal(const sip::request_received& r, call_info info,
                               const offer_check& why) {
  ++s_.rejected;
  s_.log(0, "INVITE from " + r.from.remote.to_string() + " refused with " +
                std::to_string(why.status) + " (" + why.rule + "): " + why.detail);
  s_.emit(call_rejected{std::move(info), why.status, std::string(sip::standard_reason(why.status)),
                        why.rule});
}

void invite_gate::refuse_for_application(const sip::request_received& r, call_info info,
                                         const invite_refusal& why) {
  const bool known = why.status >= 300 && why.status <= 699;
  const int status = known ? why.status : 403;
  const std::string reason = why.reason.empty() || !sip::is_safe_value(why.reason)
                                 ? std::string(sip::standard_reason(status))
                                 : why.reason;
  s_.agent.respond(r.tx, status,
                   s_.reply(*r.request, status, r.from, s_.new_tag(), reason).finish(), s_.now);
  ++s_.rejected;
  s_.emit(call_rejected{std::move(info), status, reason, why.rule});
}

bool invite_gate::check_caller(const sip::request_received& r, const call_info& info) {
  switch (auth_.judge(r)) {
    case inbound_auth::verdict::pass:
      return true;
    case inbound_auth::verdict::challenged:
      break;
    case inbound_auth::verdict::malformed:
      refuse(r, info, {400, "bad_request", "unreadable credentials", {}, {}});
      break;
    case inbound_auth::verdict::wrong:
      auth_.challenge(r, false);
      tell_refusal(r, info, {401, "auth", "wrong credentials", {}, {}});
      break;
    case inbound_auth::verdict::forbidden:
      refuse(r, info, {403, "auth", "wrong credentials too often", {}, {}});
      break;
  }
  return false;
}

std::optional<invite_gate::admission> invite_gate::admit(const sip::request_received& r, call_id id,
                                                         std::size_t objects,
                                                         const replaced_call& replaced) {
  const sip::message& invite = *r.request;
  admission a;
  a.info = info_of(invite, id, r.from);
  a.info.replaces = replaced.id;
  if (replaced.status != 0) {
    refuse(r, std::move(a.info), {replaced.status, "replaces", replaced.detail, {}, {}});
    return std::nullopt;
  }
  const bool named = !invite.value("X-Session-ID").empty();
  const auto side = s_.side_of(r.from.flow, r.local);
  if (!side) {
    refuse(r, std::move(a.info), {500, "no_listener", "a flow without a listener", {}, {}});
    return std::nullopt;
  }
  a.local = *side;
  // First of all: a stranger is not told who is in a call here, or how full we are.
  if (!check_caller(r, a.info)) return std::nullopt;
  // 12.1.1: what was asked for securely must stay reachable so.
  const auto& asked = invite.target();
  a.local.sips = asked && asked->is_sips();
  if (const offer_check room = check_room(a.info, named, objects, invite.bytes().size());
      room.status != 0) {
    refuse(r, std::move(a.info), room);
    return std::nullopt;
  }
  if (s_.config.invite_filter) {
    if (const auto no = s_.config.invite_filter(a.info)) {
      refuse_for_application(r, std::move(a.info), *no);
      return std::nullopt;
    }
  }
  const session_timer timer(s_.config.session_expires, s_.config.min_se);
  if (const auto least = timer.too_small(invite)) {
    refuse(r, std::move(a.info),
           {422,
            "session_interval",
            "Session-Expires is too small",
            {{sip::header_id::min_se, std::to_string(*least)}},
            {}});
    return std::nullopt;
  }
  a.local_tag = s_.new_tag();
  auto dialog = sip::dialog::of_invite(invite, a.local_tag);
  if (!dialog) {
    refuse(r, std::move(a.info), {400, "bad_request", dialog.error().what, {}, {}});
    return std::nullopt;
  }
  offer_check offer = check_offer(invite, negotiator_, sip::host_port(a.local.address));
  if (offer.status != 0) {
    refuse(r, std::move(a.info), offer);
    return std::nullopt;
  }
  a.dialog = std::move(*dialog);
  a.agreement = std::move(offer.agreement);
  a.info.session_id = s_.free_session_id(a.info.session_id);
  return a;
}

}  // namespace sipvoice::call
