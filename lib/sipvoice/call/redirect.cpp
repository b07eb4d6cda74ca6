#include "sipvoice/call/redirect.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"

namespace sipvoice::call {
namespace {

/// qvalue = "0" [ "." 0*3DIGIT ] / "1" [ "." 0*3"0" ] (25.1), in thousandths; 1000 when unreadable.
int thousandths(std::string_view q) {
  if (q.empty() || (q[0] != '0' && q[0] != '1') || q.size() > 5) return 1000;
  if (q.size() > 1 && q[1] != '.') return 1000;
  int value = (q[0] - '0') * 1000;
  int weight = 100;
  for (const char c : q.substr(std::min<std::size_t>(q.size(), 2))) {
    if (!is_digit(c)) return 1000;
    value += (c - '0') * weight;
    weight /= 10;
  }
  return std::min(value, 1000);
}

/// The URI as a Request-URI: without headers (19.1.1), which a redirection must not put into our
/// request, and without a method.
std::string as_request_uri(const sip::uri& u) {
  std::string text(u.text.substr(0, u.text.find('?')));
  for (std::size_t at = 0; (at = text.find(';', at)) != std::string::npos;) {
    const std::size_t end = std::min(text.find(';', at + 1), text.size());
    if (iequals(std::string_view(text).substr(at, 8), ";method=")) {
      text.erase(at, end - at);
    } else {
      at = end;
    }
  }
  return text;
}

}  // namespace

bool redirect_targets::is_new(const sip::uri& u) const {
  return std::none_of(seen_.begin(), seen_.end(), [&](const std::string& known) {
    const auto parsed = sip::uri::parse(known);
    return parsed && sip::equivalent(*parsed, u);
  });
}

bool redirect_targets::take(const sip::message& response) {
  if (depth_ >= max_depth) return false;
  bool any = false;
  response.for_each(sip::header_id::contact, [&](std::string_view value) {
    const auto contact = sip::name_addr::parse(value);
    if (waiting_.size() >= max_listed || !contact || !contact->address.is_sip()) return;
    std::string uri = as_request_uri(contact->address);
    const auto parsed = sip::uri::parse(uri);
    if (!parsed || parsed->host.empty() || !sip::is_safe_value(uri) || !is_new(*parsed)) return;
    const auto q = contact->params.get("q");
    seen_.push_back(uri);
    waiting_.push_back({std::move(uri), q ? thousandths(*q) : 1000});
    any = true;
  });
  if (!any) return false;
  ++depth_;
  std::stable_sort(waiting_.begin(), waiting_.end(),
                   [](const target& a, const target& b) { return a.q > b.q; });
  return true;
}

std::optional<std::string> redirect_targets::next() {
  if (waiting_.empty() || tried_ >= max_targets) return std::nullopt;
  ++tried_;
  std::string uri = std::move(waiting_.front().uri);
  waiting_.erase(waiting_.begin());
  return uri;
}

}  // namespace sipvoice::call
