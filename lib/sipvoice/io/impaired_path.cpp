#include "sipvoice/io/impaired_path.hpp"

#include <algorithm>
#include <utility>

namespace sipvoice::io {

void impaired_path::send(const socket_address& to, std::string_view bytes, time_point now) {
  const arrivals when = link_.send(bytes.size(), now, random_);
  for (int i = 0; i < when.count; ++i) {
    if (waiting_.size() >= most_.datagrams || bytes.size() > most_.bytes - bytes_) {
      ++dropped_;
      continue;
    }
    bytes_ += bytes.size();
    waiting_.push_back({when.at[i], sequence_++, {to, std::string(bytes)}});
    std::push_heap(waiting_.begin(), waiting_.end(), later{});
  }
}

std::optional<impaired_path::datagram> impaired_path::poll(time_point now) {
  if (waiting_.empty() || waiting_.front().at > now) return std::nullopt;
  std::pop_heap(waiting_.begin(), waiting_.end(), later{});
  std::optional<datagram> first(std::move(waiting_.back().what));
  waiting_.pop_back();
  bytes_ -= first->bytes.size();
  return first;
}

time_point impaired_path::next_deadline() const {
  return waiting_.empty() ? never : waiting_.front().at;
}

}  // namespace sipvoice::io
