// A call between two backends that is up, on a virtual clock, and what one of them hears.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "rig.hpp"
#include "support/catch.hpp"

namespace test {

inline const ip_address other_ip = ip_address::v4(127, 0, 0, 3);

struct heard {
  std::vector<std::int16_t> samples;
  std::uint64_t next = 0;
  bool even = true;  ///< every frame follows on the one before it
  void take(const AudioFrame& f) {
    even = even && f.timestamp == next && f.samples.size() == f.sample_rate / 50;
    next = f.timestamp + f.samples.size();
    samples.insert(samples.end(), f.samples.begin(), f.samples.end());
  }
  [[nodiscard]] std::size_t loud() const {
    return static_cast<std::size_t>(
        std::count_if(samples.begin(), samples.end(), [](int s) { return s > 500 || s < -500; }));
  }
};

/// A call between two backends that is up.
struct pair_of_parties {
  explicit pair_of_parties(Config left_config = {}, Config right_config = {},
                           const party::setup& left_more = {}, const party::setup& right_more = {})
      : right(w, server_ip, std::move(right_config),
              [&](api::handlers& on) {
                on.call = [this](Session& s) { callee = s; };
                on.audio = [this](Session&, const AudioFrame& f) { at_callee.take(f); };
                on.digit = [this](Session&, const Digit& d) { digits += d.value; };
                on.disconnected = [this](Session&, const Ending& e) { ended = e; };
                if (right_more) right_more(on);
              }),
        left(w, other_ip, std::move(left_config), left_more) {
    caller_side = left.control().dial({.to = "sip:bob@127.0.0.1"},
                                      [this](Session&, const DialResult& r) { result = r; });
    w.run_for(500ms);
    REQUIRE(result);
    REQUIRE(result->answered);
    REQUIRE(callee);
  }
  sim::world w{1};
  std::optional<Session> caller_side, callee;
  std::optional<DialResult> result;
  std::optional<Ending> ended;
  heard at_callee;
  std::string digits;
  party right, left;
};

}  // namespace test
