// session_description to text, in the order of RFC 8866 section 5.
#include "sipvoice/sdp/fields.hpp"
#include "sipvoice/sdp/text_writer.hpp"

namespace sipvoice::sdp {

namespace {

// Room for a line beside its texts: letters, spaces, line end and numbers.
constexpr std::size_t line_room = 32 + 3 * max_digits;

std::size_t room_for(const line_list& lines) {
  std::size_t n = 0;
  for (const std::string_view l : lines) n += l.size() + 2;
  return n;
}
std::size_t room_for(const attribute_list& attributes) {
  std::size_t n = 0;
  for (const attribute& a : attributes) n += 5 + a.name.size() + (a.value ? a.value->size() : 0);
  return n;
}
std::size_t room_for(const std::optional<connection>& c) {
  return c ? line_room + c->text.size() : 0;
}
std::size_t room_for(const media& m) {
  std::size_t n = 4 * line_room + m.type.size() + m.protocol.size() + 2 * m.tokens.size();
  n += room_for(m.connection_line) + room_for(m.rtcp_connection);
  n += room_for(m.other_lines) + room_for(m.other);
  for (const format_view& f : m.formats) n += 2 * line_room + f.encoding.size() + f.fmtp.size();
  return n;
}
std::size_t room_for(const session_description& d) {
  std::size_t n = 3 * line_room + d.origin.username.size() + d.origin.address_text.size() +
                  d.name.size() + d.time.size();
  n += room_for(d.connection_line) + room_for(d.other_lines) + room_for(d.other);
  for (const media& m : d.media) n += room_for(m);
  return n;
}

// The lines that are kept whole and whose place is in [from, to).
void put_lines(text_writer& out, const line_list& lines, int from, int to) {
  for (const std::string_view l : lines)
    if (!l.empty() && line_rank(l.front()) >= from && line_rank(l.front()) < to)
      out.put(l).put("\r\n");
}

void put_attributes(text_writer& out, const attribute_list& attributes) {
  for (const attribute& a : attributes) {
    out.put("a=").put(a.name);
    if (a.value) out.put(":").put(*a.value);
    out.put("\r\n");
  }
}

void put_address(text_writer& out, std::string_view text, const ip_address& address) {
  if (text.empty())
    out.put(std::string_view(address.to_string()));
  else
    out.put(text);
}

void put_connection(text_writer& out, const connection& c) {
  if (c.v6)
    out.put("IN IP6 ");
  else
    out.put("IN IP4 ");
  put_address(out, c.text, c.address.value_or(ip_address{}));
}

void put_connection_line(text_writer& out, const std::optional<connection>& c) {
  if (!c) return;
  out.put("c=");
  put_connection(out, *c);
  out.put("\r\n");
}

void put_origin(text_writer& out, const origin& o) {
  out.put("o=").put(o.username).put(" ").put(o.session_id).put(" ").put(o.version);
  const bool v6 = o.address_text.empty() ? o.address.is_v6()
                                         : o.address_text.find(':') != std::string_view::npos;
  if (v6)
    out.put(" IN IP6 ");
  else
    out.put(" IN IP4 ");
  put_address(out, o.address_text, o.address);
  out.put("\r\n");
}

void put_format(text_writer& out, const format_view& f) {
  const std::uint64_t type = f.payload_type;
  out.put("a=rtpmap:").put(type).put(" ").put(f.encoding).put("/").put(std::uint64_t{f.clock_rate});
  if (f.channels != 1) out.put("/").put(std::uint64_t{f.channels});
  out.put("\r\n");
  if (!f.fmtp.empty()) out.put("a=fmtp:").put(type).put(" ").put(f.fmtp).put("\r\n");
}

void put_media_line(text_writer& out, const media& m) {
  out.put("m=").put(m.type).put(" ").put(std::uint64_t{m.port});
  if (m.port_count != 1) out.put("/").put(std::uint64_t{m.port_count});
  out.put(" ").put(m.protocol);
  if (m.tokens.empty())
    for (const format_view& f : m.formats) out.put(" ").put(std::uint64_t{f.payload_type});
  for (std::string_view rest = m.tokens; !rest.empty();) out.put(" ").put(take_word(rest));
  out.put("\r\n");
}

void put_direction(text_writer& out, const std::optional<direction>& d) {
  if (d) out.put("a=").put(name_of(*d)).put("\r\n");
}

void put_media(text_writer& out, const media& m) {
  const int c = line_rank('c'), last = line_rank('\0') + 1;
  put_media_line(out, m);
  put_lines(out, m.other_lines, 0, c);
  put_connection_line(out, m.connection_line);
  put_lines(out, m.other_lines, c, last);
  for (const format_view& f : m.formats) put_format(out, f);
  if (m.ptime_ms) out.put("a=ptime:").put(std::uint64_t{*m.ptime_ms}).put("\r\n");
  if (m.maxptime_ms) out.put("a=maxptime:").put(std::uint64_t{*m.maxptime_ms}).put("\r\n");
  if (m.rtcp_port) {
    out.put("a=rtcp:").put(std::uint64_t{*m.rtcp_port});
    if (m.rtcp_connection) put_connection(out.put(" "), *m.rtcp_connection);
    out.put("\r\n");
  }
  if (m.rtcp_mux) out.put("a=rtcp-mux\r\n");
  put_direction(out, m.direction_line);
  put_attributes(out, m.other);
}

}  // namespace

void session_description::append_to(std::string& text) const {
  const std::size_t begin = text.size();
  text.resize(begin + room_for(*this));
  text_writer out(text.data() + begin);
  const int c = line_rank('c'), t = line_rank('t'), last = line_rank('\0') + 1;
  out.put("v=0\r\n");
  put_origin(out, origin);
  out.put("s=").put(name).put("\r\n");
  put_lines(out, other_lines, 0, c);
  put_connection_line(out, connection_line);
  put_lines(out, other_lines, c, t);
  out.put("t=").put(time).put("\r\n");
  put_lines(out, other_lines, t, last);
  put_direction(out, direction_line);
  put_attributes(out, other);
  for (const sdp::media& m : media) put_media(out, m);
  text.resize(static_cast<std::size_t>(out.end() - text.data()));
}

std::string session_description::print() const {
  std::string out;
  append_to(out);
  return out;
}

}  // namespace sipvoice::sdp
