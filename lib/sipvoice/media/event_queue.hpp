// What a media session has to tell, in order. What the network can cause in any number (digits,
// speech) is bounded; what commands cause is bounded by the commands.
#pragma once

#include <optional>

#include "sipvoice/base/output_queue.hpp"
#include "sipvoice/media/values.hpp"

namespace sipvoice::media {

class event_queue {
 public:
  static constexpr std::size_t max_waiting = 64;  ///< further ones of the network are dropped

  void push(event_body event) { events_.emplace_back(std::move(event)); }
  void push_bounded(const event_body& event) {
    if (events_.size() < max_waiting) events_.emplace_back(event);
  }
  [[nodiscard]] std::optional<event_body> pop() { return events_.pop(); }

 private:
  output_queue<event_body> events_;
};

}  // namespace sipvoice::media
