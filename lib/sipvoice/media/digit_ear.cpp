#include "sipvoice/media/digit_ear.hpp"

#include <algorithm>
#include <utility>

namespace sipvoice::media {
namespace {

constexpr duration price =
    std::chrono::nanoseconds(1'000'000'000) / digit_ear::max_digits_per_second;

}  // namespace

bool digit_ear::admit(time_point now) {
  full_until_ = std::max(full_until_, now);
  if (full_until_ - now > price * (max_digits_at_once - 1)) return false;
  full_until_ += price;
  return true;
}

void digit_ear::tell(heard_source& from, time_point now, event_queue& events) {
  while (const auto d = from.digits.poll()) {
    if (admit(now))
      events.push_bounded(digit_received{d->value, d->duration_ms, d->complete});
    else
      ++dropped_;
  }
}

digit_ear::heard_source& digit_ear::place_of(ssrc source, time_point now, event_queue& events) {
  if (sources_[1].used && sources_[1].source == source) return sources_[1];
  std::swap(sources_[0], sources_[1]);
  heard_source& place = sources_[1];
  if (place.used && place.source == source) return place;
  place.digits.restart();
  tell(place, now, events);
  place.source = source;
  place.used = true;
  return place;
}

bool digit_ear::receive(ssrc source, rtp_timestamp timestamp, byte_view payload, time_point arrived,
                        event_queue& events) {
  heard_source& from = place_of(source, arrived, events);
  const bool was_under_way = from.digits.under_way();
  const bool good = from.digits.receive(timestamp, payload, arrived);
  // A digit that begins ends the one of the other source, and is told behind it.
  if (!was_under_way && (from.digits.under_way() || from.digits.ready())) {
    sources_[0].digits.finish();
    tell(sources_[0], arrived, events);
  }
  tell(from, arrived, events);
  return good;
}

void digit_ear::jumped(ssrc source) {
  for (heard_source& s : sources_)
    if (s.used && s.source == source) s.digits.jumped();
}

void digit_ear::finish(ssrc source, time_point now, event_queue& events) {
  for (heard_source& s : sources_) {
    if (!s.used || s.source != source) continue;
    s.digits.finish();
    tell(s, now, events);
  }
}

void digit_ear::finish(time_point now, event_queue& events) {
  for (heard_source& s : sources_) {
    s.digits.finish();
    tell(s, now, events);
  }
}

void digit_ear::handle_timeout(time_point now, event_queue& events) {
  for (heard_source& s : sources_) {
    s.digits.handle_timeout(now);
    tell(s, now, events);
  }
}

time_point digit_ear::next_deadline() const {
  return std::min(sources_[0].digits.next_deadline(), sources_[1].digits.next_deadline());
}

}  // namespace sipvoice::media
