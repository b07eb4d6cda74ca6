#include "sipvoice/io/pcap_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sipvoice/io/clock.hpp"

namespace sipvoice::io {

packet_tap::packet_tap(std::size_t ring_bytes)
    : ring_(ring_bytes), scratch_(max_pcap_payload + max_pcap_overhead) {}

void packet_tap::packet(const socket_address& from, const socket_address& to, byte_view payload,
                        wall_time when) {
  keep(make_pcap_record(scratch_, from, to, payload, when));
}

void packet_tap::segment(tcp_progress& progress, bool outgoing, const socket_address& local,
                         const socket_address& remote, byte_view bytes, wall_time when) {
  const socket_address& from = outgoing ? local : remote;
  const socket_address& to = outgoing ? remote : local;
  std::uint32_t& sequence = outgoing ? progress.sent : progress.received;
  const std::uint32_t acknowledged = outgoing ? progress.received : progress.sent;
  while (!bytes.empty()) {
    const byte_view piece = bytes.first(std::min(bytes.size(), max_pcap_segment));
    keep(make_pcap_segment(scratch_, from, to, {sequence, acknowledged}, piece, when));
    sequence += static_cast<std::uint32_t>(piece.size());
    bytes = bytes.subspan(piece.size());
  }
}

void packet_tap::keep(std::size_t n) {
  // A record goes in whole or not at all.
  if (n == 0 || ring_.capacity() - ring_.size() < n) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  ring_.write(std::span<const std::uint8_t>(scratch_).first(n));
}

pcap_writer::~pcap_writer() { stop(); }

int pcap_writer::open(const std::string& file) {
  file_.reset(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file_) return errno;
  write_all(pcap_file_header());
  return error_;
}

packet_tap& pcap_writer::add_tap() {
  taps_.push_back(std::make_unique<packet_tap>(ring_bytes));
  return *taps_.back();
}

void pcap_writer::start() {
  thread_ = std::thread([this] { run(); });
}

void pcap_writer::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  thread_.join();
}

std::uint64_t pcap_writer::dropped() const {
  std::uint64_t sum = 0;
  for (const auto& tap : taps_) sum += tap->dropped();
  return sum;
}

void pcap_writer::run() {
  block_signals();
  for (time_point next = monotonic_now(); !stopping_.load();) {
    next += period;
    sleep_until(next);
    const wall_time limit = wall_now() - reorder_window;
    collect();
    write_until(limit);
  }
  collect();
  write_until(wall_time::max());
}

void pcap_writer::collect() {
  for (const auto& tap : taps_) {
    const std::size_t n = tap->ring_.size();
    const std::size_t begin = pending_.size();
    pending_.resize(begin + n);
    tap->ring_.read(std::span(pending_).subspan(begin));
    for (std::size_t at = begin; at < pending_.size();) {
      const std::size_t length = pcap_record_length(&pending_[at]);
      records_.push_back({pcap_record_time(&pending_[at]), at, length});
      at += length;
    }
  }
}

void pcap_writer::write_until(wall_time limit) {
  const auto young = std::stable_partition(records_.begin(), records_.end(),
                                           [limit](const record& r) { return r.when <= limit; });
  std::stable_sort(records_.begin(), young,
                   [](const record& a, const record& b) { return a.when < b.when; });
  sorted_.clear();
  const auto append = [this](const record& r) {
    const auto from = pending_.begin() + static_cast<std::ptrdiff_t>(r.offset);
    sorted_.insert(sorted_.end(), from, from + static_cast<std::ptrdiff_t>(r.length));
  };
  std::for_each(records_.begin(), young, append);
  write_all(sorted_);
  if (error_ == 0) written_ += static_cast<std::uint64_t>(young - records_.begin());
  // What is too young moves to the front of the buffer.
  sorted_.clear();
  for (auto it = young; it != records_.end(); ++it) {
    const std::size_t offset = sorted_.size();
    append(*it);
    it->offset = offset;
  }
  records_.erase(records_.begin(), young);
  pending_.swap(sorted_);
}

void pcap_writer::write_all(byte_view bytes) {
  while (!bytes.empty() && error_ == 0) {
    const ssize_t n = ::write(file_.get(), bytes.data(), bytes.size());
    if (n > 0)
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    else if (n == 0 || errno != EINTR)
      error_ = n == 0 ? ENOSPC : errno;
  }
}

}  // namespace sipvoice::io
