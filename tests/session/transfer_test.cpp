// What transfers, digits of INFO and messages come to in plans and in the event stream.
#include <algorithm>

#include "session/engine_harness.hpp"
#include "sipvoice/session/events.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using session::call_plan;
using sipvoice::test::engine_harness;
using namespace std::chrono_literals;

namespace {

void plan_for_all(engine_harness& h, const call_plan& plan) {
  h.engine.set_chooser([plan](const call::call_info&) { return session::chosen_plan{plan, ""}; });
}

/// An event of the endpoint, as the engine gets it.
void told(engine_harness& h, const call::call_event& e) {
  h.engine.handle(e, h.now);
  h.drain();
}

call::call_id first_call() { return call::call_id{1}; }

call::call_transfer transfer_of(call::transfer_state state, int status, const char* reason) {
  return {first_call(), true, state, status, reason, "sip:carol@127.0.0.8", {}};
}

}  // namespace

TEST_CASE("a digit of INFO is told with its method, and counts for hangup_on once") {
  engine_harness h;
  call_plan plan;
  plan.hangup_on = "11";
  plan_for_all(h, plan);
  h.establish("a");
  told(h, call::call_digit{first_call(), '1', 120});
  const auto dtmf = h.last("dtmf");
  CHECK(dtmf["digit"] == "1");
  CHECK(dtmf["method"] == "info");
  CHECK(dtmf["duration_ms"] == 120);
  CHECK(dtmf["complete"] == true);
  h.media(media::digit_received{'1', 120, true});
  CHECK(h.count("dtmf") == 1);
  CHECK_FALSE(h.sent("BYE "));
  told(h, call::call_digit{first_call(), '1', 120});
  CHECK(h.last("call_ended")["reason"] == "hangup_on");
}

TEST_CASE("messages, hold and resume of the peer reach the event stream") {
  engine_harness h;
  plan_for_all(h, {});
  h.establish("a");
  told(h, call::call_message{first_call(), "text/plain", "hi \xff"});
  CHECK(h.last("message")["content_type"] == "text/plain");
  CHECK(h.last("message")["text"].get<std::string>().starts_with("hi "));
  told(h, call::call_held{first_call(), true});
  told(h, call::call_held{first_call(), false});
  CHECK(h.count("hold") == 1);
  CHECK(h.count("resume") == 1);
}

TEST_CASE("a message outside a call is an event with who sent it to whom") {
  engine_harness h;
  plan_for_all(h, {});
  told(h, call::page_message{"sip:alice@127.0.0.9", "sip:9@127.0.0.1", "text/plain", "hi"});
  REQUIRE(h.names() == std::vector<std::string>{"message"});
  const auto event = h.last("message");
  CHECK(event["from"] == "sip:alice@127.0.0.9");
  CHECK(event["to"] == "sip:9@127.0.0.1");
  CHECK(event["content_type"] == "text/plain");
  CHECK(event["text"] == "hi");
  CHECK_FALSE(event.contains("session_id"));
  CHECK(session::to_text(
            {{}, nullptr, session::message_event{"text/plain", "h\ni", "sip:a", "sip:b"}}) ==
        "message from sip:a to sip:b (text/plain): h\\x0ai");
}

TEST_CASE("a plan sends the peer elsewhere at once when it has nothing else to do") {
  engine_harness h;
  call_plan plan;
  plan.transfer = "sip:carol@127.0.0.8";
  plan_for_all(h, plan);
  h.establish("a");
  CHECK(h.sent("REFER "));
  CHECK(h.last("transfer")["state"] == "trying");
  CHECK(h.last("transfer")["by"] == "local");
  CHECK(h.last("transfer")["target"] == "sip:carol@127.0.0.8");
  CHECK(h.last("transfer")["status"].is_null());
  SECTION("failed: the call is ended, and the record says why") {
    told(h, transfer_of(call::transfer_state::failed, 486, "Busy Here"));
    const auto said = std::find_if(h.events.begin(), h.events.end(), [](const auto& e) {
      return e.at("event") == "transfer" && e.at("status") == 486;
    });
    REQUIRE(said != h.events.end());
    CHECK(said->at("reason") == "Busy Here");
    CHECK(h.last("call_ended")["reason"] == "transfer_failed");
    REQUIRE(h.finished.size() == 1);
    REQUIRE(h.finished[0].transfer);
    CHECK(h.finished[0].transfer->state == call::transfer_state::failed);
  }
  SECTION("done: the endpoint ends it") {
    told(h, transfer_of(call::transfer_state::done, 200, "OK"));
    CHECK(h.last("transfer")["state"] == "done");
    CHECK(h.count("call_ended") == 0);
  }
}

TEST_CASE("a failed transfer leaves a call that was asked to stay") {
  engine_harness h;
  call_plan plan;
  plan.transfer = "sip:carol@127.0.0.8";
  plan.then = session::then_action::stay;
  plan_for_all(h, plan);
  h.establish("a");
  told(h, transfer_of(call::transfer_state::failed, 603, "Decline"));
  CHECK(h.count("call_ended") == 0);
  CHECK(h.engine.sessions() == 1);
}

TEST_CASE("the transfer waits for the prompts") {
  engine_harness h;
  call_plan plan;
  plan.play = {"a.wav"};
  plan.transfer = "sip:carol@127.0.0.8";
  plan_for_all(h, plan);
  h.establish("a");
  CHECK_FALSE(h.sent("REFER "));
  h.media(media::play_finished{1, 1000, true});
  CHECK(h.sent("REFER "));
  CHECK(h.count("call_ended") == 0);
}

TEST_CASE("a target that cannot be called fails the transfer at once") {
  engine_harness h;
  call_plan plan;
  plan.transfer = "tel:+1";
  plan_for_all(h, plan);
  h.establish("a");
  CHECK(h.last("transfer")["state"] == "failed");
  CHECK(h.last("transfer")["reason"] == "cannot_transfer");
  CHECK(h.last("call_ended")["reason"] == "transfer_failed");
}

TEST_CASE("the call that follows a REFER does what the first one did") {
  call::endpoint_config config;
  config.allow_refer = [](const std::string& uri) { return uri == "sip:carol@127.0.0.8"; };
  engine_harness h(config);
  call_plan plan;
  plan.echo = true;
  plan_for_all(h, plan);
  h.establish("a");
  h.in_dialog("a", "REFER", "Refer-To: <sip:carol@127.0.0.8>\r\nRefer-Sub: false\r\n");
  CHECK(h.sent("SIP/2.0 202"));
  CHECK(h.sent("INVITE sip:carol@127.0.0.8"));
  CHECK(h.last("transfer")["by"] == "remote");
  CHECK(h.last("call_outgoing")["to"] == "sip:carol@127.0.0.8");
  CHECK(h.engine.sessions() == 2);
  // Its own answer starts the plan there: told as the endpoint would.
  call::call_answered answered;
  answered.id = call::call_id{2};
  answered.media = media::media_id{99};
  told(h, answered);
  CHECK(h.commands<media::echo_command>().size() == 2);
}

TEST_CASE("the call that takes another's place does what that one did") {
  engine_harness h;
  call_plan plan;
  plan.echo = true;
  plan.ring = 5s;
  plan_for_all(h, plan);
  h.invite("a");
  h.advance(5s);
  h.ack("a");
  plan_for_all(h, {});  // only for new calls
  h.establish("b", "Replaces: a;to-tag=" + h.to_tag["a"] + ";from-tag=aa\r\n");
  CHECK(h.last("call_ended")["reason"] == "replaced");
  CHECK(h.count("call_answered") == 2);
  CHECK(h.commands<media::echo_command>().size() == 2);
  CHECK(h.engine.sessions() == 1);
}

namespace {

/// We have called alice, and carol for her: an attended transfer up to the answer of carol.
struct attended : engine_harness {
  explicit attended(const call_plan& more = {}) {
    call::dial_request first, second;
    first.target = "sip:alice@127.0.0.9";
    second.target = "sip:carol@127.0.0.8";
    call_plan plan = more;
    plan.transfer = second.target;
    plan.consult = std::make_shared<const call::dial_request>(second);
    engine.dial(first, plan, now);
    drain();
    to_alice = last_text("INVITE ");
    respond(to_alice, "200 OK", "ta", "Contact: <sip:alice@127.0.0.9:5060>\r\n", true);
  }
  void place() { to_carol = last_text("INVITE sip:carol@127.0.0.8 "); }
  void carol_answers() {
    place();
    respond(to_carol, "200 OK", "tc", "Contact: <sip:carol@127.0.0.7:5070>\r\n", true);
  }
  void notify(const std::string& status, bool last, int cseq) {
    request_back(to_alice, "NOTIFY", "ta", cseq,
                 std::string("Event: refer\r\nSubscription-State: ") +
                     (last ? "terminated;reason=noresource" : "active;expires=60") + "\r\n",
                 "SIP/2.0 " + status + "\r\n");
  }
  [[nodiscard]] static std::string call_id_of(const std::string& text) {
    const auto at = text.find("\r\nCall-ID: ") + 11;
    return text.substr(at, text.find("\r\n", at) - at);
  }
  [[nodiscard]] bool ended(const std::string& invite, const std::string& reason) const {
    for (const auto& e : events)
      if (e.at("event") == "call_ended" && e.at("call_id") == call_id_of(invite))
        return e.at("reason") == reason;
    return false;
  }
  std::string to_alice, to_carol;
};

}  // namespace

TEST_CASE("an attended transfer: hold, a call to the target, REFER with Replaces, all is told") {
  attended h;
  // Alice is on hold while carol is called (RFC 5589 section 7.1).
  CHECK(h.last_text("INVITE sip:alice@127.0.0.9:5060").find("a=sendonly") != std::string::npos);
  h.place();
  REQUIRE_FALSE(h.to_carol.empty());
  CHECK_FALSE(h.sent("REFER "));
  CHECK(h.engine.sessions() == 2);
  h.respond(h.to_carol, "180 Ringing", "tc", "Contact: <sip:carol@127.0.0.7:5070>\r\n");
  CHECK_FALSE(h.sent("REFER "));
  h.carol_answers();
  const std::string refer = h.last_text("REFER sip:alice@127.0.0.9:5060");
  REQUIRE_FALSE(refer.empty());
  const auto& carol = h.to_carol;
  const auto from_tag = carol.substr(carol.find(";tag=") + 5, 12);
  CHECK(refer.find("Refer-To: <sip:carol@127.0.0.7:5070?Replaces=" + attended::call_id_of(carol) +
                   "%3Bto-tag%3Dtc%3Bfrom-tag%3D" + from_tag + ">") != std::string::npos);
  CHECK(h.last("transfer")["state"] == "trying");
  CHECK(h.last("transfer")["target"] == "sip:carol@127.0.0.8");
  h.respond(refer, "202 Accepted", "ta", "Contact: <sip:alice@127.0.0.9:5060>\r\n");
  h.notify("100 Trying", false, 2);
  CHECK(h.count("call_ended") == 0);

  SECTION("done: carol ends our call with her, we end the one with alice") {
    const bool by_carol = GENERATE(true, false);
    if (by_carol) h.request_back(h.to_carol, "BYE", "tc", 3);
    CHECK(h.count("transfer") == 1);
    h.notify("200 OK", true, 3);
    CHECK(h.last("transfer")["state"] == "done");
    CHECK(h.ended(h.to_alice, "transferred"));
    CHECK(h.ended(h.to_carol, by_carol ? "hangup" : "transferred"));
    REQUIRE(h.finished.size() == 2);
    for (const auto& record : h.finished) {
      const bool is_alice = !record.consulted_for;
      CHECK(record.transfer.has_value() == is_alice);
      if (!is_alice) continue;
      CHECK(record.transfer->state == call::transfer_state::done);
      CHECK(record.transfer->target == "sip:carol@127.0.0.8");
    }
  }
  SECTION("alice could not: both calls are ended, and the record says why") {
    h.notify("486 Busy Here", true, 3);
    CHECK(h.last("transfer")["state"] == "failed");
    CHECK(h.last("transfer")["status"] == 486);
    CHECK(h.ended(h.to_alice, "transfer_failed"));
    CHECK(h.ended(h.to_carol, "transfer_failed"));
  }
  CHECK(h.engine.sessions() == 0);
  h.advance(100s);
  CHECK(h.endpoint.inventory().calls == 0);
}

TEST_CASE("an attended transfer whose target does not answer") {
  call_plan plan;
  const bool stays = GENERATE(false, true);
  if (stays) plan.then = session::then_action::stay;
  attended h(plan);
  h.place();
  h.respond(h.to_carol, "486 Busy Here", "tc");
  CHECK_FALSE(h.sent("REFER "));
  CHECK(h.last("transfer")["state"] == "failed");
  CHECK(h.last("transfer")["status"] == 486);
  CHECK(h.last("transfer")["reason"] == "Busy Here");
  if (!stays) {
    CHECK(h.ended(h.to_alice, "transfer_failed"));
    CHECK(h.engine.sessions() == 0);
  } else {
    CHECK(h.count("call_ended") == 0);
    CHECK(h.engine.sessions() == 1);
    // The re-INVITE of the hold is answered; then alice is talked to again.
    h.respond(h.last_text("INVITE sip:alice@127.0.0.9:5060"), "200 OK", "ta",
              "Contact: <sip:alice@127.0.0.9:5060>\r\n", true);
    h.advance(1s);
    CHECK(h.last_text("INVITE sip:alice@127.0.0.9:5060").find("a=sendonly") == std::string::npos);
  }
}

TEST_CASE("the peer leaves while the target of his transfer is called") {
  attended h;
  const bool answered = GENERATE(false, true);
  h.place();
  if (answered)
    h.carol_answers();
  else
    h.respond(h.to_carol, "180 Ringing", "tc", "Contact: <sip:carol@127.0.0.7:5070>\r\n");
  h.request_back(h.to_alice, "BYE", "ta", 2);
  CHECK(h.ended(h.to_alice, "hangup"));
  if (answered) {
    CHECK(h.sent("BYE sip:carol@127.0.0.7:5070"));
  } else {
    CHECK(h.sent("CANCEL sip:carol@127.0.0.8"));
    h.respond(h.to_carol, "487 Request Terminated", "tc");
  }
  CHECK(h.engine.sessions() == 0);
}
