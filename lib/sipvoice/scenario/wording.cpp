#include "sipvoice/scenario/wording.hpp"

#include <algorithm>

#include "sipvoice/base/overloaded.hpp"
#include "sipvoice/base/text.hpp"

namespace sipvoice::scenario {
namespace {

std::string number(double d) {
  std::string s = std::to_string(d);
  s.erase(s.find_last_not_of('0') + 1);
  if (s.ends_with('.')) s.pop_back();
  return s;
}

std::string value_words(const argument_value& v) {
  return std::visit(overloaded{
                        [](bool b) { return std::string(b ? "true" : "false"); },
                        [](std::int64_t n) { return std::to_string(n); },
                        [](double d) { return number(d); },
                        [](duration d) { return words(d); },
                        [](const std::string& s) { return shortened(s, 60); },
                        [](const text_list& list) {
                          std::string all;
                          for (const std::string& one : list)
                            all += (all.empty() ? "" : ", ") + one;
                          return all;
                        },
                        [](const header_values& list) {
                          std::string all;
                          for (const header_value& h : list)
                            all +=
                                (all.empty() ? "" : ", ") + h.name + ": " + shortened(h.value, 40);
                          return all;
                        },
                        [](const header_patterns& list) {
                          std::string all;
                          for (const header_pattern& h : list)
                            all += (all.empty() ? "" : ", ") + h.name + ": " + words(h.value);
                          return all;
                        },
                        [](const session::pattern& p) { return words(p); },
                        [](const status_line& s) { return status_words(s.status, s.reason); },
                        [](const status_set& s) { return s.text; },
                        [](const credentials& c) { return c.user; },
                        [](const std::vector<step>& steps) {
                          return steps.size() == 1 ? std::string(steps.front().definition().name) +
                                                         " " + words(steps.front().with)
                                                   : std::to_string(steps.size()) + " steps";
                        },
                    },
                    v);
}

}  // namespace

std::string words(duration d) {
  const std::int64_t ms = to_ms(d);
  if (ms % 1000 == 0) return std::to_string(ms / 1000) + "s";
  if (ms > 1000) return number(static_cast<double>(ms) / 1000) + "s";
  return std::to_string(ms) + "ms";
}

std::string words(const session::pattern& p) {
  switch (p.how) {
    case session::pattern::kind::present:
      return "*";
    case session::pattern::kind::regex:
      return shortened(p.text, 62);  // its slashes are in it
    case session::pattern::kind::exact:
      break;
  }
  return shortened(p.text, 60);
}

std::string words(const arguments& with) {
  std::string all;
  for (const argument& a : with.list) {
    if (!all.empty()) all += ", ";
    const bool percent = a.what->kind == value_kind::most_percent;
    const bool most = percent || a.what->kind == value_kind::most_duration;
    all +=
        std::string(a.what->name) + (most ? " <" : " ") + value_words(a.is) + (percent ? "%" : "");
  }
  return shortened(all, 200);
}

std::string status_words(int status, const std::string& reason) {
  return std::to_string(status) + " " +
         (reason.empty() ? std::string(sip::standard_reason(status)) : reason);
}

std::string words(const sip::message& m) {
  if (m.is_request()) return shortened(m.method_name(), 40);
  const auto& number = m.cseq();
  return shortened(status_words(m.status(), std::string(m.reason_phrase())), 60) +
         (number ? " to the " + shortened(number->method_name, 40) : "");
}

std::string shortened(std::string_view text, std::size_t most) {
  std::string out;
  for (const char c : text.substr(0, most)) out += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  if (text.size() > most) out += "...";
  return out;
}

bool has_headers(const sip::message& m, const header_patterns& wanted, std::string& why) {
  for (const header_pattern& h : wanted) {
    std::string joined, first;
    bool found = false, any = false;
    for (const sip::message::field& f : m.fields()) {
      if (!iequals(m.name(f), h.name) &&
          !(f.id != sip::header_id::other && f.id == sip::header_of(h.name)))
        continue;
      const std::string value(m.value(f));
      joined += (any ? ", " : "") + value;
      any = true;
      if (session::matches(h.value, value)) found = true;
    }
    if (any && !found) found = session::matches(h.value, joined);
    if (found) continue;
    why = any ? h.name + ": " + shortened(joined) : "no " + h.name;
    return false;
  }
  return true;
}

}  // namespace sipvoice::scenario
