#include "sipvoice/base/ring.hpp"

#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

#include "sipvoice/base/random.hpp"
#include "support/catch.hpp"

using sipvoice::ring;

TEST_CASE("capacity is rounded up to a power of two") {
  CHECK(ring<int>(0).capacity() == 1);
  CHECK(ring<int>(1).capacity() == 1);
  CHECK(ring<int>(5).capacity() == 8);
  CHECK(ring<int>(8).capacity() == 8);
}

TEST_CASE("a full ring takes what fits, an empty one gives nothing") {
  ring<int> r(4);
  const int in[] = {1, 2, 3, 4, 5, 6};
  int out[8] = {};
  CHECK(r.read(out) == 0);
  CHECK(r.write(in) == 4);
  CHECK(r.size() == 4);
  CHECK(r.write(in) == 0);
  CHECK(r.read(std::span(out, 3)) == 3);
  CHECK(std::vector<int>(out, out + 3) == std::vector<int>{1, 2, 3});
  CHECK(r.write(std::span(in).subspan(4)) == 2);  // across the end of the storage
  CHECK(r.size() == 3);
  CHECK(r.read(out) == 3);
  CHECK(std::vector<int>(out, out + 3) == std::vector<int>{4, 5, 6});
  CHECK(r.size() == 0);
  CHECK(r.write({}) == 0);
}

TEST_CASE("random slices come out whole and in order") {
  sipvoice::seeded_random random(3);
  ring<std::uint32_t> r(64);
  std::uint32_t written = 0, read = 0;
  std::vector<std::uint32_t> in(100), out(100);
  for (int i = 0; i < 20'000; ++i) {
    std::iota(in.begin(), in.end(), written);
    written += static_cast<std::uint32_t>(r.write(std::span(in).first(random.below(101))));
    const std::size_t n = r.read(std::span(out).first(random.below(101)));
    for (std::size_t k = 0; k < n; ++k) REQUIRE(out[k] == read++);
    REQUIRE(r.size() == written - read);
    REQUIRE(r.size() <= r.capacity());
  }
  CHECK(read > 100'000);
}

TEST_CASE("two threads lose nothing and see nothing twice") {
  constexpr std::uint32_t total = 1'000'000;
  ring<std::uint32_t> r(256);
  std::thread writer([&r] {
    std::vector<std::uint32_t> in(100);
    std::uint32_t next = 0;
    while (next < total) {
      const std::size_t n = std::min<std::size_t>(in.size(), total - next);
      std::iota(in.begin(), in.end(), next);
      const std::size_t put = r.write(std::span(in).first(n));
      next += static_cast<std::uint32_t>(put);
      if (put == 0) std::this_thread::yield();
    }
  });
  std::vector<std::uint32_t> out(77);
  std::uint32_t expected = 0;
  bool in_order = true;
  while (expected < total) {
    const std::size_t n = r.read(out);
    for (std::size_t i = 0; i < n; ++i) in_order = in_order && out[i] == expected++;
    if (n == 0) std::this_thread::yield();
    if (!in_order) break;
  }
  // A reader that gave up must not leave the writer waiting for room.
  while (expected < total && !in_order) expected += static_cast<std::uint32_t>(r.read(out));
  writer.join();
  CHECK(in_order);
}
