#include "sipvoice/base/address.hpp"

#include <unordered_set>

#include "support/catch.hpp"

using sipvoice::ip_address;
using sipvoice::socket_address;

TEST_CASE("addresses are read and printed in the form of RFC 5952") {
  struct row {
    const char* in;
    const char* out;  // nullptr: refused
  };
  const row rows[] = {
      {"127.0.0.1", "127.0.0.1"},
      {"255.255.255.255", "255.255.255.255"},
      {"010.001.000.009", "10.1.0.9"},
      {"1.2.3", nullptr},
      {"1.2.3.4.5", nullptr},
      {"1.2.3.256", nullptr},
      {"1.2.3.", nullptr},
      {"1..2.3", nullptr},
      {"1.2.3.4 ", nullptr},
      {"0001.2.3.4", nullptr},
      {"", nullptr},
      {"localhost", nullptr},
      {"::", "::"},
      {"::1", "::1"},
      {"[::1]", "::1"},
      {"[::1", nullptr},
      {"[127.0.0.1]", nullptr},
      {"2001:DB8::10", "2001:db8::10"},
      {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // one group is not shortened (4.2.2)
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},           // the longest run (4.2.3)
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},     // the first of two (4.2.3)
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"::ffff:c000:201", "192.0.2.1"},
      {"2001:db8::192.0.2.1", "2001:db8::c000:201"},
      {"1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"},
      {"1:2:3:4:5:6:7:192.0.2.1", nullptr},
      {"192.0.2.1::1", nullptr},
      {"1:2:3:4:5:6:7", nullptr},
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
      {"1:2:3:4:5:6:7:8:9", nullptr},
      {"1:2:3:4::5:6:7:8", nullptr},
      {"::1::2", nullptr},
      {":::", nullptr},
      {"2001:db8:::192.0.2.1", nullptr},
      {":1:2:3:4:5:6:7", nullptr},
      {"12345::", nullptr},
      {"::g", nullptr},
      {"fe80::1%eth0", nullptr},
  };
  for (const row& r : rows) {
    INFO(r.in);
    const auto a = ip_address::parse(r.in);
    CHECK(a.has_value() == (r.out != nullptr));
    if (a && r.out) {
      CHECK(a->to_string() == r.out);
      CHECK(*ip_address::parse(a->to_string()) == *a);
    }
  }
}

TEST_CASE("a mapped IPv4 address is the IPv4 address") {
  const auto mapped = *ip_address::parse("::ffff:10.0.0.1");
  CHECK(mapped.is_v4());
  CHECK(mapped == ip_address::v4(10, 0, 0, 1));
  CHECK(mapped == ip_address::v4(0x0a000001));
  CHECK(mapped.v4_value() == 0x0a000001);
  CHECK(ip_address::v6(mapped.bytes()) == mapped);
  CHECK(ip_address{} == ip_address::v4(0));
  CHECK(ip_address::parse("::1")->is_v6());
}

TEST_CASE("kinds of address") {
  struct row {
    const char* text;
    bool unspecified, loopback, multicast, broadcast, is_private;
  };
  const row rows[] = {
      {"0.0.0.0", true, false, false, false, false},
      {"::", true, false, false, false, false},
      {"127.0.0.1", false, true, false, false, false},
      {"127.255.0.9", false, true, false, false, false},
      {"::1", false, true, false, false, false},
      {"::2", false, false, false, false, false},
      {"::ffff:127.0.0.1", false, true, false, false, false},
      {"224.0.0.1", false, false, true, false, false},
      {"239.255.255.255", false, false, true, false, false},
      {"223.255.255.255", false, false, false, false, false},
      {"ff02::1", false, false, true, false, false},
      {"255.255.255.255", false, false, false, true, false},
      {"10.1.2.3", false, false, false, false, true},
      {"11.0.0.0", false, false, false, false, false},
      {"172.15.255.255", false, false, false, false, false},
      {"172.16.0.0", false, false, false, false, true},
      {"172.31.255.255", false, false, false, false, true},
      {"172.32.0.0", false, false, false, false, false},
      {"192.168.0.1", false, false, false, false, true},
      {"192.169.0.1", false, false, false, false, false},
      {"100.63.255.255", false, false, false, false, false},
      {"100.64.0.0", false, false, false, false, true},
      {"100.127.255.255", false, false, false, false, true},
      {"100.128.0.0", false, false, false, false, false},
      {"169.254.1.1", false, false, false, false, true},
      {"fd00::1", false, false, false, false, true},
      {"fc00::1", false, false, false, false, true},
      {"fe80::1", false, false, false, false, true},
      {"febf::1", false, false, false, false, true},
      {"fec0::1", false, false, false, false, false},
      {"2001:db8::1", false, false, false, false, false},
  };
  for (const row& r : rows) {
    INFO(r.text);
    const auto a = *ip_address::parse(r.text);
    CHECK(a.is_unspecified() == r.unspecified);
    CHECK(a.is_loopback() == r.loopback);
    CHECK(a.is_multicast() == r.multicast);
    CHECK(a.is_broadcast() == r.broadcast);
    CHECK(a.is_private() == r.is_private);
  }
}

TEST_CASE("socket addresses need their port, and IPv6 its brackets") {
  struct row {
    const char* in;
    const char* out;
  };
  const row rows[] = {
      {"127.0.0.1:5060", "127.0.0.1:5060"},
      {"127.0.0.1:0", "127.0.0.1:0"},
      {"127.0.0.1:65535", "127.0.0.1:65535"},
      {"127.0.0.1:65536", nullptr},
      {"127.0.0.1:", nullptr},
      {"127.0.0.1", nullptr},
      {"127.0.0.1:-1", nullptr},
      {":5060", nullptr},
      {"", nullptr},
      {"[::1]:5060", "[::1]:5060"},
      {"[::ffff:1.2.3.4]:9", "1.2.3.4:9"},
      {"::1:5060", nullptr},
      {"[::1]", nullptr},
      {"name:5060", nullptr},
  };
  for (const row& r : rows) {
    INFO(r.in);
    const auto a = socket_address::parse(r.in);
    CHECK(a.has_value() == (r.out != nullptr));
    if (a && r.out) CHECK(a->to_string() == r.out);
  }
}

TEST_CASE("addresses that differ a little hash apart") {
  std::unordered_set<std::size_t> seen;
  for (std::uint32_t i = 0; i < 100; ++i)
    for (std::uint16_t port = 0; port < 100; ++port)
      seen.insert(std::hash<socket_address>{}({ip_address::v4(0x0a000000 + i), port}));
  CHECK(seen.size() == 10'000);
  CHECK(std::hash<ip_address>{}(*ip_address::parse("::ffff:1.2.3.4")) ==
        std::hash<ip_address>{}(ip_address::v4(1, 2, 3, 4)));
}

TEST_CASE("the scope of a link-local address is kept, but is no part of what it is") {
  const auto link_local = *ip_address::parse("fe80::1");
  const auto global = *ip_address::parse("2001:db8::1");
  const auto on_two = ip_address::v6(link_local.bytes(), 2);
  CHECK(on_two.scope() == 2);
  CHECK(link_local.scope() == 0);
  CHECK(on_two == link_local);
  CHECK((on_two <=> link_local) == std::strong_ordering::equal);
  CHECK(std::hash<ip_address>{}(on_two) == std::hash<ip_address>{}(link_local));
  CHECK(on_two.to_string() == "fe80::1");
  CHECK(ip_address::v6(global.bytes(), 2).scope() == 0);
  CHECK(*ip_address::parse("febf::1") < *ip_address::parse("fec0::1"));
  CHECK(ip_address::parse("febf::1")->is_link_local());
  CHECK_FALSE(ip_address::parse("fec0::1")->is_link_local());
  CHECK_FALSE(ip_address::parse("169.254.0.1")->is_link_local());

  CHECK(link_local.on_link_of(on_two).scope() == 2);
  CHECK(ip_address::v6(link_local.bytes(), 3).on_link_of(on_two).scope() == 3);  // it knows better
  CHECK(global.on_link_of(on_two).scope() == 0);
  CHECK(link_local.on_link_of(global).scope() == 0);
}
