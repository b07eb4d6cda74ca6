// What Via, Contact and SDP say of us: the address of the interface that reaches the peer, whatever
// is listened on (RFC 3261 sections 8.1.1.7, 8.1.1.8 and 18.1.1).
#include "call/support.hpp"
#include "sipvoice/sip/dialog.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

ip_address ip(const char* text) { return ip_address::parse(text).value(); }
socket_address at(const char* text) { return socket_address::parse(text).value(); }

/// A host of two networks: 10.1/16 by 10.1.0.5, 10.2/16 by 10.2.0.5; and loopback.
struct two_networks final : call::host_environment {
  ip_address local_address_toward(const ip_address& peer) override {
    if (peer.is_v6()) return peer.is_loopback() ? peer : ip("2001:db8::5");
    if (peer.is_loopback()) return ip("127.0.0.1");
    if ((peer.v4_value() >> 16) == 0x0a01) return ip("10.1.0.5");
    if ((peer.v4_value() >> 16) == 0x0a02) return ip("10.2.0.5");
    return {};
  }
};

struct multi {
  explicit multi(const std::vector<const char*>& listen, call::endpoint_config config = {})
      : endpoint(std::move(config), random, host) {
    std::uint32_t n = 0;
    for (const char* one : listen)
      endpoint.add_listener({sip::flow_id{++n}, sip::transport::udp, at(one)});
  }
  /// The last SIP message that came out; ports are given on the address toward the peer.
  void drain() {
    while (auto out = endpoint.poll()) {
      if (const auto* t = std::get_if<sip::transmit>(&*out)) {
        last.emplace(*sip::message::parse(t->bytes));
        to = t->to;
      } else if (const auto* need = std::get_if<call::need_media_port>(&*out)) {
        endpoint.media_port(need->id,
                            call::media_ports{media::port_pair_id{++ports},
                                              {host.local_address_toward(need->peer), 10000}},
                            {});
        id = need->id;
      }
    }
  }
  void dial(const std::string& target) {
    call::dial_request r;
    r.target = target;
    id = endpoint.dial(r, {});
    drain();
  }

  seeded_random random{1};
  two_networks host;
  call::endpoint endpoint;
  std::optional<sip::message> last;
  sip::hop to{};
  call::call_id id{};
  std::uint64_t ports = 0;
};

std::string sdp_address(const sip::message& m) {
  const std::string_view body = m.body();
  const std::size_t from = body.find("\r\nc=IN ") + 7;
  return std::string(body.substr(from, body.find("\r\n", from) - from));
}

std::string contact(const sip::message& m) { return std::string(m.value(sip::header_id::contact)); }

}  // namespace

TEST_CASE("calls that we place leave by the listener on the way to the peer") {
  struct row {
    std::vector<const char*> listen;
    const char *target, *flow_address, *sdp;
    std::uint32_t flow;
  };
  const std::vector<row> rows{
      {{"0.0.0.0:5060"}, "sip:x@10.1.0.9", "10.1.0.5:5060", "IP4 10.1.0.5", 1},
      {{"0.0.0.0:5060"}, "sip:x@10.2.0.9", "10.2.0.5:5060", "IP4 10.2.0.5", 1},
      {{"0.0.0.0:5060"}, "sip:x@127.0.0.9", "127.0.0.1:5060", "IP4 127.0.0.1", 1},
      {{"10.1.0.5:5060", "10.2.0.5:5070"}, "sip:x@10.2.0.9", "10.2.0.5:5070", "IP4 10.2.0.5", 2},
      {{"10.1.0.5:5060", "10.2.0.5:5070"}, "sip:x@10.1.0.9", "10.1.0.5:5060", "IP4 10.1.0.5", 1},
      {{"127.0.0.1:5060", "0.0.0.0:5080"}, "sip:x@10.1.0.9", "10.1.0.5:5080", "IP4 10.1.0.5", 2},
      {{"0.0.0.0:5080", "10.2.0.5:5070"}, "sip:x@10.2.0.9", "10.2.0.5:5070", "IP4 10.2.0.5", 2},
      // On loopback every address reaches every other; the one of the route comes first.
      {{"127.0.0.7:5060", "127.0.0.8:5060"},
       "sip:x@127.0.0.9",
       "127.0.0.7:5060",
       "IP4 127.0.0.1",
       1},
      {{"127.0.0.7:5060", "127.0.0.1:5060"},
       "sip:x@127.0.0.9",
       "127.0.0.1:5060",
       "IP4 127.0.0.1",
       2},
      {{"127.0.0.1:5060", "[::1]:5062"}, "sip:x@[::1]:5090", "[::1]:5062", "IP6 ::1", 2},
      {{"0.0.0.0:5060", "[::]:5062"},
       "sip:x@[2001:db8::9]",
       "[2001:db8::5]:5062",
       "IP6 2001:db8::5",
       2},
  };
  for (const row& r : rows) {
    INFO(r.target << " by " << r.flow_address);
    multi m(r.listen);
    m.dial(r.target);
    REQUIRE(m.last.has_value());
    CHECK(m.to.flow == sip::flow_id{r.flow});
    const auto via = m.last->top_via();
    REQUIRE(via.has_value());
    CHECK(sip::via_value(sip::transport::udp, at(r.flow_address), std::string(via->branch())) ==
          m.last->value(sip::header_id::via));
    CHECK(contact(*m.last) == "<sip:" + std::string(r.flow_address) + ">");
    CHECK(sdp_address(*m.last) == r.sdp);
  }
}

TEST_CASE("calls that come are answered with the address that they came to") {
  struct row {
    const char *from, *local, *contact, *sdp;
    std::uint32_t flow;
  };
  const std::vector<row> rows{
      {"10.1.0.9:5060", "10.1.0.5", "<sip:10.1.0.5:5060>", "IP4 10.1.0.5", 1},
      {"10.2.0.9:5060", "10.2.0.5", "<sip:10.2.0.5:5060>", "IP4 10.2.0.5", 1},
      {"127.0.0.9:5060", "127.0.0.33", "<sip:127.0.0.33:5060>", "IP4 127.0.0.1", 1},
      {"127.0.0.9:5060", "127.0.0.7", "<sip:127.0.0.7:5070>", "IP4 127.0.0.1", 2},
      {"[::1]:5060", "::1", "<sip:[::1]:5062>", "IP6 ::1", 3},
  };
  for (const row& r : rows) {
    INFO(r.local);
    multi m({"0.0.0.0:5060", "127.0.0.7:5070", "[::]:5062"});
    const socket_address from = at(r.from);
    peer_request invite;
    const std::string family = from.ip.is_v6() ? "IP6 " : "IP4 ";
    invite.body = "v=0\r\no=- 1 1 IN " + family + from.ip.to_string() + "\r\ns=-\r\nc=IN " +
                  family + from.ip.to_string() + "\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
    m.endpoint.receive(sip::flow_id{r.flow}, from, ip(r.local), invite.text(), {});
    m.drain();
    REQUIRE(m.endpoint.answer(m.id, {}, {}));
    m.drain();
    REQUIRE(m.last.has_value());
    CHECK(m.last->status() == 200);
    CHECK(m.to.flow == sip::flow_id{r.flow});
    CHECK(contact(*m.last) == r.contact);
    CHECK(sdp_address(*m.last) == r.sdp);
  }
}

TEST_CASE("an advertised address stands in Via, Contact and SDP of its own family alone") {
  call::endpoint_config config;
  config.advertised_ip = ip("203.0.113.7");
  SECTION("IPv4") {
    multi m({"0.0.0.0:5060", "[::]:5062"}, config);
    m.dial("sip:x@10.1.0.9");
    REQUIRE(m.last.has_value());
    CHECK(m.last->top_via()->host == "203.0.113.7");
    CHECK(m.last->top_via()->port == 5060);
    CHECK(contact(*m.last) == "<sip:203.0.113.7:5060>");
    CHECK(sdp_address(*m.last) == "IP4 203.0.113.7");
  }
  SECTION("IPv6 keeps its own") {
    multi m({"0.0.0.0:5060", "[::]:5062"}, config);
    m.dial("sip:x@[2001:db8::9]");
    REQUIRE(m.last.has_value());
    CHECK(contact(*m.last) == "<sip:[2001:db8::5]:5062>");
    CHECK(sdp_address(*m.last) == "IP6 2001:db8::5");
  }
}

TEST_CASE("a link-local address in SDP is on the link on which its peer was seen") {
  std::array<std::uint8_t, 16> bytes = ip("fe80::9").bytes();
  const socket_address from{ip_address::v6(bytes, 3), 5060};
  one_address_host host(ip("fe80::5"));
  seeded_random random(1);
  call::endpoint e({}, random, host);
  e.add_listener({flow, sip::transport::udp, at("[::]:5060")});
  peer_request invite;
  invite.body =
      "v=0\r\no=- 1 1 IN IP6 fe80::9\r\ns=-\r\nc=IN IP6 fe80::9\r\nt=0 0\r\n"
      "m=audio 4000 RTP/AVP 0\r\n";
  e.receive(flow, from, ip("fe80::5"), invite.text(), {});
  bool asked = false;
  while (auto out = e.poll())
    if (const auto* need = std::get_if<call::need_media_port>(&*out)) {
      asked = true;
      CHECK(need->peer.scope() == 3);
    } else if (const auto* t = std::get_if<sip::transmit>(&*out)) {
      CHECK(t->to.remote.ip.scope() == 3);
    }
  CHECK(asked);
}
