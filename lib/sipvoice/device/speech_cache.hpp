// The folder that keeps what was spoken: files with the hash of all that made them as name.
// Several processes may use it at once: a file appears complete or not at all.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sipvoice::device {

/// A folder inside the cache for one text that is being made; gone with this object.
class speech_workshop {
 public:
  /// Makes the cache folder too, for this user alone. On failure error() says why.
  explicit speech_workshop(const std::string& cache_folder);
  ~speech_workshop();
  speech_workshop(const speech_workshop&) = delete;
  speech_workshop& operator=(const speech_workshop&) = delete;

  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ + "/" + name; }
  /// A file with this content in it; false when it cannot be written.
  [[nodiscard]] bool write(const std::string& name, const std::string& content) const;

 private:
  std::string folder_, error_;
};

/// "FOLDER/<SHA-256 of all parts>.wav"
[[nodiscard]] std::string cache_file(const std::string& folder,
                                     const std::vector<std::string>& parts);
/// Whether it is there; if so it counts as used now.
[[nodiscard]] bool take_from_cache(const std::string& file);
/// Moves a finished file into its place; empty, or what is wrong.
[[nodiscard]] std::string put_into_cache(const std::string& made, const std::string& file);
/// Removes files that were not used for longest until at most `bytes` are left, and what processes
/// that died have left behind. `keep` stays.
void trim_cache(const std::string& folder, std::uint64_t bytes, const std::string& keep);

}  // namespace sipvoice::device
