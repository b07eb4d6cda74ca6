// What leaves one UDP socket while its network is made worse on purpose: a link that loses, doubles
// and delays datagrams, and those that are under way on it.
//
// It has no socket, no clock and no timer: datagrams and the time go in; what arrives at the end of
// the path comes out of poll(), and is sent then. All that is random comes from the seed: the same
// datagrams meet the same fate, whatever the time is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sipvoice/base/address.hpp"
#include "sipvoice/base/network_link.hpp"

namespace sipvoice::io {

class impaired_path {
 public:
  struct bounds {
    std::size_t datagrams,
        bytes;  ///< under way at a time; past them one is dropped, as by a router
  };
  static constexpr bounds for_sip{4096, std::size_t{16} << 20};
  static constexpr bounds for_media{1024, std::size_t{1} << 20};  ///< of each session and socket

  struct datagram {
    socket_address to;
    std::string bytes;
  };

  impaired_path(const impairment& how, std::uint64_t seed, bounds most)
      : link_(how), random_(seed), most_(most) {}

  /// At its beginning, now.
  void send(const socket_address& to, std::string_view bytes, time_point now);
  /// The next one that has arrived by `now`, in the order of arrival.
  [[nodiscard]] std::optional<datagram> poll(time_point now);
  /// The arrival of the next one; never: nothing is under way.
  [[nodiscard]] time_point next_deadline() const;
  /// Of all of them: what is to leave when the socket is about to close.
  [[nodiscard]] std::optional<datagram> poll_rest() { return poll(never); }

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] const link_counters& counters() const { return link_.counters(); }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }  ///< past the bounds

 private:
  struct entry {
    time_point at{};
    std::uint64_t sequence = 0;
    datagram what;
  };
  struct later {
    bool operator()(const entry& a, const entry& b) const {
      return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
    }
  };

  network_link link_;
  seeded_random random_;
  bounds most_;
  std::vector<entry> waiting_;  ///< a heap
  std::size_t bytes_ = 0;       ///< of waiting_
  std::uint64_t sequence_ = 0, dropped_ = 0;
};

/// What leaves the two ports of one media session. A path for each: when reports are sent decides
/// nothing about packets.
struct impaired_ports {
  impaired_ports(const impairment& how, random_source& seeds)
      : rtp(how, seeds.next(), impaired_path::for_media),
        rtcp(how, seeds.next(), impaired_path::for_media) {}
  impaired_path rtp, rtcp;
};

}  // namespace sipvoice::io
