#include "sipvoice/sip/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <iterator>
#include <utility>

#include "sipvoice/base/text.hpp"
#include "sipvoice/sip/header.hpp"

namespace sipvoice::sip {
namespace {

// In the order of the enum.
constexpr std::array<std::string_view, 6> names = {
    "MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"};

bool is_session(digest_algorithm a) { return (static_cast<unsigned>(a) & 1U) != 0; }

const EVP_MD* hash_of(digest_algorithm a) {
  switch (a) {
    case digest_algorithm::md5:
    case digest_algorithm::md5_sess:
      return EVP_md5();
    case digest_algorithm::sha256:
    case digest_algorithm::sha256_sess:
      return EVP_sha256();
    case digest_algorithm::sha512_256:
    case digest_algorithm::sha512_256_sess:
      break;
  }
  return EVP_sha512_256();
}

std::string unquote(std::string_view s) {
  if (s.size() < 2 || s.front() != '"' || s.back() != '"') return std::string(s);
  std::string out;
  for (std::size_t i = 1; i + 1 < s.size(); ++i) {
    if (s[i] == '\\' && i + 2 < s.size()) ++i;
    out += s[i];
  }
  return out;
}

std::string quote(std::string_view s) {
  std::string out = "\"";
  for (const char c : s) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// `Digest a=b, c="d"` -> the list behind the scheme; empty for another scheme.
std::string_view digest_list(std::string_view value) {
  value = trim(value);
  std::size_t n = 0;
  while (n < value.size() && !is_space(value[n])) ++n;
  if (!iequals(value.substr(0, n), "Digest")) return {};
  return trim(value.substr(n));
}

template <class F>
void for_each_pair(std::string_view list, F&& each) {
  for_each_element(list, [&](std::string_view one) {
    const std::size_t eq = one.find('=');
    if (eq == std::string_view::npos) return;
    each(trim(one.substr(0, eq)), trim(one.substr(eq + 1)));
  });
}

std::string count_text(std::uint32_t n) {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", n);
  return text;
}

std::optional<std::uint32_t> parse_count(std::string_view s) {
  if (s.size() != 8) return std::nullopt;
  std::uint32_t n = 0;
  for (const char c : s) {
    const char l = to_lower(c);
    if (is_digit(l)) {
      n = n * 16 + static_cast<std::uint32_t>(l - '0');
    } else if (l >= 'a' && l <= 'f') {
      n = n * 16 + static_cast<std::uint32_t>(l - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return n;
}

/// Equal in a time that does not tell where the first difference is.
bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned differs = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    differs |=
        static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  return differs == 0;
}

}  // namespace

std::string_view name_of(digest_algorithm a) { return names[static_cast<std::size_t>(a)]; }

std::optional<digest_algorithm> digest_algorithm_of(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (iequals(name, names[i])) return static_cast<digest_algorithm>(i);
  return std::nullopt;
}

std::string digest_hash(digest_algorithm a, std::string_view data) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(data.data(), data.size(), out, &size, hash_of(a), nullptr);
  static constexpr char hex[] = "0123456789abcdef";
  std::string text;
  text.reserve(size * 2);
  for (unsigned i = 0; i < size; ++i) {
    text += hex[out[i] >> 4];
    text += hex[out[i] & 15];
  }
  return text;
}

result<digest_challenge> digest_challenge::parse(std::string_view value) {
  const std::string_view list = digest_list(value);
  if (list.empty()) return failure{"not a Digest challenge"};
  digest_challenge c;
  bool known_algorithm = true, has_qop = false;
  for_each_pair(list, [&](std::string_view name, std::string_view raw) {
    if (iequals(name, "realm")) c.realm = unquote(raw);
    if (iequals(name, "nonce")) c.nonce = unquote(raw);
    if (iequals(name, "opaque")) c.opaque = unquote(raw);
    if (iequals(name, "stale")) c.stale = iequals(unquote(raw), "true");
    if (iequals(name, "algorithm")) {
      const auto a = digest_algorithm_of(unquote(raw));
      known_algorithm = a.has_value();
      if (a) c.algorithm = *a;
    }
    if (!iequals(name, "qop")) return;
    has_qop = true;
    const std::string options = unquote(raw);
    for_each_element(options, [&c](std::string_view q) {
      c.qop_auth = c.qop_auth || iequals(q, "auth");
      c.qop_auth_int = c.qop_auth_int || iequals(q, "auth-int");
    });
  });
  if (c.nonce.empty()) return failure{"challenge without a nonce"};
  if (!known_algorithm) return failure{"unknown digest algorithm"};
  if (has_qop && !c.qop_auth && !c.qop_auth_int) return failure{"no qop that we have"};
  return c;
}

result<digest_credentials> digest_credentials::parse(std::string_view value) {
  const std::string_view list = digest_list(value);
  if (list.empty()) return failure{"not Digest credentials"};
  digest_credentials c;
  const char* wrong = nullptr;
  bool has_count = false;
  for_each_pair(list, [&](std::string_view name, std::string_view raw) {
    if (iequals(name, "username")) c.username = unquote(raw);
    if (iequals(name, "realm")) c.realm = unquote(raw);
    if (iequals(name, "nonce")) c.nonce = unquote(raw);
    if (iequals(name, "uri")) c.uri = unquote(raw);
    if (iequals(name, "response")) c.response = to_lower(unquote(raw));
    if (iequals(name, "cnonce")) c.cnonce = unquote(raw);
    if (iequals(name, "opaque")) c.opaque = unquote(raw);
    if (iequals(name, "qop")) c.qop = to_lower(unquote(raw));
    if (iequals(name, "algorithm")) {
      const auto a = digest_algorithm_of(unquote(raw));
      if (!a) wrong = "unknown digest algorithm";
      if (a) c.algorithm = *a;
    }
    if (iequals(name, "nc")) {
      const auto n = parse_count(unquote(raw));
      has_count = n.has_value();
      if (!n) wrong = "nc is not eight hexadecimal digits";
      if (n) c.nonce_count = *n;
    }
  });
  if (wrong) return failure{wrong};
  if (c.username.empty() || c.nonce.empty() || c.response.empty() || c.uri.empty())
    return failure{"credentials without username, nonce, uri or response"};
  if (!c.qop.empty() && c.qop != "auth" && c.qop != "auth-int") return failure{"unknown qop"};
  if (!c.qop.empty() && (!has_count || c.cnonce.empty()))
    return failure{"qop without nc or cnonce"};
  return c;
}

// RFC 7616 section 3.4.1 to 3.4.3; without qop as RFC 2069 had it.
std::string digest_response(const digest_input& in) {
  std::string a1;
  a1.append(in.username).append(":").append(in.realm).append(":").append(in.password);
  std::string a2;
  a2.append(in.method).append(":").append(in.uri);
  if (in.qop == "auth-int") a2.append(":").append(digest_hash(in.algorithm, in.body));
  std::string all = digest_hash(in.algorithm, a1);
  if (is_session(in.algorithm)) {
    all.append(":").append(in.nonce).append(":").append(in.cnonce);
    all = digest_hash(in.algorithm, all);
  }
  all.append(":").append(in.nonce).append(":");
  if (!in.qop.empty())
    all.append(count_text(in.nonce_count))
        .append(":")
        .append(in.cnonce)
        .append(":")
        .append(in.qop)
        .append(":");
  all += digest_hash(in.algorithm, a2);
  return digest_hash(in.algorithm, all);
}

std::string digest_client::answer(const digest_challenge& challenge, std::string_view method,
                                  std::string_view uri, std::string_view body,
                                  random_source& random) {
  if (challenge.nonce != nonce_) {
    nonce_ = challenge.nonce;
    count_ = 0;
  }
  ++count_;
  const std::string cnonce = random.token(16);
  const std::string_view qop = challenge.qop_auth       ? "auth"
                               : challenge.qop_auth_int ? "auth-int"
                                                        : "";
  const std::string response = digest_response({.algorithm = challenge.algorithm,
                                                .username = who_.user,
                                                .realm = challenge.realm,
                                                .password = who_.password,
                                                .method = method,
                                                .uri = uri,
                                                .nonce = challenge.nonce,
                                                .cnonce = cnonce,
                                                .qop = qop,
                                                .nonce_count = count_,
                                                .body = body});
  std::string value = "Digest username=" + quote(who_.user) + ", realm=" + quote(challenge.realm) +
                      ", nonce=" + quote(challenge.nonce) + ", uri=" + quote(uri) +
                      ", response=\"" + response + "\", algorithm=";
  value += name_of(challenge.algorithm);
  if (!qop.empty()) {
    value.append(", qop=").append(qop);
    value += ", nc=" + count_text(count_) + ", cnonce=" + quote(cnonce);
  }
  if (!challenge.opaque.empty()) value += ", opaque=" + quote(challenge.opaque);
  return value;
}

digest_server::digest_server(digest_server_config config, password_of passwords,
                             random_source& random)
    : config_(std::move(config)), passwords_(std::move(passwords)), secret_(random.token(32)) {}

// A nonce carries the time of its making, a number that sets it apart from others of that moment,
// and a proof that it is ours: no state until it is used.
std::string digest_server::make_nonce(time_point made, std::uint64_t number) const {
  const std::string head =
      std::to_string(made.time_since_epoch().count()) + "." + std::to_string(number) + ".";
  return head + digest_hash(digest_algorithm::sha256, head + secret_).substr(0, 32);
}

bool digest_server::nonce_is_ours(std::string_view nonce, time_point& made) const {
  std::string_view rest = nonce;
  const auto ticks = parse_decimal(take_until(rest, '.'), INT64_MAX);
  const auto number = parse_decimal(take_until(rest, '.'), INT64_MAX);
  if (!ticks || !number) return false;
  made = time_point{duration(static_cast<duration::rep>(*ticks))};
  return same_secret(nonce, make_nonce(made, *number));
}

std::vector<std::string> digest_server::challenges(bool stale, time_point now) {
  std::vector<std::string> all;
  const std::string nonce = make_nonce(now, ++made_);
  for (const digest_algorithm a : config_.algorithms) {
    std::string value =
        "Digest realm=" + quote(config_.realm) + ", nonce=\"" + nonce + "\", algorithm=";
    value += name_of(a);
    value += config_.offer_auth_int ? ", qop=\"auth,auth-int\"" : ", qop=\"auth\"";
    if (stale) value += ", stale=true";
    all.push_back(std::move(value));
  }
  return all;
}

bool digest_server::count_rises(const digest_credentials& c) {
  const auto known = seen_.find(c.nonce);
  if (known != seen_.end()) {
    if (c.nonce_count <= known->second.highest) return false;
    known->second.highest = c.nonce_count;
    return true;
  }
  if (seen_.size() >= config_.max_nonces) {
    seen_.erase(order_.front());
    order_.pop_front();
  }
  order_.push_back(c.nonce);
  seen_[c.nonce] = {c.nonce_count, std::prev(order_.end())};
  return true;
}

digest_verdict digest_server::check(const std::vector<std::string_view>& values,
                                    std::string_view method, std::string_view request_uri,
                                    std::string_view body, time_point now) {
  for (const std::string_view value : values) {
    const auto parsed = digest_credentials::parse(value);
    if (!parsed) {
      if (digest_list(value).empty()) continue;  // another scheme
      return digest_verdict::malformed;
    }
    const digest_credentials& c = *parsed;
    if (c.realm != config_.realm) continue;
    bool offered = false;
    for (const digest_algorithm a : config_.algorithms) offered = offered || a == c.algorithm;
    if (!offered) return digest_verdict::wrong;
    // Section 22.4 of RFC 3261, item 5: a digest for another URI is a captured one.
    if (!config_.any_uri && c.uri != request_uri) return digest_verdict::wrong;
    const auto password = passwords_(c.username);
    const std::string expected = digest_response(
        {.algorithm = c.algorithm,
         .username = c.username,
         .realm = c.realm,
         .password = password ? std::string_view(*password) : std::string_view(secret_),
         .method = method,
         .uri = c.uri,
         .nonce = c.nonce,
         .cnonce = c.cnonce,
         .qop = c.qop,
         .nonce_count = c.nonce_count,
         .body = body});
    if (!password || !same_secret(expected, c.response)) return digest_verdict::wrong;
    time_point made;
    if (!nonce_is_ours(c.nonce, made) || made > now || now - made > config_.nonce_lifetime)
      return digest_verdict::stale;
    // Without qop there is no count: such a nonce serves once.
    if (!count_rises(c)) return c.qop.empty() ? digest_verdict::stale : digest_verdict::wrong;
    return digest_verdict::accepted;
  }
  return digest_verdict::missing;
}

}  // namespace sipvoice::sip
