#include "sipvoice/sip/dialog.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"

namespace sipvoice::sip {
namespace {

/// Record-Route values as complete name-addrs, in the order of the message.
result<std::vector<std::string>> recorded_routes(const message& m) {
  std::vector<std::string> routes;
  const char* wrong = nullptr;
  m.for_each(header_id::record_route, [&](std::string_view value) {
    if (wrong != nullptr) return;
    const auto route = name_addr::parse(value);
    if (!route || !route->address.is_sip()) {
      wrong = "unreadable Record-Route";
    } else if (routes.size() == dialog::max_routes) {
      wrong = "too many Record-Route values";
    } else {
      routes.emplace_back(value);
    }
  });
  if (wrong != nullptr) return failure{wrong};
  return routes;
}

std::string_view tag_of(const result<name_addr>& address) {
  return address ? address->tag() : std::string_view{};
}

/// A route's URI as a Request-URI (RFC 3261 section 19.1.1, table): no headers, no method.
std::string as_request_uri(const uri& u) {
  std::string_view rest = u.text;
  if (const auto question = rest.find('?'); question != std::string_view::npos)
    rest = rest.substr(0, question);
  if (!u.param("method")) return std::string(rest);
  std::string out(take_until(rest, ';'));
  while (!rest.empty()) {
    const std::string_view parameter = take_until(rest, ';');
    if (!iequals(parameter.substr(0, parameter.find('=')), "method"))
      out.append(";").append(parameter);
  }
  return out;
}

}  // namespace

result<dialog> dialog::of_invite(const message& invite, std::string_view local_tag) {
  const auto& contact = invite.contact();
  if (!contact) return failure{"INVITE without a usable Contact"};
  if (!contact->address.is_sip()) return failure{"Contact is no SIP URI"};
  auto routes = recorded_routes(invite);
  if (!routes) return routes.error();
  const auto& number = invite.cseq();
  if (!number) return number.error();

  dialog d;
  d.call_id = invite.call_id();
  d.local_tag = local_tag;
  d.remote_tag = tag_of(invite.from());
  d.local.append(invite.value(header_id::to)).append(";tag=").append(local_tag);
  d.remote = invite.value(header_id::from);
  d.remote_target = contact->uri_text;
  d.route_set = std::move(*routes);
  d.remote_cseq = number->number;
  return d;
}

result<dialog> dialog::of_response(const message& response, std::string_view fallback_target) {
  auto routes = recorded_routes(response);
  if (!routes) return routes.error();
  const auto& number = response.cseq();
  if (!number) return number.error();
  dialog d = of_response_without_route(response, fallback_target);
  d.route_set = std::move(*routes);
  std::reverse(d.route_set.begin(), d.route_set.end());
  return d;
}

dialog dialog::of_response_without_route(const message& response,
                                         std::string_view fallback_target) {
  dialog d;
  d.call_id = response.call_id();
  d.local_tag = tag_of(response.from());
  d.remote_tag = tag_of(response.to());
  d.local = response.value(header_id::from);
  d.remote = response.value(header_id::to);
  d.remote_target = fallback_target;
  d.refresh_target(response);
  if (const auto& number = response.cseq()) d.local_cseq = number->number;
  return d;
}

bool dialog::matches(const message& request) const {
  return request.call_id() == call_id && tag_of(request.to()) == local_tag &&
         tag_of(request.from()) == remote_tag;
}

bool dialog::accept_cseq(std::uint32_t number) {
  if (remote_cseq && number <= *remote_cseq) return false;
  remote_cseq = number;
  return true;
}

void dialog::refresh_target(const message& m) {
  const auto& contact = m.contact();
  if (contact && contact->address.is_sip()) remote_target = contact->uri_text;
}

request_target dialog::target() const {
  if (route_set.empty()) return {remote_target, {}, remote_target};
  const auto first = name_addr::parse(route_set.front());
  if (first && first->address.param("lr")) {
    return {remote_target, route_set, std::string(first->uri_text)};
  }
  // A strict router (RFC 2543) wants itself in the Request-URI and the target at the end.
  request_target t;
  t.request_uri = first ? as_request_uri(first->address) : remote_target;
  t.routes.assign(route_set.begin() + 1, route_set.end());
  t.routes.push_back("<" + remote_target + ">");
  t.next_hop = t.request_uri;
  return t;
}

message_builder dialog::request(std::string_view method_name, std::uint32_t number,
                                std::string_view branch, transport over,
                                const socket_address& sent_by) const {
  const request_target to = target();
  auto b = message_builder::request(method_name, to.request_uri);
  b.add(header_id::via, via_value(over, sent_by, branch));
  b.add(header_id::max_forwards, std::uint64_t{70});
  for (const std::string& route : to.routes) b.add(header_id::route, route);
  b.add(header_id::from, local);
  b.add(header_id::to, remote);
  b.add(header_id::call_id, call_id);
  b.add(header_id::cseq, std::to_string(number).append(" ").append(method_name));
  return b;
}

std::string host_port(const socket_address& a) {
  std::string text = a.ip.is_v6() ? "[" + a.ip.to_string() + "]" : a.ip.to_string();
  if (a.port == 0) return text;
  text += ':';
  append_decimal(text, a.port);
  return text;
}

std::string via_value(transport over, const socket_address& sent_by, std::string_view branch) {
  std::string v = "SIP/2.0/";
  v.append(via_name(over)).append(" ").append(host_port(sent_by));
  v.append(";branch=").append(branch);
  if (!is_reliable(over)) v.append(";rport");  // responses come back on a connection anyway
  return v;
}

std::string with_sent_by(std::string request, transport over, const socket_address& sent_by) {
  constexpr std::string_view before = "\r\nVia: ";
  const std::size_t at = request.find(before);
  if (at == std::string::npos) return request;
  const std::size_t from = at + before.size();
  const std::size_t end = request.find("\r\n", from);
  const auto old = via::parse(std::string_view(request).substr(from, end - from));
  if (!old) return request;
  const std::string value = via_value(over, sent_by, std::string(old->branch()));
  return request.replace(from, end - from, value);
}

std::string without_credentials(std::string request) {
  for (const header_id id : {header_id::authorization, header_id::proxy_authorization}) {
    const std::string line = "\r\n" + std::string(name_of(id)) + ": ";
    for (;;) {
      const std::size_t at = request.find(line);
      if (at == std::string::npos || at > request.find("\r\n\r\n")) break;
      request.erase(at, request.find("\r\n", at + 2) - at);
    }
  }
  return request;
}

}  // namespace sipvoice::sip
