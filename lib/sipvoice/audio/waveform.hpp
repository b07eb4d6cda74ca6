// A picture of a recording: the outline of each channel over a time axis, as SVG. Readable on a
// light and on a dark page; its size is bounded whatever the length.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sipvoice/audio/envelope.hpp"

namespace sipvoice::audio {

struct waveform_channel {
  std::string_view label;  ///< "heard"
  const envelope* sound = nullptr;
};

/// `title`: any text, escaped. Samples are drawn at full scale; the label says the peak in dBFS.
[[nodiscard]] std::string waveform_svg(std::span<const waveform_channel> channels,
                                       std::uint32_t sample_rate, std::string_view title);

/// Seconds between two marks of the time axis, so that a sound of that length has at most ten.
[[nodiscard]] double time_mark_step(double seconds);

}  // namespace sipvoice::audio
