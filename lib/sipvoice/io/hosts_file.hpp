// The system's table of hosts (hosts(5)): names that are known without asking anybody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sipvoice/base/address.hpp"

namespace sipvoice::io {

class hosts_table {
 public:
  static constexpr std::size_t max_names = 100'000;  ///< those behind are left out
  static constexpr std::size_t max_addresses = 16;   ///< of one name

  hosts_table() = default;
  /// Lines of an address and its names; what is no such line is passed over.
  explicit hosts_table(std::string_view text);
  /// Without regard to case; nullptr: not listed. "localhost" and what ends in ".localhost" is
  /// always the loopback (RFC 6761 section 6.3), listed or not.
  [[nodiscard]] const std::vector<ip_address>* find(std::string_view name) const;

 private:
  std::unordered_map<std::string, std::vector<ip_address>> names_;
};

/// Such a table in a file, read again when the file has changed.
class hosts_file {
 public:
  static constexpr std::size_t max_bytes = 8 << 20;  ///< of the file; what is behind is left out

  explicit hosts_file(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] const std::vector<ip_address>* find(std::string_view name);

 private:
  void refresh();

  std::string path_;
  std::int64_t changed_ns_ = -1, size_ = -1;  // of the version that was read
  hosts_table table_;
};

}  // namespace sipvoice::io
