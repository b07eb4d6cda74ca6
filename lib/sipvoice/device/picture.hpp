// The waveform of a recording, drawn when the recording is complete. Lives on the recorder's
// thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sipvoice/audio/envelope.hpp"

namespace sipvoice::device {

class picture {
 public:
  /// `file`: the SVG to be made; empty: none, and nothing is kept.
  explicit picture(std::string file) : file_(std::move(file)) {}

  [[nodiscard]] bool wanted() const { return !file_.empty(); }
  /// Interleaved samples, whole frames: one channel (heard) or two (heard, sent).
  void add(std::span<const std::int16_t> samples, std::size_t channels);
  /// Makes the file, under another name (-2, -3) where it exists; `title` stands above it. Returns
  /// the name, or nothing and `error` says why.
  [[nodiscard]] std::string draw(std::uint32_t sample_rate, std::size_t channels,
                                 const std::string& title, std::string& error) const;

 private:
  std::string file_;
  std::vector<audio::envelope> outlines_;
};

}  // namespace sipvoice::device
