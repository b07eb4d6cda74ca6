#include "sipvoice/report/ladder.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "sipvoice/base/text.hpp"
#include "sipvoice/report/text.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::report {
namespace {

using scenario::message_report;
using scenario::scenario_report;

constexpr std::size_t time_width = 10, narrowest_column = 16;

message_kind kind_of(int status) {
  if (status < 200) return message_kind::provisional;
  if (status < 300) return message_kind::success;
  return status < 400 ? message_kind::redirection : message_kind::refusal;
}

/// Over what stands there; never past the end.
void put(std::string& line, std::size_t at, std::string_view text) {
  const std::size_t size = std::min(text.size(), line.size() - at);
  line.replace(at, size, text.substr(0, size));
}

/// Between the lines of two columns: "|--- INVITE --->|". The title is cut to what fits.
std::string arrow(const std::string& title, std::size_t length, bool to_the_right, bool repeated) {
  const char shaft = repeated ? '.' : '-';
  const std::size_t room = length > 6 ? length - 6 : 0;
  // As bytes, so that columns stay columns whatever a peer has written.
  const std::string text = " " + fitted(printable(title, 400), room, false) + " ";
  std::string out(length, shaft);
  put(out, (length - std::min(length, text.size())) / 2, text);
  if (to_the_right) {
    out.back() = '>';
  } else {
    out.front() = '<';
  }
  return out;
}

std::string time_column(double ms) {
  std::string text = time_text(ms);
  if (text.size() < time_width - 1) text.insert(0, time_width - 1 - text.size(), ' ');
  return text;
}

/// Where columns would be too narrow: the names stand in the line.
std::string plain_line(const message_report& m, std::size_t width) {
  return fitted(time_column(m.time_ms) + " " + readable(m.from) + " -> " + readable(m.to) + ": " +
                    title_of(m).text + (m.repeated ? " (again)" : ""),
                width, false);
}

}  // namespace

message_title title_of(const message_report& m) {
  const std::string_view text = m.text;
  const bool looks_like_sip = !text.empty() && text[0] >= 'A' && text[0] <= 'Z';
  auto parsed = looks_like_sip ? sip::message::parse(m.text) : sip::message{};
  if (!looks_like_sip || !parsed)
    return {message_kind::other, std::to_string(text.size()) + " bytes"};
  if (parsed->is_request())
    return {message_kind::request, readable(parsed->method_name(), text_layout::one_line, 30)};
  std::string title = std::to_string(parsed->status());
  const std::string reason = readable(parsed->reason_phrase(), text_layout::one_line, 30);
  if (!reason.empty()) title += " " + reason;
  const std::string_view cseq = parsed->value(sip::header_id::cseq);
  const auto method = cseq.substr(std::min(cseq.size(), cseq.find_last_of(" \t") + 1));
  if (!method.empty()) title += " (" + readable(method, text_layout::one_line, 30) + ")";
  return {kind_of(parsed->status()), title};
}

std::size_t ladder_columns::of(const std::string& name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? names.size() - 1 : static_cast<std::size_t>(found - names.begin());
}

ladder_columns columns_of(const scenario_report& s, std::size_t first) {
  std::set<std::string_view> shown;
  for (std::size_t i = first; i < s.messages.size(); ++i)
    shown.insert({s.messages[i].from, s.messages[i].to});
  ladder_columns columns;
  const auto take = [&](const std::string& name) {
    auto& names = columns.names;
    if (shown.erase(name) == 0) return;
    if (names.size() + 1 < ladder_columns::max_columns) {
      names.push_back(name);
    } else if (names.size() < ladder_columns::max_columns) {
      names.emplace_back("elsewhere");
    }
  };
  for (const message_report& m : s.messages) {
    take(m.from);
    take(m.to);
  }
  return columns;
}

std::vector<std::string> ladder_lines(const scenario_report& s, std::size_t count,
                                      std::size_t width) {
  std::vector<std::string> lines;
  if (s.messages.empty()) return lines;
  width = std::max<std::size_t>(width, 40);
  const std::size_t first = s.messages.size() - std::min(count, s.messages.size());
  const ladder_columns columns = columns_of(s, first);
  const std::size_t gaps = columns.names.size() - 1;
  // A column's line, and what is between it and the next one.
  const std::size_t step =
      gaps > 0 ? std::min<std::size_t>(32, (width - time_width - narrowest_column) / gaps) : 0;
  const bool drawn = gaps > 0 && step > narrowest_column;
  if (first > 0)
    lines.push_back(std::string(time_width, ' ') + "(" + std::to_string(first) + " earlier)");
  const auto place = [&](std::size_t column) { return time_width + column * step; };

  if (drawn) {
    std::string head;
    for (std::size_t i = 0; i < columns.names.size(); ++i) {
      const std::size_t room = i + 1 < columns.names.size() ? step - 1 : width - place(i);
      head.resize(place(i), ' ');
      head += fitted(printable(columns.names[i], 400), room, i + 1 < columns.names.size());
    }
    lines.push_back(head);
  }
  for (std::size_t i = first; i < s.messages.size(); ++i) {
    const message_report& m = s.messages[i];
    const std::size_t from = columns.of(m.from), to = columns.of(m.to);
    if (!drawn || from == to) {
      lines.push_back(plain_line(m, width));
      continue;
    }
    std::string line = time_column(m.time_ms);
    for (std::size_t c = 0; c < columns.names.size(); ++c) {
      line.resize(place(c), ' ');
      line += '|';
    }
    const std::size_t left = std::min(from, to), right = std::max(from, to);
    put(line, place(left) + 1,
        arrow(title_of(m).text, place(right) - place(left) - 1, from < to, m.repeated));
    lines.push_back(line);
  }
  return lines;
}

}  // namespace sipvoice::report
