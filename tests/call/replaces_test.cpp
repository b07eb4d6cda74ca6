#include "call/support.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

/// An INVITE of another party with these headers.
peer_request other_invite(const std::string& headers) {
  peer_request r;
  r.call_id = "call-2";
  r.from = "<sip:carol@127.0.0.3>;tag=c1";
  r.branch = "z9hG4bK-2";
  r.headers = headers;
  return r;
}

std::string replaces_of(const sip::message& ok, const std::string& more = {}) {
  return "Replaces: " + std::string(ok.call_id()) + ";to-tag=" + tag_of_to(ok) + ";from-tag=a1" +
         more + "\r\n";
}

}  // namespace

TEST_CASE("an INVITE takes the place of a call: answered at once, the old one ended") {
  call::endpoint_config config;
  config.max_sessions = 1;  // one comes, one goes
  node n(config);
  const auto ok = establish(n);
  const auto old = n.last_call;
  n.receive(other_invite(replaces_of(*ok)).text());
  const auto answered = n.last_sent("200").message;
  CHECK(answered->call_id() == "call-2");
  CHECK(n.last<call::call_incoming>().info.replaces == old);
  CHECK(n.last<call::call_ended>().id == old);
  CHECK(n.last<call::call_ended>().reason == "replaced");
  CHECK(n.last_sent().method_name() == "BYE");
  n.receive(respond_to(n.last_sent(), 200, ""));
  n.receive(in_dialog(*answered, "ACK", 1, "z9hG4bK-ack2").text());
  CHECK(n.events<call::call_answered>().size() == 2);
  CHECK(n.endpoint().calls() == 1);
}

TEST_CASE("a Replaces that matches nothing, too much, or what may not be replaced") {
  struct row {
    std::string headers;
    int status;
  };
  node n;
  const auto ok = establish(n);
  const std::string tags = ";to-tag=" + tag_of_to(*ok) + ";from-tag=a1";
  for (const row& r :
       std::vector<row>{{"Replaces: call-1;to-tag=unknown;from-tag=a1\r\n", 481},
                        {"Replaces: call-9" + tags + "\r\n", 481},
                        {"Replaces: call-1;to-tag=" + tag_of_to(*ok) + ";from-tag=a2\r\n", 481},
                        {replaces_of(*ok, ";early-only"), 486},
                        {"Replaces: call-1\r\n", 400},
                        {replaces_of(*ok) + replaces_of(*ok), 400},
                        {"Replaces: call-1" + tags + ", call-1" + tags + "\r\n", 400}}) {
    INFO(r.headers);
    auto invite = other_invite(r.headers);
    invite.branch += std::to_string(n.sent.size());
    invite.call_id += std::to_string(n.sent.size());
    n.receive(invite.text());
    CHECK(n.last_sent().status() == r.status);
    CHECK(n.last<call::call_rejected>().rule == "replaces");
  }
  CHECK(n.events<call::call_ended>().empty());
}

TEST_CASE("an early dialog that the peer began cannot be replaced, one that ended is declined") {
  node n;
  n.receive(peer_request{}.text());
  n.ring();
  n.receive(other_invite(replaces_of(n.last_sent())).text());
  CHECK(n.last_sent().status() == 481);

  node ended;
  const auto ok = establish(ended);
  ended.hang_up();
  ended.receive(other_invite(replaces_of(*ok)).text());
  CHECK(ended.last_sent().status() == 603);
}

TEST_CASE("an early dialog that we began is cancelled in favour of the new call") {
  node n;
  n.dial({"sip:alice@127.0.0.2:5070", {}, {}, {}});
  const auto ours = n.last_sent("INVITE").message;
  n.receive(respond_to(*ours, 180, "e1"));
  auto wanted = other_invite("Replaces: " + std::string(ours->call_id()) + ";to-tag=" +
                             std::string(ours->from()->tag()) + ";from-tag=e1;early-only\r\n");
  auto wrong = wanted;
  wrong.headers.replace(wrong.headers.find("from-tag=e1"), 11, "from-tag=e2");
  wrong.branch += "w";
  wrong.call_id += "w";
  n.receive(wrong.text());
  CHECK(n.last_sent().status() == 481);
  n.receive(wanted.text());
  CHECK(n.last_sent("200").message->call_id() == "call-2");
  CHECK(n.last_sent().method_name() == "CANCEL");
}

TEST_CASE("an INVITE that cannot be taken leaves the old call alone") {
  node n;
  const auto ok = establish(n);
  auto invite = other_invite(replaces_of(*ok));
  invite.body = offer("18", "");
  n.receive(invite.text());
  CHECK(n.last_sent().status() == 488);
  CHECK(n.events<call::call_ended>().empty());
  CHECK(n.endpoint().calls() == 1);
}
