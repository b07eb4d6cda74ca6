#include "sipvoice/sip/dns_message.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace sipvoice::sip {
namespace {

constexpr std::size_t header_bytes = 12, longest_name = 255;
constexpr std::uint16_t type_cname = 5, type_soa = 6, class_in = 1;
constexpr unsigned code_ok = 0, code_no_such_name = 3;

/// Reads on; after the first thing that does not fit, `bad` stays true and everything is zero.
struct reader {
  byte_view all;
  std::size_t at = 0, end;
  bool bad = false;

  [[nodiscard]] bool has(std::size_t n) {
    bad = bad || end - at < n;
    return !bad;
  }
  std::uint16_t u16() {
    if (!has(2)) return 0;
    at += 2;
    return read_u16(&all[at - 2]);
  }
  std::uint32_t u32() {
    if (!has(4)) return 0;
    at += 4;
    return read_u32(&all[at - 4]);
  }
  void skip(std::size_t n) {
    if (has(n)) at += n;
  }
  std::string text() {  // <character-string>
    if (!has(1)) return {};
    const std::size_t length = all[at++];
    if (!has(length)) return {};
    at += length;
    return std::string(as_text(all.subspan(at - length, length)));
  }
  std::string name();
};

// 4.1.4: labels, or a pointer to labels that stand before. In small letters, without the last dot;
// the root is ".". What no host name has becomes '?', so that nobody takes it for another name.
std::string reader::name() {
  std::string out;
  std::size_t from = at, before = at;
  bool jumped = false;
  for (;;) {
    const std::size_t limit = jumped ? all.size() : end;
    if (from >= limit) break;
    const std::size_t length = all[from];
    if (length == 0) {
      if (!jumped) at = from + 1;
      return out.empty() ? "." : out;
    }
    if ((length & 0xc0U) == 0xc0U) {
      if (from + 2 > limit) break;
      const std::size_t to = read_u16(&all[from]) & 0x3fffU;
      if (!jumped) at = from + 2;
      jumped = true;
      if (to >= before) break;  // never forward: it comes to an end
      from = before = to;
      continue;
    }
    if (length > 63 || from + 1 + length > limit || out.size() + length + 1 > longest_name) break;
    if (!out.empty()) out += '.';
    for (std::size_t i = 1; i <= length; ++i) {
      const auto c = static_cast<char>(all[from + i]);
      if (c >= 'A' && c <= 'Z')
        out += static_cast<char>(c - 'A' + 'a');
      else
        out += c > ' ' && c < 0x7f && c != '.' ? c : '?';
    }
    from += 1 + length;
  }
  bad = true;
  return {};
}

struct record {
  std::string owner;
  std::uint32_t ttl = 0;
  std::variant<dns_record, std::string> data;  ///< or the name that the owner is an alias of
};

std::optional<dns_record> read_data(reader& r, dns_type type) {
  switch (type) {
    case dns_type::a:
      if (r.end - r.at != 4) return std::nullopt;
      return ip_address::v4(r.u32());
    case dns_type::aaaa: {
      std::array<std::uint8_t, 16> bytes{};
      if (r.end - r.at != bytes.size()) return std::nullopt;
      std::copy_n(&r.all[r.at], bytes.size(), bytes.begin());
      return ip_address::v6(bytes);
    }
    case dns_type::srv: {
      srv_record s;
      s.priority = r.u16();
      s.weight = r.u16();
      s.port = r.u16();
      s.target = r.name();
      return s;
    }
    case dns_type::naptr: {
      naptr_record n;
      n.order = r.u16();
      n.preference = r.u16();
      n.flags = r.text();
      n.service = r.text();
      static_cast<void>(r.text());  // the regular expression: with flag "s" there is none
      n.replacement = r.name();
      return n;
    }
  }
  return std::nullopt;
}

/// Above half of the range it counts as zero (RFC 2181 section 8).
std::uint32_t sane_ttl(std::uint32_t ttl) { return ttl > 0x7fffffffU ? 0 : ttl; }

/// One resource record, of which `data` is read where it is an alias or of the type; of an SOA the
/// time that a negative answer holds goes into `negative`.
std::optional<record> read_record(reader& r, dns_type wanted,
                                  std::optional<std::uint32_t>& negative) {
  record out;
  out.owner = r.name();
  const std::uint16_t type = r.u16(), of_class = r.u16();
  out.ttl = sane_ttl(r.u32());
  const std::size_t length = r.u16();
  if (!r.has(length)) return std::nullopt;
  reader data{r.all, r.at, r.at + length};
  r.at += length;
  if (of_class != class_in) return std::nullopt;
  if (type == type_cname) {
    out.data = data.name();
  } else if (type == static_cast<std::uint16_t>(wanted)) {
    const auto one = read_data(data, wanted);
    if (!one) return std::nullopt;
    out.data = *one;
  } else {
    if (type == type_soa) {
      static_cast<void>(data.name());
      static_cast<void>(data.name());
      data.skip(16);
      const std::uint32_t minimum = sane_ttl(data.u32());
      if (!data.bad) negative = std::min(out.ttl, minimum);
    }
    return std::nullopt;
  }
  if (data.bad) return std::nullopt;
  return out;
}

/// What the records say of `name`, through aliases.
timed_reply follow(const std::vector<record>& records, std::string name) {
  timed_reply out;
  std::uint32_t ttl = 0x7fffffffU;
  for (int hops = 0; hops <= dns_message_limits::max_aliases; ++hops) {
    const std::string* alias = nullptr;
    for (const record& r : records) {
      if (r.owner != name) continue;
      if (const auto* found = std::get_if<dns_record>(&r.data)) {
        if (out.reply.records.size() == dns_message_limits::max_records) break;
        out.reply.records.push_back(*found);
        ttl = std::min(ttl, r.ttl);
      } else if (alias == nullptr) {
        alias = &std::get<std::string>(r.data);
        ttl = std::min(ttl, r.ttl);
      }
    }
    if (!out.reply.records.empty()) {
      out.reply.outcome = dns_outcome::found;
      out.ttl = std::chrono::seconds(ttl);
      return out;
    }
    if (alias == nullptr) return out;
    name = *alias;
  }
  return out;
}

}  // namespace

timed_reply read_dns_message(byte_view message, dns_type type) {
  const timed_reply unreadable{dns_outcome::refused, {}};
  if (message.size() < header_bytes) return unreadable;
  const unsigned code = message[3] & 0x0fU;
  if (code != code_ok && code != code_no_such_name) return unreadable;
  const std::size_t answers = read_u16(&message[6]), authorities = read_u16(&message[8]);
  if (read_u16(&message[4]) != 1) return unreadable;
  reader r{message, header_bytes, message.size()};
  const std::string name = r.name();
  r.skip(4);
  if (r.bad) return unreadable;

  std::vector<record> records;
  std::optional<std::uint32_t> negative, ignored;
  const std::size_t count = std::min(answers + authorities, dns_message_limits::max_read);
  for (std::size_t i = 0; i < count && !r.bad; ++i) {
    auto one = read_record(r, type, i < answers ? ignored : negative);
    if (one && i < answers) records.push_back(std::move(*one));
  }
  timed_reply out = follow(records, name);
  if (out.reply.outcome == dns_outcome::found) return out;
  if (r.bad) return unreadable;
  if (code == code_no_such_name) out.reply.outcome = dns_outcome::no_such_name;
  out.ttl = std::chrono::seconds(negative.value_or(0));
  return out;
}

}  // namespace sipvoice::sip
