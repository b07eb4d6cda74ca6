#include "sipvoice/io/file_limit.hpp"

#include <sys/resource.h>

namespace sipvoice::io {

std::uint64_t raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit wanted{limit.rlim_max, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) limit = wanted;
  }
  return limit.rlim_cur;
}

std::uint64_t files_needed(std::uint64_t sessions) {
  constexpr std::uint64_t per_session = 3;  // RTP, RTCP, a recording
  constexpr std::uint64_t others = 64;
  return sessions * per_session + others;
}

}  // namespace sipvoice::io
