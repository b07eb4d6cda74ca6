// Small parts of the shell: clocks, random numbers, listen addresses, file limits.
#include <net/if.h>

#include <set>

#include "io/loopback.hpp"
#include "sipvoice/io/file_limit.hpp"
#include "sipvoice/io/listen_address.hpp"
#include "sipvoice/io/resolver.hpp"
#include "sipvoice/io/system_random.hpp"

using namespace sipvoice;
using namespace std::chrono_literals;

TEST_CASE("the monotonic clock is the steady clock, and sleeping reaches the moment") {
  const auto before = std::chrono::steady_clock::now().time_since_epoch();
  const auto ours = io::monotonic_now().time_since_epoch();
  const auto after = std::chrono::steady_clock::now().time_since_epoch();
  CHECK(ours >= before);
  CHECK(ours <= after);
  const time_point until = io::monotonic_now() + 3ms;
  io::sleep_until(until);
  CHECK(io::monotonic_now() >= until);
  io::sleep_until(until);  // a moment that has passed
  const clock_reading both = io::read_clock();
  CHECK(both.at(both.mono + 1s) - both.wall == 1s);
}

TEST_CASE("system random numbers do not repeat") {
  io::system_random random, other;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(random.next());
    seen.insert(other.next());
  }
  CHECK(seen.size() == 2000);
}

TEST_CASE("listen addresses") {
  struct row {
    const char* text;
    bool good;
    sip::transport transport;
    const char* host;
    int port;
  };
  const row table[] = {
      {"udp:127.0.0.1:5060", true, sip::transport::udp, "127.0.0.1", 5060},
      {"127.0.0.1:0", true, sip::transport::udp, "127.0.0.1", 0},
      {"UDP:[::1]:5062", true, sip::transport::udp, "::1", 5062},
      {"[::]:5060", true, sip::transport::udp, "::", 5060},
      {"localhost:65535", true, sip::transport::udp, "localhost", 65535},
      {"tcp:10.0.0.1:5060", true, sip::transport::tcp, "10.0.0.1", 5060},
      {"tls:host:5061", true, sip::transport::tls, "host", 5061},
      {"127.0.0.1", false, {}, "", 0},
      {"127.0.0.1:", false, {}, "", 0},
      {"127.0.0.1:65536", false, {}, "", 0},
      {"127.0.0.1:-1", false, {}, "", 0},
      {"::1:5060", false, {}, "", 0},
      {":5060", false, {}, "", 0},
      {"udp::5060", false, {}, "", 0},
      {"udp:", false, {}, "", 0},
      {"", false, {}, "", 0},
  };
  for (const row& r : table) {
    CAPTURE(r.text);
    const auto parsed = io::parse_listen_address(r.text);
    REQUIRE(parsed.has_value() == r.good);
    if (!r.good) continue;
    CHECK(parsed->transport == r.transport);
    CHECK(parsed->host == r.host);
    CHECK(parsed->port == r.port);
  }
}

TEST_CASE("the limit on open files is raised as far as the system lets") {
  const std::uint64_t now = io::raise_file_limit();
  CHECK(now == io::raise_file_limit());
  CHECK(now >= 64);
  CHECK(io::files_needed(1000) == 3064);
}

TEST_CASE("the scope of a link-local peer survives the way through the system's form") {
  const auto address = ip_address::parse("fe80::1").value();
  const socket_address peer{ip_address::v6(address.bytes(), 7), 5060};
  io::raw_address raw{};
  CHECK(io::to_raw(peer, raw) == sizeof(sockaddr_in6));
  CHECK(raw.v6.sin6_scope_id == 7);
  const auto back = io::from_raw(raw);
  REQUIRE(back.has_value());
  CHECK(back->ip.scope() == 7);
  CHECK(*back == peer);
  raw.v6.sin6_addr = in6addr_loopback;
  CHECK(io::from_raw(raw)->ip.scope() == 0);
}

TEST_CASE("an address on a link keeps its interface") {
  const auto found = io::resolve_now("fe80::1%lo", 5060);
  REQUIRE(found.size() == 1);
  CHECK(found[0].ip.scope() == ::if_nametoindex("lo"));
  CHECK(found[0].ip.to_string() == "fe80::1");
  CHECK(io::resolve_now("fe80::1%no-such", 5060).empty());
}
