// Calls with a microphone and a speaker, and calls that speak.
#include "engine_harness.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::test;
using session::call_plan;

namespace {

void plan_for_all(engine_harness& h, const call_plan& plan) {
  h.engine.set_chooser([=](const call::call_info&) { return session::chosen_plan{plan, ""}; });
}

call_plan live(const std::string& device = "default") {
  call_plan plan;
  plan.live = device;
  return plan;
}

}  // namespace

TEST_CASE("A live call has the card from its INVITE to its end, and tells how it kept up") {
  engine_harness h;
  plan_for_all(h, live());
  h.invite("a");
  CHECK(h.sounds.live_taken);
  h.ack("a");
  REQUIRE(h.commands<media::live_command>().size() == 1);
  CHECK(h.commands<media::live_command>()[0].sound);
  CHECK(h.last("live_started")["device"] == "default");
  h.bye("a");
  CHECK_FALSE(h.sounds.live_taken);
  const auto finished = h.last("live_finished");
  CHECK(finished["input_underruns"] == 1);
  CHECK(finished["input_overruns"] == 2);
  CHECK(finished["output_underruns"] == 3);
  CHECK(finished["output_overruns"] == 4);
  CHECK(finished["card_stumbles"] == 5);
  CHECK(finished["input_drift_ppm"] == 6);
  CHECK(finished["output_drift_ppm"] == -7);
  CHECK(h.count("call_ended") == 1);
}

TEST_CASE("A second live call is refused with 486, when the first has ended the card is free") {
  engine_harness h;
  plan_for_all(h, live());
  h.establish("a");
  h.invite("b");
  CHECK(h.sent("SIP/2.0 486"));
  CHECK(h.last("call_rejected")["rule"] == "device_in_use");
  CHECK(h.sounds.live_taken);
  h.bye("a");
  h.establish("c");
  CHECK(h.count("live_started") == 2);
}

TEST_CASE("A call that is given up while it rings gives the card back") {
  engine_harness h;
  call_plan plan = live();
  plan.ring = std::chrono::seconds(5);
  plan_for_all(h, plan);
  h.invite("a");
  CHECK(h.sounds.live_taken);
  h.cancel("a");
  CHECK_FALSE(h.sounds.live_taken);
  CHECK(h.count("live_started") == 0);
  CHECK(h.count("live_finished") == 0);
}

TEST_CASE("Without its card a call is refused with 480 and an error") {
  engine_harness h;
  plan_for_all(h, live("gone"));
  h.invite("a");
  CHECK(h.sent("SIP/2.0 480"));
  CHECK(h.last("error")["message"] == "no such device");
  CHECK(h.last("call_rejected")["rule"] == "no_sound_device");
}

TEST_CASE("A card that fails is told once and the call goes on") {
  engine_harness h;
  plan_for_all(h, live());
  h.establish("a");
  REQUIRE(h.sounds.live_failed);
  h.sounds.live_failed("it has gone");
  h.advance(duration::zero());
  CHECK(h.last("error")["message"] == "it has gone");
  CHECK(h.count("call_ended") == 0);
  h.bye("a");
  CHECK(h.count("call_ended") == 1);
}

TEST_CASE("Files and texts are played in their order, each under its name") {
  engine_harness h;
  call_plan plan;
  plan.play = {"a.wav", session::prompt_source::speech("hello", "anna"), "b.wav"};
  plan_for_all(h, plan);
  h.establish("a");
  const auto plays = h.commands<media::play_command>();
  REQUIRE(plays.size() == 3);
  CHECK(plays[0].clip->name == "a.wav");
  CHECK(plays[1].clip->name == "say:anna:hello");
  CHECK(plays[2].clip->name == "b.wav");
}
