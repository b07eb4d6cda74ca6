#include "sipvoice/call/session_timer.hpp"

#include <algorithm>

namespace sipvoice::call {
namespace {

std::uint32_t whole_seconds(duration d) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(to_ms(d) / 1000, 0, 0xffffffff));
}

/// An unreadable value is as good as none (8.2.2: such headers are ignored).
std::optional<sip::session_expires> asked_for(const sip::message& m) {
  if (!m.has(sip::header_id::session_expires)) return std::nullopt;
  const auto s = sip::session_expires::parse(m.value(sip::header_id::session_expires));
  if (!s) return std::nullopt;
  return *s;
}

std::uint32_t least_of(const sip::message& m) {
  const auto least = sip::min_se::parse(m.value(sip::header_id::min_se));
  return least ? least->seconds : 0;
}

}  // namespace

session_timer::session_timer(duration wanted, duration shortest)
    : wanted_(whole_seconds(wanted)), shortest_(std::max(1U, whole_seconds(shortest))) {
  if (wanted_ > 0) wanted_ = std::max(wanted_, shortest_);
}

void session_timer::add_to_request(header_list& headers) const {
  if (is_running()) {  // a request inside the dialog keeps the roles (section 7.4)
    const auto who = we_refresh_ ? sip::refresher::uac : sip::refresher::uas;
    headers.emplace_back("Session-Expires",
                         sip::session_expires{std::max(interval_, shortest_), who}.text());
  } else if (wanted_ > 0) {
    headers.emplace_back("Session-Expires", sip::session_expires{wanted_}.text());
  }
  // Left out it means 90 s (section 5); a 422 told us otherwise.
  if (shortest_ > sip::min_se::least && (is_running() || wanted_ > 0 || raises_ > 0))
    headers.emplace_back("Min-SE", std::to_string(shortest_));
}

bool session_timer::raise(const sip::message& response) {
  const std::uint32_t least = least_of(response);
  if (least <= shortest_ && least <= std::max(wanted_, interval_)) return false;
  if (++raises_ > max_raises) return false;
  shortest_ = std::max(shortest_, least);
  if (wanted_ > 0) wanted_ = std::max(wanted_, shortest_);
  return true;
}

void session_timer::take_response(const sip::message& response, time_point now) {
  if (const auto agreed = asked_for(response)) {
    start(std::max(agreed->seconds, shortest_), agreed->refresher != sip::refresher::uas, now);
  } else if (wanted_ >
             0) {  // a peer without timers: our own refreshes still find out if it is gone
    start(wanted_, true, now);
  } else {
    stop();
  }
}

std::optional<std::uint32_t> session_timer::too_small(const sip::message& request) const {
  const auto asked = asked_for(request);
  if (!asked || asked->seconds >= shortest_) return std::nullopt;
  if (!request.lists(sip::header_id::supported, "timer")) return std::nullopt;
  return shortest_;
}

void session_timer::answer(const sip::message& request, header_list& headers, time_point now) {
  const auto asked = asked_for(request);
  if (!asked && wanted_ == 0) return stop();
  const std::uint32_t least = std::max(shortest_, least_of(request));
  // Never more than was asked for; less where we want less (section 9, table 1).
  std::uint32_t seconds = asked ? asked->seconds : wanted_;
  if (wanted_ > 0) seconds = std::min(seconds, wanted_);
  seconds = std::max(seconds, least);
  const bool supported = request.lists(sip::header_id::supported, "timer");
  auto who = sip::refresher::uas;
  if (supported) who = asked && asked->refresher ? *asked->refresher : sip::refresher::uac;
  headers.emplace_back("Session-Expires", sip::session_expires{seconds, who}.text());
  if (supported) headers.emplace_back("Require", "timer");
  start(seconds, who == sip::refresher::uas, now);
}

void session_timer::start(std::uint32_t interval, bool we_refresh, time_point now) {
  interval_ = interval;
  we_refresh_ = we_refresh;
  raises_ = 0;
  const duration whole = std::chrono::seconds(interval);
  refresh_at_ = we_refresh ? now + whole / 2 : never;
  expire_at_ = now + whole - std::min<duration>(std::chrono::seconds(32), whole / 3);
}

void session_timer::stop() {
  interval_ = 0;
  refresh_at_ = expire_at_ = never;
}

time_point session_timer::next_deadline() const { return std::min(refresh_at_, expire_at_); }

session_timer::action session_timer::due(time_point now) {
  if (now >= expire_at_) {
    stop();
    return action::expire;
  }
  if (now < refresh_at_) return action::nothing;
  refresh_at_ = never;
  return action::refresh;
}

}  // namespace sipvoice::call
