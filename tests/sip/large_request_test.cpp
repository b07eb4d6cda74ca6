// Requests over streams at the user agent: the rule of 1300 bytes (RFC 3261 18.1.1), and what
// becomes of requests when their connection fails (8.1.3.1, 18.4), to the millisecond.
#include <deque>
#include <string>
#include <variant>
#include <vector>

#include "sipvoice/sip/user_agent.hpp"
#include "support/catch.hpp"

namespace {

using namespace sipvoice;
using namespace sipvoice::sip;
using std::chrono::milliseconds;

const socket_address peer{ip_address::v4(192, 0, 2, 7), 5060};
const socket_address other_peer{ip_address::v4(192, 0, 2, 8), 5060};
const hop over_udp{flow_id{3}, transport::udp, peer, true};   // nothing fixed the transport
const hop only_udp{flow_id{3}, transport::udp, peer, false};  // ;transport=udp
const hop over_tcp{flow_id{4}, transport::tcp, peer, false};
constexpr std::size_t largest = 1300;

struct rig {
  seeded_random random{1};
  user_agent ua{{}, random};
  time_point now{};
  std::vector<transmit> sent;
  std::vector<std::int64_t> times;
  std::vector<user_agent_output> told;

  void drain() {
    while (auto one = ua.poll()) {
      if (auto* t = std::get_if<transmit>(&*one)) {
        times.push_back(to_ms(now - time_point{}));
        sent.push_back(std::move(*t));
      } else {
        told.push_back(std::move(*one));
      }
    }
  }
  void run_to(std::int64_t ms) {
    const time_point end = time_point{} + milliseconds(ms);
    while (ua.next_deadline() <= end) {
      now = ua.next_deadline();
      ua.handle_timeout(now);
      drain();
    }
    now = end;
  }
  /// A request of exactly `size` bytes; 0: as short as it is.
  client_tx send(method m, const hop& to, std::size_t size = 0, const std::string& branch = "1") {
    const auto text = [&](std::size_t filler) {
      auto b = message_builder::request(name_of(m), "sip:bob@192.0.2.7");
      b.add(header_id::via, "SIP/2.0/" + std::string(via_name(to.transport)) +
                                " 127.0.0.1;branch=z9hG4bK" + branch);
      b.add(header_id::from, "<sip:me@127.0.0.1>;tag=m").add(header_id::to, "<sip:bob@192.0.2.7>");
      b.add(header_id::call_id, "c").add(header_id::cseq, "1 " + std::string(name_of(m)));
      b.add(header_id::subject, std::string(filler, 's'));
      return b.finish();
    };
    std::string bytes = text(1);
    if (size != 0) bytes = text(1 + size - bytes.size());
    if (size != 0) REQUIRE(bytes.size() == size);
    const auto tx = ua.send_request(m, "z9hG4bK" + branch, std::move(bytes), to, now);
    drain();
    return tx;
  }
  /// The connection `lost` has ended (`instead`: another one is opened), or takes no connection.
  void fail(flow_id lost, std::optional<flow_id> instead = std::nullopt) {
    ua.connection_lost(lost, instead, now);
    drain();
  }
  void respond(int status, const std::string& method, const std::string& branch = "1") {
    ua.receive(over_tcp, ip_address::v4(127, 0, 0, 1),
               "SIP/2.0 " + std::to_string(status) +
                   " x\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK" + branch +
                   "\r\nFrom: <sip:me@127.0.0.1>;tag=m\r\nTo: <sip:bob@192.0.2.7>;tag=t\r\n"
                   "Call-ID: c\r\nCSeq: 1 " +
                   method + "\r\nContent-Length: 0\r\n\r\n",
               now);
    drain();
  }
};

std::string via_of(const transmit& t) {
  return std::string(message::parse(t.bytes)->top_via()->transport);
}

}  // namespace

TEST_CASE("1300 bytes stay on UDP, one more goes over TCP") {
  for (const method m : {method::invite, method::options}) {
    rig r;
    r.send(m, over_udp, largest, "a");
    r.send(m, over_udp, largest + 1, "b");
    r.send(m, only_udp, largest + 1, "c");  // ;transport=udp is obeyed
    r.send(m, over_udp, 0, "d");
    REQUIRE(r.sent.size() == 4);
    const transport expected[] = {transport::udp, transport::tcp, transport::udp, transport::udp};
    for (std::size_t i = 0; i < 4; ++i) {
      CAPTURE(i);
      CHECK(r.sent[i].to.transport == expected[i]);
      CHECK(via_of(r.sent[i]) == via_name(expected[i]));
      CHECK(r.sent[i].to.remote == peer);
    }
    // A stream that is found or opened for it; UDP keeps its socket.
    CHECK(r.sent[1].to.flow == flow_id{});
    CHECK(r.sent[0].to.flow == over_udp.flow);
    CHECK(message::parse(r.sent[1].bytes)->top_via()->branch() == "z9hG4bKb");
  }
}

TEST_CASE("a large request over TCP is not repeated and times out at 64*T1") {
  for (const method m : {method::invite, method::options}) {
    rig r;
    r.send(m, over_udp, largest + 1);
    r.run_to(31'999);
    CHECK(r.sent.size() == 1);
    CHECK(r.told.empty());
    r.run_to(32'000);
    REQUIRE(r.told.size() == 1);
    CHECK_FALSE(std::get<request_timed_out>(r.told[0]).transport_failed);
    CHECK(r.ua.transactions() == 0);
  }
}

TEST_CASE("where the peer takes no TCP a large request goes over UDP after all") {
  rig r;
  const auto tx = r.send(method::invite, over_udp, largest + 1);
  CHECK(r.sent[0].request == tx);
  r.ua.sent_on(tx, flow_id{8});  // opened for it
  r.run_to(5'000);
  r.fail(flow_id{});
  CHECK(r.sent.size() == 1);
  r.fail(flow_id{8});
  REQUIRE(r.sent.size() == 2);
  CHECK(r.sent[1].to == over_udp);
  CHECK(via_of(r.sent[1]) == "UDP");
  CHECK(r.sent[1].bytes.size() == largest + 1);
  REQUIRE(r.told.size() == 1);
  const auto& fell = std::get<fell_back_to_udp>(r.told[0]);
  CHECK(fell.tx == tx);
  CHECK(fell.remote == peer);
  CHECK(fell.size == largest + 1);
  // Repeated as over UDP, with times that count from there: A doubling, B at 64*T1.
  r.run_to(36'999);
  CHECK(r.times == std::vector<std::int64_t>{0, 5000, 5500, 6500, 8500, 12500, 20500, 36500});
  CHECK(r.told.size() == 1);
  r.run_to(37'000);
  REQUIRE(r.told.size() == 2);
  CHECK(std::get<request_timed_out>(r.told[1]).tx == tx);
  CHECK(r.ua.transactions() == 0);
}

TEST_CASE("a request to TCP that cannot be had ends at once, as by 503") {
  for (const method m : {method::invite, method::bye}) {
    rig r;
    const auto tx = r.send(m, over_tcp);
    r.fail(over_tcp.flow);
    REQUIRE(r.told.size() == 1);
    const auto& end = std::get<request_timed_out>(r.told[0]);
    CHECK(end.tx == tx);
    CHECK(end.transport_failed);
    CHECK(r.sent.size() == 1);
    CHECK(r.ua.transactions() == 0);
    CHECK(r.ua.next_deadline() == never);
  }
}

TEST_CASE("a request on a connection that is lost goes once more, over a new one") {
  rig r;
  r.send(method::options, over_tcp);
  r.run_to(1'000);
  CHECK(r.ua.waits_on(over_tcp.flow));
  r.fail(over_tcp.flow, flow_id{9});
  CHECK_FALSE(r.ua.waits_on(over_tcp.flow));
  CHECK_FALSE(r.ua.waits_on(flow_id{9}));  // not a third time
  REQUIRE(r.sent.size() == 2);
  CHECK(r.sent[1].bytes == r.sent[0].bytes);
  CHECK(r.sent[1].to.flow == flow_id{9});
  CHECK(r.sent[1].to.remote == peer);
  CHECK(r.told.empty());
  SECTION("and is answered") {
    r.respond(200, "OPTIONS");
    REQUIRE(r.told.size() == 1);
    CHECK(std::holds_alternative<response_received>(r.told[0]));
  }
  SECTION("the first connection has nothing to do with it any more") {
    r.fail(over_tcp.flow);
    CHECK(r.sent.size() == 2);
    CHECK(r.told.empty());
  }
  SECTION("and is lost again: that is the end") {
    r.fail(flow_id{9}, flow_id{10});
    CHECK(r.sent.size() == 2);
    REQUIRE(r.told.size() == 1);
    CHECK(std::get<request_timed_out>(r.told[0]).transport_failed);
  }
  SECTION("timer F runs on from the first time") {
    r.run_to(31'999);
    CHECK(r.told.empty());
    r.run_to(32'000);
    CHECK(r.told.size() == 1);
  }
  r.run_to(100'000);
  CHECK(r.ua.transactions() == 0);
}

TEST_CASE("what has been answered, goes elsewhere or over UDP does not mind the failure") {
  rig r;
  r.send(method::invite, over_tcp, 0, "a");
  r.respond(180, "INVITE", "a");
  r.send(method::options, {flow_id{5}, transport::tcp, other_peer}, 0, "b");
  r.send(method::options, only_udp, 0, "c");
  r.send(method::options, {flow_id{6}, transport::tls, peer}, 0, "d");
  r.send(method::options, {flow_id{7}, transport::tcp, peer}, 0, "e");  // another connection there
  const auto sent = r.sent.size();
  r.told.clear();
  CHECK_FALSE(r.ua.waits_on(over_tcp.flow));
  r.fail(over_tcp.flow);
  r.ua.peer_unreachable(peer, r.now);
  r.drain();
  CHECK(r.sent.size() == sent);
  CHECK(r.told.empty());
  CHECK(r.ua.transactions() == 5);
}

TEST_CASE("of many requests on one connection each has its end") {
  rig r;
  for (int i = 0; i < 5; ++i) r.send(method::options, over_tcp, 0, std::to_string(i));
  r.fail(over_tcp.flow);
  CHECK(r.told.size() == 5);
  CHECK(r.ua.transactions() == 0);
}
