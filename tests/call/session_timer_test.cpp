// Session timers (RFC 4028): the object by itself, and in calls of both directions.
#include "sipvoice/call/session_timer.hpp"

#include "call/support.hpp"
#include "support/catch.hpp"

using namespace test;
using call::ended_by;
using call::session_timer;

namespace {

call::endpoint_config with_timer(int seconds_wanted, int least = 90) {
  call::endpoint_config c;
  c.session_expires = seconds(seconds_wanted);
  c.min_se = seconds(least);
  c.rtp_inactivity_timeout = duration::zero();
  return c;
}

const std::string supports = "Supported: timer\r\n";

struct answered_row {
  int wanted;           ///< ours, 0: none
  std::string headers;  ///< of the INVITE
  std::string expires;  ///< of our 200; empty: none
  bool require;
};

std::string se(const sip::message& m) {
  return std::string(m.value(sip::header_id::session_expires));
}

}  // namespace

TEST_CASE("what our 200 says of the session timer") {
  const std::vector<answered_row> rows{
      {0, "", "", false},
      {0, supports, "", false},
      {0, supports + "Session-Expires: 180\r\n", "180;refresher=uac", true},
      {0, supports + "x: 180 ; refresher=uas\r\n", "180;refresher=uas", true},
      {0, supports + "Session-Expires: 180;refresher=uac\r\n", "180;refresher=uac", true},
      {0, "Session-Expires: 180\r\n", "180;refresher=uas", false},
      {0, "Session-Expires: 30\r\n", "90;refresher=uas", false},  // no 422 without Supported
      {120, supports, "120;refresher=uac", true},
      {120, "", "120;refresher=uas", false},
      {120, supports + "Session-Expires: 1800\r\n", "120;refresher=uac", true},
      {120, supports + "Session-Expires: 1800\r\nMin-SE: 600\r\n", "600;refresher=uac", true},
      {1800, supports + "Session-Expires: 100\r\n", "100;refresher=uac", true},
      {0, supports + "Session-Expires: soon\r\n", "", false},
  };
  for (const answered_row& r : rows) {
    INFO(r.wanted << " " << r.headers);
    node n(with_timer(r.wanted));
    peer_request invite;
    invite.headers = r.headers;
    const auto ok = establish(n, invite);
    CHECK(se(*ok) == r.expires);
    CHECK(ok->lists(sip::header_id::require, "timer") == r.require);
    CHECK(ok->lists(sip::header_id::supported, "timer"));
  }
}

TEST_CASE("an interval that is too small is 422 with Min-SE") {
  node n;
  peer_request invite;
  invite.headers = supports + "Session-Expires: 89\r\n";
  n.receive(invite.text());
  CHECK(n.last_sent().status() == 422);
  CHECK(n.last_sent().value(sip::header_id::min_se) == "90");
  CHECK(n.last<call::call_rejected>().rule == "session_interval");
  CHECK(n.ports_out.empty());
}

TEST_CASE("a session does not expire before its 2xx is acknowledged, or given up") {
  // With the usual T1 of 500 ms it cannot: 64*T1 is 32 s, the shortest interval ends after 60.
  auto config = with_timer(0);
  config.timers.t1 = seconds(2);
  node n(config);
  peer_request invite;
  invite.headers = supports + "Session-Expires: 90;refresher=uac\r\n";
  n.receive(invite.text());
  n.answer();
  const auto ok = n.last_sent("200").message;
  n.advance_to(time_point(seconds(100)));
  CHECK(n.events<call::call_ended>().empty());
  CHECK(n.times_of("BYE").empty());
  SECTION("no ACK") {
    n.advance_to(time_point(seconds(128)));
    CHECK(n.last<call::call_ended>().reason == "no_ack");
  }
  SECTION("a late one") {
    n.receive(in_dialog(*ok, "ACK", 1, "z9hG4bK-a").text());
    CHECK(n.events<call::call_answered>().size() == 1);
    n.advance(milliseconds(1));
    CHECK(n.last<call::call_ended>().reason == "session_expired");
  }
  CHECK(n.times_of("BYE").size() == 1);
}

TEST_CASE("a peer that does not refresh is ended before the interval is over") {
  struct row {
    int interval, end_s;
  };
  for (const row& r : {row{90, 60}, row{93, 62}, row{120, 88}, row{1800, 1768}}) {
    INFO(r.interval);
    node n;
    peer_request invite;
    invite.headers =
        supports + "Session-Expires: " + std::to_string(r.interval) + ";refresher=uac\r\n";
    const auto ok = establish(n, invite);
    SECTION("never refreshed") {
      n.advance(seconds(2000));
      CHECK(n.times_of("BYE").at(0) == r.end_s * 1000);
      CHECK(n.last<call::call_ended>().by == ended_by::timeout);
      CHECK(n.last<call::call_ended>().reason == "session_expired");
    }
    SECTION("each refresh begins it anew") {
      n.advance(seconds(r.interval / 2));
      auto update = in_dialog(*ok, "UPDATE", 2, "z9hG4bK-u");
      update.headers = invite.headers;
      n.receive(update.text());
      CHECK(se(n.last_sent()) == std::to_string(r.interval) + ";refresher=uac");
      CHECK(n.last_sent().lists(sip::header_id::require, "timer"));
      n.advance(seconds(2000));
      CHECK(n.times_of("BYE").at(0) == (r.interval / 2 + r.end_s) * 1000);
    }
  }
}

TEST_CASE("we refresh at half of the interval") {
  for (const bool updates : {true, false}) {
    INFO(updates);
    node n;
    peer_request invite;
    invite.headers = supports + "Session-Expires: 120;refresher=uas\r\nAllow: INVITE, BYE" +
                     (updates ? ", UPDATE\r\n" : "\r\n");
    const auto ok = establish(n, invite);
    n.advance(seconds(60));
    const std::string method = updates ? "UPDATE" : "INVITE";
    REQUIRE(n.times_of(method).size() == 1);
    CHECK(n.times_of(method)[0] == 60000);
    const auto refresh = n.last_sent(method).message;
    CHECK(se(*refresh) == "120;refresher=uac");
    CHECK(refresh->body() == (updates ? std::string_view{} : refresh->body()));
    CHECK(refresh->body().empty() == updates);
    const std::string answer = "Contact: <sip:alice@127.0.0.2:5070>\r\n" + supports +
                               "Session-Expires: 120;refresher=uac\r\n";
    n.receive(respond_to(*refresh, 200, "", answer, updates ? "" : offer("0")));
    CHECK(n.changed.size() <= 1);
    n.advance(seconds(60));
    CHECK(n.times_of(method).back() == 120000);
    n.advance(seconds(100));  // and this one is never answered
    CHECK(n.last<call::call_ended>().reason == (updates ? "session_expired" : "session_expired"));
    CHECK(n.times_of("BYE").at(0) == 60000 + 88000);
  }
}

TEST_CASE("an UPDATE that is refused as a method is followed by a re-INVITE") {
  node n;
  peer_request invite;
  invite.headers = supports + "Session-Expires: 120;refresher=uas\r\nAllow: UPDATE\r\n";
  establish(n, invite);
  n.advance(seconds(60));
  n.receive(respond_to(*n.last_sent("UPDATE").message, 405, ""));
  CHECK(n.times_of("INVITE") == std::vector<std::int64_t>{60000});
}

TEST_CASE("a refresh answered 481 ends the call, 422 raises the interval, 500 comes again") {
  node n;
  peer_request invite;
  invite.headers = supports + "Session-Expires: 120;refresher=uas\r\nAllow: UPDATE\r\n";
  establish(n, invite);
  n.advance(seconds(60));
  const auto refresh = n.last_sent("UPDATE").message;
  SECTION("481") {
    n.receive(respond_to(*refresh, 481, ""));
    CHECK(n.last_sent().method() == sip::method::bye);
    CHECK(n.last<call::call_ended>().reason == "dialog_gone");
  }
  SECTION("422") {
    n.receive(respond_to(*refresh, 422, "", "Min-SE: 300\r\n"));
    CHECK(se(n.last_sent()) == "300;refresher=uac");
    CHECK(n.last_sent().value(sip::header_id::min_se) == "300");
  }
  SECTION("500") {
    n.receive(respond_to(*refresh, 500, ""));
    n.advance(seconds(5));
    CHECK(n.times_of("UPDATE").back() == 65000);
  }
}

TEST_CASE("the caller asks for a timer") {
  node n(with_timer(120));
  call::dial_request r;
  r.target = "sip:bob@127.0.0.2:5070";
  n.dial(r);
  const std::string contact = "Contact: <sip:bob@127.0.0.2:5070>\r\nAllow: UPDATE\r\n";
  const auto first = n.last_sent("INVITE").message;
  CHECK(se(*first) == "120");
  CHECK(first->value(sip::header_id::supported) == "100rel, timer, replaces, norefersub");
  const auto accept = [&](const std::string& headers) {
    n.receive(respond_to(*n.last_sent("INVITE").message, 200, "b1", contact + headers, offer("0")));
  };
  SECTION("422: again with more") {
    n.receive(respond_to(*first, 422, "b1", "Min-SE: 600\r\n"));
    const sip::message& second = *n.last_sent("INVITE").message;
    CHECK(se(second) == "600");
    CHECK(second.value(sip::header_id::min_se) == "600");
    CHECK(second.cseq()->number == 2);
    CHECK(second.to()->tag().empty());
    n.receive(respond_to(second, 422, "b1", "Min-SE: 600\r\n"));  // it would help nothing
    CHECK(n.last<call::call_rejected>().status == 422);
  }
  SECTION("we refresh") {
    accept("Require: timer\r\nSession-Expires: 120;refresher=uac\r\n");
    n.advance(seconds(60));
    CHECK(n.times_of("UPDATE") == std::vector<std::int64_t>{60000});
  }
  SECTION("the peer refreshes: it does not") {
    accept("Require: timer\r\nSession-Expires: 120;refresher=uas\r\n");
    n.advance(seconds(88));
    CHECK(n.times_of("UPDATE").empty());
    CHECK(n.times_of("BYE") == std::vector<std::int64_t>{88000});
  }
  SECTION("a peer without timers: we refresh all the same") {
    accept("");
    n.advance(seconds(60));
    CHECK(n.times_of("UPDATE") == std::vector<std::int64_t>{60000});
  }
}

TEST_CASE("a caller that does not ask") {
  node n;
  call::dial_request r;
  r.target = "sip:bob@127.0.0.2:5070";
  n.dial(r);
  CHECK(se(*n.last_sent("INVITE").message).empty());
  n.receive(respond_to(*n.last_sent("INVITE").message, 200, "b1",
                       "Contact: <sip:bob@127.0.0.2:5070>\r\n", offer("0")));
  n.advance(seconds(3600));
  CHECK(n.endpoint().calls() == 1);
  CHECK(n.times_of("BYE").empty());
}
