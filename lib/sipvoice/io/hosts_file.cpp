#include "sipvoice/io/hosts_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "sipvoice/base/text.hpp"

namespace sipvoice::io {
namespace {

std::string_view next_word(std::string_view& line) {
  const std::size_t begin = std::min(line.find_first_not_of(" \t\r"), line.size());
  line.remove_prefix(begin);
  const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
  line.remove_prefix(word.size());
  return word;
}

const std::vector<ip_address>& loopback() {
  static const std::vector<ip_address> both{ip_address::v4(127, 0, 0, 1),
                                            *ip_address::parse("::1")};
  return both;
}

}  // namespace

hosts_table::hosts_table(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    line = line.substr(0, line.find('#'));
    const auto ip = ip_address::parse(next_word(line));
    if (!ip) continue;
    for (std::string_view name = next_word(line); !name.empty(); name = next_word(line)) {
      const std::string key = to_lower(name);
      if (names_.size() >= max_names && !names_.contains(key)) return;
      auto& list = names_[key];
      if (list.size() < max_addresses && std::find(list.begin(), list.end(), *ip) == list.end())
        list.push_back(*ip);
    }
  }
}

const std::vector<ip_address>* hosts_table::find(std::string_view name) const {
  std::string key = to_lower(name);
  if (key.ends_with('.')) key.pop_back();
  if (key == "localhost" || key.ends_with(".localhost")) return &loopback();
  const auto at = names_.find(key);
  return at == names_.end() ? nullptr : &at->second;
}

void hosts_file::refresh() {
  struct stat now {};
  if (::stat(path_.c_str(), &now) != 0 || !S_ISREG(now.st_mode)) {
    table_ = {};
    changed_ns_ = size_ = -1;
    return;
  }
  const std::int64_t changed = now.st_mtim.tv_sec * 1'000'000'000LL + now.st_mtim.tv_nsec;
  if (changed == changed_ns_ && now.st_size == size_) return;
  changed_ns_ = changed;
  size_ = now.st_size;
  std::ifstream in(path_, std::ios::binary);
  std::string text(std::min(static_cast<std::size_t>(now.st_size), max_bytes), '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  table_ = hosts_table(text);
}

const std::vector<ip_address>* hosts_file::find(std::string_view name) {
  refresh();
  return table_.find(name);
}

}  // namespace sipvoice::io
