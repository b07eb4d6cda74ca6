// The lookups of an endpoint that are under way: each is a sip::locator whose questions go out with
// a number, and a deadline for all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>

#include "sipvoice/base/output_queue.hpp"
#include "sipvoice/base/timer_heap.hpp"
#include "sipvoice/call/deferred.hpp"
#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/sip/locator.hpp"

namespace sipvoice::call {

struct lookup_limits {
  static constexpr std::size_t max_lookups = 10'000;  ///< at one time
  /// For all questions of one lookup; then what is known has to do.
  static constexpr duration patience = std::chrono::seconds(10);
};

class lookups {
 public:
  enum class id : std::uint64_t { none };
  using told = std::function<void(const sip::locator&)>;

  explicit lookups(output_queue<output>& out) : out_(out) {}

  /// `done` is handed out by poll_ready() when the locator has finished; `owner` as it came. `none`
  /// when there are too many: it is never told.
  [[nodiscard]] id start(sip::locator locator, call_id owner, told done, time_point now);
  /// It is told nothing any more.
  void cancel(id which);

  void receive(question_id question, const sip::dns_reply& reply);
  void handle_timeout(time_point now);
  [[nodiscard]] time_point next_deadline() const { return timers_.next(); }

  [[nodiscard]] std::optional<deferred> poll_ready();
  [[nodiscard]] std::size_t size() const { return all_.size(); }

 private:
  struct lookup {
    sip::locator locator;
    call_id owner{};
    told done;
    timer_id timer = timer_id::none;
  };
  struct question {
    id whose{};
    sip::dns_query query;
  };
  void go_on(id which, lookup& l);

  output_queue<output>& out_;
  std::uint64_t last_id_ = 0, last_question_ = 0;
  std::unordered_map<id, lookup> all_;
  std::unordered_map<question_id, question> questions_;
  timer_heap<id> timers_;
  std::deque<std::pair<id, lookup>> finished_;
};

}  // namespace sipvoice::call
