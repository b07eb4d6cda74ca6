// Locating SIP servers (RFC 3263 section 4): one SIP URI, asked about once.
//
//   locator l(uri, abilities, random);
//   while (!l.done()) { for each l.poll(): ask; for each answer: l.receive(query, records); }
//   l.candidates(): where to try, in this order
//
// Three rounds at most, the questions of one round all at once: NAPTR (which transports the domain
// has), SRV (which servers, in which order), A and AAAA (their addresses). A numeric host asks
// nothing, an explicit port asks for addresses only, an explicit transport skips NAPTR. `maddr`
// stands in for the host (RFC 3261 19.1.1). sips allows nothing but TLS.
//
// Of one server the IPv4 addresses come first: an IPv6 address that is published but does not work
// would cost a UDP request its whole patience.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sipvoice/base/random.hpp"
#include "sipvoice/sip/dns.hpp"
#include "sipvoice/sip/hop.hpp"
#include "sipvoice/sip/uri.hpp"

namespace sipvoice::sip {

/// Bounds on what answers can make us do; what is beyond them is left out.
struct locator_limits {
  static constexpr std::size_t max_services = 8;       ///< NAPTR records followed
  static constexpr std::size_t max_servers = 16;       ///< SRV records followed, of all services
  static constexpr std::size_t max_addresses = 8;      ///< of one server
  static constexpr std::size_t max_candidates = 32;    ///< in all
  static constexpr std::size_t max_name_length = 255;  ///< bytes; longer ones are never asked for
};

/// What this side can use.
struct abilities {
  bool udp = true, tcp = true, tls = true;
  bool v4 = true, v6 = true;
};

/// A place to send a request to.
struct candidate {
  sip::transport transport = sip::transport::udp;
  socket_address address;
  friend bool operator==(const candidate&, const candidate&) = default;
};

class locator {
 public:
  locator(std::string_view uri, abilities can, random_source& random);

  /// The next question to ask; nothing when all of this round are out.
  [[nodiscard]] std::optional<dns_query> poll();
  /// The answer to a question of poll(); others are ignored.
  void receive(const dns_query& query, const dns_reply& reply);
  /// Enough waited: what has not been answered counts as empty, and nothing more is asked.
  void give_up();

  [[nodiscard]] bool done() const { return stage_ == stage::done; }
  /// In the order in which they are to be tried; empty: there is no such place.
  [[nodiscard]] const std::vector<candidate>& candidates() const { return candidates_; }
  /// Why there are no candidates, in one line that names who was asked about and for what; empty
  /// where nothing was asked.
  [[nodiscard]] std::string complaint() const;
  /// The URI names its transport: a large request must not change it (18.1.1).
  [[nodiscard]] bool transport_is_fixed() const { return fixed_; }

 private:
  enum class stage : std::uint8_t { naptr, srv, address, done };
  struct service {
    sip::transport transport;
    std::string name;  ///< of its SRV records
    std::vector<srv_record> records{};
  };
  struct server {
    sip::transport transport;
    std::string host;
    std::uint16_t port;
    std::vector<ip_address> addresses{};
  };

  [[nodiscard]] bool can(sip::transport t) const;
  [[nodiscard]] bool can(const ip_address& ip) const { return ip.is_v6() ? can_.v6 : can_.v4; }
  void ask(dns_type type, const std::string& name);
  void start(const uri& target);
  void ask_services();
  void ask_addresses();
  void take_naptr(const dns_records& records);
  void go_on();
  void finish();
  void note(const dns_query& query, dns_outcome outcome);

  abilities can_;
  random_source* random_;  // a value can be moved and assigned
  stage stage_ = stage::done;
  bool sips_ = false, fixed_ = false;
  sip::transport default_ = sip::transport::udp;
  std::string host_;
  std::deque<dns_query> to_ask_;
  std::vector<dns_query> asked_;  // and not answered
  // What came of the questions, for complaint(): which types were asked for, and the worst outcome
  // of the last round, with the name it is about.
  std::vector<dns_type> types_;
  std::string bad_name_;
  dns_outcome bad_ = dns_outcome::found;
  bool some_exist_ = false, not_offered_ = false;
  std::vector<service> services_;
  std::vector<server> servers_;
  std::vector<candidate> candidates_;
};

/// The order of RFC 2782: by priority, inside one by weighted chance.
[[nodiscard]] std::vector<srv_record> in_order(std::vector<srv_record> records,
                                               random_source& random);

/// 5060, or 5061 of TLS (RFC 3261 19.1.2).
[[nodiscard]] constexpr std::uint16_t default_port(transport t) {
  return t == transport::tls ? 5061 : 5060;
}
/// "udp", "tcp", "tls" without regard to case; nothing otherwise.
[[nodiscard]] std::optional<transport> transport_of(std::string_view name);

}  // namespace sipvoice::sip
