// session_description to text, in the order of RFC 8866 section 5.
#include "sipvoice/sdp/fields.hpp"

namespace sipvoice::sdp {

namespace {

constexpr std::string_view end_of_line = "\r\n";

void put(std::string& out, std::string_view prefix, std::string_view value = {}) {
  out.append(prefix).append(value).append(end_of_line);
}

// The lines that are kept whole and whose place is in [from, to).
void put_lines(std::string& out, const std::vector<std::string>& lines, int from, int to) {
  for (const std::string& l : lines)
    if (!l.empty() && line_rank(l.front()) >= from && line_rank(l.front()) < to) put(out, l);
}

void put_attributes(std::string& out, const std::vector<attribute>& attributes) {
  for (const attribute& a : attributes) {
    out.append("a=").append(a.name);
    if (a.value) out.append(":").append(*a.value);
    out.append(end_of_line);
  }
}

std::string text_of(const connection& c) {
  return (c.v6 ? "IN IP6 " : "IN IP4 ") +
         (c.text.empty() && c.address ? c.address->to_string() : c.text);
}

std::string text_of(const origin& o) {
  const std::string address = o.address_text.empty() ? o.address.to_string() : o.address_text;
  return o.username + " " + std::to_string(o.session_id) + " " + std::to_string(o.version) +
         (address.find(':') == std::string::npos ? " IN IP4 " : " IN IP6 ") + address;
}

void put_format(std::string& out, const format& f) {
  const std::string type = std::to_string(f.payload_type);
  put(out, "a=rtpmap:" + type + " " + f.encoding + "/" + std::to_string(f.clock_rate) +
               (f.channels == 1 ? "" : "/" + std::to_string(f.channels)));
  if (!f.fmtp.empty()) put(out, "a=fmtp:" + type + " ", f.fmtp);
}

void put_media_line(std::string& out, const media& m) {
  out.append("m=").append(m.type).append(" ").append(std::to_string(m.port));
  if (m.port_count != 1) out.append("/").append(std::to_string(m.port_count));
  out.append(" ").append(m.protocol);
  if (m.raw_formats.empty())
    for (const format& f : m.formats) out.append(" ").append(std::to_string(f.payload_type));
  for (const std::string& token : m.raw_formats) out.append(" ").append(token);
  out.append(end_of_line);
}

void put_media(std::string& out, const media& m) {
  const int c = line_rank('c'), last = line_rank('\0') + 1;
  put_media_line(out, m);
  put_lines(out, m.other_lines, 0, c);
  if (m.connection_line) put(out, "c=", text_of(*m.connection_line));
  put_lines(out, m.other_lines, c, last);
  for (const format& f : m.formats) put_format(out, f);
  if (m.ptime_ms) put(out, "a=ptime:", std::to_string(*m.ptime_ms));
  if (m.maxptime_ms) put(out, "a=maxptime:", std::to_string(*m.maxptime_ms));
  if (m.rtcp_port)
    put(out, "a=rtcp:" + std::to_string(*m.rtcp_port),
        m.rtcp_connection ? " " + text_of(*m.rtcp_connection) : std::string{});
  if (m.rtcp_mux) put(out, "a=rtcp-mux");
  if (m.direction_line) put(out, "a=", name_of(*m.direction_line));
  put_attributes(out, m.other);
}

}  // namespace

std::string session_description::print() const {
  const int c = line_rank('c'), t = line_rank('t'), last = line_rank('\0') + 1;
  std::string out;
  put(out, "v=0");
  put(out, "o=", text_of(origin));
  put(out, "s=", name);
  put_lines(out, other_lines, 0, c);
  if (connection_line) put(out, "c=", text_of(*connection_line));
  put_lines(out, other_lines, c, t);
  put(out, "t=", time);
  put_lines(out, other_lines, t, last);
  if (direction_line) put(out, "a=", name_of(*direction_line));
  put_attributes(out, other);
  for (const sdp::media& m : media) put_media(out, m);
  return out;
}

}  // namespace sipvoice::sdp
