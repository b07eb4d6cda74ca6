// Two direct RTP endpoints over the simulated network: the sound of one is the recording of the
// other, and who leaves is heard.
#include <memory>
#include <string>

#include "sipvoice/sim/engine_application.hpp"
#include "sipvoice/sim/world.hpp"
#include "support/catch.hpp"
#include "support/sawtooth.hpp"

using namespace sipvoice;
using namespace std::chrono_literals;

namespace {

const ip_address left = ip_address::v4(10, 0, 0, 1);
const ip_address right = ip_address::v4(10, 0, 0, 2);

/// Every prompt is a second of a sawtooth.
struct prompts final : session::sound_store {
  std::shared_ptr<const audio::clip> load(const std::string& file, std::uint32_t rate,
                                          std::string&) override {
    return test::sawtooth_prompt(file, rate);
  }
  session::recording open_recording(const std::string&, std::uint32_t, bool,
                                    std::function<void(const session::recording_result&)>,
                                    std::string& error) override {
    error = "no disk in here";
    return {};
  }
};

struct side {
  side(sim::world& w, const ip_address& address)
      : node(w, config(address)), application(node, sounds, w, wall_time{}) {
    application.engine().enable_events(true);
  }
  static sim::node_config config(const ip_address& address) {
    sim::node_config c;
    c.address = address;
    return c;
  }
  void open(sim::world& w, std::uint16_t port, const socket_address& remote,
            const session::call_plan& plan, audio::codec_id codec) {
    session::direct_request r;
    const auto ports = node.take_port(port);
    REQUIRE(ports);
    r.ports = *ports;
    r.remote_rtp = remote;
    r.format = session::direct_format(codec, std::nullopt, 101, 20);
    r.inactivity_timeout = 30s;
    application.engine().open_direct(r, plan, w.random(), w.now());
    application.drain();
  }
  [[nodiscard]] std::size_t count(const std::string& event) const {
    std::size_t n = 0;
    for (const auto& line : application.events())
      n += line.json.find("\"event\":\"" + event + "\"") != std::string::npos ? 1 : 0;
    return n;
  }
  prompts sounds;
  sim::node node;
  sim::engine_application application;
};

}  // namespace

TEST_CASE("two direct endpoints hear each other's sound and digits, RTCP BYE ends the other") {
  for (const auto codec : {audio::codec_id::pcmu, audio::codec_id::l16}) {
    CAPTURE(audio::info(codec).option_name);
    sim::world w(1);
    w.set_default({.delay = 10ms});
    side a(w, left), b(w, right);
    session::call_plan playing, listening;
    playing.play = {"prompt"};
    playing.dtmf = "7";
    listening.capture_heard = true;
    listening.dtmf = "89";
    b.open(w, 5000, {left, 4000}, listening, codec);
    a.open(w, 4000, {right, 5000}, playing, codec);
    w.run_for(10s);
    REQUIRE(a.application.records().size() == 1);
    REQUIRE(b.application.records().size() == 1);
    const session::call_record& first = a.application.records()[0];
    const session::call_record& second = b.application.records()[0];
    CHECK(first.by == call::ended_by::local);
    CHECK(first.plan_completed);
    CHECK(second.by == call::ended_by::remote);
    CHECK(second.reason == "rtcp_bye");
    CHECK(a.count("dtmf") == 2);
    CHECK(b.count("dtmf") == 1);
    REQUIRE(second.media);
    CHECK(second.media->lost == 0);
    CHECK(second.media->rejected == 0);
    CHECK(second.media->packets_received == first.media->packets_sent);
    std::size_t loud = 0;
    for (const std::int16_t s : second.heard) loud += s > 1000 || s < -1000 ? 1 : 0;
    // A second of it, seven eighths of which are that loud; the digit took its share of the time.
    CHECK(loud > second.heard_rate * 3 / 5);
    CHECK(a.node.ports_in_use() == 0);
    CHECK(b.node.media_sessions() == 0);
  }
}

TEST_CASE("a direct endpoint whose peer vanishes ends by its timeout") {
  sim::world w(1);
  side a(w, left), b(w, right);
  session::call_plan echo;
  echo.echo = true;
  a.open(w, 4000, {right, 5000}, echo, audio::codec_id::pcmu);
  b.open(w, 5000, {left, 4000}, {}, audio::codec_id::pcmu);
  w.run_for(5s);
  CHECK(a.application.records().empty());
  w.set_path(right, left, {.loss = 1.0});
  w.run_for(40s);
  REQUIRE(a.application.records().size() == 1);
  CHECK(a.application.records()[0].by == call::ended_by::timeout);
  CHECK(a.application.records()[0].reason == "rtp_timeout");
  CHECK(a.application.records()[0].duration_ms / 1000 == 35);
}
