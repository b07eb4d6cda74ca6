#include "sipvoice/io/udp_listener.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "io/loopback.hpp"

using namespace sipvoice;
using namespace std::chrono_literals;
using test::loopback;

namespace {

struct received {
  socket_address from;
  ip_address local;
  std::string bytes;
};

/// A listener on a loop of its own, and what it heard.
struct fixture {
  boost::asio::io_context context;
  std::vector<received> heard;
  io::udp_listener listener{
      context, [this](const socket_address& from, const ip_address& local, std::string bytes) {
        heard.push_back({from, local, std::move(bytes)});
      }};

  /// Runs the loop until so much was heard.
  void run_until(std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + test::patience;
    while (heard.size() < count && std::chrono::steady_clock::now() < end)
      context.run_one_for(std::chrono::milliseconds(100));
    REQUIRE(heard.size() >= count);
  }
};

socket_address at(const ip_address& ip, const io::udp_listener& listener) {
  return {ip, listener.local().port};
}

}  // namespace

TEST_CASE("a datagram is told with its source and the address it was sent to") {
  fixture f;
  REQUIRE(f.listener.open({ip_address{}, 0}) == 0);
  REQUIRE(f.listener.local().port != 0);
  const test::peer peer;
  const ip_address second = ip_address::v4(127, 0, 0, 77);
  peer.send(at(second, f.listener), "one");
  f.run_until(1);
  CHECK(f.heard[0].from == peer.address());
  CHECK(f.heard[0].local == second);
  CHECK(f.heard[0].bytes == "one");
  // The answer comes from the address that was asked.
  CHECK(f.listener.source_for(peer.address()) == second);
  f.listener.send(peer.address(), "two");
  f.listener.flush();
  const auto answer = peer.receive();
  REQUIRE(answer);
  CHECK(answer->from == at(second, f.listener));
  CHECK(answer->bytes == "two");
}

TEST_CASE("a bound socket, both families, longest and empty datagrams") {
  for (const char* text : {"127.0.0.1", "::1"}) {
    CAPTURE(text);
    const auto ip = ip_address::parse(text).value();
    fixture f;
    REQUIRE(f.listener.open({ip, 0}) == 0);
    const test::peer peer(ip);
    const std::string longest(65507, 'x');
    peer.send(at(ip, f.listener), longest);
    peer.send(at(ip, f.listener), "");
    f.run_until(2);
    CHECK(f.heard[0].bytes == longest);
    CHECK(f.heard[0].local == ip);
    CHECK(f.heard[1].bytes.empty());
    CHECK(f.listener.source_for(peer.address()) == ip);
    f.listener.send(peer.address(), "back");
    f.listener.flush();
    CHECK(peer.receive()->bytes == "back");
  }
}

TEST_CASE("an IPv6 wildcard leaves IPv4 to others") {
  fixture six, four;
  REQUIRE(six.listener.open({ip_address::v6({}), 0}) == 0);
  REQUIRE(four.listener.open({ip_address{}, six.listener.local().port}) == 0);
  const test::peer peer;
  peer.send(at(loopback, four.listener), "v4");
  four.run_until(1);
  CHECK(six.context.poll() == 0);
}

TEST_CASE("a port that is taken, and an address that is not ours") {
  fixture f, g;
  REQUIRE(f.listener.open({loopback, 0}) == 0);
  CHECK(g.listener.open(f.listener.local()) == EADDRINUSE);
  CHECK(g.listener.open({ip_address::v4(192, 0, 2, 99), 0}) == EADDRNOTAVAIL);
}

TEST_CASE("a flood does not keep the loop from its timers") {
  fixture f;
  REQUIRE(f.listener.open({loopback, 0}) == 0);
  const test::peer peer;
  const socket_address to = at(loopback, f.listener);
  constexpr std::size_t flood = 400;
  for (std::size_t i = 0; i < flood; ++i) peer.send(to, "x");
  std::size_t heard_at_post = 0;
  boost::asio::post(f.context,
                    [&] { boost::asio::post(f.context, [&] { heard_at_post = f.heard.size(); }); });
  f.run_until(flood);
  // Each turn reads a bounded number, then others have theirs.
  CHECK(heard_at_post < flood);
  CHECK(heard_at_post <= 2 * io::udp_listener::max_per_turn);
  CHECK(f.listener.counters().received == flood);
  CHECK(f.listener.counters().truncated == 0);
}

TEST_CASE("what the system refuses to send is counted, and nothing else") {
  fixture f;
  REQUIRE(f.listener.open({loopback, 0}) == 0);
  f.listener.send({ip_address::parse("::1").value(), 9}, "wrong family");
  f.listener.flush();
  CHECK(f.listener.counters().send_errors == 1);
  f.listener.send({loopback, 9}, "nobody listens there: the ICMP error is not ours");
  f.listener.send({loopback, 9}, "again");
  f.listener.flush();
  CHECK(f.listener.counters().sent == 2);
  const test::peer peer;
  peer.send(at(loopback, f.listener), "still reading");
  f.run_until(1);
}

TEST_CASE("what gathers leaves in its order, whatever the system refuses between") {
  fixture f;
  REQUIRE(f.listener.open({loopback, 0}) == 0);
  const test::peer peer;
  constexpr std::size_t count = 2 * io::udp_outbox::capacity + 3;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < count; ++i) {
    f.listener.send(peer.address(), std::to_string(i));
    if (i % 5 != 0) continue;
    f.listener.send({ip_address::parse("::1").value(), 9}, "wrong family");
    ++refused;
  }
  f.listener.flush();
  for (std::size_t i = 0; i < count; ++i) {
    const auto got = peer.receive();
    REQUIRE(got);
    CHECK(got->bytes == std::to_string(i));
  }
  CHECK(f.listener.counters().sent == count);
  CHECK(f.listener.counters().send_errors == refused);
}

TEST_CASE("answers to what one system call has read leave together, without being asked for") {
  boost::asio::io_context context;
  std::size_t heard = 0;
  io::udp_listener* self = nullptr;
  std::vector<std::uint64_t> sent_before;
  io::udp_listener listener(context,
                            [&](const socket_address& from, const ip_address&, std::string) {
                              sent_before.push_back(self->counters().sent);
                              self->send(from, std::to_string(heard++));
                              self->flush();
                            });
  self = &listener;
  REQUIRE(listener.open({loopback, 0}) == 0);
  const test::peer peer;
  constexpr std::size_t count = io::udp_listener::batch;
  for (std::size_t i = 0; i < count; ++i) peer.send(listener.local(), "x");
  const auto end = std::chrono::steady_clock::now() + test::patience;
  while (heard < count && std::chrono::steady_clock::now() < end) context.run_one_for(100ms);
  REQUIRE(heard == count);
  CHECK(sent_before == std::vector<std::uint64_t>(count, 0));
  for (std::size_t i = 0; i < count; ++i) CHECK(peer.receive()->bytes == std::to_string(i));
}

TEST_CASE("a datagram to a port where nobody is comes back as its address, and harms no other") {
  boost::asio::io_context context;
  std::vector<socket_address> unreachable;
  std::vector<std::string> heard;
  io::udp_listener listener(
      context,
      [&](const socket_address&, const ip_address&, std::string bytes) {
        heard.push_back(std::move(bytes));
      },
      [&](const socket_address& remote) { unreachable.push_back(remote); });
  REQUIRE(listener.open({loopback, 0}) == 0);
  const test::peer peer;
  std::optional<socket_address> nobody;
  {
    const test::peer gone;
    nobody = gone.address();
  }
  constexpr int rounds = 20;
  for (int i = 0; i < rounds; ++i) {
    listener.send(*nobody, "lost");
    listener.send(peer.address(), std::to_string(i));
    if (i % 3 == 0) listener.flush();  // alone, in twos and in fours
  }
  listener.flush();
  CHECK(listener.counters().send_errors == 0);
  for (int i = 0; i < rounds; ++i) {
    const auto got = peer.receive();
    REQUIRE(got);
    CHECK(got->bytes == std::to_string(i));
  }
  peer.send(listener.local(), "still there");
  const auto end = std::chrono::steady_clock::now() + test::patience;
  while ((heard.empty() || unreachable.empty()) && std::chrono::steady_clock::now() < end)
    context.run_one_for(100ms);
  REQUIRE(heard == std::vector<std::string>{"still there"});
  REQUIRE_FALSE(unreachable.empty());
  for (const auto& remote : unreachable) CHECK(remote == *nobody);
}
