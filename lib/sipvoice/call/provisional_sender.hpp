// The provisional responses to one INVITE that we answer: sent once and repeated each minute so
// that proxies do not give up (RFC 3261 section 13.3.1.1), or reliably (RFC 3262 section 3).
//
// Reliable ones: RSeq begins at random and rises by one; each is repeated at T1, doubling, until
// its PRACK, and given up after 64*T1. One is under way at a time; the next waits for its PRACK.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sipvoice/call/services.hpp"
#include "sipvoice/sip/rack.hpp"

namespace sipvoice::call {

class provisional_sender {
 public:
  /// Reliable ones that wait for the PRACK of the one before; further ones are not sent.
  static constexpr std::size_t max_waiting = 4;
  /// Between two copies of the last one.
  static constexpr duration repetition = std::chrono::minutes(1);

  enum class action : std::uint8_t { nothing, give_up };

  explicit provisional_sender(services& s) : s_(s) {}

  /// For the INVITE of `tx`, whose CSeq number is `cseq`.
  void begin(sip::server_tx tx, std::uint32_t cseq, bool reliable);
  [[nodiscard]] bool is_reliable() const { return reliable_; }

  /// `head`: the response without a body, RSeq and Require. False: too many wait.
  bool send(int status, sip::message_builder head, const std::string& body);

  /// A PRACK with this RAck has come. False: it acknowledges nothing (481).
  [[nodiscard]] bool take_prack(const sip::rack& r);
  /// The last reliable one has not been acknowledged, also when the INVITE has its final response.
  [[nodiscard]] bool waits_for_prack() const { return unacknowledged_; }
  /// A 2xx must wait: a description has not been acknowledged (RFC 3262 section 3).
  [[nodiscard]] bool holds_2xx() const;

  /// The INVITE has its final response. A PRACK for the last one may still come.
  void stop();

  [[nodiscard]] time_point next_deadline() const;
  [[nodiscard]] action handle_timeout();

 private:
  struct response {
    int status = 0;
    sip::message_builder head;
    std::string body;
  };
  void put(response r);

  services& s_;
  sip::server_tx tx_{};
  std::uint32_t cseq_ = 0;
  bool reliable_ = false;
  /// For the repetition each minute, which has an RSeq of its own and no body. Reliable ones only.
  std::optional<response> last_;
  int status_ = 0;
  std::string bytes_;  ///< of the last one, as sent
  time_point repeat_at_ = never;

  std::uint32_t rseq_ = 0;  ///< of the last reliable one; 0: none yet
  bool unacknowledged_ = false, described_ = false;
  duration interval_{};
  time_point next_copy_ = never, give_up_at_ = never;
  std::vector<response> waiting_;
};

}  // namespace sipvoice::call
