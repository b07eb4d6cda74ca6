// How much delay a stream needs, learnt from when its packets came.
//
// A packet's excess is how much later it came than the fastest of the last seconds would have. The
// distribution of the excess is kept as a histogram that forgets; what the buffer needs is the
// delay that would have been enough for all but a few packets. Times are this side's clock, so a
// sender whose clock runs faster or slower shifts the fastest ones along with all others.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "sipvoice/base/time.hpp"
#include "sipvoice/base/wrapping.hpp"

namespace sipvoice::rtp {

class delay_estimator {
 public:
  static constexpr duration bin = std::chrono::milliseconds(5);
  static constexpr std::size_t bins = 64;  ///< the last one holds all that is beyond
  /// Packets that may come too late: beyond this share of them the delay grows.
  static constexpr double tolerated_late = 0.01;

  explicit delay_estimator(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

  /// Each packet once, in the order of arrival. Returns its excess.
  duration on_packet(rtp_timestamp timestamp, time_point arrived);
  /// The delay that would have been enough. Zero before the first packet.
  [[nodiscard]] duration wanted() const;
  /// Another source or another timeline (a step of more than a minute is one): the fastest ones are
  /// forgotten, the distribution is not.
  void restart();

 private:
  static constexpr duration window = std::chrono::seconds(4);  ///< of each of the two minima

  std::uint32_t clock_rate_;
  std::optional<rtp_timestamp> last_timestamp_;
  time_point last_arrived_{};
  duration transit_{};  ///< of the last packet, against the first one of this window
  duration fastest_ = duration::max(), fastest_before_ = duration::max();
  time_point window_end_{};
  std::array<float, bins> share_{};
  std::uint32_t packets_ = 0;
};

}  // namespace sipvoice::rtp
