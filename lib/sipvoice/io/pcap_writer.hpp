// The capture of --pcap: one writer thread, fed by one bounded ring a thread that sees packets.
//
// Packets of different threads are written in the order of their times (a reader must see the SDP
// before the RTP that it announces), at most a few tenths of a second behind. The file is valid at
// every moment: whole records only, each flushed to the system with one call.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sipvoice/base/ring.hpp"
#include "sipvoice/io/pcap_record.hpp"
#include "sipvoice/io/socket.hpp"

namespace sipvoice::io {

/// How far the streams of a TCP connection have come: the next sequence number of each side.
struct tcp_progress {
  std::uint32_t sent = 1, received = 1;
};

/// Where one thread leaves its packets. Never blocks; what does not fit is dropped and counted.
class packet_tap {
 public:
  explicit packet_tap(std::size_t ring_bytes);
  /// By its one thread. Without allocation.
  void packet(const socket_address& from, const socket_address& to, byte_view payload,
              wall_time when);
  /// Bytes of a connection, `outgoing` or not, as TCP segments. What is dropped leaves a gap in the
  /// sequence numbers, as a lost segment would.
  void segment(tcp_progress& progress, bool outgoing, const socket_address& local,
               const socket_address& remote, byte_view bytes, wall_time when);
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  friend class pcap_writer;
  void keep(std::size_t length);
  ring<std::uint8_t> ring_;
  std::vector<std::uint8_t> scratch_;
  std::atomic<std::uint64_t> dropped_{0};
};

class pcap_writer {
 public:
  static constexpr std::size_t ring_bytes = 4 << 20;
  /// Packets younger than this wait for those that another thread has seen but not yet left.
  static constexpr duration reorder_window = std::chrono::milliseconds(100);
  static constexpr duration period = std::chrono::milliseconds(50);

  pcap_writer() = default;
  ~pcap_writer();
  pcap_writer(const pcap_writer&) = delete;
  pcap_writer& operator=(const pcap_writer&) = delete;

  /// Truncates `file` and writes the header. Returns 0 or errno.
  [[nodiscard]] int open(const std::string& file);
  /// One a thread; before start(). Lives as long as this.
  [[nodiscard]] packet_tap& add_tap();
  void start();
  /// Writes what is left, after the threads that leave packets have ended.
  void stop();

  [[nodiscard]] std::uint64_t written() const { return written_; }  ///< packets; after stop()
  [[nodiscard]] std::uint64_t dropped() const;
  [[nodiscard]] int error() const { return error_; }  ///< errno of a failed write; after stop()

 private:
  struct record {
    wall_time when;
    std::size_t offset, length;
  };
  void run();
  void collect();
  void write_until(wall_time limit);
  void write_all(byte_view bytes);

  unique_fd file_;
  std::vector<std::unique_ptr<packet_tap>> taps_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::vector<std::uint8_t> pending_, sorted_;
  std::vector<record> records_;
  std::uint64_t written_ = 0;
  int error_ = 0;
};

}  // namespace sipvoice::io
