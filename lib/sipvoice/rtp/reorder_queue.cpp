#include "sipvoice/rtp/reorder_queue.hpp"

#include <algorithm>
#include <bit>

namespace sipvoice::rtp {

void reorder_queue::push(const packet_header& header, byte_view payload, bool deliver,
                         time_point now) {
  if (!next_) next_ = header.sequence;
  if (header.sequence.before(*next_)) {
    if (deliver) ++late_;
    return;
  }
  // pop() leaves at most capacity - 1 behind, so there is a place; a caller that does not drain
  // loses the packet, which then counts as late.
  const auto place =
      std::find_if(slots_.begin(), slots_.end(), [](const slot& s) { return !s.used; });
  if (place == slots_.end()) {
    ++late_;
    return;
  }
  // Room in all slots at once: not later, when a stream that has run for long is reordered.
  if (place->payload.capacity() < payload.size())
    for (slot& s : slots_)
      if (!s.used) s.payload.reserve(std::bit_ceil(payload.size()));
  place->used = true;
  place->deliver = deliver;
  place->header = header;
  place->payload.assign(payload.begin(), payload.end());
  place->since = now;
  ++used_;
}

reorder_queue::slot* reorder_queue::lowest() {
  slot* best = nullptr;
  for (slot& s : slots_)
    if (s.used && (best == nullptr || s.header.sequence.before(best->header.sequence))) best = &s;
  return best;
}

std::optional<reorder_queue::item> reorder_queue::take(bool give_up) {
  slot* s = used_ == 0 ? nullptr : lowest();
  if (s == nullptr || (s->header.sequence != *next_ && !give_up)) return std::nullopt;
  s->used = false;
  --used_;
  next_ = s->header.sequence + 1;
  return item{s->header, s->payload, s->deliver};
}

std::optional<reorder_queue::item> reorder_queue::pop(time_point now) {
  return take(used_ == capacity || now >= next_deadline());
}

void reorder_queue::reset() {
  for (slot& s : slots_) s.used = false;
  used_ = 0;
  next_.reset();
}

time_point reorder_queue::next_deadline() const {
  time_point oldest = never;
  if (used_ == 0) return oldest;
  for (const slot& s : slots_)
    if (s.used) oldest = std::min(oldest, s.since + max_wait_);
  return oldest;
}

}  // namespace sipvoice::rtp
