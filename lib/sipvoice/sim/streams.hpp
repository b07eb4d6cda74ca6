// Stream connections of a simulated network: ordered and without loss while they live.
//
// What is written is cut into segments at random places; what is written in the same moment may
// share one. A segment travels the path like a datagram. Where the link loses it, it is sent again
// after 300 ms, then after twice as long each time, and those behind it wait at the receiver: so
// loss is delay here. What arrives counts as acknowledged; acknowledgements are not simulated.
//
//   connect() -> SYN -> stream_offered() of the host there -> SYN back -> stream_opened()
//                    -> nobody listens: a reset comes back -> stream_ended("refused")
//   write(), close(): what was written goes first -> stream_ended("closed by peer") there
//
// A machine that has vanished (world::detach) tells nobody: what is sent to it gets no answer until
// `patience` has passed, or a reset where another host has taken its address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sipvoice/sim/host.hpp"

namespace sipvoice::sim {

class world;

class stream_network {
 public:
  static constexpr std::size_t largest_segment = 1460;  ///< bytes
  static constexpr duration first_retry = std::chrono::milliseconds(300);
  static constexpr duration longest_retry = std::chrono::seconds(10);
  /// A segment that has not arrived so long after it was first sent ends the connection.
  static constexpr duration patience = std::chrono::seconds(60);

  explicit stream_network(world& w) : world_(w) {}

  /// From `h` at `from`, whose port the network chooses.
  [[nodiscard]] stream_end connect(host& h, const ip_address& from, const socket_address& to);
  void write(stream_end end, std::string_view bytes);
  /// Nothing more is told of it.
  void close(stream_end end);
  void detach(const host& h);

  /// Connections of which an end lives, or that still carry something.
  [[nodiscard]] std::size_t size() const { return connections_.size(); }

 private:
  enum class kind : std::uint8_t { syn, data, fin };
  struct parcel {
    kind what = kind::data;
    std::string bytes;
    time_point first_sent{};
    duration retry = first_retry;
  };
  /// What was written at once, for who watches arrivals: up to which byte of the stream it goes.
  struct written {
    std::uint64_t up_to = 0;
    std::string bytes;
  };
  struct side {
    host* owner = nullptr;  ///< nothing: closed, ended, or the machine has vanished
    socket_address address;
    // what it sends
    std::string unsent;
    bool cutting = false;  ///< `unsent` is cut at the end of this moment
    std::uint64_t next_number = 0;
    std::map<std::uint64_t, parcel> under_way;
    std::uint64_t bytes_written = 0;
    std::deque<written> messages;
    // what has come to it
    std::uint64_t next_wanted = 0;
    std::map<std::uint64_t, parcel> early;
    std::uint64_t bytes_heard = 0;
  };
  struct connection {
    side sides[2];  ///< who asked for it, who was asked
  };

  static std::uint64_t number_of(stream_end e) { return static_cast<std::uint64_t>(e) / 2; }
  static unsigned side_of(stream_end e) { return static_cast<unsigned>(e) & 1U; }
  static stream_end other(stream_end e) { return stream_end{static_cast<std::uint64_t>(e) ^ 1U}; }
  [[nodiscard]] side* find(stream_end e);

  void cut(stream_end from);
  void put(stream_end from, kind what, std::string bytes);
  void transmit(stream_end from, std::uint64_t number);
  void again(stream_end from, std::uint64_t number);
  void arrived(stream_end to, std::uint64_t number);
  void deliver(stream_end to);
  void hand_over(stream_end to, std::string segment);
  void take_syn(stream_end to);
  /// Tells the peer of `from` that nobody is there; false: that is lost too.
  bool reset(stream_end from, const char* why);
  void end(stream_end e, const std::string& why);
  void forget_if_over(stream_end e);

  world& world_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, connection> connections_;
};

}  // namespace sipvoice::sim
