// What an application orders in calls that are up: sound card, tones, long digits; and the requests
// that it sends and answers itself.
#include <cmath>

#include "engine_harness.hpp"
#include "sipvoice/session/tone_clip.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::test;
using session::prompt_source;
using session::tone_sound;
using std::chrono::milliseconds;

namespace {

/// A call that is up, and does nothing of itself.
struct rig : engine_harness {
  explicit rig(const call::endpoint_config& config = {}) : engine_harness(config) {
    engine.set_chooser([](const call::call_info&) { return session::chosen_plan{}; });
    engine.tell_values(true);
    establish("a");
    id = values.at(0).call;
  }
  call::call_id id{};
  std::string error;
};

}  // namespace

TEST_CASE("an application takes a sound card for a call that is up, and gives it back") {
  rig r;
  CHECK_FALSE(r.engine.stop_live(r.id, r.now));
  CHECK_FALSE(r.engine.live(r.id, "gone", r.error, r.now));
  CHECK(r.error == "no such device");
  REQUIRE(r.engine.live(r.id, "default", r.error, r.now));
  r.drain();
  CHECK(r.sounds.live_taken);
  CHECK(r.last("live_started")["device"] == "default");
  REQUIRE(r.commands<media::live_command>().size() == 1);
  CHECK(r.commands<media::live_command>()[0].sound);
  CHECK_FALSE(r.engine.live(r.id, "default", r.error, r.now));
  REQUIRE(r.engine.stop_live(r.id, r.now));
  r.drain();
  CHECK_FALSE(r.sounds.live_taken);
  CHECK_FALSE(r.commands<media::live_command>().at(1).sound);
  CHECK(r.last("live_finished")["device"] == "default");
  r.sounds.live_failed("too late to matter");
  r.advance(duration::zero());
  CHECK(r.count("error") == 0);
  REQUIRE(r.engine.live(r.id, "default", r.error, r.now));
  r.bye("a");
  CHECK_FALSE(r.sounds.live_taken);
  CHECK(r.count("live_finished") == 2);
  CHECK_FALSE(r.engine.live(r.id, "default", r.error, r.now));
}

TEST_CASE("each digit lasts as long as the application says") {
  rig r;
  using media::digit_method;
  for (const duration wrong : {duration::zero(), duration(milliseconds(60'001))})
    CHECK_FALSE(r.engine.send_digits(r.id, "1", std::nullopt, r.now, wrong));
  REQUIRE(r.engine.send_digits(r.id, "1", std::nullopt, r.now));
  REQUIRE(r.engine.send_digits(r.id, "2", digit_method::inband, r.now, milliseconds(500)));
  REQUIRE(r.engine.send_digits(r.id, "34", digit_method::info, r.now, milliseconds(300)));
  r.drain();
  const auto commands = r.commands<media::send_digits_command>();
  REQUIRE(commands.size() == 2);
  CHECK(commands[0].each == milliseconds(160));
  CHECK(commands[1].each == milliseconds(500));
  r.advance(milliseconds(379));
  CHECK(r.info_numbers.size() == 1);
  r.advance(milliseconds(1));
  CHECK(r.info_numbers.size() == 2);
}

TEST_CASE("a tone is played like a prompt") {
  rig r;
  const auto tone = prompt_source::of_tone({440, -10, milliseconds(500)});
  CHECK_FALSE(tone.is_spoken());
  REQUIRE(r.engine.play(r.id, tone, true, r.error));
  r.drain();
  const auto plays = r.commands<media::play_command>();
  REQUIRE(plays.size() == 1);
  CHECK(plays[0].loop);
  CHECK(plays[0].clip->sample_rate == 8000);
  CHECK(plays[0].clip->samples.size() == 4000);
  r.media(media::play_started{plays[0].handle});
  CHECK(r.last("play_started")["source"] == "tone:440");
  CHECK_FALSE(r.engine.play(r.id, prompt_source::of_tone({4000}), false, r.error));
  CHECK(r.error.find("frequency") != std::string::npos);
}

TEST_CASE("the level of a tone is that of G.711, and what is no tone is refused") {
  std::string error;
  const auto clip = session::tone_clip({1000, -10, std::chrono::seconds(1)}, 8000, error);
  REQUIRE(clip);
  double power = 0;
  for (const std::int16_t s : clip->samples) power += static_cast<double>(s) * s;
  power /= static_cast<double>(clip->samples.size());
  // 0 dBm0 is 3.14 dB below a full sine, whose mean square is half that of its peak.
  CHECK(10 * std::log10(power / (32768.0 * 32768.0 / 2)) + 3.14 == Approx(-10).margin(0.01));
  for (const tone_sound& wrong :
       std::vector<tone_sound>{{0},
                               {-1},
                               {4000},
                               {std::nan("")},
                               {440, -61},
                               {440, 4},
                               {440, -10, duration::zero()},
                               {440, -10, session::longest_tone + milliseconds(1)}}) {
    error.clear();
    CHECK_FALSE(session::tone_clip(wrong, 8000, error));
    CHECK_FALSE(error.empty());
  }
}

TEST_CASE("requests of the application, and those it answers, are told as values and lines") {
  call::endpoint_config config;
  config.hold_request = [](call::call_id, std::string_view method) { return method == "X-Poke"; };
  rig r(config);
  r.in_dialog("a", "X-Poke", "X-A: 1\r\n");
  CHECK(r.last("request_received")["method"] == "X-Poke");
  const auto* held = std::get_if<session::request_event>(&r.values.back().what);
  REQUIRE(held != nullptr);
  CHECK(held->what.id == r.id);
  REQUIRE(r.endpoint.respond(r.id, held->what.request, {299}, r.now));
  r.drain();
  CHECK(r.sent("SIP/2.0 299"));

  REQUIRE(r.endpoint.send_in_dialog(r.id, {"INFO", {}, "text/x", "hi"}, r.now));
  r.drain();
  CHECK(r.last("request_finished")["method"] == "INFO");
  CHECK(r.last("request_finished")["status"] == 200);
  CHECK(r.last("request_finished")["call_id"] == "a");
  CHECK(std::holds_alternative<session::request_finished_event>(r.values.back().what));
  CHECK(r.values.back().call == r.id);
}
