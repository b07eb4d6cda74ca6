// A recording at another sample rate than the timeline that is written to it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "sipvoice/audio/stream_resampler.hpp"
#include "sipvoice/media/limits.hpp"
#include "sipvoice/media/values.hpp"

namespace sipvoice::media {

class resampled_sink final : public recording_sink {
 public:
  resampled_sink(std::shared_ptr<recording_sink> sink, std::uint32_t from, std::uint32_t to)
      : sink_(std::move(sink)), heard_(from, to), sent_(from, to) {}

  /// At most max_frame_samples.
  void write(std::span<const std::int16_t> heard, std::span<const std::int16_t> sent) override {
    std::array<std::int16_t, max_resampled> heard_out, sent_out;
    const std::size_t count = heard_.process(heard, heard_out);
    // Both take the same steps.
    sent_.process(sent, sent_out);
    sink_->write(std::span<const std::int16_t>(heard_out).first(count),
                 std::span<const std::int16_t>(sent_out).first(count));
  }
  void close() override { sink_->close(); }
  [[nodiscard]] bool take_news() override { return sink_->take_news(); }

 private:
  /// 60 ms at the highest rate of a file.
  static constexpr std::size_t max_resampled =
      max_frame_samples * (max_file_rate / max_sample_rate);

  std::shared_ptr<recording_sink> sink_;
  audio::stream_resampler heard_, sent_;
};

}  // namespace sipvoice::media
