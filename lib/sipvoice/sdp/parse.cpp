// Text to session_description: one pass over the lines, one table of payload types for each m=
// line.
//
// Whatever is kept comes out of print() in a form that is parsed to the same value again: what is
// not understood stays in `other`, and its meaning does not depend on its place among the others.
#include <algorithm>
#include <array>
#include <utility>

#include "sipvoice/base/byte_block.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/sdp/fields.hpp"

namespace sipvoice::sdp {

namespace {

// A NUL, or a CR that no LF follows (at the end of the text it is as good as one).
bool has_odd_bytes(std::string_view text) {
  using block = byte_block<16>;
  const char* const p = text.data();
  block::type odd{};
  std::size_t i = 0;
  for (; i + 17 <= text.size(); i += 16) {
    const block::type here = block::load(p + i), next = block::load(p + i + 1);
    odd |= (here == '\0') | ((here == '\r') & (next != '\n'));
  }
  for (; i < text.size(); ++i)
    if (p[i] == '\0' || (p[i] == '\r' && i + 1 < text.size() && p[i + 1] != '\n')) return true;
  return block::any(odd);
}

class parser {
 public:
  explicit parser(session_description& out) : out_(out) {}

  // What is wrong, with its place in `offset`, or nothing.
  const char* run(std::string_view text, std::size_t& offset) {
    if (text.size() > limits::max_bytes) return "session description too long";
    const bool odd = has_odd_bytes(text);
    if (odd && text.find('\0') != std::string_view::npos)
      return offset = text.find('\0'), "session description with a NUL";
    const char* const end = text.data() + text.size();
    for (const char* p = text.data(); p != end;) {
      const void* const found = std::memchr(p, '\n', static_cast<std::size_t>(end - p));
      const char* const lf = found != nullptr ? static_cast<const char*>(found) : end;
      const char* last = lf;
      while (last != p && last[-1] == '\r') --last;
      const std::string_view l(p, static_cast<std::size_t>(last - p));
      offset = static_cast<std::size_t>(p - text.data());
      p = lf == end ? end : lf + 1;
      if (l.empty()) continue;
      if (odd && l.find('\r') != std::string_view::npos) return "a bare CR inside a line";
      if (const char* fault = line(l)) return fault;
    }
    offset = 0;
    if (!version_seen_) return "no v=0: not a session description";
    if (!origin_seen_) return "no o= line";
    finish_media();
    sort_lines(out_.other_lines);
    return nullptr;
  }

 private:
  static void sort_lines(line_list& lines) {
    if (lines.size() < 2) return;
    std::stable_sort(lines.begin(), lines.end(), [](std::string_view a, std::string_view b) {
      return line_rank(a.front()) < line_rank(b.front());
    });
  }

  // Each returns what is wrong, or nothing.
  const char* line(std::string_view l) {
    if (l.size() < 2 || l[1] != '=') return "a line that is not 'letter=value'";
    const std::string_view value = l.substr(2);
    if (l[0] == 'a') return attribute_line(value);
    if (l[0] == 'm') return media_line(value);
    if (l[0] == 'c') return connection_line(l, value);
    if (media_ == nullptr) return session_line(l, value);
    if (line_rank(l[0]) < line_rank('\0')) media_->other_lines.push_back(l);
    return nullptr;
  }

  const char* session_line(std::string_view l, std::string_view value) {
    switch (l[0]) {
      case 'v':
        if (!is(value, "0") && trim(value) != "0") return "a version that is not 0";
        version_seen_ = true;
        return nullptr;
      case 'o':
        if (std::exchange(origin_seen_, true)) return "more than one o= line";
        if (!parse_origin(value, out_.origin))
          return "o= is not 'username id version IN IP4|IP6 address'";
        return nullptr;
      case 's':
        if (!std::exchange(name_seen_, true)) out_.name = value;
        return nullptr;
      case 't':
        if (std::exchange(time_seen_, true))
          out_.other_lines.push_back(l);
        else
          out_.time = value;
        return nullptr;
      default:
        if (line_rank(l[0]) < line_rank('\0')) out_.other_lines.push_back(l);
        return nullptr;
    }
  }

  // Several c= lines (for multicast) are legal in a media section; the first is the one that
  // counts.
  const char* connection_line(std::string_view l, std::string_view value) {
    connection c;
    if (!parse_connection(value, c)) return "c= is not 'IN IP4|IP6 address'";
    auto& place = media_ != nullptr ? media_->connection_line : out_.connection_line;
    auto& others = media_ != nullptr ? media_->other_lines : out_.other_lines;
    if (place)
      others.push_back(l);
    else
      place = c;
    return nullptr;
  }

  const char* media_line(std::string_view value) {
    finish_media();
    if (out_.media.size() == limits::max_media) return "too many m= lines";
    media_ = &out_.media.emplace_back();
    if (!parse_media_line(value, *media_)) return "m= is not 'type port protocol format...'";
    rtp_ = is_rtp(media_->protocol);
    place_of_.fill(0);
    std::string_view rest = media_->tokens;
    for (std::size_t n = 0; !rest.empty(); ++n) {
      if (n == limits::max_formats) return "too many formats in one m= line";
      const unsigned type = parse_payload_type(take_word(rest));
      if (rtp_ && type != no_payload_type) add_format(static_cast<std::uint8_t>(type));
    }
    return nullptr;
  }

  void add_format(std::uint8_t type) {
    if (place_of_[type] != 0) return;
    format_view& f = media_->formats.emplace_back();
    f.payload_type = type;
    const std::size_t n = media_->formats.size();
    place_of_[type] = static_cast<std::uint8_t>(n);
    about_[n - 1] = {nullptr, false, false};
  }

  const char* attribute_line(std::string_view value) {
    if (++attributes_ > limits::max_attributes) return "too many attributes";
    const void* const colon = std::memchr(value.data(), ':', value.size());
    if (colon == nullptr) {
      flag(value);
      return nullptr;
    }
    const auto at = static_cast<std::size_t>(static_cast<const char*>(colon) - value.data());
    const std::string_view name = value.substr(0, at), text = value.substr(at + 1);
    if (media_ == nullptr)
      out_.other.push_back({name, text});
    else if (!understood(name, text))
      media_->other.push_back({name, text});
    return nullptr;
  }

  void flag(std::string_view name) {
    if (const auto d = parse_direction(trim(name))) {
      (media_ != nullptr ? media_->direction_line : out_.direction_line) = d;
      return;
    }
    if (media_ != nullptr && is(name, "rtcp-mux") && !std::exchange(media_->rtcp_mux, true)) return;
    (media_ != nullptr ? media_->other : out_.other).push_back({name, std::nullopt});
  }

  bool understood(std::string_view name, std::string_view value) {
    if (is(name, "rtpmap")) return rtp_ && rtpmap(value);
    if (is(name, "fmtp")) return rtp_ && fmtp(value);
    if (is(name, "ptime")) return packet_time(media_->ptime_ms, value);
    if (is(name, "maxptime")) return packet_time(media_->maxptime_ms, value);
    if (is(name, "rtcp")) return rtcp(value);
    return false;
  }

  static bool packet_time(std::optional<std::uint32_t>& place, std::string_view value) {
    const auto n = parse_decimal(trim(value), max_ptime_ms);
    if (place || !n || *n == 0) return false;
    place = static_cast<std::uint32_t>(*n);
    return true;
  }

  // RFC 3605: port [nettype addrtype address].
  bool rtcp(std::string_view value) {
    std::string_view rest = value;
    const auto port = parse_decimal(take_word(rest), 65535);
    if (media_->rtcp_port || !port || *port == 0) return false;
    if (!rest.empty()) {
      connection c;
      if (!parse_connection(rest, c)) return false;
      media_->rtcp_connection = c;
    }
    media_->rtcp_port = static_cast<std::uint32_t>(*port);
    return true;
  }

  // Of the payload type that `rest` begins with, which is taken off; nothing when m= has it not.
  format_view* listed(std::string_view& rest) {
    const unsigned type = parse_payload_type(take_word(rest));
    if (type == no_payload_type || place_of_[type] == 0) return nullptr;
    return &media_->formats[place_of_[type] - 1U];
  }
  auto& about(const format_view& f) {
    return about_[static_cast<std::size_t>(&f - media_->formats.data())];
  }

  bool rtpmap(std::string_view value) {
    format_view* const f = listed(value);
    if (f == nullptr) return false;
    auto& known = about(*f);
    known.rtpmap_seen = true;
    if (known.rtpmap_read) return false;
    return known.rtpmap_read = parse_rtpmap(value, *f);
  }

  // Kept with its format once that is known; what has no format goes back to `other` at the end.
  bool fmtp(std::string_view value) {
    std::string_view rest = value;
    format_view* const f = listed(rest);
    if (f == nullptr || rest.empty() || !f->fmtp.empty()) return false;
    f->fmtp = rest;
    about(*f).fmtp = value.data();
    return true;
  }

  // Formats that have no meaning go, what stood in their fmtp stays.
  void finish_media() {
    if (media_ == nullptr) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < media_->formats.size(); ++i) {
      format_view& f = media_->formats[i];
      const about_format& known = about_[i];
      if (known.rtpmap_read || (!known.rtpmap_seen && fill_static(f))) {
        if (kept != i) media_->formats[kept] = f;
        ++kept;
      } else if (!f.fmtp.empty()) {
        // In front, so that it is the first again when the printed text is parsed.
        const char* const end = f.fmtp.data() + f.fmtp.size();
        const std::string_view whole(known.fmtp, static_cast<std::size_t>(end - known.fmtp));
        media_->other.insert(media_->other.begin(), attribute{"fmtp", whole});
      }
    }
    media_->formats.erase(media_->formats.begin() + static_cast<std::ptrdiff_t>(kept),
                          media_->formats.end());
    sort_lines(media_->other_lines);
  }

  struct about_format {
    const char* fmtp;  // where the value of its a=fmtp begins, which ends where the format's ends
    bool rtpmap_seen;  // even one that was not understood: the static meaning is off then
    bool rtpmap_read;
  };

  session_description& out_;
  media* media_ = nullptr;  // the last one
  bool rtp_ = false;        // its formats are payload types
  // Of its formats: place + 1 by payload type, and what else is to be known by place. Only what
  // belongs to a format is ever read.
  std::array<std::uint8_t, max_payload_type + 1> place_of_;
  std::array<about_format, limits::max_formats> about_;
  std::size_t attributes_ = 0;
  bool version_seen_ = false, origin_seen_ = false, name_seen_ = false, time_seen_ = false;
};

}  // namespace

result<session_description> session_description::parse(std::string_view text) {
  result<session_description> out;
  std::size_t offset = 0;
  if (const char* fault = parser(*out).run(text, offset)) out = failure{fault, offset};
  return out;
}

}  // namespace sipvoice::sdp
