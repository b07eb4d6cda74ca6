// Networks made worse on purpose, over real sockets on loopback.
#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <set>

#include "io/loopback.hpp"
#include "sipvoice/io/local_route.hpp"
#include "sipvoice/io/media_hub.hpp"
#include "sipvoice/io/stream_shell.hpp"
#include "sipvoice/io/udp_listener.hpp"

using namespace sipvoice;
using namespace std::chrono_literals;
using test::loopback;

namespace {

/// A listener whose datagrams go to one peer, and a loop that calls it when it asks for it.
struct sender {
  boost::asio::io_context context;
  io::udp_listener listener{context,
                            [](const socket_address&, const ip_address&, const std::string&) {}};
  test::peer peer;
  std::vector<int> came;
  std::vector<time_point> when;

  sender(const impairment& how, std::uint64_t seed) {
    REQUIRE(listener.open({loopback, 0}) == 0);
    listener.impair(how, seed);
  }
  void send(int number) { listener.send(peer.address(), std::to_string(number)); }
  /// What has left is there: loopback has no delay.
  void collect() {
    listener.flush();
    while (came.size() < listener.counters().sent) {
      const auto d = peer.receive();
      REQUIRE(d);
      came.push_back(std::stoi(d->bytes));
      when.push_back(io::monotonic_now());
    }
  }
  void run_until_empty() {
    using steady = std::chrono::steady_clock;
    while (listener.next_deadline() != never) {
      boost::asio::steady_timer timer(
          context, steady::time_point(std::chrono::duration_cast<steady::duration>(
                       listener.next_deadline().time_since_epoch())));
      timer.async_wait([](const boost::system::error_code&) {});
      context.run_one();
      collect();
    }
  }
};

}  // namespace

TEST_CASE("a listener with 10 % loss and 5 % duplication: so many are lost and doubled") {
  const impairment how{.delay = 0ms, .loss = 0.1, .duplicate = 0.05};
  std::vector<std::vector<int>> runs;
  for (int run = 0; run < 2; ++run) {
    sender s(how, 42);
    for (int i = 0; i < 1000; ++i) {
      s.send(i);
      if (i % 10 == 9) s.collect();
    }
    CHECK(s.listener.next_deadline() == never);
    runs.push_back(s.came);
  }
  const std::vector<int>& came = runs[0];
  CHECK(came == runs[1]);
  CHECK(std::is_sorted(came.begin(), came.end()));
  const std::size_t distinct = std::set<int>(came.begin(), came.end()).size();
  CHECK(1000 - distinct == 109);        // lost, of this seed
  CHECK(came.size() - distinct == 42);  // came twice
}

TEST_CASE("a listener with delay and jitter: nothing leaves too early, all of it in its order") {
  sender s({.delay = 40ms, .jitter = 20ms}, 1);
  std::vector<time_point> sent;
  for (int i = 0; i < 50; ++i) {
    sent.push_back(io::monotonic_now());
    s.send(i);
    s.collect();
  }
  s.run_until_empty();
  REQUIRE(s.came.size() == 50);
  CHECK(std::is_sorted(s.came.begin(), s.came.end()));
  for (std::size_t i = 0; i < sent.size(); ++i) CHECK(s.when[i] - sent[i] >= 40ms);
}

TEST_CASE("a listener that reorders holds some back, past those behind them") {
  sender s({.delay = 1ms, .reorder = 0.2, .reorder_by = 50ms}, 1);
  for (int i = 0; i < 50; ++i) s.send(i);
  s.run_until_empty();
  CHECK(s.came.size() == 50);
  CHECK_FALSE(std::is_sorted(s.came.begin(), s.came.end()));
  std::sort(s.came.begin(), s.came.end());
  CHECK(std::unique(s.came.begin(), s.came.end()) == s.came.end());
}

TEST_CASE("a listener that closes leaves behind what was under way") {
  sender s({.delay = 1h}, 1);
  s.send(1);
  CHECK(s.listener.next_deadline() != never);
  s.listener.close();
  CHECK(s.listener.next_deadline() == never);
  CHECK(s.listener.counters().sent == 0);
}

namespace {

/// Two stream shells, one connected to the other; the one that connects writes with a delay.
struct stream_pair {
  boost::asio::io_context context;
  io::tls_contexts tls{io::tls_settings{}};
  socket_address here{loopback, 0};
  std::string heard;
  bool opened = false, ended = false;
  static constexpr sip::flow_id flow{9};
  io::stream_shell late, listening;

  explicit stream_pair(duration delay)
      : late(context, tls, events(), delay), listening(context, tls, events()) {
    REQUIRE(listening.listen(sip::flow_id{1}, sip::transport::tcp, here) == 0);
    late.open({flow, sip::transport::tcp, here, {}});
    run_until([this] { return opened; });
  }
  ~stream_pair() {
    late.stop();
    listening.stop();
  }
  io::stream_shell_events events() {
    io::stream_shell_events e;
    e.accepted = [](sip::flow_id, const socket_address&, const socket_address&) {
      return std::optional(sip::flow_id{100});
    };
    e.opened = [this](sip::flow_id, const socket_address&) { opened = true; };
    e.segment = [this](sip::flow_id, std::string_view s) { heard += s; };
    e.ended = [this](sip::flow_id, const std::string&) { ended = true; };
    e.trouble = [](const std::string& text) { FAIL(text); };
    return e;
  }
  template <class Done>
  void run_until(Done done) {
    const time_point end = io::monotonic_now() + test::patience;
    while (!done() && io::monotonic_now() < end) context.run_one_for(100ms);
    REQUIRE(done());
  }
};

}  // namespace

TEST_CASE("a stream with a delay writes later, in its order") {
  stream_pair p(60ms);
  const time_point start = io::monotonic_now();
  std::string all;
  for (int i = 0; i < 100; ++i) {
    const std::string piece = std::to_string(i) + "\r\n";
    p.late.send(p.flow, piece);
    all += piece;
  }
  CHECK(p.late.queued() == all.size());
  p.run_until([&] { return !p.heard.empty(); });
  CHECK(io::monotonic_now() - start >= 60ms);
  p.run_until([&] { return p.heard.size() >= all.size(); });
  CHECK(p.heard == all);
  p.run_until([&] { return p.late.queued() == 0; });
}

TEST_CASE("a stream with a delay that closes writes first what was sent") {
  stream_pair p(60ms);
  p.late.send(p.flow, "last words");
  p.late.close(p.flow);
  p.run_until([&] { return p.ended; });
  CHECK(p.heard == "last words");
}

TEST_CASE("a stream with a delay is bounded as any other") {
  stream_pair p(1h);
  const std::string piece(io::stream_connection::large_queue, 'x');
  for (std::size_t sent = 0; sent <= io::stream_connection::max_queued; sent += piece.size())
    p.late.send(p.flow, piece);
  p.run_until([&] { return p.ended; });
  CHECK(p.heard.empty());
  p.run_until([&] { return p.late.queued() == 0; });
}

namespace {

/// One session that plays a second of sound to a socket of the test's own over a bad network.
struct bad_session {
  std::vector<std::uint16_t> came;  ///< sequence numbers, which begin with 0
  time_point opened, first;
  media::media_statistics statistics;

  explicit bad_session(const std::optional<impairment>& how, std::uint64_t seed = 1) {
    io::local_route route;
    test::mailbox<media::media_event> events;
    io::media_hub hub({ip_address::v4(127, 61, 8, 2), 31000, 31099, 1, how, seed}, route,
                      [&](std::vector<media::media_event> e) {
                        for (auto& event : e) events.put(std::move(event));
                      });
    hub.start(nullptr);
    const auto ports = hub.acquire(loopback);
    REQUIRE(ports);
    const test::peer peer;
    media::media_open open;
    open.id = media::media_id{1};
    open.ports = ports->id;
    open.parameters.remote_rtp = peer.address();
    open.parameters.remote_rtcp = {loopback, 9};
    open.parameters.format.send = {payload_type{0}, audio::codec_id::pcmu};
    open.parameters.format.receive = {open.parameters.format.send};
    auto clip = std::make_shared<audio::clip>();
    clip->samples.assign(8000, 1000);
    opened = io::monotonic_now();
    hub.open(open);
    hub.command({open.id, media::play_command{1, clip, false}});
    hub.flush();
    const auto d = peer.receive();
    first = io::monotonic_now();
    REQUIRE(d);
    came.push_back(read_u16(as_bytes(d->bytes).data() + 2));
    REQUIRE(events.wait([](const auto& all) {
      return std::any_of(all.begin(), all.end(), [](const media::media_event& e) {
        return std::holds_alternative<media::play_finished>(e.body);
      });
    }));
    hub.close(open.id);
    hub.stop();
    for (const auto& e : events.values())
      if (const auto* closed = std::get_if<media::media_closed>(&e.body))
        statistics = closed->statistics;
    collect(peer);  // all of it has left before stop() returned
  }
  void collect(const test::peer& peer) {
    for (auto d = peer.receive(0ms); d; d = peer.receive(0ms)) {
      REQUIRE(d->bytes.size() == 172);
      came.push_back(read_u16(as_bytes(d->bytes).data() + 2));
    }
  }
};

}  // namespace

TEST_CASE("a media session over a bad network: what is lost and doubled is told by the seed") {
  const impairment how{.delay = 0ms, .loss = 0.2, .duplicate = 0.1};
  const bad_session once(how, 3), again(how, 3), other(how, 4);
  const std::size_t both = std::min(once.came.size(), again.came.size());
  REQUIRE(both > 30);
  // The first packets alike, whatever the worker's time; a tick more or less at the end.
  CHECK(std::equal(once.came.begin(), once.came.begin() + static_cast<std::ptrdiff_t>(both) - 2,
                   again.came.begin()));
  CHECK(once.came != other.came);
  CHECK(std::is_sorted(once.came.begin(), once.came.end()));
  const std::size_t distinct = std::set<int>(once.came.begin(), once.came.end()).size();
  CHECK(distinct < once.statistics.packets_sent);
  CHECK(distinct < once.came.size());
}

TEST_CASE("a media session over a slow network: what is under way at its end still leaves") {
  const bad_session s(impairment{.delay = 500ms, .jitter = 20ms});
  CHECK(s.first - s.opened >= 500ms);
  CHECK(s.statistics.packets_sent >= 50);
  CHECK(s.came.size() == s.statistics.packets_sent);
  CHECK(std::is_sorted(s.came.begin(), s.came.end()));
}
