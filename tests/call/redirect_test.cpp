#include "sipvoice/call/redirect.hpp"

#include "call/support.hpp"
#include "support/catch.hpp"

using namespace test;
using call::ended_by;
using call::redirect_targets;

namespace {

sip::message moved(const std::string& contacts) {
  return *sip::message::parse(
      "SIP/2.0 302 Moved Temporarily\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n" + contacts +
      "Content-Length: 0\r\n\r\n");
}

call::dial_request to_bob() {
  call::dial_request r;
  r.target = "sip:bob@127.0.0.2:5070";
  return r;
}

const sip::message& invite_of(const node& n) { return *n.last_sent("INVITE").message; }

void redirect(node& n, const std::string& contacts, int status = 302) {
  n.receive(respond_to(invite_of(n), status, "b1", contacts));
}

}  // namespace

TEST_CASE("Contacts are tried in the order of their q") {
  redirect_targets t("sip:bob@here");
  CHECK(
      t.take(moved("Contact: <sip:a@x>;q=0.5, <sip:b@x>, <sip:c@x>;q=0.51\r\n"
                   "m: <sip:d@x>;q=0.5, <sip:e@x>;q=0, <sip:f@x>;q=1.0\r\n")));
  std::string order;
  while (const auto next = t.next()) order += (*next)[4];
  CHECK(order == "bfcade");
}

TEST_CASE("what is no target") {
  redirect_targets t("sip:bob@here");
  CHECK_FALSE(t.take(moved("")));
  CHECK_FALSE(t.take(moved("Contact: *\r\n")));
  CHECK_FALSE(t.take(moved("Contact: <tel:+123>, <mailto:a@b>, <http://x>\r\n")));
  CHECK_FALSE(t.take(moved("Contact: <sip:bob@HERE>\r\n")));  // where we come from
  CHECK_FALSE(t.redirected());
  CHECK(t.take(moved("Contact: <sip:eve@x?Replaces=1&Route=%3csip:y%3e>\r\n")));
  CHECK(t.next() == "sip:eve@x");
  CHECK(t.take(moved("Contact: <sip:eve@y;method=BYE;user=phone>\r\n")));
  CHECK(t.next() == "sip:eve@y;user=phone");
  CHECK_FALSE(t.take(moved("Contact: <sip:eve@x>\r\n")));  // tried before
}

TEST_CASE("limits of redirection") {
  SECTION("targets of one call, the first one included") {
    redirect_targets t("sip:0@x");
    std::string contacts;
    for (std::size_t i = 1; i <= redirect_targets::max_listed + 4; ++i)
      contacts += "Contact: <sip:" + std::to_string(i) + "@x>\r\n";
    CHECK(t.take(moved(contacts)));
    std::size_t tried = 1;
    while (t.next()) ++tried;
    CHECK(tried == redirect_targets::max_targets);
  }
  SECTION("redirections of one call") {
    redirect_targets t("sip:0@x");
    for (int i = 1; i <= redirect_targets::max_depth; ++i)
      CHECK(t.take(moved("Contact: <sip:" + std::to_string(i) + "@x>\r\n")));
    CHECK_FALSE(t.take(moved("Contact: <sip:more@x>\r\n")));
  }
}

TEST_CASE("a redirected call: the same call, another target") {
  node n;
  n.dial(to_bob());
  const auto first = n.last_sent("INVITE").message;
  n.receive(respond_to(*first, 180, "b1"));
  redirect(n, "Contact: <sip:carol@127.0.0.3:5072>\r\n");
  CHECK(n.ladder() == std::vector<std::string>{"INVITE", "ACK", "INVITE"});
  const auto second = n.last_sent("INVITE").message;
  CHECK(n.sent.back().to.remote.to_string() == "127.0.0.3:5072");
  CHECK(second->request_uri() == "sip:carol@127.0.0.3:5072");
  CHECK(second->to()->uri_text == "sip:bob@127.0.0.2:5070");
  CHECK(second->call_id() == first->call_id());
  CHECK(second->from()->tag() == first->from()->tag());
  CHECK(second->cseq()->number == 2);
  CHECK(second->top_via()->branch() != first->top_via()->branch());
  CHECK(second->body() == first->body());
  CHECK(n.events<call::call_outgoing>().size() == 1);
  n.receive(respond_to(*second, 200, "c1", "Contact: <sip:carol@127.0.0.3:5072>\r\n", offer()));
  CHECK(n.last_sent("ACK").message->cseq()->number == 2);
  CHECK(n.events<call::call_answered>().size() == 1);
  n.hang_up();
  CHECK(n.last_sent().cseq()->number == 3);
  n.receive(respond_to(n.last_sent(), 200, ""));
  n.advance(seconds(80));
  CHECK(n.is_clean());
}

TEST_CASE("a target that fails is followed by the next, the last failure is told") {
  node n;
  n.dial(to_bob());
  redirect(n, "Contact: <sip:c@127.0.0.3>;q=0.9, <sip:d@127.0.0.4>;q=0.8, <sip:e@127.0.0.5>\r\n",
           300);
  CHECK(invite_of(n).request_uri() == "sip:e@127.0.0.5");
  n.receive(respond_to(invite_of(n), 486, "e1"));
  CHECK(invite_of(n).request_uri() == "sip:c@127.0.0.3");
  SECTION("the last one fails too") {
    n.receive(respond_to(invite_of(n), 404, "c1"));
    n.receive(respond_to(invite_of(n), 480, "d1"));
    CHECK(n.last<call::call_rejected>().status == 480);
  }
  SECTION("6xx is for everyone") {
    n.receive(respond_to(invite_of(n), 603, "c1"));
    CHECK(n.last<call::call_rejected>().status == 603);
  }
  SECTION("a loop") {
    redirect(n, "Contact: <sip:bob@127.0.0.2:5070>, <sip:e@127.0.0.5>\r\n");
    CHECK(invite_of(n).request_uri() == "sip:d@127.0.0.4");
    redirect(n, "Contact: <sip:c@127.0.0.3>\r\n");
    CHECK(n.last<call::call_rejected>().status == 302);
  }
  CHECK(n.last<call::call_rejected>().rule == "remote");
  n.advance(seconds(80));
  CHECK(n.is_clean());
}

TEST_CASE("targets that cannot be reached are passed over") {
  node n;
  n.dial(to_bob());
  redirect(n,
           "Contact: <sip:a@224.0.0.1>, <sip:b@[::1]>, <sips:c@127.0.0.3;transport=udp>, "
           "<sip:d@127.0.0.4;transport=sctp>\r\n");
  CHECK(n.times_of("INVITE").size() == 1);
  CHECK(n.last<call::call_rejected>().status == 302);
  n.advance(seconds(80));
  CHECK(n.is_clean());
}

TEST_CASE("a redirection to a name, given up while it is looked up") {
  node n;
  n.dial(to_bob());
  redirect(n, "Contact: <sip:carol@example.com:5099>\r\n");
  REQUIRE(n.names_asked.size() == 1);
  SECTION("found") {
    n.resolved({{ip_address::v4(127, 0, 0, 9), 5099}});
    CHECK(n.last_sent("INVITE").to.remote.to_string() == "127.0.0.9:5099");
    n.receive(respond_to(invite_of(n), 486, "c1"));
  }
  SECTION("not found") {
    n.resolved({});
    CHECK(n.last<call::call_rejected>().status == 302);
  }
  SECTION("given up") {
    CHECK(n.hang_up("interrupted"));
    CHECK(n.last<call::call_ended>().reason == "interrupted");
    n.resolved({{ip_address::v4(127, 0, 0, 9), 5099}});
    CHECK(n.times_of("INVITE").size() == 1);
  }
  n.advance(seconds(80));
  CHECK(n.is_clean());
}

TEST_CASE("what is not followed") {
  for (const int status : {305, 380, 302}) {
    INFO(status);
    node n;
    auto request = to_bob();
    request.follow_redirects = status != 302;
    n.dial(request);
    redirect(n, "Contact: <sip:carol@127.0.0.3>\r\n", status);
    CHECK(n.times_of("INVITE").size() == 1);
    CHECK(n.last<call::call_rejected>().status == status);
  }
}

TEST_CASE("CANCEL after a redirection belongs to the new try, one time limit for all tries") {
  node n;
  auto request = to_bob();
  request.answer_timeout = seconds(10);
  n.dial(request);
  n.receive(respond_to(invite_of(n), 180, "b1"));
  n.advance(seconds(6));
  redirect(n, "Contact: <sip:carol@127.0.0.3>\r\n");
  SECTION("nothing from the new target: the end, without CANCEL") {
    n.advance_to(time_point(seconds(10)));
    CHECK(n.times_of("CANCEL").empty());
  }
  SECTION("it rings: CANCEL to it") {
    n.receive(respond_to(invite_of(n), 180, "c1"));
    n.advance_to(time_point(seconds(10)));
    CHECK(n.times_of("CANCEL") == std::vector<std::int64_t>{10000});
    CHECK(n.last_sent().request_uri() == "sip:carol@127.0.0.3");
    CHECK(n.last_sent().cseq()->number == 2);
    n.receive(respond_to(invite_of(n), 487, "c1"));
  }
  CHECK(n.last<call::call_ended>().by == ended_by::timeout);
  CHECK(n.last<call::call_ended>().reason == "no_answer");
  n.advance(seconds(80));
  CHECK(n.is_clean());
}

TEST_CASE("through a proxy a redirected call goes on through it") {
  node n;
  auto request = to_bob();
  request.target = "sip:bob@example.com";
  request.proxy = "sip:127.0.0.3";
  n.dial(request);
  redirect(n, "Contact: <sip:carol@example.org>\r\n");
  CHECK(n.last_sent("INVITE").to.remote.to_string() == "127.0.0.3:5060");
  CHECK(invite_of(n).request_uri() == "sip:carol@example.org");
  CHECK(n.names_asked.empty());
}
