// The headers that a response takes from its request: RFC 3261 sections 8.2.6 and 18.2.1, RFC 3581.
//
// Values are copied as they came, NULs included: parse() has taken out whatever could end a line.
#include <stdexcept>
#include <utility>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/header_line.hpp"
#include "sipvoice/sip/message.hpp"
#include "sipvoice/sip/params.hpp"

namespace sipvoice::sip {
namespace {

void append(std::string& out, header_id id, std::string_view value) {
  append_line(out, name_of(id), value);
}

// RFC 3261 18.2.1: a host name, or another address than the packet's. RFC 3581 section 4: always
// when there is rport.
bool needs_received(const via& top, const ip_address& source) {
  if (top.wants_rport()) return true;
  const auto host = ip_address::parse(top.host);
  return !host || *host != source;
}

// The top Via with `rport` filled in and `received` added. A `received` that the sender wrote
// himself gives way to ours.
void append_complete(std::string& out, std::string_view value, const via& top,
                     const socket_address& source) {
  const bool add = needs_received(top, source.ip);
  out.append(trim(value.substr(0, value.size() - top.params.text.size())));
  std::string_view rest = top.params.text;
  param one;
  while (take_param(rest, one) == param_step::one) {
    if (iequals(one.name, "rport")) {
      out.append(";rport=");
      append_decimal(out, source.port);
    } else if (!add || !iequals(one.name, "received")) {
      out.append(";").append(one.whole);
    }
  }
  if (add) out.append(";received=").append(source.ip.to_string());
}

void append_vias(std::string& out, const message& request, const socket_address& source) {
  bool top = true;
  for (const message::field& f : request.fields()) {
    if (f.id != header_id::via) continue;
    const std::string_view value = request.value(f);
    const std::size_t n = element_length(value);
    const std::string_view first = trim(value.substr(0, n));
    if (std::exchange(top, false) && request.top_via()) {
      out.append(name_of(header_id::via)).append(": ");
      append_complete(out, first, *request.top_via(), source);
      out.append(value.substr(n)).append("\r\n");
    } else {
      append(out, header_id::via, value);
    }
  }
}

bool has_tag(const message& request, std::string_view to) {
  const auto& parsed = request.to();
  // An unreadable To is answered (400) with what can be seen of it.
  return parsed ? parsed->params.has("tag") : to_lower(to).find(";tag=") != std::string::npos;
}

void append_to(std::string& out, const message& request, std::string_view to_tag) {
  if (!request.has(header_id::to)) return;
  const std::string_view to = request.value(header_id::to);
  out.append(name_of(header_id::to)).append(": ").append(to);
  if (!to_tag.empty() && !has_tag(request, to)) out.append(";tag=").append(to_tag);
  out.append("\r\n");
}

void append_first(std::string& out, const message& request, header_id id) {
  if (request.has(id)) append(out, id, request.value(id));
}

}  // namespace

message_builder message_builder::response_to(const message& request, int status,
                                             const socket_address& source, std::string_view to_tag,
                                             std::string_view reason) {
  if (!is_safe_value(to_tag)) throw std::invalid_argument("To tag with CR, LF or NUL");
  message_builder out = response(status, reason);
  append_vias(out.text_, request, source);
  // RFC 3261 12.1.1; a 100 makes no dialog.
  if (status > 100 && status < 300) {
    for (const message::field& f : request.fields())
      if (f.id == header_id::record_route) append(out.text_, f.id, request.value(f));
  }
  append_first(out.text_, request, header_id::from);
  append_to(out.text_, request, to_tag);
  append_first(out.text_, request, header_id::call_id);
  append_first(out.text_, request, header_id::cseq);
  if (status == 100) append_first(out.text_, request, header_id::timestamp);  // 8.2.6.1
  return out;
}

}  // namespace sipvoice::sip
