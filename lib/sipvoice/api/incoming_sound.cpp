#include "sipvoice/api/incoming_sound.hpp"

#include <algorithm>
#include <array>

#include "sipvoice/media/limits.hpp"

namespace sipvoice::api {

void incoming_sound::write(std::span<const std::int16_t> heard, std::span<const std::int16_t>) {
  const std::size_t taken = heard_.write(heard);
  if (taken < heard.size()) lost_.fetch_add(heard.size() - taken);
}

void incoming_sound::read(
    const std::function<void(std::span<const std::int16_t>, std::uint64_t)>& to) {
  told_.store(false);  // before the look: what comes during it is told anew
  std::array<std::int16_t, media::max_frame_samples> buffer;
  const std::size_t frame = std::min<std::size_t>(rate_ / 50, buffer.size());
  while (heard_.size() >= frame) {
    const std::size_t count = heard_.read(std::span(buffer).first(frame));
    const std::uint64_t timestamp = given_ + lost_.load();
    given_ += count;
    to(std::span(buffer).first(count), timestamp);
  }
}

}  // namespace sipvoice::api
