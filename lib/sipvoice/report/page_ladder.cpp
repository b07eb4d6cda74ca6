// The SIP messages of a scenario as a ladder, and their texts beside it. Each arrow is a link to
// its text, so it can be chosen by mouse, by keyboard and by the page's address.
#include <algorithm>

#include "sipvoice/report/ladder.hpp"
#include "sipvoice/report/page_parts.hpp"
#include "sipvoice/report/text.hpp"

namespace sipvoice::report {
namespace {

using scenario::message_report;

constexpr std::size_t row = 30, longest_message = 70'000;

const char* class_of(message_kind k) {
  switch (k) {
    case message_kind::request:
      return "request";
    case message_kind::provisional:
      return "provisional";
    case message_kind::success:
      return "success";
    case message_kind::redirection:
      return "redirection";
    case message_kind::refusal:
      return "refusal";
    case message_kind::other:
      break;
  }
  return "other";
}

/// In the middle of column i of n.
std::string middle(double i, std::size_t n) {
  return fixed((i + 0.5) / static_cast<double>(n) * 100, 2) + "%";
}

std::string id_of(std::size_t number, std::size_t message) {
  return "s" + std::to_string(number) + "-m" + std::to_string(message + 1);
}

void put_heads(std::string& out, const ladder_columns& columns) {
  const std::size_t n = columns.names.size();
  out += "<svg class=\"heads\" height=\"28\" aria-hidden=\"true\">";
  for (std::size_t i = 0; i < n; ++i)
    out += "<text x=\"" + middle(static_cast<double>(i), n) + "\" y=\"18\">" +
           html_text(fitted(readable(columns.names[i]), n > 3 ? 16 : 24, false)) + "</text>";
  out += "</svg>";
}

void put_arrow(std::string& out, const message_report& m, const message_title& title,
               const ladder_columns& columns, std::size_t at) {
  const std::size_t n = columns.names.size();
  const std::size_t from = columns.of(m.from), to = columns.of(m.to);
  const std::string y = std::to_string(at * row + 21);
  // A message of a party to itself is an arrow to a place just beside its line.
  const double target = from == to ? static_cast<double>(from) + 0.25 : static_cast<double>(to);
  const double center = (static_cast<double>(from) + target) / 2;
  const std::string end = middle(target, n);
  out += "<line x1=\"" + middle(static_cast<double>(from), n) + "\" x2=\"" + end + "\" y1=\"" + y +
         "\" y2=\"" + y + "\"/><use href=\"#tip-" + (from <= to ? "right" : "left") + "\" x=\"" +
         end + "\" y=\"" + y + "\"/><text class=\"title\" x=\"" + middle(center, n) + "\" y=\"" +
         std::to_string(at * row + 15) + "\">" +
         html_text(fitted(title.text, n > 3 ? 20 : 26, false)) + "</text>";
}

void put_message(std::string& out, const message_report& m, const ladder_columns& columns,
                 std::size_t number, std::size_t at) {
  const message_title title = title_of(m);
  const std::string id = id_of(number, at);
  out += std::string("<a class=\"message ") + class_of(title.kind) + (m.repeated ? " again" : "") +
         "\" id=\"" + id + "-arrow\" href=\"#" + id + "\" aria-label=\"" + time_text(m.time_ms) +
         ": " + html_text(m.from, text_layout::one_line, 100) + " to " +
         html_text(m.to, text_layout::one_line, 100) + ": " + html_text(title.text) +
         "\"><rect class=\"hit\" y=\"" + std::to_string(at * row) + "\" width=\"100%\" height=\"" +
         std::to_string(row) + "\"/><text class=\"time\" x=\"8\" y=\"" +
         std::to_string(at * row + 19) + "\">" + fixed(m.time_ms / 1000, 3) + "</text>";
  put_arrow(out, m, title, columns, at);
  out += "</a>\n";
}

void put_text(std::string& out, const message_report& m, std::size_t number, std::size_t at,
              std::size_t& room) {
  out += "<article class=\"text\" id=\"" + id_of(number, at) + "\" tabindex=\"-1\"><h5>" +
         html_text(title_of(m).text) + "</h5><p>" + time_text(m.time_ms) + ", " +
         html_text(m.from, text_layout::one_line, 100) + " \u2192 " +
         html_text(m.to, text_layout::one_line, 100) + (m.repeated ? ", sent again" : "") +
         "</p><pre>";
  if (m.text.size() > room) {
    out += "(left out of this page: it stands in the JSON report)";
  } else {
    const std::string text = html_text(m.text, text_layout::lines, longest_message);
    out += text;
    room -= std::min(room, text.size());
  }
  out += "</pre></article>\n";
}

}  // namespace

void put_ladder(std::string& out, const scenario::scenario_report& s, std::size_t number,
                const page_limits& limits) {
  if (s.messages.empty()) return;
  const std::size_t count = std::min(s.messages.size(), limits.messages);
  const ladder_columns columns = columns_of(s, 0);
  const std::size_t n = columns.names.size();
  out +=
      "<section class=\"signalling\"><h3>SIP messages</h3><div class=\"two\">"
      "<div class=\"ladder\" tabindex=\"0\" role=\"group\" aria-label=\"SIP messages\">"
      "<div class=\"wide c" +
      std::to_string(n) + "\">";
  put_heads(out, columns);
  out += "<svg class=\"rungs\" height=\"" + std::to_string(count * row + 8) + "\">";
  for (std::size_t i = 0; i < n; ++i) {
    const std::string x = middle(static_cast<double>(i), n);
    out += "<line class=\"life\" x1=\"" + x + "\" x2=\"" + x + "\" y2=\"100%\"/>";
  }
  for (std::size_t i = 0; i < count; ++i) put_message(out, s.messages[i], columns, number, i);
  out +=
      "</svg></div></div><div class=\"panel\" aria-live=\"polite\">"
      "<p class=\"hint\">Choose a message to read it.</p>";
  std::size_t room = limits.message_bytes;
  for (std::size_t i = 0; i < count; ++i) put_text(out, s.messages[i], number, i, room);
  out += "</div></div>";
  const std::uint64_t missing = s.messages_left_out + (s.messages.size() - count);
  if (missing > 0)
    out +=
        "<p class=\"left-out\">" + std::to_string(missing) + " later messages are not shown.</p>";
  out += "</section>\n";
}

}  // namespace sipvoice::report
