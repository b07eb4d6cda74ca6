#include "sipvoice/device/wav_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace sipvoice::device {
namespace {

static_assert(std::endian::native == std::endian::little, "WAV samples are written as they lie");

class header_builder {
 public:
  header_builder& text(const char* four) { return put(four, 4); }
  header_builder& u32(std::uint32_t v) { return put(&v, sizeof v); }
  header_builder& u16(std::uint32_t v) {
    const auto narrow = static_cast<std::uint16_t>(v);
    return put(&narrow, sizeof narrow);
  }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  header_builder& put(const void* p, std::size_t n) {
    std::memcpy(bytes_.data() + at_, p, n);
    at_ += n;
    return *this;
  }
  std::array<std::byte, wav_writer::header_size> bytes_{};
  std::size_t at_ = 0;
};

std::string describe(int error) {
  if (error == ENOSPC || error == EDQUOT) return "disk full";
  if (error == EFBIG) return "the file has reached the largest size that is allowed";
  return std::generic_category().message(error);
}

}  // namespace

wav_writer::~wav_writer() { close(); }

wav_writer::wav_writer(wav_writer&& other) noexcept
    : max_data_(other.max_data_),
      fd_(std::exchange(other.fd_, -1)),
      rate_(other.rate_),
      channels_(other.channels_),
      data_(other.data_),
      error_(std::move(other.error_)) {}

int wav_writer::create(const std::string& file, std::uint32_t sample_rate, std::uint32_t channels) {
  fd_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd_ < 0) return errno;
  rate_ = sample_rate;
  channels_ = channels;
  errno = 0;
  if (write_header()) return 0;
  const int error = errno != 0 ? errno : EIO;
  close();
  ::unlink(file.c_str());
  return error;
}

bool wav_writer::append(std::span<const std::int16_t> samples) {
  if (!error_.empty() || fd_ < 0) return false;
  std::span<const std::byte> bytes = std::as_bytes(samples);
  const std::uint64_t room = (max_data_ - data_) / block_size() * block_size();
  const bool too_long = bytes.size() > room;
  if (too_long) bytes = bytes.first(static_cast<std::size_t>(room));
  int error = 0;
  const std::size_t written = write_at(header_size + data_, bytes, error);
  data_ += written / block_size() * block_size();
  // Bytes that no header counts are cut off again: some readers take a file by its length.
  if (error != 0 && ::ftruncate(fd_, static_cast<off_t>(header_size + data_)) != 0) error = errno;
  if (!write_header() && error == 0) error = errno;
  if (error != 0) fail(error);
  if (too_long && error_.empty()) error_ = "the file has reached 4 GiB, the most that WAV can hold";
  return error_.empty();
}

void wav_writer::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void wav_writer::fail(int error) { error_ = describe(error); }

bool wav_writer::write_header() {
  const auto data = static_cast<std::uint32_t>(data_);
  const auto block = static_cast<std::uint32_t>(block_size());
  header_builder h;
  h.text("RIFF").u32(data + header_size - 8).text("WAVE");
  h.text("fmt ").u32(16).u16(1).u16(channels_).u32(rate_).u32(rate_ * block).u16(block).u16(16);
  h.text("data").u32(data);
  int error = 0;
  if (write_at(0, h.bytes(), error) == header_size) return true;
  errno = error;
  return false;
}

std::size_t wav_writer::write_at(std::uint64_t offset, std::span<const std::byte> bytes,
                                 int& error) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n =
        ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      error = n == 0 ? ENOSPC : errno;
      break;
    }
    done += static_cast<std::size_t>(n);
  }
  return done;
}

}  // namespace sipvoice::device
