#include "text_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace sipvoice::app {

bool is_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

bool read_text_file(const std::string& file, std::size_t most, std::string& text,
                    std::string& error) {
  if (std::filesystem::is_directory(file)) {
    error = "it is a folder; name a file";
    return false;
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    error = std::string("cannot read it: ") + std::strerror(errno) + "; check the path";
    return false;
  }
  text.resize(most + 1);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return true;
}

}  // namespace sipvoice::app
