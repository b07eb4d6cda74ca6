// What the values of a step mean: captured variables, URIs of parties, headers, credentials.
#include "sipvoice/scenario/player.hpp"

#include "sipvoice/base/text.hpp"

namespace sipvoice::scenario {
namespace {

std::string escape_regex(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(R"(^$\.*+?()[]{}|/)").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string player::filled(const std::string& of, bool escaped) const {
  std::string out;
  for (std::size_t at = 0; at < of.size();) {
    const std::size_t begin = of.find("${", at);
    const std::size_t end = begin == std::string::npos ? begin : of.find('}', begin);
    if (end == std::string::npos) return out + of.substr(at);
    out += of.substr(at, begin - at);
    const auto known = stage_.captured.find(of.substr(begin + 2, end - begin - 2));
    if (known == stage_.captured.end())
      out += of.substr(begin, end + 1 - begin);
    else
      out += escaped ? escape_regex(known->second) : known->second;
    at = end + 1;
  }
  return out;
}

std::string player::text(const std::string& of) const { return filled(of, false); }

session::pattern player::pattern(const session::pattern& of) const {
  if (of.how != session::pattern::kind::exact || of.text.find("${") == std::string::npos) return of;
  if (filled(of.text, false) == of.text) return of;  // not captured yet
  if (of.text.starts_with('/')) {
    std::string why;
    if (auto expression = session::parse_pattern(filled(of.text, true), why)) return *expression;
  }
  session::pattern exact;
  exact.text = text(of.text);
  return exact;
}

call::header_list player::own_headers() const {
  call::header_list list;
  if (const auto* mine = party_.settings.get<header_values>("headers"))
    for (const header_value& h : *mine) list.emplace_back(h.name, text(h.value));
  return list;
}

call::header_list player::headers(const step& s) const {
  call::header_list list;
  if (const auto* given = s.with.get<header_values>("headers"))
    for (const header_value& h : *given) list.emplace_back(h.name, text(h.value));
  return list;
}

std::string player::uri() const {
  if (const auto* registered = party_.settings.get<std::string>("register"))
    return text(*registered);
  std::string uri = "sip:" + party_.name + "@" + station_->address().to_string();
  if (station_->transport() != sip::transport::udp)
    uri += ";transport=" + to_lower(sip::via_name(station_->transport()));
  return uri;
}

std::string player::target(const std::string& to) const {
  const player* const other = stage_.find(to);
  return other != nullptr ? other->uri() : text(to);
}

std::vector<call::account> player::accounts() const {
  const auto* who = party_.settings.get<credentials>("auth");
  if (who == nullptr) return {};
  return {call::account{text(who->user), text(who->password)}};
}

std::optional<std::string> player::proxy() const {
  const auto* proxy = party_.settings.get<std::string>("proxy");
  if (proxy == nullptr) return std::nullopt;
  return text(*proxy);
}

}  // namespace sipvoice::scenario
