#include "sipvoice/io/port_pool.hpp"

#include <sys/resource.h>

#include "io/loopback.hpp"
#include "sipvoice/io/local_route.hpp"

using namespace sipvoice;
using test::loopback;

namespace {

/// Each test case has a loopback address of its own, so that no other program holds its ports.
ip_address own_address(std::uint8_t last) { return ip_address::v4(127, 61, 7, last); }

/// Everything routes to one address.
struct fixed_route final : call::host_environment {
  explicit fixed_route(ip_address a) : address(a) {}
  ip_address local_address_toward(const ip_address&) override { return address; }
  ip_address address;
};

std::uint16_t port_of(const std::optional<call::media_ports>& p) {
  return p ? p->rtp.port : std::uint16_t{0};
}

}  // namespace

TEST_CASE("a range holds pairs whose both ports lie in it") {
  fixed_route route(loopback);
  struct row {
    std::uint16_t first, last;
    std::size_t pairs;
    std::uint16_t first_port;
  };
  const row table[] = {
      {10000, 20000, 5000, 10000},  // 20000 has no odd successor inside
      {10000, 10001, 1, 10000},    {10001, 10004, 1, 10002}, {10001, 10003, 1, 10002},
      {10001, 10002, 0, 0},        {10000, 10000, 0, 0},     {10003, 10000, 0, 0},
      {65534, 65535, 1, 65534},    {65535, 65535, 0, 0},
  };
  for (const row& r : table) {
    CAPTURE(r.first, r.last);
    io::port_pool pool(own_address(1), r.first, r.last, route);
    CHECK(pool.pairs() == r.pairs);
    CHECK(port_of(pool.acquire(loopback)) == r.first_port);
  }
}

TEST_CASE("pairs go out in sequence, wrap, and come back") {
  fixed_route route(loopback);
  const ip_address local = own_address(2);
  io::port_pool pool(local, 20001, 20008, route);  // 20002, 20004, 20006
  const auto a = pool.acquire(loopback), b = pool.acquire(loopback);
  REQUIRE(port_of(a) == 20002);
  REQUIRE(port_of(b) == 20004);
  CHECK(a->rtp.ip == local);
  pool.release(a->id);
  // Not the one that has just been freed: its late packets would reach another call.
  const auto c = pool.acquire(loopback);
  CHECK(port_of(c) == 20006);
  const auto d = pool.acquire(loopback);
  CHECK(port_of(d) == 20002);
  CHECK_FALSE(pool.acquire(loopback));
  CHECK(pool.in_use() == 3);
  pool.release(b->id);
  pool.release(b->id);  // twice does no harm
  CHECK(pool.in_use() == 2);
  CHECK(port_of(pool.acquire(loopback)) == 20004);
}

TEST_CASE("what the system refuses is skipped, and both ports are bound or neither") {
  fixed_route route(loopback);
  const ip_address local = own_address(3);
  // Others hold the even port of the first pair and the odd port of the second.
  const io::unique_fd even = io::bind_udp({local, 21000}), odd = io::bind_udp({local, 21003});
  REQUIRE(even);
  REQUIRE(odd);
  io::port_pool pool(local, 21000, 21005, route);
  const auto only = pool.acquire(loopback);
  CHECK(port_of(only) == 21004);
  CHECK_FALSE(pool.acquire(loopback));
  // The halves that could be bound were given back.
  CHECK(io::bind_udp({local, 21001}));
  CHECK(io::bind_udp({local, 21002}));
  const auto sockets = pool.find(only->id);
  REQUIRE(sockets);
  CHECK(io::local_address(sockets->rtp) == socket_address{local, 21004});
  CHECK(io::local_address(sockets->rtcp) == socket_address{local, 21005});
  pool.release(only->id);
  CHECK_FALSE(pool.find(only->id));
  CHECK(io::bind_udp({local, 21004}));
}

TEST_CASE("one number serves several local addresses when media binds to the route") {
  fixed_route route(own_address(4));
  io::port_pool pool(ip_address{}, 22000, 22001, route);
  const auto a = pool.acquire(loopback);
  CHECK_FALSE(pool.acquire(loopback));
  route.address = own_address(5);
  const auto b = pool.acquire(loopback);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->rtp == socket_address{own_address(4), 22000});
  CHECK(b->rtp == socket_address{own_address(5), 22000});
  route.address = ip_address{};  // no route
  CHECK_FALSE(pool.acquire(loopback));
}

TEST_CASE("the family of a pair follows its peer") {
  io::local_route route;
  const auto six = ip_address::parse("::1").value();
  io::port_pool pool(loopback, 23000, 23999, route);
  const auto v6 = pool.acquire(six);
  REQUIRE(v6);
  CHECK(v6->rtp.ip == six);
  const auto v4 = pool.acquire(loopback);
  REQUIRE(v4);
  CHECK(v4->rtp.ip == loopback);
}

TEST_CASE("a process without files gives no pair, and keeps none half open") {
  fixed_route route(loopback);
  io::port_pool pool(own_address(6), 24000, 24999, route);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const io::unique_fd next(::dup(0));
  rlimit tight{static_cast<rlim_t>(next.get()) + 2, before.rlim_max};
  // Room for one socket, not for two.
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
  const auto none = pool.acquire(loopback);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK_FALSE(none);
  CHECK(pool.in_use() == 0);
  CHECK(pool.acquire(loopback));
}

TEST_CASE("the kernel is asked which address reaches a peer") {
  io::local_route route;
  CHECK(route.local_address_toward(loopback) == loopback);
  CHECK(route.local_address_toward(ip_address::v4(127, 9, 9, 9)).is_loopback());
  const auto six = ip_address::parse("::1").value();
  CHECK(route.local_address_toward(six) == six);
  CHECK(route.local_address_toward(ip_address{}).is_unspecified());
  // More peers than are remembered.
  for (std::uint32_t i = 1; i < 3000; ++i)
    REQUIRE(route.local_address_toward(ip_address::v4(0x7f000000 + i)).is_loopback());
}

TEST_CASE("a pair that is named is bound as named, or the port that cannot be is told") {
  fixed_route route(own_address(20));
  const ip_address local = own_address(20);
  io::port_pool pool(local, 20000, 20001, route);
  const auto failed = [&](const socket_address& wanted) {
    const auto outcome = pool.bind(wanted, loopback);
    const auto* failure = std::get_if<io::port_pool::bind_failure>(&outcome);
    return failure != nullptr ? failure->where.to_string() + " " + std::to_string(failure->error)
                              : std::string("bound");
  };
  const auto bound = pool.bind({local, 30000}, loopback);  // no port of the range
  REQUIRE(std::holds_alternative<call::media_ports>(bound));
  const auto ports = std::get<call::media_ports>(bound);
  CHECK(ports.rtp == socket_address{local, 30000});
  CHECK(pool.in_use() == 1);
  CHECK(failed({local, 30000}) == local.to_string() + ":30000 " + std::to_string(EADDRINUSE));
  {
    const io::unique_fd other = io::bind_udp({local, 30003});
    REQUIRE(other);
    CHECK(failed({local, 30002}) == local.to_string() + ":30003 " + std::to_string(EADDRINUSE));
  }
  CHECK(failed({ip_address::v4(192, 0, 2, 1), 30004}) ==
        "192.0.2.1:30004 " + std::to_string(EADDRNOTAVAIL));
  CHECK(failed({local, 65535}) == local.to_string() + ":65535 " + std::to_string(EINVAL));
  pool.release(ports.id);
  CHECK(pool.in_use() == 0);
  CHECK(failed({local, 30000}) == "bound");
}

TEST_CASE(
    "a pair of the system's choosing is even and odd, an unspecified address is shown as routed") {
  fixed_route route(own_address(21));
  io::port_pool pool(own_address(21), 20000, 20001, route);
  for (int i = 0; i < 50; ++i) {
    const auto bound = pool.bind({own_address(21), 0}, loopback);
    REQUIRE(std::holds_alternative<call::media_ports>(bound));
    CHECK(std::get<call::media_ports>(bound).rtp.port % 2 == 0);
    CHECK(std::get<call::media_ports>(bound).rtp.port != 0);
  }
  const auto any = pool.bind({ip_address::v4(0, 0, 0, 0), 0}, loopback);
  REQUIRE(std::holds_alternative<call::media_ports>(any));
  CHECK(std::get<call::media_ports>(any).rtp.ip == own_address(21));
}
