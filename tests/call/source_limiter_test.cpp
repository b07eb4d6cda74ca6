#include "sipvoice/call/source_limiter.hpp"

#include "call/support.hpp"
#include "sipvoice/call/flood_gate.hpp"
#include "support/catch.hpp"

using namespace test;
using call::source_limiter;
using verdict = source_limiter::verdict;

namespace {

const ip_address stranger = ip_address::v4(192, 0, 2, 1);

/// Verdicts of `n` requests at one moment: passed, refused, silenced.
std::array<int, 3> burst(source_limiter& l, int n, time_point at, ip_address from = stranger) {
  std::array<int, 3> count{};
  for (int i = 0; i < n; ++i) ++count[static_cast<std::size_t>(l.judge(from, at))];
  return count;
}

peer_request numbered(int i) {
  peer_request r;
  r.method = "OPTIONS";
  r.body.clear();
  r.call_id = "flood-" + std::to_string(i);
  r.branch = "z9hG4bK-f" + std::to_string(i);
  return r;
}

}  // namespace

TEST_CASE("twice the rate at once, then 503, then silence") {
  source_limiter l({10, false, {}});
  CHECK(burst(l, 50, time_point{}) == std::array<int, 3>{20, 10, 20});
  const auto line = l.take_log_line();
  REQUIRE(line);
  CHECK(line->find("192.0.2.1") != std::string::npos);
  CHECK_FALSE(l.take_log_line());
  // Tokens come back at the rate, refusals only after the source has been quiet.
  CHECK(burst(l, 10, time_point(seconds(1))) == std::array<int, 3>{10, 0, 0});
  CHECK(burst(l, 10, time_point(milliseconds(1100))) == std::array<int, 3>{1, 0, 9});
  CHECK(burst(l, 50, time_point(seconds(4))) == std::array<int, 3>{20, 10, 20});
  CHECK(l.take_log_line());
}

TEST_CASE("the log is not flooded either") {
  source_limiter l({1, false, {}});
  int lines = 0;
  for (std::uint32_t i = 1; i <= 100; ++i) {
    (void)burst(l, 5, time_point(milliseconds(i)), ip_address::v4(0x0a000000 + i));
    if (l.take_log_line()) ++lines;
  }
  CHECK(lines == 1);
  (void)burst(l, 5, time_point(seconds(2)), stranger);
  CHECK(l.take_log_line()->find("99 others") != std::string::npos);
}

TEST_CASE("who is exempt") {
  const std::vector<std::pair<ip_address, int>> trusted{{ip_address::v4(10, 0, 0, 0), 8},
                                                        {*ip_address::parse("2001:db8::"), 33}};
  struct row {
    const char* source;
    bool includes_loopback;
    bool exempt;
  };
  const std::vector<row> rows{
      {"127.0.0.1", false, true},
      {"127.0.0.1", true, false},
      {"::1", false, true},
      {"::1", true, false},
      {"10.255.0.1", true, true},
      {"11.0.0.1", false, false},
      {"2001:db8:7fff::1", true, true},
      {"2001:db8:8000::1", true, false},
  };
  for (const row& r : rows) {
    INFO(r.source << " " << r.includes_loopback);
    source_limiter l({1, r.includes_loopback, trusted});
    CHECK((burst(l, 3, time_point{}, *ip_address::parse(r.source))[0] == 3) == r.exempt);
  }
  source_limiter off({0, true, {}});
  CHECK(burst(off, 1000, time_point{})[0] == 1000);
}

TEST_CASE("the number of sources is bounded, the oldest is forgotten") {
  source_limiter l({1, false, {}});
  CHECK(burst(l, 3, time_point{})[1] == 1);
  for (std::uint32_t i = 0; i < 20000; ++i)
    (void)l.judge(ip_address::v4(0x0b000000 + i), time_point{});
  CHECK(l.sources() == source_limiter::max_sources);
  CHECK(burst(l, 2, time_point{})[0] == 2);
}

TEST_CASE("a datagram at a glance") {
  struct row {
    const char* text;
    bool request;
    const char* tag;
  };
  const std::vector<row> rows{
      {"INVITE sip:a SIP/2.0\r\nTo: <sip:b>;tag=t1\r\n\r\n", true, "t1"},
      {"\r\n\r\nBYE sip:a SIP/2.0\r\nVia: x\r\nt : \"x;tag=no\" <sip:b;tag=no>;x=1;TAG=t2\r\n",
       true, "t2"},
      {"OPTIONS sip:a SIP/2.0\nTo: sip:b\n\n", true, ""},
      {"INVITE sip:a SIP/2.0\r\n\r\nTo: <sip:b>;tag=body\r\n", true, ""},
      {"ACK sip:a SIP/2.0\r\nTo: <sip:b>;tag=t1\r\n\r\n", false, ""},
      {"SIP/2.0 200 OK\r\nTo: <sip:b>;tag=t1\r\n\r\n", false, ""},
      {"", false, ""},
      {"\r\n\r\n", false, ""},
      {"rubbish", false, ""},
  };
  for (const row& r : rows) {
    INFO(r.text);
    const auto g = call::glance_at(r.text);
    CHECK(g.is_request == r.request);
    CHECK(g.to_tag == r.tag);
  }
}

TEST_CASE("a flood through the endpoint, a call of the same source goes on") {
  call::endpoint_config config;
  config.source_rate = 10;
  config.source_rate_includes_loopback = true;
  node n(config);
  const auto ok = establish(n);
  n.sent.clear();
  const std::size_t before = n.endpoint().transactions();
  for (int i = 0; i < 100; ++i) n.receive(numbered(i).text());
  const auto ladder = n.ladder();
  CHECK(std::count(ladder.begin(), ladder.end(), "200") == 19);
  CHECK(std::count(ladder.begin(), ladder.end(), "503") == 10);
  CHECK(n.last_sent().has(sip::header_id::retry_after));
  CHECK(n.last_sent("503").to.remote == peer_address);
  CHECK(n.endpoint().transactions() == before + 19);
  CHECK(n.endpoint().counters().rate_limited == 10);
  CHECK(n.endpoint().counters().rate_silenced == 71);
  REQUIRE(n.logs.size() == 1);
  CHECK(n.logs[0].level == 2);
  n.receive(in_dialog(*ok, "BYE", 2, "z9hG4bK-b").text());
  CHECK(n.last_sent().status() == 200);
}
