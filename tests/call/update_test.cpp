// UPDATE of the peer (RFC 3311 section 5.2).
#include "call/support.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

peer_request update(const sip::message& response, std::uint32_t cseq, const std::string& body) {
  peer_request r = in_dialog(response, "UPDATE", cseq, "z9hG4bK-u" + std::to_string(cseq));
  r.body = body;
  return r;
}

const std::string other = offer("8", "", "127.0.0.9", 4444, 2);

}  // namespace

TEST_CASE("UPDATE changes a session that is up") {
  node n;
  const auto ok = establish(n);
  SECTION("with an offer: its answer is in the 200, and nothing waits for an ACK") {
    auto r = update(*ok, 2, other);
    r.contact = "<sip:alice@127.0.0.6:5066>";
    n.receive(r.text());
    CHECK(n.last_sent().status() == 200);
    CHECK(n.last_sent().body().find("RTP/AVP 8\r\n") != std::string_view::npos);
    CHECK(n.last_sent().has(sip::header_id::contact));
    REQUIRE(n.changed.size() == 1);
    CHECK(n.changed[0].parameters.remote_rtp.port == 4444);
    n.advance(seconds(40));
    CHECK(n.times_of("200").size() == 2);
    n.hang_up();
    CHECK(n.last_sent("BYE").to.remote == socket_address{ip_address::v4(127, 0, 0, 6), 5066});
  }
  SECTION("without one: a target refresh") {
    auto r = update(*ok, 2, "");
    r.contact = "<sip:alice@127.0.0.6:5066>";
    n.receive(r.text());
    CHECK(n.last_sent().status() == 200);
    CHECK(n.last_sent().body().empty());
    CHECK(n.changed.empty());
    n.hang_up();
    CHECK(n.last_sent().request_uri() == "sip:alice@127.0.0.6:5066");
  }
  SECTION("hold by UPDATE") {
    n.receive(update(*ok, 2, offer("0", "a=sendonly\r\n", "127.0.0.2", 4000, 2)).text());
    CHECK(n.last<call::call_held>().on_hold);
    n.receive(update(*ok, 3, offer("0", "", "127.0.0.2", 4000, 3)).text());
    CHECK_FALSE(n.last<call::call_held>().on_hold);
  }
  SECTION("an offer that cannot be used is 488, the old media go on") {
    n.receive(update(*ok, 2, offer("18")).text());
    CHECK(n.last_sent().status() == 488);
    CHECK(n.changed.empty());
    n.receive(update(*ok, 3, "rubbish").text());
    CHECK(n.last_sent().status() == 400);
  }
  SECTION("nor is one to an address that can be nobody's taken") {
    for (const std::string& bad :
         {offer("0", "", "224.0.0.1"), offer("0", "", "255.255.255.255"),
          offer("0", "", "127.0.0.2", 70000), offer("0", "", "127.0.0.2", 0)}) {
      node other;
      const auto up = establish(other);
      other.receive(update(*up, 2, bad).text());
      CHECK(other.last_sent().status() == 488);
      CHECK(other.last_sent().has(sip::header_id::warning));
      CHECK(other.changed.empty());
      CHECK(other.closed.empty());
    }
  }
  SECTION("after the end: 481") {
    n.hang_up();
    n.receive(update(*ok, 2, "").text());
    CHECK(n.last_sent().status() == 481);
  }
}

TEST_CASE("UPDATE against an offer that is outstanding") {
  struct row {
    const char* what;
    bool offers;
    int status;
  };
  const std::vector<row> rows{
      {"our re-INVITE is pending", true, 491},
      {"our re-INVITE is pending", false, 200},
      {"our 200 carried an offer", true, 491},
      {"our 200 carried an offer", false, 200},
      {"the INVITE's offer has no answer", true, 500},
      {"the INVITE's offer has no answer", false, 200},
      {"only an unreliable 183 answered the offer", true, 500},
  };
  for (const row& r : rows) {
    INFO(r.what << ", " << r.offers);
    node n;
    const std::string what = r.what;
    std::shared_ptr<const sip::message> dialog;
    if (what == "our re-INVITE is pending") {
      dialog = establish(n);
      n.hold();
    } else if (what == "our 200 carried an offer") {
      dialog = establish(n);
      auto late = in_dialog(*dialog, "INVITE", 2, "z9hG4bK-late");
      late.body.clear();
      n.receive(late.text());
    } else {
      n.receive(peer_request{}.text());
      if (what == "only an unreliable 183 answered the offer") n.early_media();
      n.ring();
      dialog = n.last_sent("180").message;
    }
    n.receive(update(*dialog, 9, r.offers ? other : "").text());
    CHECK(n.last_sent().status() == r.status);
    CHECK(n.last_sent().has(sip::header_id::retry_after) == (r.status == 500));
    CHECK(n.changed.empty());
    CHECK(n.events<call::call_ended>().empty());
  }
}

TEST_CASE("UPDATE in an early dialog refreshes the target") {
  node n;
  n.receive(peer_request{}.text());
  n.ring();
  auto r = update(*n.last_sent("180").message, 2, "");
  r.contact = "<sip:alice@127.0.0.6:5066>";
  n.receive(r.text());
  CHECK(n.last_sent().status() == 200);
  n.answer();
  n.receive(in_dialog(*n.last_sent("200").message, "ACK", 1, "z9hG4bK-ack").text());
  n.hang_up();
  CHECK(n.last_sent("BYE").to.remote == socket_address{ip_address::v4(127, 0, 0, 6), 5066});
}
