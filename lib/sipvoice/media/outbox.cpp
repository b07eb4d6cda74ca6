#include "sipvoice/media/outbox.hpp"

#include <algorithm>
#include <span>

namespace sipvoice::media {

outbox::outbox() {
  // One tick's worth with an echo beside it; grows once where a worker has stalled.
  bytes_.reserve(std::size_t{2} * 1024);
  entries_.reserve(8);
}

bool outbox::push(const rtp::packet_header& header, byte_view payload, const socket_address& to) {
  if (next_ == entries_.size()) {
    entries_.clear();
    bytes_.clear();
    next_ = 0;
  }
  if (entries_.size() >= max_packets) return false;
  const std::size_t offset = bytes_.size();
  const std::size_t length = rtp::header_bytes + payload.size();
  bytes_.resize(offset + length);
  rtp::print(header, std::span(bytes_).subspan(offset).first<rtp::header_bytes>());
  std::copy(payload.begin(), payload.end(),
            bytes_.begin() + static_cast<std::ptrdiff_t>(offset + rtp::header_bytes));
  entries_.push_back({offset, length, to});
  return true;
}

std::optional<outbox::item> outbox::pop() {
  if (next_ == entries_.size()) return std::nullopt;
  const entry& e = entries_[next_++];
  return item{byte_view(bytes_).subspan(e.offset, e.length), e.to};
}

}  // namespace sipvoice::media
