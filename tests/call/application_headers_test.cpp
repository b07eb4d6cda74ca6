// What the application adds to provisionals, refusals and answers: headers, codecs of one call.
#include "call/support.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

using audio::codec_id;

const std::vector<call::header_list> forbidden{
    {{"Via", "x"}}, {{"Contact", "<sip:x@y>"}}, {{"X-A", "1\r\nX-B: 2"}}, {{"X A", "1"}}};

peer_request with_headers(const std::string& lines) {
  peer_request r;
  r.headers = lines;
  return r;
}

}  // namespace

TEST_CASE("headers of provisionals are in every copy") {
  for (const std::string required : {"", "Require: 100rel\r\n"}) {
    INFO(required);
    node n;
    call::endpoint& e = n.endpoint();
    n.receive(with_headers(required).text());
    for (const auto& headers : forbidden) {
      CHECK_FALSE(e.ring(n.last_call, n.now(), headers));
      CHECK_FALSE(e.early_media(n.last_call, n.now(), headers));
    }
    n.drain();
    CHECK(n.ladder() == std::vector<std::string>{"100"});
    REQUIRE(e.ring(n.last_call, n.now(), {{"X-Queue", "3"}, {"Alert-Info", "<urn:a>"}}));
    n.drain();
    CHECK(n.last_sent("180").message->value("X-Queue") == "3");
    CHECK(n.last_sent("180").message->value("Alert-Info") == "<urn:a>");
    n.advance(required.empty() ? seconds(61) : milliseconds(600));
    CHECK(n.times_of("180").size() == 2);
    CHECK(n.last_sent("180").message->value("X-Queue") == "3");
  }
  node n;
  n.receive(peer_request{}.text());
  REQUIRE(n.endpoint().early_media(n.last_call, n.now(), {{"X-Early", "yes"}}));
  n.drain();
  CHECK(n.last_sent("183").message->value("X-Early") == "yes");
  CHECK_FALSE(n.last_sent("183").message->body().empty());
}

TEST_CASE("headers of a refusal, where Retry-After is the application's") {
  for (const int status : {486, 503}) {
    node n;
    n.receive(peer_request{}.text());
    for (const auto& headers : forbidden)
      CHECK_FALSE(n.endpoint().reject(n.last_call, status, "", "test", n.now(), headers));
    REQUIRE(n.endpoint().reject(n.last_call, status, "", "test", n.now(),
                                {{"retry-after", "77"}, {"X-Why", "full"}}));
    n.drain();
    CHECK(n.last_sent().status() == status);
    CHECK(n.last_sent().value("X-Why") == "full");
    std::vector<std::string> waits;
    n.last_sent().for_each(sip::header_id::retry_after,
                           [&](std::string_view v) { waits.emplace_back(v); });
    CHECK(waits == std::vector<std::string>{"77"});
    CHECK(n.last<call::call_rejected>().status == status);
  }
}

TEST_CASE("a redirection is 302 or 301") {
  for (const int status : {301, 302}) {
    node n;
    n.receive(peer_request{}.text());
    for (const int other : {300, 305, 200, 404})
      CHECK_FALSE(n.endpoint().redirect(n.last_call, "sip:c@127.0.0.3", "test", n.now(), other));
    REQUIRE(n.endpoint().redirect(n.last_call, "sip:c@127.0.0.3", "test", n.now(), status));
    n.drain();
    CHECK(n.last_sent().status() == status);
    CHECK(n.last_sent().value(sip::header_id::contact) == "<sip:c@127.0.0.3>");
  }
}

TEST_CASE("an answer may narrow the codecs of its call") {
  struct row {
    std::vector<codec_id> codecs;
    std::string offer;
    int status;
    codec_id agreed;
  };
  for (const row& r : {row{{codec_id::pcma}, offer(), 200, codec_id::pcma},
                       row{{codec_id::g722, codec_id::pcma}, offer(), 200, codec_id::pcma},
                       row{{codec_id::g722}, offer("0 9"), 200, codec_id::g722},
                       row{{codec_id::g722}, offer(), 488, {}}}) {
    node n;
    peer_request invite;
    invite.body = r.offer;
    if (r.offer != offer()) invite.body = r.offer + "a=rtpmap:9 G722/8000\r\n";
    n.receive(invite.text());
    REQUIRE(n.answer({{}, r.codecs}));
    CHECK(n.last_sent().status() == r.status);
    if (r.status == 488) {
      CHECK(n.last_sent().value(sip::header_id::warning).substr(0, 3) == "305");
      CHECK(n.last<call::call_rejected>().rule == "no_common_codec");
      n.receive(ack_refusal(invite, n.last_sent()));
      n.advance(seconds(32));
      CHECK(n.is_clean());
    } else {
      n.receive(in_dialog(n.last_sent(), "ACK", 1, "z9hG4bK-ack").text());
      CHECK(n.last<call::call_answered>().format.send.codec == r.agreed);
    }
  }
}

TEST_CASE("codecs of an answer are offered where the INVITE has no offer") {
  node n;
  peer_request invite;
  invite.body.clear();
  n.receive(invite.text());
  CHECK_FALSE(n.answer({{}, std::vector<codec_id>{}}));
  REQUIRE(n.answer({{}, std::vector{codec_id::pcma, codec_id::pcma}}));
  CHECK(n.last_sent().body().find("RTP/AVP 8 101") != std::string_view::npos);
}

TEST_CASE("a description that has gone out is not taken back by the codecs of an answer") {
  node n;
  n.receive(peer_request{}.text());
  REQUIRE(n.early_media());
  CHECK_FALSE(n.answer({{}, std::vector{codec_id::pcma}}));
  CHECK(n.answer());
}

TEST_CASE("codecs and session timer of one call that is placed") {
  call::endpoint_config config;
  config.session_expires = seconds(1800);
  node n(config);
  call::dial_request r;
  r.target = "sip:bob@127.0.0.2:5070";
  r.codecs = {codec_id::pcma};
  r.session_expires = seconds(600);
  n.dial(r);
  CHECK(n.last_sent("INVITE").message->body().find("RTP/AVP 8 101") != std::string_view::npos);
  CHECK(n.last_sent("INVITE").message->value(sip::header_id::session_expires).substr(0, 3) ==
        "600");
  r.session_expires = duration::zero();
  n.dial(r);
  CHECK_FALSE(n.last_sent("INVITE").message->has(sip::header_id::session_expires));
  r.codecs = std::vector<codec_id>{};
  n.dial(r);
  CHECK(n.last<call::call_ended>().reason == "no_codec");
}

TEST_CASE("packet time and headers of one re-INVITE") {
  node n;
  establish(n);
  call::media_modification change;
  change.ptime = milliseconds(25);
  CHECK_FALSE(n.modify(change));
  change.ptime = milliseconds(40);
  change.headers = {{"Contact", "<sip:x@y>"}};
  CHECK_FALSE(n.modify(change));
  change.headers = {{"X-Why", "longer"}};
  REQUIRE(n.modify(change));
  const auto first = n.last_sent("INVITE").message;
  CHECK(first->value("X-Why") == "longer");
  CHECK(first->body().find("a=ptime:40\r\n") != std::string_view::npos);
  SECTION("refused for the moment it comes again as it was") {
    n.receive(respond_to(*first, 491, ""));
    n.advance(seconds(5));
    CHECK(n.last_sent("INVITE").message->cseq()->number == first->cseq()->number + 1);
    CHECK(n.last_sent("INVITE").message->value("X-Why") == "longer");
  }
  SECTION("a later one has no headers of it") {
    n.receive(respond_to(*first, 200, "", "Contact: <sip:alice@127.0.0.2:5070>\r\n", offer("0")));
    CHECK(n.changed.back().parameters.format.ptime_ms == 40);
    REQUIRE(n.hold());
    CHECK(n.last_sent("INVITE").message->value("X-Why").empty());
  }
}
