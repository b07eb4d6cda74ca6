// Media that cannot be started, over sockets: the one thing that a worker needs and may not get is
// memory, so the allocator refuses it once.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SIPVOICE_ALLOCATOR_IS_TAKEN  // ThreadSanitizer's own operators cannot be replaced
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SIPVOICE_ALLOCATOR_IS_TAKEN
#endif
#ifndef SIPVOICE_ALLOCATOR_IS_TAKEN

#include <atomic>
#include <cstdlib>
#include <new>

#include "backend/local.hpp"
#include "backend/sip_peer.hpp"
#include "sipvoice/sipvoice.hpp"
#include "support/catch.hpp"
#include "support/tally.hpp"

using namespace sipvoice;
using test::local;

namespace {

std::atomic<bool> refuse_next{false};
thread_local bool spared = false;  ///< this thread gets all that it asks for

}  // namespace

void* operator new(std::size_t bytes) {
  if (!spared && refuse_next.load() && refuse_next.exchange(false)) throw std::bad_alloc();
  if (void* p = std::malloc(bytes)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

TEST_CASE("sockets: media that fail to start after the 200 end in BYE, and no on_call") {
  spared = true;
  test::tally told;
  Backend backend(local(32100));
  std::atomic<std::size_t> ports{99};
  backend.on_call([&](Session& s) { told.add("call " + s.id()); });
  backend.on_call_disconnected([&](Session& s, const Ending& e) {
    ports = backend.ports_in_use();
    told.add("end " + s.id() + " " + e.reason);
  });
  backend.start();
  backend.post([] { spared = true; });
  backend.start_thread();
  test::sip_peer alice(test::uri_of(backend));
  alice.invite("c1");
  REQUIRE(alice.wait("c1", "200"));
  refuse_next = true;  // of all threads only the media worker is left, which has slept so far
  alice.ack("c1");
  REQUIRE(told.wait("end c1 media_failed"));
  CHECK_FALSE(refuse_next);
  CHECK(alice.wait("c1", "BYE"));
  CHECK(ports == 0);
  CHECK(told.count("call c1") == 0);
  REQUIRE(alice.call("c2"));  // and the next one is well
  CHECK(told.wait("call c2"));
  backend.stop();
  backend.join();
  spared = false;
}

#endif
