// Bounds of one media session.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sipvoice::media {

inline constexpr std::uint32_t min_ptime_ms = 10, max_ptime_ms = 60;
/// Of codecs, and of the timeline that is recorded.
inline constexpr std::uint32_t max_sample_rate = 48000;
/// Of recordings; the timeline is resampled to it.
inline constexpr std::uint32_t max_file_rate = 192000;
/// The longest frame that is sent or recorded: 60 ms at 48 kHz.
inline constexpr std::size_t max_frame_samples = 2880;
/// Datagrams and payloads longer than these are malformed: no sound we agree to is that long (L16
/// at 48 kHz: 20 ms are 1920 bytes, which is what our SDP names as the longest packet).
inline constexpr std::size_t max_datagram_bytes = 4096;
inline constexpr std::size_t max_payload_bytes = 2048;

}  // namespace sipvoice::media
