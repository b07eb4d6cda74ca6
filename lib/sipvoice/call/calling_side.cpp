#include "sipvoice/call/calling_side.hpp"

namespace sipvoice::call {

std::string calling_side::from_uri(const local_side& local) const {
  if (!request.from.empty()) return request.from;
  return "sip:sipvoice@" + sip::host_port({local.address.ip, 0});
}

std::string calling_side::make_invite(services& s, const local_side& local,
                                      const std::string& local_tag, const std::string& call_id,
                                      std::string_view branch, const header_list& more) {
  // A Request-URI has no headers (19.1.1).
  const std::string request_uri = target.substr(0, target.find('?'));
  const std::string to_uri = request.target.substr(0, request.target.find('?'));
  auto b = sip::message_builder::request("INVITE", request_uri);
  b.add(sip::header_id::via, sip::via_value(local.transport, local.address, branch));
  b.add(sip::header_id::max_forwards, std::uint64_t{70});
  if (request.proxy) {
    const bool loose = sip::uri::parse(*request.proxy)->param("lr").has_value();
    b.add(sip::header_id::route, "<" + *request.proxy + (loose ? ">" : ";lr>"));
  }
  b.add(sip::header_id::from, "<" + from_uri(local) + ">;tag=" + local_tag);
  b.add(sip::header_id::to, "<" + to_uri + ">");
  b.add(sip::header_id::call_id, call_id);
  b.add(sip::header_id::cseq, std::to_string(++cseq) + " INVITE");
  b.add(sip::header_id::contact, local.contact());
  b.add(sip::header_id::allow, allowed_methods());
  b.add(sip::header_id::supported, supported_extensions());
  for (const auto& [name, value] : more) b.add(name, value);
  if (!s.config.user_agent.empty()) b.add(sip::header_id::user_agent, s.config.user_agent);
  for (const auto& [name, value] : request.headers) b.add(name, value);
  // What was learnt from one peer is not for another one that a redirection names.
  if (auth.trusts(peer->ip)) auth.add_to(b, "INVITE", request_uri, offer, attempt);
  return b.finish("application/sdp", offer);
}

}  // namespace sipvoice::call
