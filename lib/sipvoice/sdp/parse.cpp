// Text to session_description: one pass over the lines, one table of attributes for each m= line.
//
// Whatever is kept comes out of print() in a form that is parsed to the same value again: what is
// not understood stays in `other`, and its meaning does not depend on its place among the others.
#include <algorithm>
#include <array>
#include <utility>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sdp/fields.hpp"

namespace sipvoice::sdp {

namespace {

// What the attributes of the current m= line said about one payload type.
struct mapping {
  std::optional<format> rtpmap;
  bool rtpmap_seen = false;  // even one that was not understood: the static meaning is off then
  std::string fmtp;
};

class parser {
 public:
  result<session_description> run(std::string_view text) {
    if (text.size() > limits::max_bytes) return failure{"session description too long", 0};
    if (text.find('\0') != std::string_view::npos)
      return failure{"session description with a NUL", text.find('\0')};
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::size_t offset = text.size() - rest.size();
      const std::string_view l = without_cr(take_until(rest, '\n'));
      if (l.empty()) continue;
      if (const char* fault = line(l)) return failure{fault, offset};
    }
    if (!version_seen_) return failure{"no v=0: not a session description", 0};
    if (!origin_seen_) return failure{"no o= line", 0};
    finish_media();
    sort_lines(out_.other_lines);
    return std::move(out_);
  }

 private:
  static std::string_view without_cr(std::string_view l) {
    while (!l.empty() && l.back() == '\r') l.remove_suffix(1);
    return l;
  }
  static void sort_lines(std::vector<std::string>& lines) {
    std::stable_sort(lines.begin(), lines.end(), [](const std::string& a, const std::string& b) {
      return line_rank(a.front()) < line_rank(b.front());
    });
  }
  media* current() { return out_.media.empty() ? nullptr : &out_.media.back(); }

  // Each returns what is wrong, or nothing.
  const char* line(std::string_view l) {
    if (l.find('\r') != std::string_view::npos) return "a bare CR inside a line";
    if (l.size() < 2 || l[1] != '=') return "a line that is not 'letter=value'";
    const std::string_view value = l.substr(2);
    if (l[0] == 'm') return media_line(value);
    if (l[0] == 'a') return attribute_line(value);
    if (l[0] == 'c') return connection_line(l, value);
    if (current() == nullptr) return session_line(l, value);
    if (line_rank(l[0]) < line_rank('\0')) current()->other_lines.emplace_back(l);
    return nullptr;
  }

  const char* session_line(std::string_view l, std::string_view value) {
    switch (l[0]) {
      case 'v':
        if (trim(value) != "0") return "a version that is not 0";
        version_seen_ = true;
        return nullptr;
      case 'o':
        return origin_line(value);
      case 's':
        if (!std::exchange(name_seen_, true)) out_.name = value;
        return nullptr;
      case 't':
        if (std::exchange(time_seen_, true))
          out_.other_lines.emplace_back(l);
        else
          out_.time = value;
        return nullptr;
      default:
        if (line_rank(l[0]) < line_rank('\0')) out_.other_lines.emplace_back(l);
        return nullptr;
    }
  }

  const char* origin_line(std::string_view value) {
    if (std::exchange(origin_seen_, true)) return "more than one o= line";
    const auto o = parse_origin(value);
    if (!o) return "o= is not 'username id version IN IP4|IP6 address'";
    out_.origin = *o;
    return nullptr;
  }

  // Several c= lines (for multicast) are legal in a media section; the first is the one that
  // counts.
  const char* connection_line(std::string_view l, std::string_view value) {
    const auto c = parse_connection(value);
    if (!c) return "c= is not 'IN IP4|IP6 address'";
    auto& place = current() != nullptr ? current()->connection_line : out_.connection_line;
    auto& others = current() != nullptr ? current()->other_lines : out_.other_lines;
    if (place)
      others.emplace_back(l);
    else
      place = c;
    return nullptr;
  }

  const char* media_line(std::string_view value) {
    finish_media();
    if (out_.media.size() == limits::max_media) return "too many m= lines";
    const char* what = nullptr;
    auto m = parse_media_line(value, what);
    if (!m) return what;
    out_.media.push_back(std::move(*m));
    return nullptr;
  }

  const char* attribute_line(std::string_view value) {
    if (++attributes_ > limits::max_attributes) return "too many attributes";
    const std::size_t colon = value.find(':');
    attribute a;
    a.name = value.substr(0, colon);
    if (colon != std::string_view::npos) a.value = value.substr(colon + 1);
    if (!a.value)
      if (const auto d = parse_direction(trim(a.name))) {
        (current() != nullptr ? current()->direction_line : out_.direction_line) = d;
        return nullptr;
      }
    if (current() == nullptr)
      out_.other.push_back(std::move(a));
    else if (!understood(*current(), a))
      current()->other.push_back(std::move(a));
    return nullptr;
  }

  bool understood(media& m, const attribute& a) {
    if (!a.value) return a.name == "rtcp-mux" && !std::exchange(m.rtcp_mux, true);
    if (a.name == "rtpmap") return is_rtp(m.protocol) && rtpmap(m, *a.value);
    if (a.name == "fmtp") return is_rtp(m.protocol) && fmtp(m, *a.value);
    if (a.name == "ptime") return packet_time(m.ptime_ms, *a.value);
    if (a.name == "maxptime") return packet_time(m.maxptime_ms, *a.value);
    if (a.name == "rtcp") return rtcp(m, *a.value);
    return false;
  }

  static bool packet_time(std::optional<std::uint32_t>& place, std::string_view value) {
    const auto n = parse_decimal(trim(value), max_ptime_ms);
    if (place || !n || *n == 0) return false;
    place = static_cast<std::uint32_t>(*n);
    return true;
  }

  // RFC 3605: port [nettype addrtype address].
  static bool rtcp(media& m, std::string_view value) {
    std::string_view rest = value;
    const auto port = parse_decimal(take_word(rest), 65535);
    if (m.rtcp_port || !port || *port == 0) return false;
    if (!trim(rest).empty()) {
      m.rtcp_connection = parse_connection(rest);
      if (!m.rtcp_connection) return false;
    }
    m.rtcp_port = static_cast<std::uint32_t>(*port);
    return true;
  }

  static bool lists(const media& m, std::uint8_t payload_type) {
    return std::any_of(m.raw_formats.begin(), m.raw_formats.end(),
                       [&](const std::string& f) { return parse_payload_type(f) == payload_type; });
  }

  bool rtpmap(const media& m, std::string_view value) {
    std::string_view rest = value;
    const auto type = parse_payload_type(take_word(rest));
    if (!type || !lists(m, *type)) return false;
    mapping& known = mappings_[*type];
    known.rtpmap_seen = true;
    if (known.rtpmap) return false;
    known.rtpmap = parse_rtpmap(*type, rest);
    return known.rtpmap.has_value();
  }

  // Kept with its format once that is known; what has no format goes back to `other` at the end.
  bool fmtp(const media& m, std::string_view value) {
    std::string_view rest = value;
    const auto type = parse_payload_type(take_word(rest));
    if (!type || rest.empty() || !lists(m, *type) || !mappings_[*type].fmtp.empty()) return false;
    mappings_[*type].fmtp = rest;
    return true;
  }

  void finish_media() {
    media* m = current();
    if (m == nullptr) return;
    if (is_rtp(m->protocol))
      for (const std::string& token : m->raw_formats)
        if (const auto type = parse_payload_type(token)) finish_format(*m, *type);
    for (mapping& known : mappings_) known = {};
    sort_lines(m->other_lines);
  }

  void finish_format(media& m, std::uint8_t type) {
    mapping& known = mappings_[type];
    if (std::any_of(m.formats.begin(), m.formats.end(),
                    [type](const format& f) { return f.payload_type == type; }))
      return;
    auto f = known.rtpmap_seen ? known.rtpmap : static_format(type);
    if (f) {
      f->fmtp = std::move(known.fmtp);
      m.formats.push_back(std::move(*f));
    } else if (!known.fmtp.empty()) {
      // In front, so that it is the first again when the printed text is parsed.
      m.other.insert(m.other.begin(), {"fmtp", std::to_string(type) + " " + known.fmtp});
    }
    known.fmtp.clear();
  }

  session_description out_;
  std::array<mapping, max_payload_type + 1> mappings_;
  std::size_t attributes_ = 0;
  bool version_seen_ = false, origin_seen_ = false, name_seen_ = false, time_seen_ = false;
};

}  // namespace

result<session_description> session_description::parse(std::string_view text) {
  return parser().run(text);
}

}  // namespace sipvoice::sdp
