#include "values.hpp"

#include <algorithm>

#include "errors.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/io/listen_address.hpp"
#include "sipvoice/session/duration.hpp"
#include "sipvoice/session/file_template.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::app {
namespace {

[[noreturn]] void refuse(const char* option, std::string_view text, const std::string& why) {
  throw usage_error(std::string(option) + ": '" + printable(text) + "' " + why);
}

audio::codec_id codec_named(const char* option, std::string_view name) {
  if (const audio::codec_info* codec = audio::find(name)) return codec->id;
  std::vector<std::string_view> names;
  for (const audio::codec_info& codec : audio::codecs()) names.push_back(codec.option_name);
  const std::string_view near = nearest_word(name, names);
  refuse(option, name,
         near.empty() ? std::string("is no codec of this version; 'sipvoice codecs' lists them")
                      : "is no codec; did you mean " + std::string(near) + "?");
}

sip::uri read_sip_uri(const char* option, const std::string& text) {
  const auto uri = sip::uri::parse(text);
  if (!uri || !uri->is_sip() || uri->host.empty() || !sip::is_safe_value(text))
    refuse(option, text, "is no SIP URI; write sip:user@host or sip:user@host:5060");
  return *uri;
}

/// RFC 3261 section 19.1.5: what is dangerous, and what would promise for us what we do not keep.
bool may_stand_in_uri(sip::header_id id) {
  using enum sip::header_id;
  switch (id) {
    case accept:
    case accept_encoding:
    case accept_language:
    case allow:
    case supported:
    case user_agent:
    case authorization:
    case proxy_authorization:
    case session_expires:
    case min_se:
      return false;
    default:
      return !sip::is_protected(id);
  }
}

}  // namespace

duration to_duration_or_off(const char* option, std::string_view text) {
  const auto value = session::parse_duration(text);
  if (!value) {
    refuse(option, text,
           std::string("is no duration (") + value.error().what +
               "); write it with its unit: 250ms, 5s, 2m");
  }
  return *value;
}

duration to_duration(const char* option, std::string_view text) {
  const duration value = to_duration_or_off(option, text);
  if (trim(text) == "0") {
    refuse(option, text,
           "is no duration (the unit is missing); write it with its unit: 250ms, 5s, 2m");
  }
  return value;
}

duration to_patience(const char* option, std::string_view text) {
  const duration value = to_duration(option, text);
  if (value == duration::zero()) refuse(option, text, "is no time at all; write for example 30s");
  return value;
}

duration to_session_expires(const char* option, std::string_view text) {
  const duration value = to_duration_or_off(option, text);
  const bool whole = value % std::chrono::seconds(1) == duration::zero();
  if (value != duration::zero() && (!whole || value < std::chrono::seconds(90))) {
    refuse(option, text, "is no session timer: whole seconds, 90s or more, or 0s for none");
  }
  return value;
}

std::uint64_t to_number(const char* option, std::string_view text, std::uint64_t min,
                        std::uint64_t max) {
  const auto value = parse_decimal(text, max);
  if (!value || *value < min) {
    refuse(option, text,
           "is out of range: a whole number from " + std::to_string(min) + " to " +
               std::to_string(max) + " is expected");
  }
  return *value;
}

std::string to_choice(const char* option, std::string_view text,
                      const std::vector<std::string_view>& choices) {
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return std::string(text);
  std::string list;
  for (const std::string_view choice : choices) {
    list += (list.empty() ? "" : ", ") + std::string(choice);
  }
  const std::string_view near = nearest_word(text, choices);
  refuse(option, text,
         "is none of " + list +
             (near.empty() ? std::string() : "; did you mean " + std::string(near) + "?"));
}

ip_address to_ip(const char* option, std::string_view text) {
  const auto ip = ip_address::parse(text);
  if (!ip) refuse(option, text, "is no IP address; write it as 192.0.2.1 or 2001:db8::1");
  return *ip;
}

std::pair<ip_address, int> to_cidr(const char* option, std::string_view text) {
  std::string_view rest = text;
  const std::string_view address = take_until(rest, '/');
  const auto ip = ip_address::parse(address);
  const bool has_bits = address.size() < text.size();
  const std::uint64_t most = ip && ip->is_v6() ? 128 : 32;
  const auto bits = has_bits ? parse_decimal(rest, most) : std::optional<std::uint64_t>(most);
  if (!ip || !bits) refuse(option, text, "is no address block; write it as 10.0.0.0/8");
  return {*ip, static_cast<int>(*bits)};
}

std::size_t to_size(const char* option, std::string_view text) {
  constexpr std::uint64_t least = 4096, most = 64 * 1024 * 1024;
  std::string_view digits = text;
  std::uint64_t unit = 1;
  for (const auto& [name, bytes] :
       {std::pair<std::string_view, std::uint64_t>{"KiB", 1024}, {"MiB", 1024 * 1024}, {"B", 1}}) {
    if (!digits.ends_with(name)) continue;
    digits.remove_suffix(name.size());
    unit = bytes;
    break;
  }
  const auto number = parse_decimal(digits, most);
  if (!number || *number * unit < least || *number * unit > most)
    refuse(option, text, "is no size from 4KiB to 64MiB; write for example 256KiB");
  return static_cast<std::size_t>(*number * unit);
}

std::string to_listen_address(std::string_view text) {
  const auto parsed = io::parse_listen_address(text);
  if (!parsed) {
    refuse("--listen", text,
           std::string("is not [udp:|tcp:|tls:]HOST:PORT (") + parsed.error().what +
               "); write 0.0.0.0:5060, [::]:5060, or port 0 for any free one");
  }
  return std::string(text);
}

host_port to_host_port(const char* option, std::string_view text) {
  const auto parsed = io::parse_listen_address(text);
  bool plain = static_cast<bool>(parsed);
  for (const std::string_view prefix : {"udp:", "tcp:", "tls:"})
    plain = plain && !iequals(text.substr(0, prefix.size()), prefix);
  if (!plain) {
    refuse(option, text,
           std::string("is not HOST:PORT") +
               (parsed ? "" : std::string(" (") + parsed.error().what + ")") +
               "; write 192.0.2.1:4000 or [2001:db8::1]:4000");
  }
  return {parsed->host, parsed->port};
}

std::string to_dns_server(std::string_view text) {
  const auto parsed = io::parse_listen_address(text);
  bool plain = parsed && parsed->port != 0;
  for (const std::string_view prefix : {"udp:", "tcp:", "tls:"})
    plain = plain && !iequals(text.substr(0, prefix.size()), prefix);
  if (!plain) {
    refuse("--dns", text,
           std::string("is not HOST:PORT") +
               (parsed ? "" : std::string(" (") + parsed.error().what + ")") +
               "; write 192.0.2.53:53 or [2001:db8::53]:53");
  }
  return std::string(text);
}

std::pair<std::uint16_t, std::uint16_t> to_port_range(std::string_view text) {
  std::string_view rest = text;
  const auto first = parse_decimal(take_until(rest, '-'), 65535);
  const auto last = parse_decimal(rest, 65535);
  if (!first || !last || *first == 0) {
    refuse("--rtp-ports", text, "is not FIRST-LAST, as in 10000-20000 (ports 1 to 65535)");
  }
  const std::uint64_t even = *first + *first % 2;
  if (even + 1 > *last) {
    refuse("--rtp-ports", text, "has no room for one pair: an even port and the odd one after it");
  }
  return {static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

audio::codec_id to_codec(const char* option, std::string_view text) {
  std::string_view rest = text;
  const audio::codec_id first = codec_named(option, take_until(rest, '/'));
  if (text.find('/') == std::string_view::npos) return first;
  std::string rates;
  for (const audio::codec_info& variant : audio::variants(first)) {
    if (rest == std::to_string(variant.clock_rate)) return variant.id;
    rates += (rates.empty() ? "" : ", ") + std::to_string(variant.clock_rate);
  }
  refuse(option, text, "has another RTP clock: " + rates);
}

std::vector<audio::codec_id> to_codecs(std::string_view text) {
  std::vector<audio::codec_id> list;
  for (std::string_view rest = text; !rest.empty();) {
    const audio::codec_id codec = codec_named("--codecs", trim(take_until(rest, ',')));
    if (std::find(list.begin(), list.end(), codec) == list.end()) list.push_back(codec);
  }
  if (list.empty()) refuse("--codecs", text, "names no codec; write for example pcmu,pcma");
  return list;
}

call::header_list to_headers(const std::vector<std::string>& lines) {
  call::header_list headers;
  for (const std::string& line : lines) {
    std::string_view value = line;
    const std::string_view name = trim(take_until(value, ':'));
    if (name.size() == line.size() || !is_token(name)) {
      refuse("--header", line, "is not 'Name: value'");
    }
    if (!sip::is_safe_value(value)) {
      refuse("--header", line, "holds a line end or a NUL byte, which no header may");
    }
    if (sip::is_protected(sip::header_of(name))) {
      refuse("--header", name, "belongs to the call itself and cannot be set");
    }
    headers.emplace_back(name, trim(value));
  }
  return headers;
}

session::reject_plan to_reject(std::string_view text) {
  std::string_view reason = trim(text);
  const auto status = parse_decimal(take_until(reason, ' '), 699);
  if (!status || *status < 300 || !sip::is_safe_value(reason)) {
    refuse("--reject", text, "is no refusal; write 486 or '486 Gone fishing' (300 to 699)");
  }
  return {static_cast<int>(*status), std::string(trim(reason))};
}

std::string to_digits(const char* option, std::string_view text, bool pauses) {
  std::string digits;
  for (char c : text) {
    if (c >= 'a' && c <= 'd') c = static_cast<char>(c - 'a' + 'A');
    const bool digit = is_digit(c) || c == '*' || c == '#' || (c >= 'A' && c <= 'D');
    if (!digit && !(pauses && (c == 'w' || c == 'W'))) {
      refuse(option, text,
             std::string("holds other than the digits 0-9 * # A-D") +
                 (pauses ? " and the pauses w (half a second) and W (one)" : ""));
    }
    digits += c;
  }
  return digits;
}

std::string to_sip_uri(const char* option, const std::string& text) {
  if (!read_sip_uri(option, text).headers.empty())
    refuse(option, text, "has headers (behind its '?'), which nothing is done with here");
  return text;
}

request_uri to_request_uri(const std::string& text) {
  const sip::uri uri = read_sip_uri("URI", text);
  request_uri out;
  out.headers = uri.header_list();
  for (const auto& [name, value] : out.headers) {
    if (!is_token(name)) refuse("URI", text, "has a header without a readable name behind its '?'");
    if (!sip::is_safe_value(value)) {
      refuse("URI", name, "behind the '?' holds a line end or a NUL byte, which no header may");
    }
    if (iequals(name, "body")) {
      refuse("URI", name, "behind the '?' would be the body, which is ours to write");
    }
    if (!may_stand_in_uri(sip::header_of(name))) {
      refuse("URI", name, "behind the '?' says who we are or what we can; it cannot be set there");
    }
  }
  const bool has_headers = uri.headers.data() != nullptr;
  out.target = has_headers
                   ? text.substr(0, static_cast<std::size_t>(uri.headers.data() - text.data()) - 1)
                   : text;
  return out;
}

std::string to_record_template(const char* option, const std::string& text) {
  if (text.empty()) return text;
  if (const auto ok = session::check_template(text); !ok) {
    refuse(option, text,
           std::string("is no file template: ") + ok.error().what +
               "; write for example rec/{start}-{call_id}.wav");
  }
  return text;
}

std::string to_picture_template(const char* option, const std::string& text) {
  if (const auto ok = session::check_picture_template(text); !ok) {
    refuse(option, text,
           std::string("is no file template: ") + ok.error().what +
               "; write for example rec/{start}-{call_id}.svg");
  }
  return text;
}

}  // namespace sipvoice::app
