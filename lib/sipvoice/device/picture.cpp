#include "sipvoice/device/picture.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "sipvoice/audio/waveform.hpp"
#include "sipvoice/device/free_name.hpp"

namespace sipvoice::device {
namespace {

namespace fs = std::filesystem;

/// 0 or errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : ENOSPC;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

}  // namespace

void picture::add(std::span<const std::int16_t> samples, std::size_t channels) {
  if (!wanted()) return;
  outlines_.resize(channels);
  for (std::size_t c = 0; c < channels; ++c) outlines_[c].add(samples, c, channels);
}

std::string picture::draw(std::uint32_t sample_rate, std::size_t channels, const std::string& title,
                          std::string& error) const {
  const std::vector<audio::envelope> silence(channels);
  const auto& outlines = outlines_.size() == channels ? outlines_ : silence;
  std::vector<audio::waveform_channel> rows{{"heard", &outlines[0]}};
  if (channels > 1) rows.push_back({"sent", &outlines[1]});
  const std::string svg =
      audio::waveform_svg(rows, sample_rate, fs::path(title).filename().string());

  std::error_code ignored;
  fs::create_directories(fs::path(file_).parent_path(), ignored);
  int failure = EEXIST;
  constexpr int most_tries = 16;
  unsigned n = first_free(file_, 1);
  for (int tries = 0; tries < most_tries && n <= most_names; ++tries, ++n) {
    const std::string name = numbered(file_, n);
    const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    failure = fd < 0 ? errno : 0;
    if (failure == EEXIST) continue;
    if (failure != 0) break;
    failure = write_all(fd, svg);
    if (::close(fd) != 0 && failure == 0) failure = errno;
    if (failure == 0) return name;
    ::unlink(name.c_str());  // half a picture is none
    break;
  }
  error = "cannot write " + file_ + ": " + std::generic_category().message(failure);
  return {};
}

}  // namespace sipvoice::device
