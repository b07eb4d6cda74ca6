// Session timers in requests inside a dialog (RFC 4028 sections 7.4, 8 and 9): every re-INVITE and
// UPDATE is a refresh, whoever sends it and whatever else it asks for.
#include "call/support.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

const std::string supports = "Supported: timer\r\n";

std::string se(const sip::message& m) {
  return std::string(m.value(sip::header_id::session_expires));
}

/// A call of the peer whose session lasts 120 s, refreshed by that side.
std::shared_ptr<const sip::message> up(node& n, const std::string& refresher) {
  peer_request invite;
  invite.headers = supports + "Session-Expires: 120;refresher=" + refresher + "\r\n";
  return establish(n, invite);
}

}  // namespace

TEST_CASE("the peer refreshes by re-INVITE, and one without Session-Expires ends the timer") {
  const bool refreshes = GENERATE(true, false);
  node n;
  const auto ok = up(n, "uac");
  n.advance(seconds(50));
  auto again = in_dialog(*ok, "INVITE", 2, "z9hG4bK-re");
  if (refreshes) again.headers = supports + "Session-Expires: 120;refresher=uac\r\n";
  n.receive(again.text());
  CHECK(n.last_sent().status() == 200);
  CHECK(se(n.last_sent()) == (refreshes ? "120;refresher=uac" : ""));
  CHECK(n.last_sent().lists(sip::header_id::require, "timer") == refreshes);
  n.receive(in_dialog(*ok, "ACK", 2, "z9hG4bK-reack").text());
  CHECK(n.changed.empty());
  n.advance(seconds(2000));
  if (refreshes) {
    CHECK(n.times_of("BYE").at(0) == 50'000 + 88'000);
    CHECK(n.last<call::call_ended>().reason == "session_expired");
  } else {
    CHECK(n.times_of("BYE").empty());
    CHECK(n.endpoint().calls() == 1);
  }
}

TEST_CASE("a refresh may change who refreshes") {
  node n;
  const auto ok = up(n, "uac");
  n.advance(seconds(50));
  auto update = in_dialog(*ok, "UPDATE", 2, "z9hG4bK-u");
  update.headers = supports + "Allow: UPDATE\r\nSession-Expires: 120;refresher=uas\r\n";
  n.receive(update.text());
  CHECK(se(n.last_sent()) == "120;refresher=uas");
  n.advance(seconds(60));
  CHECK(n.times_of("UPDATE") == std::vector<std::int64_t>{110'000});
  CHECK(se(*n.last_sent("UPDATE").message) == "120;refresher=uac");
}

TEST_CASE("422 in a dialog: the session goes on as it was") {
  const std::string method = GENERATE("INVITE", "UPDATE");
  node n;
  const auto ok = up(n, "uac");
  auto r = in_dialog(*ok, method, 2, "z9hG4bK-2");
  r.headers = supports + "Session-Expires: 89\r\n";
  r.body = offer("8", "", "127.0.0.9", 4444, 2);
  n.receive(r.text());
  CHECK(n.last_sent().status() == 422);
  CHECK(n.last_sent().value(sip::header_id::min_se) == "90");
  CHECK(n.changed.empty());
  if (method == "INVITE") n.receive(ack_refusal(r, n.last_sent()));
  n.advance(seconds(100));
  CHECK(n.times_of("BYE").at(0) == 88'000);  // it has refreshed nothing
}

TEST_CASE("our hold is a refresh that keeps the roles") {
  const bool ours = GENERATE(true, false);
  node n;
  up(n, ours ? "uas" : "uac");  // the peer's INVITE: we are its uas
  n.advance(seconds(30));
  CHECK(n.hold());
  const std::string agreed = ours ? "120;refresher=uac" : "120;refresher=uas";
  const auto hold = n.last_sent("INVITE").message;
  CHECK(se(*hold) == agreed);
  CHECK(hold->lists(sip::header_id::supported, "timer"));
  n.receive(respond_to(*hold, 200, "",
                       "Contact: <sip:alice@127.0.0.2:5070>\r\nRequire: timer\r\n"
                       "Session-Expires: " +
                           agreed + "\r\n",
                       offer("0", "a=recvonly\r\n", "127.0.0.2", 4000, 2)));
  CHECK(n.last<call::call_held>().on_hold);
  n.advance(seconds(87));
  if (ours) {
    CHECK(n.times_of("INVITE").at(1) == 90'000);  // the peer says nothing of UPDATE
    CHECK(n.last_sent("INVITE").message->body().find("a=sendonly") != std::string_view::npos);
  } else {
    CHECK(n.times_of("BYE").empty());
    n.advance(seconds(1));
    CHECK(n.times_of("BYE").at(0) == 30'000 + 88'000);
  }
}
