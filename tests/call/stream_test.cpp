// Calls over TCP by direct calls on a virtual clock: the way to a place that needs a connection,
// on to the next place, the rule of 1300 bytes, reuse and alias, and lost connections.
#include "call/support.hpp"
#include "support/catch.hpp"

using namespace test;
using strings = std::vector<std::string>;

namespace {

constexpr sip::flow_id tcp{2};

struct rig : node {
  rig() { endpoint().add_listener({tcp, sip::transport::tcp, server_address}); }
  void opened(std::size_t i = 0) {
    endpoint().flow_opened(flows_opened.at(i).flow, {server_ip, 40000}, now());
    drain();
  }
  void failed(std::size_t i = 0) {
    endpoint().flow_failed(flows_opened.at(i).flow, "refused", now());
    drain();
  }
  void lost(sip::flow_id f) {
    endpoint().flow_closed(f, "reset", now());
    drain();
  }
  sip::flow_id accept(const socket_address& from = peer_address) {
    const auto id = endpoint().flow_accepted(tcp, from, server_address, now());
    REQUIRE(id.has_value());
    return *id;
  }
  void bytes(sip::flow_id f, const std::string& segment) {
    endpoint().receive(f, segment, now());
    drain();
  }
  void call(const std::string& target, std::size_t filler = 0) {
    call::dial_request r;
    r.target = target;
    if (filler > 0) r.headers = {{"X-Filler", std::string(filler, 'x')}};
    dial(r);
  }
  /// Where the last INVITE went: "tcp 127.0.0.2:5070".
  [[nodiscard]] std::string invited() const {
    const auto& to = last_sent("INVITE").to;
    return std::string(sip::via_name(to.transport)) + " " + to.remote.to_string();
  }
};

/// As the peer sends it over TCP.
std::string over_tcp(std::string text, const std::string& more = "") {
  const std::string udp = "SIP/2.0/UDP 127.0.0.2:5070";
  const auto at = text.find(udp);
  if (at != std::string::npos) text.replace(at, udp.size(), "SIP/2.0/TCP 127.0.0.2:5070" + more);
  return text;
}

const std::string contact = "Contact: <sip:bob@127.0.0.2:5070;transport=tcp>\r\n";

}  // namespace

TEST_CASE("a call over TCP waits for its connection, whose address it names") {
  rig r;
  r.call("sip:bob@127.0.0.2:5070;transport=tcp");
  REQUIRE(r.flows_opened.size() == 1);
  CHECK(r.flows_opened[0].remote == peer_address);
  CHECK(r.times_of("INVITE").empty());
  r.advance(milliseconds(700));
  r.opened();
  CHECK(r.times_of("INVITE") == std::vector<std::int64_t>{700});
  const auto invite = r.last_sent("INVITE");
  CHECK(invite.to.flow == r.flows_opened[0].flow);
  CHECK(invite.message->top_via()->transport == "TCP");
  CHECK(invite.message->contact()->address.param("transport") == "tcp");
  r.bytes(invite.to.flow, respond_to(*invite.message, 200, "b1", contact, offer()));
  CHECK(r.last_sent("ACK").to.flow == invite.to.flow);
  r.hang_up();
  CHECK(r.last_sent("BYE").to.flow == invite.to.flow);
  r.bytes(invite.to.flow, respond_to(*r.last_sent("BYE").message, 200, ""));
  CHECK(r.last<call::call_ended>().reason == "hangup");
  CHECK(r.flows_opened.size() == 1);
  CHECK(r.times_of("INVITE").size() == 1);  // over a stream nothing is repeated
  r.advance(seconds(3600));
  CHECK(r.is_clean());
  CHECK(r.endpoint().flows() == 0);
}

TEST_CASE("no connection, no call") {
  rig r;
  r.call("sip:bob@127.0.0.2:5070;transport=tcp");
  const bool refused = GENERATE(true, false);
  if (refused)
    r.failed();
  else
    r.advance(seconds(5));  // nobody answers the SYN
  CHECK(r.times_of("INVITE").empty());
  CHECK(r.last<call::call_ended>().reason == "unreachable");
  CHECK(r.last<call::call_ended>().detail == (refused ? "refused" : "no connection in time"));
  CHECK(r.events<call::call_ended>().size() + r.events<call::call_rejected>().size() == 1);
  r.advance(seconds(60));
  CHECK(r.is_clean());
}

TEST_CASE("a place that says nothing for 64*T1 is followed by the next") {
  rig r;
  call::dial_request request;
  request.target = "sip:bob@h.example:5070;transport=udp";
  request.answer_timeout = seconds(120);
  r.dial(request);
  r.resolved({{ip_address::v4(127, 0, 0, 2), 0}, {ip_address::v4(127, 0, 0, 3), 0}});
  const std::string first = r.invited();
  const auto branch = std::string(r.last_sent("INVITE").message->top_via()->branch());
  r.advance(seconds(32) - milliseconds(1));
  CHECK(r.invited() == first);
  r.advance(milliseconds(1));
  CHECK(r.invited() != first);
  CHECK(r.last_sent("INVITE").message->top_via()->branch() != branch);
  CHECK(r.times_of("INVITE").back() == 32'000);
  CHECK(r.events<call::call_outgoing>().size() == 1);
  r.advance(seconds(32));
  CHECK(r.last<call::call_ended>().reason == "no_response");
  r.advance(seconds(60));
  CHECK(r.is_clean());
}

TEST_CASE("the next place when one takes no connection") {
  rig r;
  r.call("sip:bob@h.example:5070;transport=tcp");
  r.resolved({{ip_address::v4(127, 0, 0, 2), 0}, {ip_address::v4(127, 0, 0, 3), 0}});
  REQUIRE(r.flows_opened.size() == 1);
  const auto first = r.flows_opened[0].remote;
  r.failed();
  REQUIRE(r.flows_opened.size() == 2);
  CHECK(r.flows_opened[1].remote != first);
  r.opened(1);
  CHECK(r.times_of("INVITE").size() == 1);
  CHECK(r.last_sent("INVITE").to.remote == r.flows_opened[1].remote);
  r.hang_up();
  r.advance(seconds(3600));
  CHECK(r.is_clean());
}

TEST_CASE("a place that answers 503 is passed over") {
  rig r;
  r.call("sip:bob@h.example:5070;transport=udp");
  r.resolved({{ip_address::v4(127, 0, 0, 2), 0}, {ip_address::v4(127, 0, 0, 3), 0}});
  const std::string first = r.invited();
  r.receive(respond_to(*r.last_sent("INVITE").message, 503, "b1"));
  CHECK(r.times_of("INVITE").size() == 2);
  CHECK(r.invited() != first);
  CHECK(r.events<call::call_outgoing>().size() == 1);
  r.receive(respond_to(*r.last_sent("INVITE").message, 503, "b2"));
  CHECK(r.last<call::call_rejected>().status == 503);
  r.advance(seconds(60));
  CHECK(r.is_clean());
}

TEST_CASE("a large INVITE: TCP, UDP where that is refused, UDP where the URI says so") {
  rig r;
  SECTION("over TCP") {
    r.call("sip:bob@127.0.0.2:5070", 1300);
    REQUIRE(r.flows_opened.size() == 1);
    r.opened();
    CHECK(r.invited() == "TCP 127.0.0.2:5070");
    CHECK(r.last_sent("INVITE").message->top_via()->transport == "TCP");
  }
  SECTION("refused") {
    r.call("sip:bob@127.0.0.2:5070", 1300);
    CHECK(r.times_of("INVITE").empty());
    r.advance(seconds(1));
    r.failed();
    CHECK(r.times_of("INVITE") == std::vector<std::int64_t>{1000});
    const auto logged = std::count_if(r.logs.begin(), r.logs.end(), [](const call::log_line& l) {
      return l.level >= 1 && l.text.find("127.0.0.2:5070 over UDP") != std::string::npos;
    });
    CHECK(logged == 1);
    CHECK(r.invited() == "UDP 127.0.0.2:5070");
    CHECK(r.last_sent("INVITE").message->top_via()->transport == "UDP");
    r.advance(milliseconds(500));
    CHECK(r.times_of("INVITE") == std::vector<std::int64_t>{1000, 1500});
  }
  SECTION("nobody answers its SYN") {
    r.call("sip:bob@127.0.0.2:5070", 1300);
    r.advance(seconds(5) - milliseconds(1));
    CHECK(r.times_of("INVITE").empty());
    r.advance(milliseconds(1));
    CHECK(r.times_of("INVITE") == std::vector<std::int64_t>{5000});
    CHECK(r.invited() == "UDP 127.0.0.2:5070");
  }
  SECTION("fixed") {
    r.call("sip:bob@127.0.0.2:5070;transport=udp", 1300);
    CHECK(r.flows_opened.empty());
    CHECK(r.invited() == "UDP 127.0.0.2:5070");
  }
  SECTION("small") {
    r.call("sip:bob@127.0.0.2:5070");
    CHECK(r.flows_opened.empty());
    CHECK(r.invited() == "UDP 127.0.0.2:5070");
  }
  r.hang_up();
  r.advance(seconds(3600));
  CHECK(r.is_clean());
}

TEST_CASE("a second call takes the connection that is there") {
  rig r;
  r.call("sip:bob@127.0.0.2:5070;transport=tcp");
  r.opened();
  r.call("sip:carol@127.0.0.2:5070;transport=tcp");
  CHECK(r.flows_opened.size() == 1);
  CHECK(r.times_of("INVITE").size() == 2);
  CHECK(r.last_sent("INVITE").to.flow == r.flows_opened[0].flow);
}

TEST_CASE("RFC 5923: requests go back on a connection whose peer gave its address by alias") {
  const bool alias = GENERATE(true, false);
  rig r;
  const auto in = r.accept({peer_address.ip, 41234});
  peer_request options;
  options.method = "OPTIONS";
  options.body.clear();
  r.bytes(in, over_tcp(options.text(), alias ? ";alias" : ""));
  CHECK(r.last_sent("200").to.flow == in);
  r.call("sip:bob@127.0.0.2:5070;transport=tcp");
  CHECK(r.flows_opened.size() == (alias ? 0 : 1));
  if (alias) CHECK(r.last_sent("INVITE").to.flow == in);
}

TEST_CASE("a call that came by TCP outlives its connection") {
  rig r;
  const auto in = r.accept({peer_address.ip, 41234});
  peer_request invite;
  invite.contact = "<sip:alice@127.0.0.2:5070;transport=tcp>";
  r.bytes(in, over_tcp(invite.text()));
  r.answer();
  const auto ok = r.last_sent("200");
  CHECK(ok.to.flow == in);
  CHECK(ok.message->contact()->address.param("transport") == "tcp");
  peer_request ack = in_dialog(*ok.message, "ACK", 1, "z9hG4bK-a");
  r.bytes(in, over_tcp(ack.text()));
  CHECK(r.events<call::call_answered>().size() == 1);
  r.lost(in);
  CHECK(r.events<call::call_ended>().empty());
  r.hang_up();
  REQUIRE(r.flows_opened.size() == 1);
  CHECK(r.flows_opened[0].remote == peer_address);
  r.opened();
  CHECK(r.last_sent("BYE").to.flow == r.flows_opened[0].flow);
  r.bytes(r.flows_opened[0].flow, respond_to(*r.last_sent("BYE").message, 200, ""));
  r.advance(seconds(3600));
  CHECK(r.is_clean());
}

TEST_CASE("a 2xx over TCP is repeated as over UDP until its ACK") {
  rig r;
  const auto in = r.accept();
  r.bytes(in, over_tcp(peer_request{}.text()));
  r.answer();
  r.advance(seconds(8));
  CHECK(r.times_of("200") == std::vector<std::int64_t>{0, 500, 1500, 3500, 7500});
}

TEST_CASE("an INVITE on a connection that is lost goes out once more on a new one") {
  rig r;
  r.call("sip:bob@127.0.0.2:5070;transport=tcp");
  r.opened();
  r.advance(seconds(2));
  r.lost(r.flows_opened[0].flow);
  REQUIRE(r.flows_opened.size() == 2);
  r.opened(1);
  CHECK(r.times_of("INVITE") == std::vector<std::int64_t>{0, 2000});
  r.lost(r.flows_opened[1].flow);
  CHECK(r.events<call::call_ended>().size() + r.events<call::call_rejected>().size() == 1);
  r.advance(seconds(3600));
  CHECK(r.is_clean());
}

TEST_CASE(
    "two names at one address over TLS: the connection of one fails, not calls to the other") {
  rig r;
  const auto call_name = [&](const std::string& name) {
    r.call("sip:bob@" + name + ":5061;transport=tls");
    r.resolved({{ip_address::v4(127, 0, 0, 2), 0}});
  };
  call_name("a.example");
  r.opened();
  REQUIRE(r.times_of("INVITE").size() == 1);
  call_name("b.example");
  REQUIRE(r.flows_opened.size() == 2);
  CHECK(r.flows_opened[1].remote == r.flows_opened[0].remote);

  SECTION("it cannot be opened: its certificate is of another name") {
    r.failed(1);
    REQUIRE(r.events<call::call_ended>().size() == 1);
    CHECK(r.last<call::call_ended>().reason == "unreachable");
    CHECK(r.times_of("INVITE").size() == 1);
  }
  SECTION("it is lost: its own INVITE alone goes out once more, where its name is checked") {
    r.opened(1);
    REQUIRE(r.times_of("INVITE").size() == 2);
    r.lost(r.flows_opened[1].flow);
    CHECK(r.events<call::call_ended>().empty());
    REQUIRE(r.flows_opened.size() == 3);
    CHECK(r.flows_opened[2].server_name == "b.example");
    r.opened(2);
    CHECK(r.times_of("INVITE").size() == 3);
    CHECK(r.last_sent("INVITE").message->request_uri().find("b.example") != std::string::npos);
    r.failed(2);  // for the second time: the end
    REQUIRE(r.events<call::call_ended>().size() == 1);
  }
  // The first one still waits on its own connection, and is answered there.
  const auto& first = *std::find_if(r.sent.begin(), r.sent.end(), [](const sent_message& s) {
    return s.message->method() == sip::method::invite;
  });
  r.bytes(r.flows_opened[0].flow, respond_to(*first.message, 200, "b1", "", offer()));
  r.resolved({{ip_address::v4(127, 0, 0, 2), 0}});
  CHECK(r.last_sent("ACK").to.flow == r.flows_opened[0].flow);
  CHECK(r.events<call::call_answered>().size() == 1);
}
