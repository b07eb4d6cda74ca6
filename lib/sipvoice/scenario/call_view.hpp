// What a party knows of one call: what happened in it and was not met by an expectation yet, each
// kind in its own order. Private to the runner.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "sipvoice/scenario/ear.hpp"
#include "sipvoice/session/engine.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::scenario {

using message_ptr = std::shared_ptr<const sip::message>;

/// What waits to be met is bounded; past it the oldest is forgotten.
inline constexpr std::size_t max_remembered = 1000;

/// References that a report shows of one call.
inline constexpr std::size_t max_references = 100;

template <class T>
void remember(std::deque<T>& in, T what) {
  if (in.size() >= max_remembered) in.pop_front();
  in.push_back(std::move(what));
}

/// Messages that came, apart from copies of one.
struct message_box {
  std::deque<message_ptr> requests, responses;
};

struct seen_digit {
  char digit = '0';
  std::string method;
  time_point at{};
};

struct call_view {
  call::call_id id{};
  std::string name;  ///< `as`
  call::call_info info;
  bool opened = false;  ///< info is known
  time_point opened_at{};
  bool met = false;  ///< inbound: by expect_call

  message_ptr invite;  ///< inbound: the one that opened it
  message_box messages;
  std::deque<seen_digit> digits;
  std::deque<bool> holds;                     ///< the other side holds us
  std::deque<bool> resumes;                   ///< and takes us off
  std::deque<call::call_transfer> transfers;  ///< ours, at their end

  std::optional<session::answered_event> answered;
  time_point answered_at = never;
  std::optional<session::rejected_event> rejected;
  std::optional<session::ended_event> ended;
  time_point ended_at = never;
  bool end_used = false;        ///< an expectation has met its end, or its refusal
  bool end_met = false;         ///< by an expectation, or asked for by a step of ours
  bool sent_elsewhere = false;  ///< a transfer is under way that ends this call

  std::size_t plays_begun = 0, plays_over = 0;
  bool digits_under_way = false;
  std::size_t digits_heard = 0;
  bool speech_heard = false;
  std::size_t changes_begun = 0;
  std::set<std::uint32_t> changes;  ///< CSeq numbers of re-INVITEs and UPDATEs of ours under way
  bool measured = false;            ///< statistics come every second
  std::optional<media::media_statistics> statistics;  ///< the newest

  std::shared_ptr<ear> sound;
  std::uint64_t met_until = 0;  ///< what was heard before this has been met
  call_report report;

  [[nodiscard]] bool is_over() const { return ended || rejected; }
  // For the report; the last ones are shown.
  void note(digit_point d) {
    if (report.digits.size() >= max_remembered) report.digits.erase(report.digits.begin());
    report.digits.push_back(std::move(d));
  }
  void note(reference_point r) {
    if (report.references.size() >= max_references)
      report.references.erase(report.references.begin());
    report.references.push_back(std::move(r));
  }
};

}  // namespace sipvoice::scenario
