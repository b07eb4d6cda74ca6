// Segments are chance: however a byte string is cut, the same messages, pings and end come out.
#include <string>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "sipvoice/sip/message_stream.hpp"

namespace {

using namespace sipvoice::sip;
using fuzz::require;

struct heard {
  std::vector<std::string> messages;
  unsigned pings = 0;
  std::string broken;
  bool waiting = false;
  friend bool operator==(const heard&, const heard&) = default;
};

template <class NextLength>
heard feed(std::string_view bytes, std::size_t limit, NextLength&& next) {
  message_stream stream(limit);
  heard out;
  while (!bytes.empty()) {
    const std::size_t n = std::min(bytes.size(), std::size_t{1} + next());
    stream.receive(bytes.substr(0, n));
    bytes.remove_prefix(n);
    while (auto m = stream.poll()) {
      require(m->size() <= std::max(limit, stream_limits::max_head), "a message keeps the limit");
      out.messages.push_back(std::move(*m));
    }
    out.pings += stream.take_pings();
  }
  if (stream.broken() != nullptr) out.broken = stream.broken();
  out.waiting = stream.waiting();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const std::size_t limit = in.byte() % 2 == 0 ? 200 : stream_limits::default_max_message;
  std::uint32_t state = in.word();
  const std::string bytes = in.rest();
  const heard whole = feed(bytes, limit, [&] { return bytes.size(); });
  const heard single = feed(bytes, limit, [] { return std::size_t{0}; });
  const heard cut = feed(bytes, limit, [&state] {
    state = state * 1664525 + 1013904223;
    return std::size_t{state >> 26};
  });
  require(whole == single, "byte by byte the same comes out");
  require(whole == cut, "in segments the same comes out");
  return 0;
}
