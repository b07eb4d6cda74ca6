// re-INVITEs of ours (RFC 3261 section 14.1), and what happens when both sides change the session.
#include "call/support.hpp"
#include "sipvoice/call/offer_schedule.hpp"
#include "support/catch.hpp"

using namespace test;
using call::ended_by;

namespace {

const std::string contact = "Contact: <sip:alice@127.0.0.2:5070>\r\n";

/// A call that the peer placed and we answered; `n.sent` is empty, the time is 0.
std::shared_ptr<const sip::message> up(node& n) {
  auto ok = establish(n);
  n.sent.clear();
  return ok;
}

/// A call that we placed.
void placed(node& n) {
  call::dial_request r;
  r.target = "sip:bob@127.0.0.2:5070";
  n.dial(r);
  n.receive(respond_to(*n.last_sent("INVITE").message, 200, "b1",
                       "Contact: <sip:bob@127.0.0.2:5070>\r\n", offer("0")));
  n.sent.clear();
}

const sip::message& reinvite_of(const node& n) { return *n.last_sent("INVITE").message; }

bool says(const sip::message& m, const char* line) {
  return m.body().find(std::string(line) + "\r\n") != std::string_view::npos;
}

void accept(node& n, const std::string& body) {
  n.receive(respond_to(reinvite_of(n), 200, "", contact, body));
}

std::string described(const char* direction, int version) {
  return offer("0", "a=" + std::string(direction) + "\r\n", "127.0.0.2", 4000, version);
}

std::string version_of(const sip::message& m) {
  const std::string_view body = m.body();
  const auto o = body.find("o=");
  return std::string(body.substr(o, body.find("\r\n", o) - o));
}

}  // namespace

TEST_CASE("hold and resume of ours") {
  node n;
  const auto ok = up(n);
  CHECK_FALSE(n.resume());
  CHECK(n.hold());
  CHECK_FALSE(n.hold());
  const sip::message first = reinvite_of(n);
  CHECK(first.request_uri() == "sip:alice@127.0.0.2:5070");
  CHECK(first.cseq()->number == 1);
  CHECK(first.value(sip::header_id::from) == ok->value(sip::header_id::to));
  CHECK(first.value(sip::header_id::contact) == "<sip:127.0.0.1:5060>");
  CHECK(first.value(sip::header_id::supported) == "100rel, timer, replaces, norefersub");
  CHECK(says(first, "a=sendonly"));
  CHECK(version_of(first) != version_of(*ok));
  CHECK(n.events<call::call_held>().empty());

  accept(n, described("recvonly", 2));
  CHECK(n.last_sent().method() == sip::method::ack);
  CHECK(n.last_sent().cseq()->number == 1);
  CHECK(n.last_sent().body().empty());
  CHECK(n.last<call::call_held>().on_hold);
  CHECK(n.last<call::call_held>().by == ended_by::local);
  REQUIRE(n.changed.size() == 1);
  CHECK(n.changed[0].parameters.direction == media::direction::send_only);
  CHECK_FALSE(n.changed[0].parameters.on_hold);

  CHECK(n.resume());
  CHECK(reinvite_of(n).cseq()->number == 2);
  CHECK(says(reinvite_of(n), "a=sendrecv") != says(reinvite_of(n), "a=sendonly"));
  accept(n, described("sendrecv", 3));
  CHECK_FALSE(n.last<call::call_held>().on_hold);
  CHECK(n.events<call::call_held>().size() == 2);
  CHECK(n.changed.back().parameters.direction == media::direction::both);
  n.hang_up();
  CHECK(n.last_sent("BYE").message->cseq()->number == 3);
}

TEST_CASE("every copy of the 2xx is acknowledged again") {
  node n;
  up(n);
  n.hold();
  const std::string ok = respond_to(reinvite_of(n), 200, "", contact, described("recvonly", 2));
  n.receive(ok);
  const std::string ack = n.last_sent("ACK").message->bytes();
  n.advance(milliseconds(500));
  n.receive(ok);
  n.advance(seconds(20));
  n.receive(ok);
  CHECK(n.times_of("ACK") == std::vector<std::int64_t>{0, 500, 20500});
  CHECK(n.last_sent("ACK").message->bytes() == ack);
  CHECK(n.events<call::call_held>().size() == 1);
  n.resume();
  accept(n, described("sendrecv", 3));
  n.receive(ok);  // of the one before, while another has been settled
  CHECK(n.last_sent("ACK").message->bytes() == ack);
}

TEST_CASE("a refused re-INVITE leaves everything as it was") {
  for (const int status : {400, 403, 415, 488, 500, 503, 603}) {
    INFO(status);
    node n;
    up(n);
    n.hold();
    n.receive(respond_to(reinvite_of(n), status, ""));
    CHECK(n.last_sent().method() == sip::method::ack);
    CHECK(n.changed.empty());
    CHECK(n.events<call::call_held>().empty());
    CHECK(n.events<call::call_ended>().empty());
    n.advance(seconds(60));
    CHECK(n.times_of("INVITE").size() == 1);
    CHECK(n.hold());  // it may be asked again
    CHECK(n.times_of("INVITE").size() == 2);
  }
}

TEST_CASE("answers that say the dialog is gone end the call") {
  struct row {
    int status;  ///< 0: none comes
    ended_by by;
    const char* reason;
    std::int64_t at_ms;
  };
  for (const row& r : std::vector<row>{{481, ended_by::remote, "dialog_gone", 0},
                                       {408, ended_by::timeout, "peer_gone", 0},
                                       {0, ended_by::timeout, "peer_gone", 32000}}) {
    INFO(r.status);
    node n;
    up(n);
    n.hold();
    if (r.status != 0) n.receive(respond_to(reinvite_of(n), r.status, ""));
    n.advance(seconds(32));
    CHECK(n.times_of("BYE").at(0) == r.at_ms);
    CHECK(n.last<call::call_ended>().by == r.by);
    CHECK(n.last<call::call_ended>().reason == r.reason);
    n.advance(seconds(80));
    CHECK(n.is_clean());
  }
}

TEST_CASE("glare: 491 is tried again after the time of our role") {
  struct row {
    bool owner;  ///< of the Call-ID
    std::int64_t from_ms, to_ms;
  };
  for (const row& r : {row{true, 2100, 4000}, row{false, 0, 2000}}) {
    std::int64_t least = 100000, most = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      node n({}, seed);
      if (r.owner) {
        placed(n);
      } else {
        up(n);
      }
      n.hold();
      n.receive(respond_to(reinvite_of(n), 491, ""));
      n.advance(seconds(5));
      REQUIRE(n.times_of("INVITE").size() >= 2);
      const std::int64_t again = n.times_of("INVITE")[1];
      CHECK(again % 10 == 0);
      CHECK(again >= r.from_ms);
      CHECK(again <= r.to_ms);
      least = std::min(least, again);
      most = std::max(most, again);
      CHECK(reinvite_of(n).cseq()->number == (r.owner ? 3 : 2));
      CHECK(n.events<call::call_ended>().empty());
    }
    CHECK(least < r.from_ms + 100);
    CHECK(most > r.to_ms - 100);
  }
}

TEST_CASE("a peer that answers 491 for ever is left alone") {
  node n;
  up(n);
  n.hold();
  for (int i = 0; i < 30; ++i) {
    n.receive(respond_to(reinvite_of(n), 491, ""));
    n.advance(seconds(3));
  }
  CHECK(reinvite_of(n).cseq()->number == 1 + call::offer_schedule::max_tries);
  CHECK(n.endpoint().calls() == 1);
}

TEST_CASE("500 with Retry-After is tried again then") {
  const std::string said = GENERATE("7", "7 (in a re-INVITE);duration=60");
  node n;
  up(n);
  n.hold();
  n.receive(respond_to(reinvite_of(n), 500, "", "Retry-After: " + said + "\r\n"));
  n.advance(seconds(10));
  CHECK(n.times_of("INVITE") ==
        std::vector<std::int64_t>{0, 7000, 7500, 8500});  // and its own repetitions
}

TEST_CASE("a re-INVITE of the peer while ours is pending is 491") {
  node n;
  const auto ok = up(n);
  n.hold();
  const auto ours = n.last_sent("INVITE").message;
  auto theirs = in_dialog(*ok, "INVITE", 2, "z9hG4bK-g");
  n.receive(theirs.text());
  CHECK(n.last_sent().status() == 491);
  n.receive(ack_refusal(theirs, n.last_sent()));
  n.receive(respond_to(*ours, 200, "", contact, described("recvonly", 2)));
  CHECK(n.last<call::call_held>().by == ended_by::local);
  theirs = in_dialog(*ok, "INVITE", 3, "z9hG4bK-h");
  n.receive(theirs.text());
  CHECK(n.last_sent().status() == 200);
}

TEST_CASE("a wish during a re-INVITE of the peer waits for its ACK") {
  node n;
  const auto ok = up(n);
  n.receive(in_dialog(*ok, "INVITE", 2, "z9hG4bK-g").text());
  CHECK(n.hold());
  CHECK(n.times_of("INVITE").empty());
  n.receive(in_dialog(*ok, "ACK", 2, "z9hG4bK-ga").text());
  CHECK(n.times_of("INVITE").size() == 1);
}

TEST_CASE("hold and resume in one breath end where the last wish says") {
  node n;
  up(n);
  n.hold();
  n.resume();
  CHECK(n.times_of("INVITE").size() == 1);
  accept(n, described("recvonly", 2));
  CHECK(n.times_of("INVITE").size() == 2);
  accept(n, described("sendrecv", 3));
  CHECK(n.changed.back().parameters.direction == media::direction::both);
  CHECK(n.times_of("INVITE").size() == 2);
}

TEST_CASE("both sides on hold: inactive, and each resumes for itself") {
  node n;
  const auto ok = up(n);
  n.receive(in_dialog(*ok, "INVITE", 2, "z9hG4bK-1").text());
  auto hold = in_dialog(*ok, "INVITE", 3, "z9hG4bK-2");
  n.receive(in_dialog(*ok, "ACK", 2, "z9hG4bK-1a").text());
  hold.body = described("sendonly", 2);
  n.receive(hold.text());
  CHECK(says(n.last_sent(), "a=recvonly"));
  n.receive(in_dialog(*ok, "ACK", 3, "z9hG4bK-2a").text());
  CHECK(n.last<call::call_held>().by == ended_by::remote);

  n.hold();
  CHECK(says(reinvite_of(n), "a=inactive"));
  accept(n, described("inactive", 3));
  CHECK(n.last<call::call_held>().by == ended_by::local);
  CHECK(n.changed.back().parameters.direction == media::direction::inactive);
  CHECK(n.changed.back().parameters.on_hold);

  SECTION("the peer resumes first: we still hold") {
    auto resume = in_dialog(*ok, "INVITE", 4, "z9hG4bK-3");
    resume.body = described("sendrecv", 4);
    n.receive(resume.text());
    CHECK(says(n.last_sent(), "a=sendonly"));
    n.receive(in_dialog(*ok, "ACK", 4, "z9hG4bK-3a").text());
    CHECK(n.last<call::call_held>().by == ended_by::remote);
    CHECK_FALSE(n.last<call::call_held>().on_hold);
    CHECK(n.changed.back().parameters.direction == media::direction::send_only);
    n.resume();
    accept(n, described("sendrecv", 5));
    CHECK(n.changed.back().parameters.direction == media::direction::both);
  }
  SECTION("we resume first: the peer still holds") {
    n.resume();
    accept(n, described("sendonly", 4));
    CHECK(n.changed.back().parameters.direction == media::direction::receive_only);
    CHECK(n.changed.back().parameters.on_hold);
    CHECK(n.last<call::call_held>().by == ended_by::local);
    CHECK(n.events<call::call_held>().size() == 3);
    auto resume = in_dialog(*ok, "INVITE", 4, "z9hG4bK-3");
    resume.body = described("sendrecv", 5);
    n.receive(resume.text());
    n.receive(in_dialog(*ok, "ACK", 4, "z9hG4bK-3a").text());
    CHECK(n.changed.back().parameters.direction == media::direction::both);
    CHECK_FALSE(n.last<call::call_held>().on_hold);
  }
}

TEST_CASE("other codecs, another direction, another address of the peer") {
  node n;
  up(n);
  CHECK_FALSE(n.modify({std::vector<audio::codec_id>{}, {}}));
  CHECK(n.modify({std::vector{audio::codec_id::pcma}, media::direction::receive_only}));
  CHECK(reinvite_of(n).body().find("RTP/AVP 8 101 13\r\n") != std::string_view::npos);
  CHECK(says(reinvite_of(n), "a=recvonly"));
  n.receive(respond_to(reinvite_of(n), 200, "", "Contact: <sip:alice@127.0.0.7:5077>\r\n",
                       offer("8", "a=sendonly\r\na=ptime:40\r\n", "127.0.0.8", 4400, 2)));
  REQUIRE(n.changed.size() == 1);
  const auto& p = n.changed[0].parameters;
  CHECK(p.format.send.codec == audio::codec_id::pcma);
  CHECK(p.format.ptime_ms == 40);
  CHECK(p.remote_rtp == socket_address{ip_address::v4(127, 0, 0, 8), 4400});
  CHECK(p.direction == media::direction::receive_only);
  // The 2xx refreshes the target, for its ACK too (12.2.1.2).
  CHECK(n.last_sent("ACK").message->request_uri() == "sip:alice@127.0.0.7:5077");
  n.hang_up();
  CHECK(n.last_sent("BYE").to.remote == socket_address{ip_address::v4(127, 0, 0, 7), 5077});
}

TEST_CASE("a re-INVITE of ours without an offer") {
  node n;
  up(n);
  call::media_modification late;
  late.late_offer = true;
  n.modify(late);
  CHECK(reinvite_of(n).body().empty());
  SECTION("the ACK answers the offer of the 2xx") {
    accept(n, offer("8", "", "127.0.0.9", 4200, 2));
    CHECK(n.last_sent("ACK").message->body().find("RTP/AVP 8\r\n") != std::string_view::npos);
    CHECK(n.changed.back().parameters.format.send.codec == audio::codec_id::pcma);
  }
  SECTION("one that cannot be used is acknowledged, and the call ended") {
    accept(n, offer("18"));
    CHECK(n.ladder() == std::vector<std::string>{"INVITE", "ACK", "BYE"});
    CHECK(n.last<call::call_ended>().reason == "bad_answer");
  }
}

TEST_CASE("hanging up while a re-INVITE is pending") {
  node n;
  up(n);
  n.hold();
  SECTION("before any response: the CANCEL waits for one") {
    n.hang_up();
    CHECK(n.ladder() == std::vector<std::string>{"INVITE", "BYE"});
    n.receive(respond_to(reinvite_of(n), 100, ""));
    CHECK(n.last_sent().method() == sip::method::cancel);
    n.receive(respond_to(reinvite_of(n), 487, ""));
  }
  SECTION("after a provisional: CANCEL at once") {
    n.receive(respond_to(reinvite_of(n), 100, ""));
    n.hang_up();
    CHECK(n.ladder() == std::vector<std::string>{"INVITE", "CANCEL", "BYE"});
    n.receive(respond_to(*n.last_sent("CANCEL").message, 200, ""));
    n.receive(respond_to(reinvite_of(n), 487, ""));
  }
  SECTION("its 2xx crosses: acknowledged, and nothing else") {
    n.hang_up();
    accept(n, described("recvonly", 2));
    CHECK(n.ladder() == std::vector<std::string>{"INVITE", "BYE", "ACK"});
  }
  SECTION("nothing ever comes") { n.hang_up(); }
  CHECK(n.events<call::call_ended>().size() == 1);
  if (!n.times_of("BYE").empty()) n.receive(respond_to(*n.last_sent("BYE").message, 200, ""));
  n.advance(seconds(100));
  CHECK(n.is_clean());
  CHECK(n.events<call::call_held>().empty());
}

TEST_CASE("a re-INVITE that is answered by provisionals alone is cancelled") {
  node n;
  up(n);
  n.hold();
  n.receive(respond_to(reinvite_of(n), 180, ""));
  n.advance(seconds(60));
  CHECK(n.times_of("CANCEL").at(0) == 60000);
  n.receive(respond_to(*n.last_sent("CANCEL").message, 200, ""));
  n.receive(respond_to(reinvite_of(n), 487, ""));
  CHECK(n.events<call::call_ended>().empty());
  CHECK(n.hold());
}

TEST_CASE("a BYE of the peer during our re-INVITE") {
  node n;
  const auto ok = up(n);
  n.hold();
  n.receive(in_dialog(*ok, "BYE", 2, "z9hG4bK-b").text());
  n.receive(respond_to(reinvite_of(n), 487, ""));
  CHECK(n.ladder() == std::vector<std::string>{"INVITE", "200", "ACK"});
  n.advance(seconds(60));
  CHECK(n.is_clean());
}

TEST_CASE("a BYE of the peer during our re-INVITE, whose final response never comes") {
  node n;
  const auto ok = up(n);
  n.hold();
  const bool before = GENERATE(true, false);
  if (before) n.receive(respond_to(reinvite_of(n), 100, ""));
  n.receive(in_dialog(*ok, "BYE", 2, "z9hG4bK-b").text());
  if (!before) n.receive(respond_to(reinvite_of(n), 100, ""));
  CHECK(n.times_of("CANCEL").size() == 1);  // 9.1: bounds the wait to 64*T1
  CHECK(n.last<call::call_ended>().by == ended_by::remote);
  n.receive(respond_to(*n.last_sent("CANCEL").message, 200, ""));
  n.advance(seconds(100));
  CHECK(n.is_clean());
}
