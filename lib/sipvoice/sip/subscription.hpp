// The subscription that a REFER makes by itself, both sides of it (RFC 3515 section 2.4, RFC 6665).
// Plain objects: they know no message and no dialog; their owner sends what they ask for.
//
//   refer_subscriber (who sent the REFER)
//     asked ----2xx----> waiting ---NOTIFY---> active ---NOTIFY with a final status---> over
//       | 3xx-6xx           | 64*T1              | expiry
//       v refused           v no_notify          v expired
//
//   refer_notifier (who was referred)
//     active: NOTIFYs "SIP/2.0 100 Trying" at once, then what comes of the call, one NOTIFY at a
//     time and the last news only; over: the NOTIFY that carries the final status, or the expiry,
//     has been answered, or one was refused (RFC 6665 section 4.2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sipvoice/base/time.hpp"
#include "sipvoice/sip/timer_values.hpp"

namespace sipvoice::sip {

class refer_subscriber {
 public:
  enum class state : std::uint8_t { asked, waiting, active, over };
  enum class outcome : std::uint8_t {
    done,        ///< a final status came: `status` and `reason` are those of the referred call
    refused,     ///< the REFER itself was: `status` and `reason` are of its response
    no_answer,   ///< the REFER had no final response
    no_notify,   ///< nothing was told within 64*T1 of the 2xx (RFC 6665 timer N)
    expired,     ///< the subscription ran out before a final status
    terminated,  ///< it was ended without a final status: `reason` says why
    gone         ///< the dialog ended
  };
  struct result {
    outcome why = outcome::done;
    int status = 0;
    std::string reason;
    friend bool operator==(const result&, const result&) = default;
  };
  /// What a NOTIFY of this subscription said.
  struct news {
    std::optional<int> status;  ///< of its sipfrag
    std::string_view phrase;
    bool terminated = false;
    std::string_view state_reason;           ///< of Subscription-State
    std::optional<std::uint32_t> expires_s;  ///< of Subscription-State
  };

  /// Where the notifier names no expiry.
  static constexpr duration default_expiry = std::chrono::seconds(180);
  /// Counted from the first NOTIFY: no subscription lives longer, whatever the notifier says.
  static constexpr duration max_expiry = std::chrono::minutes(10);
  /// Reasons are cut to this many bytes.
  static constexpr std::size_t max_reason = 256;

  explicit refer_subscriber(const timer_values& timers) : timers_(timers) {}

  /// The final response to the REFER. A NOTIFY may have come before it (RFC 6665 4.1.2.4).
  void responded(int status, std::string_view reason, time_point now);
  /// No final response to the REFER came.
  void unanswered();
  /// A NOTIFY that belongs to this subscription. False: it is over (481).
  bool notified(const news& n, time_point now);
  void dialog_ended();
  void handle_timeout(time_point now);

  [[nodiscard]] time_point next_deadline() const { return deadline_; }
  [[nodiscard]] state now_in() const { return state_; }
  /// The last provisional status that was told; 0: none.
  [[nodiscard]] int last_status() const { return last_status_; }
  /// Set once it is over.
  [[nodiscard]] const std::optional<result>& ended() const { return result_; }

 private:
  void end(outcome why, int status, std::string_view reason);

  timer_values timers_;
  state state_ = state::asked;
  time_point deadline_ = never, limit_ = never;
  int last_status_ = 0;
  std::optional<result> result_;
};

class refer_notifier {
 public:
  /// A NOTIFY to be sent.
  struct notify {
    bool terminated = false;
    std::string_view state_reason;  ///< with `terminated`
    std::int64_t expires_s = 0;     ///< without it
    int status = 100;               ///< of the sipfrag
    std::string reason;             ///< its phrase
  };
  /// Longer than an INVITE of ours waits for its answer and its CANCEL takes.
  static constexpr duration expiry = std::chrono::seconds(120);

  /// `silent`: the referrer wants no NOTIFYs (Refer-Sub: false, RFC 4488): it is over at once.
  refer_notifier(bool silent, time_point now);

  /// News of the referred call; a status from 200 on is the last. What comes after the last, and
  /// copies of what was told, are left out.
  void progress(int status, std::string_view reason);
  /// The NOTIFY that was taken from poll() has been answered, or timed out (408).
  void answered(int status);
  void dialog_ended() { over_ = true; }
  void handle_timeout(time_point now);

  /// What is to be sent now; each is given once, and the next not before answered().
  [[nodiscard]] std::optional<notify> poll(time_point now);
  [[nodiscard]] time_point next_deadline() const { return over_ ? never : expires_at_; }
  [[nodiscard]] bool is_over() const { return over_; }

 private:
  time_point expires_at_;
  int status_ = 100;
  std::string reason_ = "Trying";
  bool fresh_ = true;         ///< not told yet
  bool outstanding_ = false;  ///< a NOTIFY waits for its answer
  bool last_sent_ = false;
  bool expired_ = false;
  bool over_ = false;
};

}  // namespace sipvoice::sip
