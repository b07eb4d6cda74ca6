#include "sipvoice/sip/derived_request.hpp"

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::sip {
namespace {

constexpr std::uint64_t initial_max_forwards = 70;  // 8.1.1.6

void copy_all(message_builder& out, const message& from, header_id id) {
  for (const auto& field : from.fields())
    if (field.id == id) out.add(id, from.value(field));
}

}  // namespace

std::string derive_request(const std::string& invite, std::string_view method_name,
                           std::string_view to) {
  const auto sent = message::parse(invite);
  if (!sent) return {};
  const auto& sequence = sent->cseq();
  if (!sequence) return {};
  const std::string_view vias = sent->value(header_id::via);
  auto out = message_builder::request(method_name, sent->request_uri());
  out.add(header_id::via, trim(vias.substr(0, element_length(vias))));
  copy_all(out, *sent, header_id::route);
  out.add(header_id::max_forwards, initial_max_forwards);
  out.add(header_id::from, sent->value(header_id::from));
  out.add(header_id::to, to.empty() ? sent->value(header_id::to) : to);
  out.add(header_id::call_id, sent->call_id());
  std::string number = std::to_string(sequence->number);
  out.add(header_id::cseq, number.append(1, ' ').append(method_name));
  copy_all(out, *sent, header_id::authorization);
  copy_all(out, *sent, header_id::proxy_authorization);
  return out.finish();
}

}  // namespace sipvoice::sip
