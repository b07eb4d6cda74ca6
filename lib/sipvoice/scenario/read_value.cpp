#include "sipvoice/scenario/read_value.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "sipvoice/audio/codec.hpp"
#include "sipvoice/base/address.hpp"
#include "sipvoice/base/text.hpp"
#include "sipvoice/session/duration.hpp"
#include "sipvoice/session/file_template.hpp"
#include "sipvoice/sip/uri.hpp"

namespace sipvoice::scenario {
namespace {

using session::quoted;

/// Of one scalar whose variables are in place. A mistake is said by throwing its text.
struct wrong {
  std::string text;
};

std::optional<double> to_double(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

std::string plain(double number) {
  std::string text = std::to_string(number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

bool to_flag(std::string_view text) {
  for (const char* yes : {"true", "yes", "on"}) {
    if (iequals(text, yes)) return true;
  }
  for (const char* no : {"false", "no", "off"}) {
    if (iequals(text, no)) return false;
  }
  throw wrong{"is true or false, not " + quoted(text)};
}

double to_number(std::string_view text, const field& what) {
  const auto number = to_double(text);
  if (!number || *number < what.low || *number > what.high)
    throw wrong{"is a number from " + plain(what.low) + " to " + plain(what.high) + ", not " +
                quoted(text)};
  return *number;
}

std::int64_t to_count(std::string_view text, const field& what) {
  const auto number = parse_decimal(text, static_cast<std::uint64_t>(what.high));
  if (!number || static_cast<double>(*number) < what.low)
    throw wrong{"is a whole number from " + plain(what.low) + " to " + plain(what.high) + ", not " +
                quoted(text)};
  return static_cast<std::int64_t>(*number);
}

std::string to_name(std::string_view text) {
  const bool good =
      !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '_' || c == '-' ||
               c == '.';
      });
  if (!good) throw wrong{"is a name of letters, digits, '_', '-' and '.', not " + quoted(text)};
  return std::string(text);
}

std::string to_word(std::string_view text, const field& what) {
  if (std::find(what.words.begin(), what.words.end(), text) != what.words.end())
    return std::string(text);
  std::string all;
  for (const std::string_view word : what.words)
    all.append(all.empty() ? "" : word == what.words.back() ? " or " : ", ").append(word);
  throw wrong{"is " + all + ", not " + quoted(text) + session::suggestion(text, what.words)};
}

duration to_duration(std::string_view text) {
  const auto parsed = session::parse_duration(text);
  if (!parsed) throw wrong{"is a duration with its unit, 250ms, 5s or 2m, not " + quoted(text)};
  return *parsed;
}

std::string to_digits(std::string_view text, bool waits) {
  const std::string_view all = waits ? "0123456789*#ABCDabcdwW" : "0123456789*#ABCDabcd";
  if (text.empty() || text.find_first_not_of(all) != std::string_view::npos)
    throw wrong{"is a sequence of the digits 0-9 * # A-D" +
                std::string(waits ? " and the waits w W" : "") + ", not " + quoted(text)};
  if (text.size() > 1000) throw wrong{"is longer than 1000 digits"};
  std::string digits(text);
  for (char& c : digits)
    if (c >= 'a' && c <= 'd') c = static_cast<char>(c - 'a' + 'A');
  return digits;
}

std::string to_uri(std::string_view text) {
  const auto parsed = sip::uri::parse(text);
  if (!parsed || !parsed->is_sip()) throw wrong{"is a SIP URI, sip:user@host, not " + quoted(text)};
  return std::string(text);
}

std::string to_party_or_uri(std::string_view text, const reading& in) {
  if (in.is_party(text)) return std::string(text);
  const auto parsed = sip::uri::parse(text);
  if (parsed && parsed->is_sip()) return std::string(text);
  const std::vector<std::string_view> names(in.parties.begin(), in.parties.end());
  const std::string near = session::suggestion(text, names);
  throw wrong{"is a party of this file or a SIP URI (sip:user@host), not " + quoted(text) + near};
}

std::string to_listen(std::string_view text) {
  std::string_view rest = text;
  for (const std::string_view transport : {"udp:", "tcp:", "tls:"}) {
    if (rest.starts_with(transport)) {
      rest.remove_prefix(transport.size());
      break;
    }
  }
  if (!socket_address::parse(rest))
    throw wrong{"is [udp:|tcp:|tls:]ADDRESS:PORT, udp:127.0.0.1:0, not " + quoted(text)};
  return std::string(text);
}

status_line to_status(std::string_view text) {
  std::string_view rest = trim(text);
  const std::string_view number = take_until(rest, ' ');
  const auto status = parse_decimal(number, 699);
  if (number.size() != 3 || !status || *status < 200)
    throw wrong{"is a final status, 486 or '486 Gone fishing', not " + quoted(text)};
  return {static_cast<int>(*status), std::string(trim(rest))};
}

void add_statuses(status_set& set, std::string_view text) {
  const bool family =
      text.size() == 3 && iequals(text.substr(1), "xx") && text[0] >= '1' && text[0] <= '6';
  const auto status = parse_decimal(text, 699);
  if (!family && (text.size() != 3 || !status || *status < 100))
    throw wrong{"is a status, 180 or 4xx, or a list of them, not " + quoted(text)};
  const int first = family ? (text[0] - '0') * 100 : static_cast<int>(*status);
  set.ranges.emplace_back(first, family ? first + 99 : first);
  set.text.append(set.text.empty() ? "" : ", ").append(text);
}

std::string to_codec(std::string_view text) {
  if (audio::find(text) != nullptr) return to_lower(text);
  std::vector<std::string_view> names;
  std::string all;
  for (const audio::codec_info& codec : audio::codecs()) {
    names.push_back(codec.option_name);
    all.append(all.empty() ? "" : ", ").append(codec.option_name);
  }
  const std::string near = session::suggestion(text, names);
  throw wrong{"is no codec: " + quoted(text) + (near.empty() ? "; there is " + all : near)};
}

session::pattern to_pattern(std::string_view text) {
  std::string why;
  auto parsed = session::parse_pattern(text, why);
  if (!parsed) throw wrong{": " + why};
  return std::move(*parsed);
}

session::pattern to_regex(std::string_view text) {
  session::pattern parsed = to_pattern(text);
  if (parsed.how != session::pattern::kind::regex || parsed.expression.mark_count() != 1)
    throw wrong{"is a regular expression with one group, \"/id=([0-9]+)/\", not " + quoted(text)};
  return parsed;
}

double to_level(std::string_view text) {
  std::string_view number = text;
  if (number.size() > 4 && iequals(number.substr(number.size() - 4), "dBm0"))
    number.remove_suffix(4);
  const auto level = to_double(trim(number));
  if (!level || number.size() == text.size() || *level > 3 || *level < -60)
    throw wrong{"is a level from -60dBm0 to 3dBm0, not " + quoted(text)};
  return *level;
}

double to_percent(std::string_view text) {
  const auto number =
      text.ends_with('%') ? to_double(trim(text.substr(0, text.size() - 1))) : std::nullopt;
  if (!number || *number < 0 || *number > 100) throw wrong{"is a share, 5%, not " + quoted(text)};
  return *number;
}

std::string_view behind_less(std::string_view text, const char* example) {
  if (!text.starts_with('<'))
    throw wrong{"is a limit, \"<" + std::string(example) + "\", not " + quoted(text)};
  return trim(text.substr(1));
}

std::string to_hex(std::string_view text) {
  std::string digits, bytes;
  for (const char c : text) {
    if (!is_space(c) && c != '\n' && c != ':') digits += c;
  }
  const auto nibble = [](char c) {
    const char low = to_lower(c);
    return is_digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
  };
  if (digits.empty() || digits.size() % 2 != 0) throw wrong{"is pairs of hexadecimal digits"};
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    if (nibble(digits[i]) < 0 || nibble(digits[i + 1]) < 0)
      throw wrong{"is pairs of hexadecimal digits, not " + quoted(text)};
    bytes += static_cast<char>(nibble(digits[i]) * 16 + nibble(digits[i + 1]));
  }
  return bytes;
}

std::string to_file(std::string_view text, const reading& in) {
  if (text.empty()) throw wrong{"is the name of a file"};
  const std::string path = path_beside(in.file, std::string(text));
  if (in.around.file_exists && !in.around.file_exists(path))
    throw wrong{": there is no file " + quoted(path)};
  return std::string(text);
}

/// No path outside the scenario's folder is written.
std::string to_new_file(std::string_view text) {
  if (text.starts_with('/') || text.starts_with('~'))
    throw wrong{"is a file inside the scenario's folder, not " + quoted(text)};
  for (std::string_view rest = text; !rest.empty();) {
    if (take_until(rest, '/') == "..")
      throw wrong{"is a file inside the scenario's folder, not " + quoted(text)};
  }
  const auto checked = session::check_template(text);
  if (!checked) throw wrong{": " + std::string(checked.error().what)};
  return std::string(text);
}

/// May the value hold a ${name} that is known only while it runs?
bool may_wait(value_kind kind) {
  switch (kind) {
    case value_kind::text:
    case value_kind::uri:
    case value_kind::party_or_uri:
    case value_kind::headers:
    case value_kind::header_patterns:
    case value_kind::pattern:
      return true;
    default:
      return false;
  }
}

session::pattern exact(std::string text) {
  session::pattern p;
  p.text = std::move(text);
  return p;
}

argument_value scalar_value(const reading& in, const field& what, const std::string& text,
                            bool waits) {
  switch (what.kind) {
    case value_kind::flag:
      return to_flag(text);
    case value_kind::count:
      return to_count(text, what);
    case value_kind::number:
      return to_number(text, what);
    case value_kind::text:
      return text;
    case value_kind::name:
      return to_name(text);
    case value_kind::word:
      return to_word(text, what);
    case value_kind::file:
      return to_file(text, in);
    case value_kind::new_file:
      return to_new_file(text);
    case value_kind::duration:
      return to_duration(text);
    case value_kind::digits:
      return to_digits(text, false);
    case value_kind::digits_and_waits:
      return to_digits(text, true);
    case value_kind::party_or_uri:
      return waits ? text : to_party_or_uri(text, in);
    case value_kind::uri:
      return waits ? text : to_uri(text);
    case value_kind::listen:
      return to_listen(text);
    case value_kind::status:
      return to_status(text);
    case value_kind::codec:
      return to_codec(text);
    case value_kind::pattern:
      return waits ? exact(text) : to_pattern(text);
    case value_kind::regex:
      return to_regex(text);
    case value_kind::level:
      return to_level(text);
    case value_kind::percent:
      return to_percent(text);
    case value_kind::most_percent:
      return to_percent(behind_less(text, "1%"));
    case value_kind::most_duration:
      return to_duration(behind_less(text, "20ms"));
    case value_kind::hex:
      return to_hex(text);
    case value_kind::status_set: {
      status_set set;
      add_statuses(set, text);
      return set;
    }
    case value_kind::codecs: {
      text_list list;
      for (std::string_view rest = text; !rest.empty();)
        list.push_back(to_codec(trim(take_until(rest, ','))));
      if (list.empty()) throw wrong{"is one codec or more: pcmu, pcma"};
      return list;
    }
    case value_kind::headers:
    case value_kind::header_patterns:
      throw wrong{"is a map of headers: {X-Room-ID: sales}"};
    case value_kind::credentials:
      throw wrong{"is a map: {user: NAME, password: WORD}"};
    case value_kind::steps:
      break;
  }
  throw wrong{"takes steps"};
}

std::optional<argument_value> list_value(reading& in, const field& what, const yaml_value& node) {
  text_list texts;
  status_set statuses;
  for (const yaml_value& item : node.items) {
    const auto text = read_text(in, what.name, item);
    if (!text) return std::nullopt;
    try {
      if (what.kind == value_kind::status_set)
        add_statuses(statuses, text->text);
      else
        texts.push_back(to_codec(text->text));
    } catch (const wrong& w) {
      in.complain(item.at, quoted(what.name) + (w.text.starts_with(':') ? "" : " ") + w.text);
      return std::nullopt;
    }
  }
  if (node.items.empty()) {
    in.complain(node.at, quoted(what.name) + " is an empty list");
    return std::nullopt;
  }
  if (what.kind == value_kind::status_set) return statuses;
  return texts;
}

/// headers and header_patterns.
std::optional<argument_value> map_value(reading& in, const field& what, const yaml_value& node) {
  header_values values;
  header_patterns patterns;
  bool good = true;
  for (const yaml_pair& pair : node.pairs) {
    if (!is_token(pair.key)) {
      in.complain(pair.at, "not the name of a header: " + quoted(pair.key));
      good = false;
      continue;
    }
    const auto text = read_text(in, pair.key, pair.value);
    if (!text) {
      good = false;
      continue;
    }
    if (text->text.find_first_of("\r\n") != std::string::npos) {
      in.complain(pair.value.at, "the header " + quoted(pair.key) + " holds a line end");
      good = false;
    } else if (what.kind == value_kind::headers) {
      values.push_back({pair.key, text->text});
    } else {
      try {
        patterns.push_back({pair.key, text->waits ? exact(text->text) : to_pattern(text->text)});
      } catch (const wrong& w) {
        in.complain(pair.value.at, quoted(pair.key) + w.text);
        good = false;
      }
    }
  }
  if (!good) return std::nullopt;
  if (what.kind == value_kind::headers) return values;
  return patterns;
}

std::optional<argument_value> credentials_value(reading& in, const yaml_value& node) {
  credentials c;
  for (const yaml_pair& pair : node.pairs) {
    std::string* target = pair.key == "user"       ? &c.user
                          : pair.key == "password" ? &c.password
                                                   : nullptr;
    const auto text = target != nullptr ? read_text(in, pair.key, pair.value) : std::nullopt;
    if (target == nullptr)
      in.complain(pair.at, "unknown key " + quoted(pair.key) + "; there is user and password");
    if (!text) return std::nullopt;
    *target = text->text;
  }
  if (c.user.empty()) {
    in.complain(node.at, "'auth' needs a user: {user: NAME, password: WORD}");
    return std::nullopt;
  }
  return c;
}

}  // namespace

bool reading::is_party(std::string_view name) const {
  return std::find(parties.begin(), parties.end(), name) != parties.end();
}

std::optional<variables::expanded> read_text(reading& in, std::string_view key,
                                             const yaml_value& node) {
  if (!node.is_scalar()) {
    in.complain(node.at,
                quoted(key) + " takes one text" +
                    (node.is_map() ? "; a text with ': ' or ${...} must stand in quotes" : ""));
    return std::nullopt;
  }
  std::string why;
  auto text = in.names.expand(node.text, why);
  if (!text) in.complain(node.at, why);
  return text;
}

std::optional<argument_value> read_value(reading& in, const field& what, const yaml_value& node) {
  const bool takes_list = what.kind == value_kind::status_set || what.kind == value_kind::codecs;
  if (node.is_list() && takes_list) return list_value(in, what, node);
  const bool takes_map =
      what.kind == value_kind::headers || what.kind == value_kind::header_patterns;
  if (node.is_map() && takes_map) return map_value(in, what, node);
  if (node.is_map() && what.kind == value_kind::credentials) return credentials_value(in, node);
  const auto text = read_text(in, what.name, node);
  if (!text) return std::nullopt;
  if (text->waits && !may_wait(what.kind)) {
    in.complain(
        node.at,
        quoted(what.name) + " must be known before it runs: a variable of 'set' cannot stand here");
    return std::nullopt;
  }
  try {
    return scalar_value(in, what, text->text, text->waits);
  } catch (const wrong& w) {
    in.complain(node.at, quoted(what.name) + (w.text.starts_with(':') ? "" : " ") + w.text);
    return std::nullopt;
  }
}

}  // namespace sipvoice::scenario
