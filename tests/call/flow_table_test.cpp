// The table of stream connections on a virtual clock: which connection, when it opens, is pinged,
// closed, and how many there may be.
#include "sipvoice/call/flow_table.hpp"

#include <set>

#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::call;
using sip::transport;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const socket_address here{ip_address::v4(127, 0, 0, 1), 5060};
socket_address peer(std::uint16_t port, std::uint8_t host = 2) {
  return {ip_address::v4(127, 0, 0, host), port};
}

struct rig {
  seeded_random random{1};
  output_queue<output> out;
  std::vector<output> said;  ///< of what was polled, what nobody has taken yet
  flow_table table{random, out, sip::stream_limits::default_max_message};
  time_point now{seconds(1000)};

  flow_id open(const socket_address& to = peer(5060), transport t = transport::tcp,
               std::string_view name = {}) {
    const auto id = table.connect(t, to, name, now);
    REQUIRE(id.has_value());
    table.opened(*id, here, now);
    return *id;
  }
  flow_id accept(const socket_address& from, transport t = transport::tcp) {
    const auto id = table.accepted(flow_id{1}, t, from, here, now);
    REQUIRE(id.has_value());
    return *id;
  }
  void send(const socket_address& to, std::string bytes, flow_id flow = {}) {
    table.send({flow, transport::tcp, to}, std::move(bytes), now);
  }
  void run_to(time_point end) {
    while (table.next_deadline() <= end) {
      now = table.next_deadline();
      table.handle_timeout(now);
    }
    now = end;
  }
  template <class T>
  std::vector<T> take() {
    while (auto one = out.pop()) said.push_back(std::move(*one));
    std::vector<T> found;
    std::erase_if(said, [&](const output& o) {
      const auto* one = std::get_if<T>(&o);
      if (one != nullptr) found.push_back(*one);
      return one != nullptr;
    });
    return found;
  }
  /// What was put on a flow, in one string.
  std::string bytes_to(flow_id id) {
    std::string all;
    for (const auto& t : take<sip::transmit>())
      if (t.to.flow == id) all += t.bytes;
    return all;
  }
};

std::string options(const std::string& id = "c") {
  return "OPTIONS sip:a@b SIP/2.0\r\nCall-ID: " + id + "\r\nContent-Length: 0\r\n\r\n";
}

}  // namespace

TEST_CASE("a connection is opened once, and what is sent waits for it in its order") {
  rig r;
  r.send(peer(5060), "one");
  r.send(peer(5060), "two");
  const auto asked = r.take<open_flow>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].transport == transport::tcp);
  CHECK(asked[0].remote == peer(5060));
  CHECK(static_cast<std::uint32_t>(asked[0].flow) >= flow_table::first_id);
  CHECK_FALSE(r.table.is_open(asked[0].flow));
  CHECK(r.take<sip::transmit>().empty());
  r.table.opened(asked[0].flow, here, r.now);
  CHECK(r.bytes_to(asked[0].flow) == "onetwo");
  CHECK(r.table.look(asked[0].flow)->local == here);
  r.send(peer(5060), "three");
  CHECK(r.bytes_to(asked[0].flow) == "three");
  CHECK(r.take<open_flow>().empty());
}

TEST_CASE("datagrams pass by the table") {
  rig r;
  r.table.send({flow_id{1}, transport::udp, peer(5060)}, "x", r.now);
  CHECK(r.bytes_to(flow_id{1}) == "x");
  CHECK(r.table.size() == 0);
}

TEST_CASE("a response goes back on its connection, or on another one to the address") {
  rig r;
  const flow_id in = r.accept(peer(40000));
  r.send(peer(5060), "back", in);
  CHECK(r.bytes_to(in) == "back");
  CHECK(r.take<open_flow>().empty());
  r.table.gone(in, "closed by the peer");
  r.send(peer(5060), "again", in);
  const auto asked = r.take<open_flow>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].remote == peer(5060));
}

TEST_CASE("requests take a live connection, whoever opened it") {
  rig r;
  const flow_id in = r.accept(peer(40000));
  CHECK(r.table.connect(transport::tcp, peer(40000), {}, r.now) == in);
  // Another port of the same host, and TLS, are other connections.
  CHECK(r.table.connect(transport::tcp, peer(5060), {}, r.now) != in);
  CHECK(r.table.connect(transport::tls, peer(40000), {}, r.now) != in);
  CHECK(r.take<open_flow>().size() == 2);
}

TEST_CASE("alias: the peer is to be found at a second address, and at no third") {
  rig r;
  const flow_id in = r.accept(peer(40000));
  r.table.add_alias(in, peer(5060));
  CHECK(r.table.connect(transport::tcp, peer(5060), {}, r.now) == in);
  r.table.add_alias(in, peer(5062));
  CHECK(r.table.connect(transport::tcp, peer(5062), {}, r.now) != in);
  // An address that is taken is not taken away.
  const flow_id other = r.accept(peer(40001));
  r.table.add_alias(other, peer(5060));
  CHECK(r.table.connect(transport::tcp, peer(5060), {}, r.now) == in);
  // With its connection the alias is gone.
  r.table.gone(in, "closed");
  r.take<open_flow>();
  CHECK(r.table.connect(transport::tcp, peer(5060), {}, r.now) != in);
  CHECK(r.take<open_flow>().size() == 1);
}

TEST_CASE("TLS that was accepted serves the address it came from: no name, no alias") {
  rig r;
  const flow_id in = r.accept(peer(5061), transport::tls);
  CHECK(r.table.connect(transport::tls, peer(5061), "127.0.0.2", r.now) == in);
  CHECK(r.table.connect(transport::tls, peer(5061), {}, r.now) == in);
  CHECK(r.table.connect(transport::tls, peer(5061), "a.example", r.now) != in);
  const flow_id neighbour = r.accept(peer(40000), transport::tls);
  r.table.add_alias(neighbour, peer(5063));
  CHECK(r.table.connect(transport::tls, peer(5063), "127.0.0.2", r.now) != neighbour);
}

TEST_CASE("TLS of ours serves only the name that was checked") {
  rig r;
  const flow_id a = r.open(peer(5061), transport::tls, "a.example");
  CHECK(r.table.connect(transport::tls, peer(5061), "A.EXAMPLE", r.now) == a);
  CHECK(r.table.connect(transport::tls, peer(5061), {}, r.now) == a);
  CHECK(r.table.connect(transport::tls, peer(5061), "b.example", r.now) != a);
}

TEST_CASE("several connections to one address: each is found as long as it lives") {
  rig r;
  const flow_id a = r.open(peer(5061), transport::tls, "a.example");
  const flow_id b = r.open(peer(5061), transport::tls, "b.example");
  const auto to = [&r](std::string_view name) {
    return r.table.connect(transport::tls, peer(5061), name, r.now);
  };
  CHECK(to("a.example") == a);
  CHECK(to("b.example") == b);
  CHECK(to({}) == b);  // the youngest
  SECTION("the youngest ends") {
    r.table.gone(b, "closed by the peer");
    CHECK(to({}) == a);
    CHECK(to("a.example") == a);
    const auto anew = to("b.example");
    REQUIRE(anew.has_value());
    CHECK(*anew != a);
    CHECK(*anew != b);
  }
  SECTION("the oldest ends") {
    r.table.gone(a, "closed by the peer");
    CHECK(to("b.example") == b);
    CHECK(to("a.example") != b);
  }
  SECTION("the peer connects from the address that we have connected to") {
    const flow_id ours = r.open(peer(5070));
    r.now += seconds(1);
    const flow_id theirs = r.accept(peer(5070));
    CHECK(r.table.connect(transport::tcp, peer(5070), {}, r.now) == theirs);
    r.table.gone(theirs, "closed by the peer");
    CHECK(r.table.connect(transport::tcp, peer(5070), {}, r.now) == ours);
  }
}

TEST_CASE("who waits for a connection is told once, unless it is forgotten") {
  rig r;
  std::vector<std::string> told;
  const auto id = *r.table.connect(transport::tcp, peer(5060), {}, r.now);
  const auto hear = [&](const std::string& why) { told.push_back(why); };
  r.table.when_settled(id, call_id{7}, hear);
  const auto second = r.table.when_settled(id, call_id{8}, hear);
  r.table.forget(second);
  CHECK_FALSE(r.table.poll_ready().has_value());
  SECTION("open") {
    r.table.opened(id, here, r.now);
    auto ready = r.table.poll_ready();
    REQUIRE(ready.has_value());
    CHECK(ready->owner == call_id{7});
    ready->run();
    CHECK(told == std::vector<std::string>{""});
    r.table.opened(id, here, r.now);  // a second time: nothing
    CHECK_FALSE(r.table.poll_lost().has_value());
  }
  SECTION("refused") {
    r.table.gone(id, "refused");
    r.table.poll_ready()->run();
    CHECK(told == std::vector<std::string>{"refused"});
    const auto lost = r.table.poll_lost();
    REQUIRE(lost.has_value());
    CHECK_FALSE(lost->was_open);
    CHECK(lost->remote == peer(5060));
    CHECK(r.table.size() == 0);
  }
  CHECK_FALSE(r.table.poll_ready().has_value());
}

TEST_CASE("a connection that does not open in 5 s is given up") {
  rig r;
  r.send(peer(5060), "one");
  const flow_id id = r.take<open_flow>().at(0).flow;
  const time_point limit = r.now + flow_limits::open_patience;
  CHECK(r.table.next_deadline() == limit);
  r.run_to(limit - milliseconds(1));
  CHECK(r.take<close_flow>().empty());
  r.run_to(limit);
  REQUIRE(r.take<close_flow>().at(0).flow == id);
  const auto lost = r.table.poll_lost();
  REQUIRE(lost.has_value());
  CHECK_FALSE(lost->was_open);
  CHECK(r.table.next_deadline() == never);
}

TEST_CASE("idle: closed after 5 minutes without a byte, unless something needs it") {
  rig r;
  const flow_id id = r.open();
  const time_point begun = r.now;
  SECTION("to the millisecond") {
    r.run_to(begun + flow_limits::idle - milliseconds(1));
    CHECK(r.take<close_flow>().empty());
    r.run_to(begun + flow_limits::idle);
    const auto closed = r.take<close_flow>();
    REQUIRE(closed.size() == 1);
    CHECK(closed[0].flow == id);
    CHECK(closed[0].why == "idle");
    CHECK(r.table.next_deadline() == never);
    CHECK(r.take<sip::transmit>().empty());  // nobody needs it: no ping either
  }
  SECTION("bytes either way begin the time anew") {
    r.run_to(begun + seconds(200));
    r.send(peer(5060), "x");
    r.run_to(begun + seconds(400));
    CHECK(r.table.receive(id, "\r\n", r.now));
    r.run_to(begun + seconds(400) + flow_limits::idle - milliseconds(1));
    CHECK(r.take<close_flow>().empty());
    r.run_to(begun + seconds(400) + flow_limits::idle);
    CHECK(r.take<close_flow>().size() == 1);
  }
  SECTION("needed, as long as its pings are answered") {
    auto hold = r.table.hold(id);
    for (const time_point end = r.now + std::chrono::hours(1); r.now < end;) {
      r.run_to(std::min(end, r.table.next_deadline()));
      if (!r.take<sip::transmit>().empty()) CHECK(r.table.receive(id, "\r\n", r.now));
    }
    CHECK(r.take<close_flow>().empty());
    hold.reset();
    r.run_to(r.now + flow_limits::idle + flow_limits::ping_interval);
    CHECK(r.take<close_flow>().size() == 1);
  }
}

TEST_CASE("RFC 5626 4.4.1: pings at 80 to 100 % of two minutes, 10 s for the pong") {
  rig r;
  const flow_id id = r.open();
  const auto hold = r.table.hold(id);
  const time_point begun = r.now;
  r.run_to(begun + flow_limits::ping_interval * 4 / 5 - milliseconds(1));
  CHECK(r.take<sip::transmit>().empty());
  r.run_to(r.table.next_deadline());
  const time_point pinged = r.now;
  CHECK(pinged >= begun + flow_limits::ping_interval * 4 / 5);
  CHECK(pinged <= begun + flow_limits::ping_interval);
  CHECK(r.bytes_to(id) == "\r\n\r\n");
  SECTION("no pong") {
    r.run_to(pinged + flow_limits::pong_patience - milliseconds(1));
    CHECK(r.take<close_flow>().empty());
    r.run_to(pinged + flow_limits::pong_patience);
    const auto closed = r.take<close_flow>();
    REQUIRE(closed.size() == 1);
    CHECK(closed[0].why == "no answer to a keep-alive");
    CHECK(r.table.poll_lost()->was_open);
  }
  SECTION("any byte is one") {
    r.run_to(pinged + seconds(9));
    CHECK(r.table.receive(id, options(), r.now));
    CHECK(r.table.next_message(id, r.now).has_value());
    r.run_to(pinged + seconds(60));
    CHECK(r.take<close_flow>().empty());
  }
}

TEST_CASE("RFC 5626 4.4.1: intervals differ from connection to connection") {
  rig r;
  std::set<time_point> moments;
  for (std::uint16_t i = 0; i < 10; ++i) {
    rig one;
    one.random = seeded_random(i);
    const flow_id id = one.open();
    const auto hold = one.table.hold(id);
    one.run_to(one.table.next_deadline());
    while (one.take<sip::transmit>().empty()) one.run_to(one.table.next_deadline());
    moments.insert(one.now);
  }
  CHECK(moments.size() > 5);
}

TEST_CASE("a ping is answered by one CRLF, a flood of them by no more than 8 at once") {
  rig r;
  const flow_id id = r.accept(peer(40000));
  const auto pongs = [&](unsigned pings) {
    std::string all;
    for (unsigned i = 0; i < pings; ++i) all += "\r\n\r\n";
    CHECK(r.table.receive(id, all, r.now));
    CHECK_FALSE(r.table.next_message(id, r.now).has_value());
    return r.bytes_to(id).size() / 2;
  };
  CHECK(pongs(1) == 1);
  CHECK(pongs(flow_limits::max_pongs) == flow_limits::max_pongs);
  CHECK(pongs(flow_limits::max_pongs + 1) == flow_limits::max_pongs);
  CHECK(pongs(1) == 1);
}

TEST_CASE("an accepted connection has 32 s for its first message, and for the rest of each") {
  rig r;
  const flow_id id = r.accept(peer(40000));
  const time_point begun = r.now;
  const auto closes_at = [&](time_point when, const std::string& why) {
    r.run_to(when - milliseconds(1));
    CHECK(r.take<close_flow>().empty());
    r.run_to(when);
    const auto closed = r.take<close_flow>();
    REQUIRE(closed.size() == 1);
    CHECK(closed[0].flow == id);
    CHECK(closed[0].why == why);
  };
  SECTION("nothing comes") { closes_at(begun + seconds(32), "no message came"); }
  SECTION("keep-alive is no message") {
    r.run_to(begun + seconds(20));
    CHECK(r.table.receive(id, "\r\n\r\n", r.now));
    std::ignore = r.table.next_message(id, r.now);
    closes_at(begun + seconds(32), "no message came");
  }
  SECTION("half of the second one") {
    CHECK(r.table.receive(id, options(), r.now));
    CHECK(r.table.next_message(id, r.now)->broken == nullptr);
    r.run_to(begun + seconds(100));
    const auto half = options().substr(0, 30);
    CHECK(r.table.receive(id, half, r.now));
    CHECK_FALSE(r.table.next_message(id, r.now).has_value());
    r.run_to(begun + seconds(110));
    CHECK(r.table.receive(id, options().substr(30, 5), r.now));  // drop by drop is no excuse
    CHECK_FALSE(r.table.next_message(id, r.now).has_value());
    closes_at(begun + seconds(132), "a message that was begun did not end in time");
  }
}

TEST_CASE("what waits for a connection is bounded") {
  rig r;
  r.send(peer(5060), std::string(flow_limits::max_waiting - 1, 'x'));
  r.send(peer(5060), "x");
  CHECK(r.take<close_flow>().empty());
  r.send(peer(5060), "x");
  CHECK(r.take<close_flow>().size() == 1);
  CHECK(r.table.size() == 0);
  CHECK_FALSE(r.table.poll_lost()->was_open);
}

TEST_CASE("messages that are not whole yet are bounded by their bytes, short ones come last") {
  rig r;
  const std::string long_part =
      "INFO sip:a@b SIP/2.0\r\nContent-Length: 250000\r\n\r\n" + std::string(240'000, 'x');
  const auto begin = [&r](flow_id id, const std::string& part) {
    r.table.receive(id, part, r.now);
    CHECK_FALSE(r.table.next_message(id, r.now).has_value());
    return r.table.is_open(id);
  };
  std::vector<flow_id> open;
  for (std::uint16_t port = 20'000; port < 20'000 + flow_limits::max_per_source; ++port) {
    open.push_back(r.accept(peer(port)));
    if (!begin(open.back(), long_part)) break;
  }
  const std::size_t kept = open.size() - 1;
  CHECK(kept == flow_limits::max_unfinished / 2 / long_part.size());
  const auto closed = r.take<close_flow>();
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].flow == open.back());
  CHECK(closed[0].why == "too much is unfinished on all connections");
  CHECK(begin(r.accept(peer(30'000)), "INFO sip:a@b SIP/2.0\r\n"));
  // One of them ends, one becomes whole: there is room for two.
  r.table.gone(open[0], "closed by the peer");
  r.table.receive(open[1], std::string(10'000, 'x'), r.now);
  CHECK(r.table.next_message(open[1], r.now).has_value());
  CHECK_FALSE(r.table.next_message(open[1], r.now).has_value());
  CHECK(begin(r.accept(peer(30'001)), long_part));
  CHECK(begin(r.accept(peer(30'002)), long_part));
  CHECK_FALSE(begin(r.accept(peer(30'003)), long_part));
}

TEST_CASE("connections of one source are bounded, the oldest silent one makes room") {
  rig r;
  const flow_id first = r.accept(peer(1));
  r.now += seconds(1);
  for (std::uint16_t i = 2; i <= flow_limits::max_per_source; ++i) r.accept(peer(i));
  CHECK(r.table.size() == flow_limits::max_per_source);
  CHECK(r.take<close_flow>().empty());
  r.accept(peer(9000));
  const auto closed = r.take<close_flow>();
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].flow == first);
  r.accept(peer(9000, 3));  // another source is not concerned
  CHECK(r.take<close_flow>().empty());
  // When all of them have spoken there is no room.
  for (const auto port : {9001, 9002}) {
    rig s;
    for (std::uint16_t i = 1; i <= flow_limits::max_per_source; ++i) {
      const flow_id id = s.accept(peer(i));
      CHECK(s.table.receive(id, options(), s.now));
      CHECK(s.table.next_message(id, s.now).has_value());
    }
    const auto refused = s.table.accepted(flow_id{1}, transport::tcp,
                                          peer(static_cast<std::uint16_t>(port)), here, s.now);
    CHECK_FALSE(refused.has_value());
    CHECK(s.table.size() == flow_limits::max_per_source);
  }
}

TEST_CASE("connections of an endpoint are bounded") {
  rig r;
  const auto one = [&](std::size_t i) {
    return r.table.connect(
        transport::tcp,
        peer(static_cast<std::uint16_t>(1 + i / 200), static_cast<std::uint8_t>(2 + i % 200)), {},
        r.now);
  };
  for (std::size_t i = 0; i < flow_limits::max_flows; ++i) REQUIRE(one(i).has_value());
  CHECK(r.table.size() == flow_limits::max_flows);
  CHECK_FALSE(one(flow_limits::max_flows).has_value());
  CHECK(one(0).has_value());  // one that is there
  r.send(peer(60000, 250), "x");
  const auto lost = r.table.poll_lost();
  REQUIRE(lost.has_value());
  CHECK(lost->why == "too many connections");
  CHECK_FALSE(
      r.table.accepted(flow_id{1}, transport::tcp, peer(60000, 251), here, r.now).has_value());
}

TEST_CASE("bytes of a connection that is gone are nobody's") {
  rig r;
  const flow_id id = r.accept(peer(40000));
  r.table.close(id, "done");
  CHECK_FALSE(r.table.receive(id, options(), r.now));
  CHECK_FALSE(r.table.next_message(id, r.now).has_value());
  CHECK(r.table.hold(id) == nullptr);
  r.table.gone(id, "late");
  r.table.opened(id, here, r.now);
  CHECK(r.table.size() == 0);
}
