// Digest authentication (RFC 3261 section 22, RFC 7616, RFC 8760): both sides.
//
// Algorithms: MD5, SHA-256 and SHA-512-256, each also as -sess; qop auth and auth-int; a challenge
// without qop (RFC 2069) is answered as such. Hashes come from OpenSSL; everything else is text.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sipvoice/base/random.hpp"
#include "sipvoice/base/result.hpp"
#include "sipvoice/base/time.hpp"

namespace sipvoice::sip {

enum class digest_algorithm : std::uint8_t {
  md5,
  md5_sess,
  sha256,
  sha256_sess,
  sha512_256,
  sha512_256_sess
};
[[nodiscard]] std::string_view name_of(digest_algorithm a);  ///< "MD5", "SHA-256", "MD5-sess", ...
[[nodiscard]] std::optional<digest_algorithm> digest_algorithm_of(std::string_view name);
/// Lower-case hexadecimal; the -sess forms hash as their plain ones.
[[nodiscard]] std::string digest_hash(digest_algorithm a, std::string_view data);

/// WWW-Authenticate or Proxy-Authenticate. Quotes and escapes removed.
struct digest_challenge {
  std::string realm, nonce, opaque;
  digest_algorithm algorithm = digest_algorithm::md5;
  bool qop_auth = false, qop_auth_int = false;
  bool stale = false;
  /// Fails for another scheme, an algorithm we do not have, or a qop list without one we have.
  [[nodiscard]] static result<digest_challenge> parse(std::string_view value);
};

/// Authorization or Proxy-Authorization. Quotes and escapes removed.
struct digest_credentials {
  std::string username, realm, nonce, uri, response, cnonce, opaque, qop;
  digest_algorithm algorithm = digest_algorithm::md5;
  std::uint32_t nonce_count = 0;
  [[nodiscard]] static result<digest_credentials> parse(std::string_view value);
};

/// What a response is computed from.
struct digest_input {
  digest_algorithm algorithm = digest_algorithm::md5;
  std::string_view username, realm, password, method, uri, nonce, cnonce;
  std::string_view qop;  ///< empty, "auth" or "auth-int"
  std::uint32_t nonce_count = 0;
  std::string_view body;  ///< of auth-int
};
[[nodiscard]] std::string digest_response(const digest_input& in);

struct account {
  std::string user, password;
};

/// The client's side for one peer: answers challenges, counts nonces.
class digest_client {
 public:
  explicit digest_client(account who) : who_(std::move(who)) {}
  /// The value of Authorization or Proxy-Authorization for this challenge. nc rises for each use of
  /// the same nonce (RFC 7616 section 3.4).
  [[nodiscard]] std::string answer(const digest_challenge& challenge, std::string_view method,
                                   std::string_view uri, std::string_view body,
                                   random_source& random);

 private:
  account who_;
  std::string nonce_;
  std::uint32_t count_ = 0;
};

/// What a server thinks of a request's credentials.
enum class digest_verdict : std::uint8_t {
  missing,    ///< none for our realm: challenge
  stale,      ///< right, but the nonce has expired or is not ours: challenge with stale=true
  wrong,      ///< unknown user, wrong password, replay: challenge
  malformed,  ///< 400
  accepted
};

struct digest_server_config {
  std::string realm = "sipvoice";
  std::vector<digest_algorithm> algorithms{digest_algorithm::sha256, digest_algorithm::md5};
  bool offer_auth_int = true;
  /// Credentials whose uri is not the Request-URI are right too (RFC 3261 section 22.4, item 5:
  /// proxies rewrite it); nonces and their counts still stop copies.
  bool any_uri = false;
  duration nonce_lifetime = std::chrono::minutes(5);
  std::size_t max_nonces = 65536;  ///< remembered for replay protection; the oldest go first
};

class digest_server {
 public:
  /// The password of a user, or nothing.
  using password_of = std::function<std::optional<std::string>(std::string_view user)>;
  digest_server(digest_server_config config, password_of passwords, random_source& random);

  /// One value for each algorithm, in order, each for a header of its own (RFC 8760 section 2.3).
  [[nodiscard]] std::vector<std::string> challenges(bool stale, time_point now);
  /// `values`: every Authorization (or Proxy-Authorization) value of the request.
  [[nodiscard]] digest_verdict check(const std::vector<std::string_view>& values,
                                     std::string_view method, std::string_view request_uri,
                                     std::string_view body, time_point now);
  [[nodiscard]] std::size_t nonces() const { return seen_.size(); }

 private:
  [[nodiscard]] std::string make_nonce(time_point made, std::uint64_t number) const;
  [[nodiscard]] bool nonce_is_ours(std::string_view nonce, time_point& made) const;
  [[nodiscard]] bool count_rises(const digest_credentials& c);

  digest_server_config config_;
  password_of passwords_;
  std::string secret_;
  std::uint64_t made_ = 0;  ///< nonces
  // The highest nonce count of each nonce in use, and the nonces in the order of their first use.
  struct use {
    std::uint32_t highest = 0;
    std::list<std::string>::iterator place;
  };
  std::list<std::string> order_;
  std::unordered_map<std::string, use> seen_;
};

}  // namespace sipvoice::sip
