// A 16-bit PCM WAV file that is valid after every call: samples first, then the header that counts
// them. What is killed in between lacks at most the last block.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace sipvoice::device {

class wav_writer {
 public:
  static constexpr std::size_t header_size = 44;
  /// RIFF counts its bytes with 32 bits.
  static constexpr std::uint64_t most_bytes = 0xffffffffULL - (header_size - 8);

  explicit wav_writer(std::uint64_t max_data_bytes = most_bytes) : max_data_(max_data_bytes) {}
  ~wav_writer();
  wav_writer(wav_writer&& other) noexcept;
  wav_writer& operator=(wav_writer&&) = delete;

  /// Makes the file, which must not exist, with an empty data chunk. Returns 0 or errno.
  [[nodiscard]] int create(const std::string& file, std::uint32_t sample_rate,
                           std::uint32_t channels);
  /// Interleaved samples, whole frames. False when not all of it could be written; the file then
  /// ends with the last whole frame that fitted, error() says why, and nothing more is taken.
  bool append(std::span<const std::int16_t> samples);
  void close();

  [[nodiscard]] std::uint64_t frames() const { return data_ / block_size(); }
  [[nodiscard]] std::uint32_t sample_rate() const { return rate_; }
  [[nodiscard]] std::uint32_t channels() const { return channels_; }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  [[nodiscard]] std::uint64_t block_size() const { return 2ULL * channels_; }
  [[nodiscard]] bool write_header();
  /// Bytes that could be written; fewer only with errno set in `error`.
  std::size_t write_at(std::uint64_t offset, std::span<const std::byte> bytes, int& error) const;
  void fail(int error);

  std::uint64_t max_data_;
  int fd_ = -1;
  std::uint32_t rate_ = 0, channels_ = 1;
  std::uint64_t data_ = 0;  ///< bytes in the data chunk, as the header says
  std::string error_;
};

}  // namespace sipvoice::device
