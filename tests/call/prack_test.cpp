// Reliable provisional responses (RFC 3262), as callee and as caller.
#include "call/support.hpp"
#include "sipvoice/call/provisional_sender.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

call::endpoint_config reliable() {
  call::endpoint_config c;
  c.reliable_provisionals = call::endpoint_config::rel100::when_supported;
  return c;
}

peer_request invite_with(const std::string& headers) {
  peer_request r;
  r.headers = headers;
  return r;
}

const std::string required = "Require: 100rel\r\n";

peer_request prack(const sip::message& response, std::uint32_t cseq, const std::string& body = {}) {
  peer_request r = in_dialog(response, "PRACK", cseq, "z9hG4bK-p" + std::to_string(cseq));
  r.headers = "RAck: " + std::string(response.value(sip::header_id::rseq)) + " 1 INVITE\r\n";
  r.body = body;
  return r;
}

std::uint32_t rseq_of(const sip::message& m) {
  return static_cast<std::uint32_t>(std::stoul(std::string(m.value(sip::header_id::rseq))));
}

}  // namespace

TEST_CASE("when provisionals are reliable") {
  struct row {
    bool option;
    std::string headers;
    bool reliable;
  };
  const std::vector<row> rows{
      {false, "", false}, {false, "Supported: 100rel\r\n", false},      {false, required, true},
      {true, "", false},  {true, "Supported: timer, 100REL\r\n", true}, {true, required, true}};
  for (const row& r : rows) {
    INFO(r.option << " " << r.headers);
    node n(r.option ? reliable() : call::endpoint_config{});
    n.receive(invite_with(r.headers).text());
    CHECK(n.ring());
    CHECK(n.last_sent().status() == 180);
    CHECK(n.last_sent().has(sip::header_id::rseq) == r.reliable);
    CHECK(n.last_sent().lists(sip::header_id::require, "100rel") == r.reliable);
    CHECK(n.last_sent().has(sip::header_id::contact));
  }
}

TEST_CASE("a reliable provisional is repeated until its PRACK") {
  node n;
  n.receive(invite_with(required).text());
  n.ring();
  const auto ringing = n.last_sent("180").message;
  SECTION("which ends it") {
    n.advance(milliseconds(1600));
    CHECK(n.times_of("180") == std::vector<std::int64_t>{0, 500, 1500});
    CHECK(n.last_sent("180").message->bytes() == ringing->bytes());
    n.receive(prack(*ringing, 2).text());
    CHECK(n.last_sent().status() == 200);
    n.advance(seconds(20));
    CHECK(n.times_of("180").size() == 3);
    n.receive(prack(*ringing, 3).text());  // it acknowledges nothing any more
    CHECK(n.last_sent().status() == 481);
    n.receive(prack(*ringing, 2).text());  // a copy gets its answer again
    CHECK(n.last_sent().status() == 200);
    CHECK(n.answer());
  }
  SECTION("without one the INVITE is refused") {
    n.advance(seconds(32));
    CHECK(n.times_of("180") == std::vector<std::int64_t>{0, 500, 1500, 3500, 7500, 15500, 31500});
    CHECK(n.times_of("500") == std::vector<std::int64_t>{32000});
    CHECK(n.last<call::call_rejected>().rule == "no_prack");
    CHECK(n.ports_out.empty());
  }
  SECTION("a 200 without waiting, when no description is under way") {
    CHECK(n.answer());
    CHECK(n.last_sent().status() == 200);
    n.advance(milliseconds(600));
    CHECK(n.times_of("180").size() == 1);
    n.receive(prack(*ringing, 2).text());
    CHECK(n.last_sent().status() == 200);
    CHECK(n.last_sent().cseq()->method == sip::method::prack);
  }
}

TEST_CASE("a PRACK that matches nothing") {
  struct row {
    const char* rack;
    int status;
  };
  node n;
  n.receive(invite_with(required).text());
  n.ring();
  const auto ringing = n.last_sent("180").message;
  const std::string rseq = std::to_string(rseq_of(*ringing));
  const std::string next = std::to_string(rseq_of(*ringing) + 1);
  const std::vector<std::pair<std::string, int>> rows{{rseq + " 2 INVITE", 481},
                                                      {rseq + " 1 UPDATE", 481},
                                                      {next + " 1 INVITE", 481},
                                                      {"rubbish", 400},
                                                      {"", 400},
                                                      {rseq + " 1 INVITE", 200}};
  std::uint32_t cseq = 1;
  for (const auto& [rack, status] : rows) {
    INFO(rack);
    auto r = prack(*ringing, ++cseq);
    r.headers = rack.empty() ? "" : "RAck: " + rack + "\r\n";
    n.receive(r.text());
    CHECK(n.last_sent().status() == status);
  }
}

TEST_CASE("the second reliable provisional waits for the PRACK of the first") {
  node n;
  n.receive(invite_with(required).text());
  n.ring();
  const auto ringing = n.last_sent("180").message;
  CHECK(n.early_media());
  CHECK(n.times_of("183").empty());
  n.receive(prack(*ringing, 2).text());
  const auto progress = n.last_sent("183").message;
  CHECK(rseq_of(*progress) == rseq_of(*ringing) + 1);
  CHECK_FALSE(progress->body().empty());
  CHECK(n.events<call::call_early_media>().size() == 1);
  for (std::size_t i = 0; i < call::provisional_sender::max_waiting; ++i) CHECK(n.ring());
  CHECK_FALSE(n.ring());  // the edge of the queue
}

TEST_CASE("a 2xx waits for the PRACK of a description") {
  node n;
  n.receive(invite_with(required).text());
  n.early_media();
  const auto progress = n.last_sent("183").message;
  CHECK(n.answer());
  CHECK_FALSE(n.answer());
  CHECK(n.times_of("200").empty());
  SECTION("and goes out then, without a second description") {
    n.receive(prack(*progress, 2).text());
    CHECK(n.times_of("200").size() == 2);
    CHECK(n.last_sent().cseq()->method == sip::method::invite);
    CHECK(n.last_sent().body().empty());
    n.receive(in_dialog(n.last_sent(), "ACK", 1, "z9hG4bK-ack").text());
    CHECK(n.events<call::call_answered>().size() == 1);
    CHECK(n.opened.size() == 1);
  }
  SECTION("a refusal does not") {
    n.hang_up();
    CHECK(n.last_sent().status() == 480);
  }
  SECTION("nor does a CANCEL") {
    peer_request cancel = invite_with("");
    cancel.method = "CANCEL";
    cancel.body.clear();
    n.receive(cancel.text());
    CHECK(n.last_sent().status() == 487);
  }
}

TEST_CASE("offers in PRACK and UPDATE once the first exchange is settled") {
  node n;
  n.receive(invite_with(required + "Allow: UPDATE, PRACK\r\n").text());
  n.early_media();
  const auto progress = n.last_sent("183").message;
  n.receive(prack(*progress, 2, offer("8", "", "127.0.0.9", 4444, 2)).text());
  CHECK(n.last_sent().status() == 200);
  CHECK(n.last_sent().body().find("RTP/AVP 8\r\n") != std::string_view::npos);
  CHECK(n.changed.back().parameters.remote_rtp.port == 4444);
  auto update = in_dialog(*progress, "UPDATE", 3, "z9hG4bK-u");
  update.body = offer("0", "", "127.0.0.9", 4446, 3);
  n.receive(update.text());
  CHECK(n.last_sent().status() == 200);
  CHECK(n.changed.back().parameters.remote_rtp.port == 4446);
  // And ours by UPDATE.
  CHECK(n.modify({std::vector{audio::codec_id::pcma}, {}}));
  const auto ours = n.last_sent("UPDATE").message;
  CHECK(ours->request_uri() == "sip:alice@127.0.0.2:5070");
  n.receive(respond_to(*ours, 200, "", "", offer("8", "", "127.0.0.9", 4448, 4)));
  CHECK(n.changed.back().parameters.remote_rtp.port == 4448);
  CHECK(n.times_of("ACK").empty());
}

TEST_CASE("an INVITE without an offer: ours in the reliable 183, the answer in the PRACK") {
  node n;
  auto invite = invite_with(required);
  invite.body.clear();
  n.receive(invite.text());
  CHECK(n.early_media());
  const auto progress = n.last_sent("183").message;
  CHECK_FALSE(progress->body().empty());
  CHECK(n.events<call::call_early_media>().empty());
  SECTION("a good answer") {
    n.receive(prack(*progress, 2, offer("8", "", "127.0.0.9", 4444)).text());
    CHECK(n.events<call::call_early_media>().size() == 1);
    CHECK(n.opened.at(0).parameters.remote_rtp.port == 4444);
    CHECK(n.answer());
    CHECK(n.last_sent().body().empty());
  }
  SECTION("none") {
    n.receive(prack(*progress, 2).text());
    CHECK(n.ladder() == std::vector<std::string>{"100", "183", "200", "488"});
    CHECK(n.last<call::call_rejected>().rule == "bad_answer");
  }
}

namespace {

const std::string bob = "Contact: <sip:bob@127.0.0.2:5070>\r\n";

std::string provisional(const sip::message& invite, int status, std::uint32_t rseq,
                        const std::string& body = {}, const std::string& tag = "b1",
                        const std::string& contact = bob) {
  return respond_to(invite, status, tag,
                    contact + "Require: 100rel\r\nRSeq: " + std::to_string(rseq) + "\r\n", body);
}

std::shared_ptr<const sip::message> dial(node& n, bool late = false) {
  call::dial_request r;
  r.target = "sip:bob@127.0.0.2:5070";
  r.late_offer = late;
  n.dial(r);
  return n.last_sent("INVITE").message;
}

}  // namespace

TEST_CASE("the caller acknowledges reliable provisionals in their early dialog") {
  node n;
  const auto invite = dial(n);
  n.receive(respond_to(*invite, 180, "b1", bob));
  CHECK(n.times_of("PRACK").empty());  // no RSeq, no PRACK
  n.receive(provisional(*invite, 183, 100, offer("8"), "b1",
                        bob + "Record-Route: <sip:127.0.0.5:5080;lr>\r\n"));
  const auto first = n.last_sent("PRACK");
  CHECK(first.message->value(sip::header_id::rack) == "100 1 INVITE");
  CHECK(first.message->cseq()->number == 2);
  CHECK(first.message->request_uri() == "sip:bob@127.0.0.2:5070");
  CHECK(first.message->value(sip::header_id::route) == "<sip:127.0.0.5:5080;lr>");
  CHECK(first.to.remote.to_string() == "127.0.0.5:5080");
  CHECK(tag_of_to(*first.message) == "b1");
  CHECK(n.opened.size() == 1);

  n.receive(provisional(*invite, 183, 100, offer("8")));  // a copy
  n.receive(provisional(*invite, 180, 102));              // after a gap
  CHECK(n.times_of("PRACK").size() == 1);
  n.receive(provisional(*invite, 180, 101));
  CHECK(n.last_sent("PRACK").message->value(sip::header_id::rack) == "101 1 INVITE");
  CHECK(n.last_sent("PRACK").message->cseq()->number == 3);
  n.receive(respond_to(*first.message, 200, ""));

  n.receive(respond_to(*invite, 200, "b1", bob));  // the answer has been given
  CHECK(n.events<call::call_answered>().size() == 1);
  CHECK(n.last_sent("ACK").message->cseq()->number == 1);
  CHECK(n.last_sent("ACK").message->value(sip::header_id::route).empty());
  n.hang_up();
  CHECK(n.last_sent("BYE").message->cseq()->number == 4);
}

TEST_CASE("forks: each has its early dialog, and the one that answers brings its description") {
  node n;
  const auto invite = dial(n);
  n.receive(provisional(*invite, 183, 7, offer("8", "", "127.0.0.3", 4003), "b1"));
  n.receive(provisional(*invite, 183, 900, offer("0", "", "127.0.0.4", 4004), "b2",
                        "Contact: <sip:other@127.0.0.4:5074>\r\n"));
  CHECK(n.times_of("PRACK").size() == 2);
  CHECK(n.last_sent("PRACK").message->request_uri() == "sip:other@127.0.0.4:5074");
  CHECK(n.last_sent("PRACK").message->cseq()->number == 2);
  CHECK(n.opened.at(0).parameters.remote_rtp.port == 4003);
  n.receive(respond_to(*invite, 200, "b2", "Contact: <sip:other@127.0.0.4:5074>\r\n"));
  CHECK(n.changed.back().parameters.remote_rtp.port == 4004);
  CHECK(n.events<call::call_answered>().size() == 1);
  n.receive(respond_to(*invite, 200, "b1", bob));  // the other fork answers too
  CHECK(n.last_sent().method() == sip::method::bye);
  CHECK(tag_of_to(n.last_sent()) == "b1");
  CHECK(n.last_sent().cseq()->number == 3);
}

TEST_CASE("a fork is ended along the route set and target of its 2xx (RFC 3261 13.2.2.4)") {
  node n;
  const auto invite = dial(n);
  n.receive(provisional(*invite, 183, 7, offer("8"), "b1",
                        "Record-Route: <sip:127.0.0.5;lr>\r\nContact: <sip:early@127.0.0.4>\r\n"));
  CHECK(n.last_sent("PRACK").message->value(sip::header_id::route) == "<sip:127.0.0.5;lr>");
  n.receive(respond_to(*invite, 200, "b2", bob, offer("0")));
  n.sent.clear();
  n.receive(respond_to(*invite, 200, "b1",
                       "Record-Route: <sip:127.0.0.6;lr>\r\nContact: <sip:final@127.0.0.7>\r\n",
                       offer("8")));
  REQUIRE(n.ladder() == std::vector<std::string>{"ACK", "BYE"});
  for (const auto& sent : n.sent) {
    CHECK(sent.message->request_uri() == "sip:final@127.0.0.7");
    CHECK(sent.message->value(sip::header_id::route) == "<sip:127.0.0.6;lr>");
    CHECK(sent.to.remote.to_string() == "127.0.0.6:5060");
  }
  CHECK(n.last_sent("ACK").message->cseq()->number == 1);
  CHECK(n.last_sent("BYE").message->cseq()->number == 3);  // the PRACK was 2
}

TEST_CASE("UPDATE of the callee in the caller's early dialog") {
  node n;
  const auto invite = dial(n);
  n.receive(provisional(*invite, 183, 7, offer("8"), "b1"));
  peer_request update;
  update.method = "UPDATE";
  update.call_id = invite->call_id();
  update.from = "<sip:bob@127.0.0.2:5070>;tag=b1";
  update.to = invite->value(sip::header_id::from);
  update.contact = "<sip:bob@127.0.0.2:5070>";
  update.body = offer("0", "", "127.0.0.9", 4999, 2);
  n.receive(update.text());
  CHECK(n.last_sent().status() == 200);
  CHECK(n.changed.back().parameters.remote_rtp.port == 4999);
  update.method = "BYE";
  update.cseq = 2;
  update.branch = "z9hG4bK-2";
  update.body.clear();
  n.receive(update.text());
  CHECK(n.last_sent().status() == 481);  // a callee may not end an early dialog (15)
}

TEST_CASE("a late offer of the caller") {
  node n;
  const auto invite = dial(n, true);
  CHECK(invite->body().empty());
  SECTION("the ACK answers the 2xx") {
    n.receive(respond_to(*invite, 200, "b1", bob, offer("8 0")));
    CHECK(n.last_sent("ACK").message->body().find("RTP/AVP 8\r\n") != std::string_view::npos);
    CHECK(n.events<call::call_answered>().size() == 1);
  }
  SECTION("the PRACK answers a reliable 183") {
    n.receive(provisional(*invite, 183, 7, offer("8 0")));
    CHECK(n.last_sent("PRACK").message->body().find("RTP/AVP 8\r\n") != std::string_view::npos);
    CHECK(n.events<call::call_early_media>().size() == 1);
    n.receive(respond_to(*invite, 200, "b1", bob));
    CHECK(n.last_sent("ACK").message->body().empty());
    CHECK(n.events<call::call_answered>().size() == 1);
  }
  SECTION("an offer that cannot be used ends the call") {
    n.receive(respond_to(*invite, 200, "b1", bob, offer("18")));
    CHECK(n.last_sent().method() == sip::method::bye);
    CHECK(n.last<call::call_ended>().reason == "bad_answer");
  }
}

TEST_CASE("a PRACK only where both Require: 100rel and an RSeq ask for it") {
  for (const char* headers :
       {"", "RSeq: 7\r\n", "Require: 100rel\r\n", "Require: 100rel\r\nRSeq: 0\r\n",
        "Require: 100rel\r\nRSeq: 4294967296\r\n", "Supported: 100rel\r\nRSeq: 7\r\n"}) {
    INFO(headers);
    node n;
    const auto invite = dial(n);
    n.receive(respond_to(*invite, 183, "b1", bob + headers, offer("8")));
    CHECK(n.times_of("PRACK").empty());
    n.receive(respond_to(*invite, 200, "b1", bob, offer("8")));
    CHECK(n.events<call::call_answered>().size() == 1);
  }
}

TEST_CASE("our PRACK is repeated until it is answered") {
  node n;
  const auto invite = dial(n);
  n.receive(provisional(*invite, 183, 100));
  n.advance(milliseconds(2000));
  CHECK(n.times_of("PRACK") == std::vector<std::int64_t>{0, 500, 1500});
  CHECK(n.last_sent("PRACK").message->value(sip::header_id::rack) == "100 1 INVITE");
  n.receive(respond_to(*n.last_sent("PRACK").message, 200, ""));
  n.advance(seconds(10));
  CHECK(n.times_of("PRACK").size() == 3);
  CHECK(n.events<call::call_ended>().empty());
}

TEST_CASE("an UPDATE of ours that meets glare comes again as one") {
  node n;
  n.receive(invite_with(required + "Allow: UPDATE, PRACK\r\n").text());
  n.early_media();
  n.receive(prack(*n.last_sent("183").message, 2).text());
  CHECK(n.modify({std::vector{audio::codec_id::pcma}, {}}));
  const auto first = n.last_sent("UPDATE").message;
  n.receive(respond_to(*first, 491, ""));
  CHECK(n.times_of("UPDATE").size() == 1);
  n.advance(seconds(2));  // the Call-ID is the peer's
  const auto second = n.last_sent("UPDATE").message;
  CHECK(second->cseq()->number == first->cseq()->number + 1);
  n.receive(respond_to(*second, 200, "", "", offer("8", "", "127.0.0.9", 4448, 2)));
  CHECK(n.changed.back().parameters.remote_rtp.port == 4448);
}

TEST_CASE("a PRACK that crosses our refusal is accepted, one that matches nothing is not") {
  node n;
  n.receive(invite_with(required).text());
  n.ring();
  const auto ringing = n.last_sent("180").message;
  n.early_media();  // waits for the PRACK, and is never sent
  const bool cancelled = GENERATE(false, true);
  if (cancelled) {
    peer_request cancel = invite_with("");
    cancel.method = "CANCEL";
    cancel.body.clear();
    n.receive(cancel.text());
    CHECK(n.last_sent("487").message->is_request() == false);
  } else {
    CHECK(n.reject(486));
  }
  const std::string refusal = cancelled ? "487" : "486";
  n.receive(ack_refusal(invite_with(required), *n.last_sent(refusal).message));
  CHECK(n.endpoint().calls() == 0);

  auto wrong = prack(*ringing, 2);
  wrong.headers = "RAck: " + std::to_string(rseq_of(*ringing) + 1) + " 1 INVITE\r\n";
  n.receive(wrong.text());
  CHECK(n.last_sent().status() == 481);
  const auto right = prack(*ringing, 3);
  n.receive(right.text());
  CHECK(n.last_sent().status() == 200);
  CHECK(n.last_sent().cseq()->method_name == "PRACK");
  n.receive(right.text());  // its 200 was lost
  CHECK(n.last_sent().status() == 200);
  CHECK(n.times_of("183").empty());
  n.receive(prack(*ringing, 4).text());  // that was acknowledged already
  CHECK(n.last_sent().status() == 481);
  n.advance(seconds(40));
  CHECK(n.is_clean());
}

TEST_CASE("a call that was refused waits 64*T1 for a PRACK, and no longer") {
  node n;
  n.receive(invite_with(required).text());
  n.ring();
  const auto ringing = n.last_sent("180").message;
  CHECK(n.reject(486));
  n.receive(ack_refusal(invite_with(required), *n.last_sent("486").message));
  n.advance(seconds(32) - milliseconds(1));
  CHECK(n.endpoint().inventory().calls == 1);
  n.advance(milliseconds(1));
  CHECK(n.endpoint().inventory().calls == 0);
  n.receive(prack(*ringing, 2).text());
  CHECK(n.last_sent().status() == 481);
  n.advance(seconds(40));
  CHECK(n.is_clean());
}
