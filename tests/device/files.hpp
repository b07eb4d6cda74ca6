// What the device tests share: a folder that vanishes, and a WAV reader that trusts nothing.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace test {

class scratch_folder {
 public:
  scratch_folder() {
    char text[] = "/tmp/sipvoice-test-XXXXXX";
    REQUIRE(::mkdtemp(text) != nullptr);
    path_ = text;
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct wav {
  bool valid = false;  ///< sizes agree with the file's length to the byte
  std::uint32_t rate = 0, channels = 0;
  std::vector<std::int16_t> samples;  ///< interleaved
};

inline wav read_wav(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string b{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto number = [&](std::size_t at, std::size_t bytes) {
    std::uint32_t v = 0;
    std::memcpy(&v, b.data() + at, bytes);
    return v;
  };
  wav out;
  if (b.size() < 44) return out;
  out.channels = number(22, 2);
  out.rate = number(24, 4);
  const std::uint32_t block = 2 * out.channels, data = number(40, 4);
  out.valid = b.substr(0, 4) == "RIFF" && number(4, 4) == b.size() - 8 &&
              b.substr(8, 8) == "WAVEfmt " && number(16, 4) == 16 && number(20, 2) == 1 &&
              number(28, 4) == out.rate * block && number(32, 2) == block && number(34, 2) == 16 &&
              b.substr(36, 4) == "data" && data == b.size() - 44 && block != 0 && data % block == 0;
  if (!out.valid) return out;
  out.samples.resize(data / 2);
  if (data > 0) std::memcpy(out.samples.data(), b.data() + 44, data);
  return out;
}

}  // namespace test
