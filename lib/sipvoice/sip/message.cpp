#include "sipvoice/sip/message.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"

namespace sipvoice::sip {

std::string_view message::method_name() const {
  return is_request() ? at(start_at_[0], start_size_[0]) : std::string_view{};
}
std::string_view message::request_uri() const {
  return is_request() ? at(start_at_[1], start_size_[1]) : std::string_view{};
}
std::string_view message::reason_phrase() const {
  return is_request() ? std::string_view{} : at(start_at_[2], start_size_[2]);
}
std::string_view message::version() const {
  const int part = is_request() ? 2 : 0;
  return at(start_at_[part], start_size_[part]);
}

std::string_view message::value(header_id id) const {
  for (const field& f : fields_)
    if (f.id == id) return value(f);
  return {};
}

std::string_view message::value(std::string_view wanted) const {
  const header_id id = header_of(wanted);
  if (id != header_id::other) return value(id);
  for (const field& f : fields_)
    if (f.id == header_id::other && iequals(name(f), wanted)) return value(f);
  return {};
}

bool message::has(header_id id) const {
  return std::any_of(fields_.begin(), fields_.end(), [id](const field& f) { return f.id == id; });
}

std::size_t message::count(header_id id) const {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(), [id](const field& f) { return f.id == id; }));
}

bool message::lists(header_id id, std::string_view token) const {
  bool found = false;
  for_each(id, [&](std::string_view one) { found = found || iequals(one, token); });
  return found;
}

const result<uri>& message::target() const {
  return target_.get([this] { return uri::parse(request_uri()); });
}

const result<via>& message::top_via() const {
  return top_via_.get([this]() -> result<via> {
    if (!has(header_id::via)) return failure{"no Via", 0};
    const std::string_view all = value(header_id::via);
    return via::parse(trim(all.substr(0, element_length(all))));
  });
}

const result<name_addr>& message::from() const {
  return from_.get([this]() -> result<name_addr> {
    if (!has(header_id::from)) return failure{"no From", 0};
    return name_addr::parse(value(header_id::from));
  });
}

const result<name_addr>& message::to() const {
  return to_.get([this]() -> result<name_addr> {
    if (!has(header_id::to)) return failure{"no To", 0};
    return name_addr::parse(value(header_id::to));
  });
}

const result<cseq>& message::cseq() const {
  return cseq_.get([this]() -> result<sip::cseq> {
    if (!has(header_id::cseq)) return failure{"no CSeq", 0};
    return cseq::parse(value(header_id::cseq));
  });
}

const result<name_addr>& message::contact() const {
  return contact_.get([this]() -> result<name_addr> {
    if (!has(header_id::contact)) return failure{"no Contact", 0};
    const std::string_view all = value(header_id::contact);
    return name_addr::parse(all.substr(0, element_length(all)));
  });
}

}  // namespace sipvoice::sip
