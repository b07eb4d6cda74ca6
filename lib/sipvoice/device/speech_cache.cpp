#include "sipvoice/device/speech_cache.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace sipvoice::device {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view workshop_prefix = ".making-";
/// No program may take that long: its process is gone.
constexpr auto workshop_age = std::chrono::hours(1);

std::string describe(int error) { return std::generic_category().message(error); }

std::string sha256_hex(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (::EVP_Digest(text.data(), text.size(), digest.data(), &length, ::EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc();
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < length; ++i) {
    out += digits[digest[i] >> 4];
    out += digits[digest[i] & 15];
  }
  return out;
}

struct kept {
  fs::path path;
  std::uint64_t bytes = 0;
  fs::file_time_type used;
};

bool is_abandoned(const fs::directory_entry& entry) {
  std::error_code error;
  const auto changed = entry.last_write_time(error);
  return !error && entry.path().filename().string().starts_with(workshop_prefix) &&
         fs::file_time_type::clock::now() - changed > workshop_age;
}

}  // namespace

speech_workshop::speech_workshop(const std::string& cache_folder) {
  std::error_code error;
  const bool made = fs::create_directories(cache_folder, error);
  if (error) {
    error_ = "cannot make the folder " + cache_folder + ": " + error.message();
    return;
  }
  if (made) fs::permissions(cache_folder, fs::perms::owner_all, error);
  std::string name = cache_folder + "/" + std::string(workshop_prefix) + "XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    error_ = "cannot write in the folder " + cache_folder + ": " + describe(errno);
    return;
  }
  folder_ = std::move(name);
}

speech_workshop::~speech_workshop() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

bool speech_workshop::write(const std::string& name, const std::string& content) const {
  const int fd = ::open(file(name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  std::size_t at = 0;
  while (at < content.size()) {
    const ssize_t n = ::write(fd, content.data() + at, content.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    at += static_cast<std::size_t>(n);
  }
  return ::close(fd) == 0 && at == content.size();
}

std::string cache_file(const std::string& folder, const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += std::to_string(part.size()) + ":" + part;
  return folder + "/" + sha256_hex(all) + ".wav";
}

bool take_from_cache(const std::string& file) {
  return ::utimensat(AT_FDCWD, file.c_str(), nullptr, 0) == 0;
}

std::string put_into_cache(const std::string& made, const std::string& file) {
  if (::rename(made.c_str(), file.c_str()) == 0) return {};
  return "cannot keep " + file + ": " + describe(errno);
}

void trim_cache(const std::string& folder, std::uint64_t bytes, const std::string& keep) {
  std::vector<kept> files;
  std::uint64_t total = 0;
  std::error_code error, ignored;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (is_abandoned(*at)) fs::remove_all(at->path(), ignored);
    if (at->path().extension() != ".wav") continue;
    kept k{at->path(), at->file_size(ignored), at->last_write_time(ignored)};
    if (ignored) continue;
    total += k.bytes;
    if (k.path != fs::path(keep)) files.push_back(std::move(k));
  }
  std::sort(files.begin(), files.end(),
            [](const kept& a, const kept& b) { return a.used < b.used; });
  for (const kept& k : files) {
    if (total <= bytes) return;
    if (fs::remove(k.path, ignored)) total -= k.bytes;
  }
}

}  // namespace sipvoice::device
