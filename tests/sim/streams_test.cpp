// Stream connections of the simulated network. Paths take 10 ms each way where nothing else is
// said.
#include "sipvoice/sim/streams.hpp"

#include <string>
#include <vector>

#include "sipvoice/sim/world.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::sim;
using namespace std::chrono_literals;
using lines = std::vector<std::string>;

namespace {

const ip_address left = ip_address::v4(10, 0, 0, 1), right = ip_address::v4(10, 0, 0, 2);
const socket_address server{right, 5060};

/// Notes what it is told, with the milliseconds; listens at port 5060.
struct machine : host {
  explicit machine(world& in) : w(in) {}
  world& w;
  lines told;
  std::vector<std::size_t> segments;
  std::string heard;
  stream_end end{};
  bool listens = true;

  void note(const std::string& what) {
    told.push_back(std::to_string(to_ms(w.now().time_since_epoch())) + " " + what);
  }
  void receive(const socket_address&, const socket_address&, std::string, time_point) override {}
  void handle_timeout(time_point) override {}
  [[nodiscard]] time_point next_deadline() const override { return never; }
  bool stream_offered(stream_end e, const socket_address& local, const socket_address& remote,
                      time_point) override {
    if (!listens || local.port != server.port) return false;
    end = e;
    note("accepted " + remote.ip.to_string());
    return true;
  }
  void stream_opened(stream_end, const socket_address& local, time_point) override {
    note("opened " + local.ip.to_string());
  }
  void stream_received(stream_end, std::string_view segment, time_point) override {
    segments.push_back(segment.size());
    heard += segment;
  }
  void stream_ended(stream_end, const std::string& why, time_point) override { note(why); }
};

struct bench {
  explicit bench(std::uint64_t seed = 1, const impairment& how = {.delay = 10ms}) : w(seed) {
    w.attach(left, a);
    w.attach(right, b);
    w.set_default(how);
  }
  world w;
  machine a{w}, b{w};

  void connect(const socket_address& to = server) { a.end = w.streams().connect(a, left, to); }
  void at(duration when, std::function<void()> f) { w.at(time_point{} + when, std::move(f)); }
  void cut_paths(double loss) {
    w.set_path(left, right, {.delay = 10ms, .loss = loss});
    w.set_path(right, left, {.delay = 10ms, .loss = loss});
  }
  /// To the very end, where nothing is left of any connection.
  void run() {
    w.run_until([this] { return w.is_idle(); }, time_point{} + 1h);
    CHECK(w.is_idle());
  }
};

std::string numbers(int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += std::to_string(i) + " ";
  return all;
}

}  // namespace

TEST_CASE("a stream: opened, written from both sides, closed") {
  bench t;
  t.connect();
  t.at(50ms, [&] { t.w.streams().write(t.a.end, "ping"); });
  t.at(50ms, [&] { t.w.streams().write(t.b.end, "pong"); });
  t.at(100ms, [&] { t.w.streams().write(t.b.end, "bye"); });
  t.at(100ms, [&] { t.w.streams().close(t.b.end); });
  t.run();
  CHECK(t.a.told == lines{"20 opened 10.0.0.1", "110 closed by peer"});
  CHECK(t.b.told == lines{"10 accepted 10.0.0.1"});
  CHECK(t.a.heard == "pongbye");
  CHECK(t.b.heard == "ping");
  CHECK(t.w.streams().size() == 0);
}

TEST_CASE("a stream: refused where nobody listens, given up where nobody is") {
  bench t;
  SECTION("no listener") {
    t.b.listens = false;
    t.connect();
    t.run();
    CHECK(t.a.told == lines{"20 refused"});
  }
  SECTION("no machine") {
    t.connect({ip_address::v4(10, 0, 0, 9), 5060});
    t.run();
    CHECK(t.a.told == lines{"60000 timed out"});
  }
  SECTION("no way") {
    t.cut_paths(1);
    t.connect();
    t.run();
    CHECK(t.a.told == lines{"60000 timed out"});
  }
  SECTION("closed before it was up") {
    t.connect();
    t.at(15ms, [&] { t.w.streams().close(t.a.end); });
    t.run();
    CHECK(t.a.told.empty());
    CHECK(t.b.told == lines{"10 accepted 10.0.0.1", "30 reset by peer"});
  }
  CHECK(t.w.streams().size() == 0);
}

TEST_CASE("a stream: what the link loses comes later, and what is behind it waits") {
  bench t;
  t.connect();
  t.at(95ms, [&] { t.cut_paths(1); });
  t.at(100ms, [&] { t.w.streams().write(t.a.end, "one"); });
  t.at(105ms, [&] { t.cut_paths(0); });
  t.at(110ms, [&] { t.w.streams().write(t.a.end, "two"); });
  t.at(409ms, [&] { CHECK(t.b.heard.empty()); });
  t.at(410ms, [&] { t.b.note(t.b.heard); });  // behind the arrival: the event was made later
  t.run();
  CHECK(t.b.heard == "onetwo");
  CHECK(t.w.now() == time_point{} + 410ms);
}

TEST_CASE("a stream keeps order and loses nothing, whatever the link does, cut at any byte") {
  const std::string all = numbers(2000);
  bool single = false, several = false;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    bench t(
        seed,
        {.delay = 10ms, .jitter = 30ms, .loss = 0.2, .burst = 3, .duplicate = 0.1, .reorder = 0.2});
    t.connect();
    std::size_t written = 0;
    for (int i = 0; written < all.size(); ++i) {
      const std::string piece = all.substr(written, 700);
      written += piece.size();
      t.at(5s + i / 2 * 100ms, [&t, piece] { t.w.streams().write(t.a.end, piece); });
    }
    t.at(60s, [&] { t.w.streams().close(t.a.end); });
    t.run();
    CHECK(t.b.heard == all);
    CHECK(t.b.told.back().ends_with("closed by peer"));
    for (const std::size_t n : t.b.segments) {
      single = single || n == 1;
      several = several || n > 700;
    }
  }
  CHECK(single);
  CHECK(several);
}

TEST_CASE("a stream whose peer has vanished times out, another machine there resets it") {
  bench t;
  machine c(t.w);
  t.connect();
  t.at(100ms, [&] { t.w.detach(right); });
  SECTION("nobody there") {
    t.at(200ms, [&] { t.w.streams().write(t.a.end, "hello?"); });
    t.run();
    CHECK(t.a.told == lines{"20 opened 10.0.0.1", "60200 timed out"});
  }
  SECTION("another one") {
    t.at(150ms, [&] { t.w.attach(right, c); });
    t.at(200ms, [&] { t.w.streams().write(t.a.end, "hello?"); });
    t.run();
    CHECK(t.a.told == lines{"20 opened 10.0.0.1", "220 reset by peer"});
  }
  CHECK(t.b.told.size() == 1);
  CHECK(t.w.streams().size() == 0);
}

TEST_CASE("who watches sees what is written at once as one, when its last byte has arrived") {
  bench t;
  lines seen;
  t.w.on_passing([&](const passing& p) { seen.push_back("-> " + std::string(p.bytes)); });
  t.w.on_arrival([&](const passing& p) {
    seen.push_back(std::to_string(to_ms(p.at.time_since_epoch())) + " " + std::string(p.bytes));
  });
  t.connect();
  t.at(100ms, [&] { t.w.streams().write(t.a.end, "first message"); });
  t.at(100ms, [&] { t.w.streams().write(t.a.end, "second"); });
  t.run();
  CHECK(seen == lines{"-> first message", "-> second", "110 first message", "110 second"});
}
