// The queue between an application and a media worker: what is played, dropped and told.
#include <thread>
#include <vector>

#include "sipvoice/api/outgoing_sound.hpp"
#include "support/catch.hpp"

using sipvoice::api::outgoing_sound;

namespace {

using samples = std::vector<std::int16_t>;

samples frame_of(outgoing_sound& q, std::size_t size = 160) {
  samples f(size);
  f.resize(q.read(f));
  return f;
}

}  // namespace

TEST_CASE("samples come out in their order, and what does not fit is not taken") {
  outgoing_sound q(8000, 0, 400);
  samples in(500);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<std::int16_t>(i);
  CHECK(q.write(in) == 400);
  samples out;
  for (int i = 0; i < 2; ++i)
    for (const auto s : frame_of(q)) out.push_back(s);
  CHECK(q.write(std::span(in).subspan(400)) == 100);
  for (int i = 0; i < 3; ++i)
    for (const auto s : frame_of(q)) out.push_back(s);
  CHECK(out == in);
  CHECK(frame_of(q).empty());
  CHECK_FALSE(q.take_finished());  // its end was not named
  q.end();
  const auto f = q.take_finished();
  REQUIRE(f);
  CHECK(f->played == 500);
  CHECK(f->completed);
  CHECK_FALSE(q.take_finished());
}

TEST_CASE("a response that speech cuts off tells how much of it was heard") {
  outgoing_sound q(8000, 0, 1000);
  CHECK_FALSE(q.interrupt());
  q.write(samples(1000, 1));
  q.end();
  CHECK(frame_of(q).size() == 160);
  CHECK(q.interrupt());
  CHECK(q.take_news());
  CHECK_FALSE(q.interrupt());
  q.write(samples(160, 2));  // the next one, before the loop has heard of the cut
  const auto f = q.take_finished();
  REQUIRE(f);
  CHECK(f->played == 160);
  CHECK_FALSE(f->completed);
  CHECK(frame_of(q) == samples(160, 2));
  CHECK(q.cancel() == 160);
  CHECK_FALSE(q.take_finished());
}

TEST_CASE("what cancel() says was played is what the worker has taken, however they meet") {
  constexpr int rounds = 200;
  outgoing_sound q(8000, 0, 1600);
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> taken{0};
  std::thread worker([&] {
    samples f(160);
    while (!stop) taken += q.read(f);
  });
  std::uint64_t said = 0;
  for (int i = 0; i < rounds; ++i) {
    q.write(samples(1600, 3));
    for (int spin = 0; spin < i; ++spin) static_cast<void>(q.waiting());
    said += q.cancel();
  }
  stop = true;
  worker.join();
  CHECK(said == taken);
}
