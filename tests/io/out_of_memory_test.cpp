// A media worker that gets no memory for a call: that call fails, the others go on. Which
// allocation fails is decided by the allocator itself, so each is tried in turn.
#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

#include "io/loopback.hpp"
#include "sipvoice/io/media_worker.hpp"

// AddressSanitizer owns operator new.
#if !defined(__SANITIZE_ADDRESS__)

namespace {

std::atomic<int> until_failure{-1};  ///< allocations of other threads; negative: none fails
std::atomic<std::thread::id> spared;

void* allocate(std::size_t bytes) {
  if (until_failure.load() >= 0 && std::this_thread::get_id() != spared.load() &&
      until_failure.fetch_sub(1) == 0)
    throw std::bad_alloc();
  if (void* p = std::malloc(bytes)) return p;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

using namespace sipvoice;

TEST_CASE("whichever allocation fails when a session is opened, that call alone fails") {
  spared = std::this_thread::get_id();
  const test::peer rtp, rtcp;
  int failures = 0;
  for (int n = 0; n < 1000; ++n) {
    CAPTURE(n);
    test::mailbox<media::media_event> events;
    io::media_worker worker([&](std::vector<media::media_event> e) {
      for (auto& event : e) events.put(std::move(event));
    });
    const auto passed = [&worker] {
      for (const auto before = worker.counters().slices; worker.counters().slices < before + 3;)
        std::this_thread::yield();
    };
    media::media_open open;
    open.id = media::media_id{1};
    open.parameters.format.send = {payload_type{0}, audio::codec_id::pcmu};
    open.parameters.format.receive = {open.parameters.format.send};
    worker.open(open, {rtp.fd(), rtcp.fd(), rtp.address()});
    until_failure = n;
    worker.flush();
    passed();
    const bool failed = until_failure.exchange(-1) < 0;
    worker.close(open.id);
    worker.flush();
    REQUIRE(events.wait([](const std::vector<media::media_event>& all) {
      return !all.empty() && std::holds_alternative<media::media_closed>(all.back().body);
    }));
    const bool told = std::holds_alternative<media::media_failed>(events.values().front().body);
    CHECK(told == failed);
    if (!failed) break;
    ++failures;
  }
  CHECK(failures > 5);
}

#endif
