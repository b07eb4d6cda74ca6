#include "sipvoice/rtp/telephone_event.hpp"

#include <algorithm>

namespace sipvoice::rtp {
namespace {

constexpr std::string_view digits_in_order = "0123456789*#ABCD";
constexpr std::uint8_t end_bit = 0x80, volume_mask = 0x3f;

}  // namespace

result<telephone_event> telephone_event::parse(byte_view payload) {
  if (payload.size() < telephone_event_bytes) return failure{"telephone-event is cut off", 0};
  telephone_event e;
  e.event = payload[0];
  e.end = (payload[1] & end_bit) != 0;
  e.volume = payload[1] & volume_mask;
  e.duration = read_u16(payload.data() + 2);
  return e;
}

void telephone_event::print(std::span<std::uint8_t, telephone_event_bytes> out) const {
  out[0] = event;
  out[1] = static_cast<std::uint8_t>((end ? end_bit : 0) | (volume & volume_mask));
  write_u16(out.data() + 2, duration);
}

std::optional<char> digit_of(std::uint8_t event) {
  if (event >= digits_in_order.size()) return std::nullopt;
  return digits_in_order[event];
}

std::optional<std::uint8_t> event_of(char digit) {
  const char upper = digit >= 'a' && digit <= 'd' ? static_cast<char>(digit - ('a' - 'A')) : digit;
  const auto at = digits_in_order.find(upper);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(at);
}

/// Section 2.5.1.3: a long event goes on in a new segment, whose timestamp is where the last one
/// ended: at 0xFFFF, or at its last update close before for senders that never reach it.
bool event_receiver::continues(const state& s, rtp_timestamp timestamp, std::uint8_t event) const {
  constexpr std::uint32_t full = 0xffff;
  const std::uint32_t step = clock_rate_ * 60 / 1000;
  const std::uint32_t distance = (timestamp - s.segment.value).value;
  if (event != s.event) return false;
  return distance == full || (distance == s.duration && distance + step > full);
}

/// Repeated ends, late updates, and what follows on an event whose end was believed lost.
bool event_receiver::belongs_to_finished(rtp_timestamp timestamp, const telephone_event& e) {
  if (!finished_) return false;
  // Not newer, but not from another time altogether either.
  const std::int64_t behind = -std::int64_t{timestamp - finished_->segment};
  const std::int64_t memory = jumped_ ? 0 : std::int64_t{10} * clock_rate_;
  if (behind >= 0 && behind <= memory) return true;
  if (finished_complete_ || !continues(*finished_, timestamp, e.event)) return false;
  finished_->segment = timestamp;
  finished_->duration = e.duration;
  return true;
}

bool event_receiver::receive(rtp_timestamp timestamp, byte_view payload, time_point arrived) {
  const auto e = telephone_event::parse(payload);
  if (!e) return false;
  if (!digit_of(e->event)) return true;
  if (current_ && current_->segment == timestamp && current_->event == e->event) {
    update(*e, arrived);
    return true;
  }
  if (current_ && continues(*current_, timestamp, e->event)) {
    current_->before += (timestamp - current_->segment.value).value;
    current_->segment = timestamp;
    current_->duration = 0;
    update(*e, arrived);
    return true;
  }
  // Late, of something before.
  if (current_ && !jumped_ && !current_->segment.before(timestamp)) return true;
  if (belongs_to_finished(timestamp, *e)) return true;
  if (current_) tell(false);
  current_ = state{e->event, timestamp, 0, 0, arrived};
  jumped_ = false;
  update(*e, arrived);
  return true;
}

void event_receiver::update(const telephone_event& e, time_point arrived) {
  if (e.duration > current_->duration) current_->duration = e.duration;
  current_->updated = arrived;
  if (e.end) tell(true);
}

void event_receiver::tell(bool complete) {
  const std::uint64_t ticks = current_->before + current_->duration;
  // The caller polls after every packet; one that does not loses the oldest.
  if (ready_count_ == ready_.size()) {
    ready_[0] = ready_[1];
    --ready_count_;
  }
  ready_[ready_count_++] =
      digit{*digit_of(current_->event),
            static_cast<std::uint32_t>((ticks * 1000 + clock_rate_ / 2) / clock_rate_), complete};
  finished_ = current_;
  finished_complete_ = complete;
  current_.reset();
}

void event_receiver::handle_timeout(time_point now) {
  if (current_ && now >= next_deadline()) tell(false);
}

time_point event_receiver::next_deadline() const {
  return current_ ? current_->updated + patience : never;
}

void event_receiver::finish() {
  if (current_) tell(false);
}

void event_receiver::restart() {
  finish();
  finished_.reset();
  jumped_ = false;
}

std::optional<event_receiver::digit> event_receiver::poll() {
  if (ready_count_ == 0) return std::nullopt;
  const digit out = ready_[0];
  ready_[0] = ready_[1];
  --ready_count_;
  return out;
}

void event_sender::queue(std::string_view digits, duration each, duration gap, bool in_sound) {
  entry e;
  e.each = each;
  e.gap = gap;
  e.in_sound = in_sound;
  for (const char c : digits)
    if (event_of(c) || c == 'w' || c == 'W') e.digits += c;
  queue_.push_back(std::move(e));
}

void event_sender::start_next(rtp_timestamp timestamp, std::uint32_t clock_rate) {
  entry& e = queue_.front();
  const auto in_ticks = [clock_rate](duration d) { return to_ms(d) * clock_rate / 1000; };
  const char c = e.digits[e.at++];
  if (c == 'w' || c == 'W') {
    phase_ = phase::pause;
    remaining_ = in_ticks(std::chrono::milliseconds(c == 'w' ? 500 : 1000));
    return;
  }
  phase_ = phase::digit;
  event_ = *event_of(c);
  segment_ = timestamp;
  elapsed_ = 0;
  remaining_ = in_ticks(e.each);
  gap_ = in_ticks(e.gap);
  first_ = true;
}

/// The stream stood still in the middle of the digit (a hold, a stalled worker): its duration
/// counts from its timestamp, so the gap belongs to it, within one segment.
void event_sender::catch_up(rtp_timestamp timestamp, std::uint32_t ticks) {
  const std::int64_t gap = timestamp - (segment_ + elapsed_);
  if (gap <= 0) return;
  const std::int64_t room = std::int64_t{max_segment} - elapsed_ - ticks;
  elapsed_ +=
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(gap, 0, std::max<std::int64_t>(room, 0)));
  remaining_ -= gap;
}

void event_sender::digit_tick(step& out, std::uint32_t ticks) {
  out.sounding = true;
  elapsed_ += ticks;
  remaining_ -= ticks;
  telephone_event e;
  e.event = event_;
  if (elapsed_ > max_segment) {
    e.duration = static_cast<std::uint16_t>(max_segment);
    out.packets[out.count++] = {e, segment_, first_};
    first_ = false;
    segment_ += max_segment;
    elapsed_ -= max_segment;
  }
  e.duration = static_cast<std::uint16_t>(elapsed_);
  e.end = remaining_ <= 0;
  out.packets[out.count++] = {e, segment_, first_};
  first_ = false;
  if (!e.end) return;
  phase_ = phase::ending;
  ends_left_ = end_packets - 1;
  const entry& of = queue_.front();
  out.last_end = of.digits.find_first_not_of("wW", of.at) == std::string::npos;
}

void event_sender::finish_entry(step& out) {
  queue_.pop_front();
  out.sequence_done = true;
}

event_sender::step event_sender::tick(rtp_timestamp timestamp, std::uint32_t ticks,
                                      std::uint32_t clock_rate) {
  step out;
  // A pause or gap that is over makes room for what comes next in the same tick.
  if (phase_ == phase::pause && remaining_ <= 0) phase_ = phase::ready;
  if (phase_ == phase::ready) {
    if (queue_.empty()) return out;
    if (queue_.front().at == queue_.front().digits.size()) {
      finish_entry(out);
      if (queue_.empty() || queue_.front().at == queue_.front().digits.size()) return out;
    }
    start_next(timestamp, clock_rate);
  }
  out.in_sound = queue_.front().in_sound;
  switch (phase_) {
    case phase::ready:
      break;
    case phase::digit:
      if (!first_) catch_up(timestamp, ticks);
      digit_tick(out, ticks);
      break;
    case phase::ending: {
      telephone_event e;
      e.event = event_;
      e.end = true;
      e.duration = static_cast<std::uint16_t>(elapsed_);
      out.packets[out.count++] = {e, segment_, false};
      gap_ -= ticks;
      if (--ends_left_ > 0) break;
      phase_ = phase::pause;
      remaining_ = gap_;
      break;
    }
    case phase::pause:
      remaining_ -= ticks;
      break;
  }
  return out;
}

}  // namespace sipvoice::rtp
