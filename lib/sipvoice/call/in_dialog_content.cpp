#include "sipvoice/call/in_dialog_content.hpp"

#include "sipvoice/base/text.hpp"
#include "sipvoice/call/call.hpp"
#include "sipvoice/call/offer_check.hpp"
#include "sipvoice/sip/info_digit.hpp"

namespace sipvoice::call {
namespace {

void refuse_with(services& s, const sip::request_received& r, int status, std::string_view header,
                 std::string_view value, std::string_view to_tag = {}) {
  auto b = s.reply(*r.request, status, r.from, to_tag);
  b.add(header, value);
  s.agent.respond(r.tx, status, b.finish(), s.now);
}

/// Answers a MESSAGE; true: with 200.
bool take_text(services& s, const sip::request_received& r, std::string_view to_tag) {
  const sip::message& m = *r.request;
  const std::string_view type = m.value(sip::header_id::content_type);
  const bool plain = sip::media_type_is(type, "text/plain") || (type.empty() && m.body().empty());
  if (!plain) {
    refuse_with(s, r, 415, "Accept", "text/plain", to_tag);
  } else if (is_encoded(m)) {
    refuse_with(s, r, 415, "Accept-Encoding", "identity", to_tag);
  } else if (m.body().size() > content_limits::max_text) {
    s.refuse(r, 413, to_tag);
  } else {
    s.refuse(r, 200, to_tag);
    return true;
  }
  return false;
}

}  // namespace

void receive_info(services& s, call_id id, const sip::request_received& r) {
  const sip::message& m = *r.request;
  if (!m.value("Info-Package").empty()) return refuse_with(s, r, 469, "Recv-Info", "");
  if (m.body().empty()) return s.refuse(r, 200);
  const std::string_view type = m.value(sip::header_id::content_type);
  const bool relay = sip::media_type_is(type, "application/dtmf-relay");
  if (!relay && !sip::media_type_is(type, "application/dtmf"))
    return refuse_with(s, r, 415, "Accept", "application/dtmf-relay, application/dtmf");
  const auto read =
      relay ? sip::info_digit::parse_relay(m.body()) : sip::info_digit::parse_plain(m.body());
  if (!read) return s.refuse(r, 400);
  s.refuse(r, 200);
  if (read->digit) s.emit(call_digit{id, *read->digit, read->duration_ms});
}

void receive_message(services& s, call_id id, const sip::request_received& r) {
  const sip::message& m = *r.request;
  if (!take_text(s, r, {})) return;
  s.emit(
      call_message{id, std::string(m.value(sip::header_id::content_type)), std::string(m.body())});
}

void receive_page(services& s, const sip::request_received& r) {
  const sip::message& m = *r.request;
  if (!take_text(s, r, s.new_tag())) return;
  call_info who = info_of(m, call_id{}, r.from);
  s.emit(page_message{std::move(who.from_uri), std::move(who.to_uri),
                      std::string(m.value(sip::header_id::content_type)), std::string(m.body())});
}

std::optional<dialog_request> info_digit_request(char digit, std::uint32_t duration_ms) {
  if (!sip::is_dtmf_digit(digit) || duration_ms == 0 ||
      duration_ms > sip::info_digit::max_duration_ms)
    return std::nullopt;
  dialog_request r;
  r.method = sip::method::info;
  r.content_type = "application/dtmf-relay";
  r.body = sip::print_dtmf_relay(digit, duration_ms);
  return r;
}

bool is_media_type(std::string_view value) {
  std::string_view subtype = value;
  const std::string_view type = trim(take_until(subtype, '/'));
  subtype = trim(subtype.substr(0, subtype.find(';')));
  return is_token(type) && is_token(subtype) && sip::is_safe_value(value);
}

std::optional<dialog_request> application_request(const in_dialog_request& wanted) {
  using enum sip::method;
  if (!is_token(wanted.method)) return std::nullopt;
  // Without case: a careless peer would take "invite" for one.
  for (const sip::method m : {invite, ack, bye, cancel, prack, refer, register_, publish})
    if (iequals(wanted.method, sip::name_of(m))) return std::nullopt;
  dialog_request r;
  r.method = sip::method_of(wanted.method);
  if (r.method == other) r.name = wanted.method;
  const bool typed = !wanted.content_type.empty();
  const std::size_t most = r.method == sip::method::message ? content_limits::max_text_sent
                                                            : content_limits::max_body_sent;
  if (typed ? !is_media_type(wanted.content_type) : !wanted.body.empty()) return std::nullopt;
  if (wanted.body.size() > most || !may_be_set(wanted.headers)) return std::nullopt;
  if (r.method == update ? !wanted.body.empty() : wanted.offer) return std::nullopt;
  r.headers = wanted.headers;
  r.content_type = wanted.content_type;
  r.body = wanted.body;
  return r;
}

std::optional<dialog_request> message_request(const std::string& content_type, std::string body) {
  if (!is_media_type(content_type) || body.size() > content_limits::max_text_sent)
    return std::nullopt;
  dialog_request r;
  r.method = sip::method::message;
  r.content_type = content_type;
  r.body = std::move(body);
  return r;
}

}  // namespace sipvoice::call
