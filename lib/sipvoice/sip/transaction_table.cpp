#include "sipvoice/sip/transaction_table.hpp"

#include "sipvoice/base/text.hpp"

namespace sipvoice::sip {
namespace {

constexpr std::string_view magic_cookie = "z9hG4bK";  // 8.1.1.7
// Cannot stand in a header value, so that parts never run into each other.
constexpr char separator = '\n';

// Branches are compared as they stand: peers make them from base64 too, and 17.2.3 asks for a match
// of what was sent. Hosts are compared without case (19.1.4).
void append_unique(std::string& key, const request_identity& id) {
  key += 'u';
  key += id.top.branch();
  key += separator;
  for (const char c : id.top.host) key += to_lower(c);
  key += ':';
  append_decimal(key, id.top.port);
}

void append_rfc2543(std::string& key, const message& request, const request_identity& id,
                    std::string_view to_tag) {
  key += 'o';
  for (const std::string_view part :
       {request.request_uri(), to_tag, id.from_tag, request.call_id(), id.via_text}) {
    key += part;
    key += separator;
  }
  append_decimal(key, id.sequence.number);
}

}  // namespace

bool is_unique_branch(std::string_view branch) {
  return branch.size() > magic_cookie.size() &&
         iequals(branch.substr(0, magic_cookie.size()), magic_cookie);
}

result<request_identity> request_identity::of(const message& request) {
  const auto& top = request.top_via();
  if (!top) return top.error();
  const auto& from = request.from();
  if (!from) return from.error();
  const auto& to = request.to();
  if (!to) return to.error();
  const auto& sequence = request.cseq();
  if (!sequence) return sequence.error();
  const std::string_view vias = request.value(header_id::via);
  return request_identity{*top, trim(vias.substr(0, element_length(vias))), from->tag(), to->tag(),
                          *sequence};
}

std::string server_key(const message& request, const request_identity& id,
                       std::string_view method_name, std::string_view to_tag) {
  std::string key;
  constexpr std::size_t marks_and_port = 10;
  key.reserve(id.top.branch().size() + id.top.host.size() + method_name.size() + marks_and_port);
  if (id.unique_branch())
    append_unique(key, id);
  else
    append_rfc2543(key, request, id, to_tag);
  key += separator;
  key += method_name;
  return key;
}

std::string client_key(std::string_view branch, std::string_view method_name) {
  std::string key;
  key.reserve(branch.size() + 1 + method_name.size());
  key += branch;
  key += separator;
  key += method_name;
  return key;
}

std::string merge_key(const message& request, const request_identity& id) {
  std::string key;
  constexpr std::size_t marks_and_number = 14;
  key.reserve(request.call_id().size() + id.from_tag.size() + id.sequence.method_name.size() +
              marks_and_number);
  key += request.call_id();
  key += separator;
  key += id.from_tag;
  key += separator;
  append_decimal(key, id.sequence.number);
  key += separator;
  key += id.sequence.method_name;
  return key;
}

}  // namespace sipvoice::sip
