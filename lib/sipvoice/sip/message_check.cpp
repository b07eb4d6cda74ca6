// What every message must have: RFC 3261 sections 8.1.1 and 8.2, and RFC 4475 section 3.1.2.
#include <utility>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::sip {
namespace {

struct rule {
  header_id id;
  const char* missing;
  const char* repeated;
};
constexpr rule exactly_once[] = {
    {header_id::to, "no To", "more than one To"},
    {header_id::from, "no From", "more than one From"},
    {header_id::call_id, "no Call-ID", "more than one Call-ID"},
    {header_id::cseq, "no CSeq", "more than one CSeq"},
};

const char* check_counts(const message& m) {
  std::size_t max_forwards = 0;
  std::size_t seen[std::size(exactly_once)] = {};
  bool has_via = false;
  for (const message::field& f : m.fields()) {
    if (f.id == header_id::via) has_via = true;
    if (f.id == header_id::max_forwards) ++max_forwards;
    for (std::size_t i = 0; i < std::size(exactly_once); ++i)
      if (f.id == exactly_once[i].id) ++seen[i];
  }
  if (!has_via) return "no Via";
  for (std::size_t i = 0; i < std::size(exactly_once); ++i) {
    if (seen[i] == 0) return exactly_once[i].missing;
    if (seen[i] > 1) return exactly_once[i].repeated;
  }
  return max_forwards > 1 ? "more than one Max-Forwards" : nullptr;
}

const char* check_request_line(const message& m) {
  const auto& target = m.target();
  if (!target) return "unreadable Request-URI";
  // RFC 3261 table 1: headers are not allowed in a Request-URI.
  if (!target->headers.empty()) return "Request-URI with headers";
  return nullptr;
}

const char* check_addresses(const message& m) {
  if (!m.from()) return "unreadable From";
  if (!m.to()) return "unreadable To";
  // The first of each is kept for those who ask for it later.
  const char* what = nullptr;
  bool first = true;
  m.for_each(header_id::via, [&](std::string_view one) {
    const bool readable =
        std::exchange(first, false) ? m.top_via().has_value() : via::parse(one).has_value();
    if (what == nullptr && !readable) what = "unreadable Via";
  });
  // A response is worked with as far as it goes: a 2xx to INVITE must be acknowledged (13.2.2.4).
  if (!m.is_request()) return what;
  first = true;
  m.for_each(header_id::contact, [&](std::string_view one) {
    // "*" stands in a REGISTER alone (10.2.2); elsewhere it does no harm.
    const bool readable =
        one == "*" || (first ? m.contact().has_value() : name_addr::parse(one).has_value());
    first = false;
    if (what == nullptr && !readable) what = "unreadable Contact";
  });
  return what;
}

// RFC 3261 20.22: 0 to 255. It may be missing: RFC 2543 did not know it.
const char* check_max_forwards(const message& m) {
  if (!m.has(header_id::max_forwards)) return nullptr;
  constexpr std::uint64_t highest = 255;
  return parse_decimal(m.value(header_id::max_forwards), highest) ? nullptr
                                                                  : "unreadable Max-Forwards";
}

const char* check_cseq(const message& m) {
  const auto& sequence = m.cseq();
  if (!sequence) return "unreadable CSeq";
  if (m.is_request() && sequence->method_name != m.method_name()) return "CSeq of another method";
  return nullptr;
}

}  // namespace

const char* message::check() const {
  if (defect_ != nullptr) return defect_;
  if (is_request())
    if (const char* const what = check_request_line(*this)) return what;
  if (const char* const what = check_counts(*this)) return what;
  if (call_id().empty()) return "empty Call-ID";
  if (const char* const what = check_cseq(*this)) return what;
  if (const char* const what = check_addresses(*this)) return what;
  return is_request() ? check_max_forwards(*this) : nullptr;
}

}  // namespace sipvoice::sip
