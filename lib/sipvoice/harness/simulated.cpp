// A scenario in a simulated world: every party a machine of its own, one virtual clock.
#include <optional>
#include <utility>

#include "sipvoice/harness/run.hpp"
#include "sipvoice/harness/simulated_capture.hpp"
#include "sipvoice/harness/sounds.hpp"
#include "sipvoice/scenario/runner.hpp"
#include "sipvoice/sim/engine_application.hpp"
#include "sipvoice/sim/node.hpp"
#include "sipvoice/sim/world.hpp"

namespace sipvoice::harness {
namespace {

constexpr std::uint16_t sip_port = 5060;

/// 2000-01-01T00:00:00Z.
constexpr wall_time epoch{std::chrono::seconds(946'684'800)};

/// Behind the millisecond that every datagram takes.
sim::impairment to_path(const scenario::impairment& how) {
  sim::impairment path = to_link(how);
  path.delay += sim::impairment{}.delay;
  return path;
}

class simulated_station final : public scenario::station {
 public:
  simulated_station(sim::world& w, scenario::runner& r, std::size_t index,
                    const scenario::station_plan& plan, session::sound_store& sounds)
      : world_(w),
        transport_(transport_of(plan.listen)),
        sounds_(sounds),
        node_(w, config_of(index, plan, transport_)),
        application_(node_, sounds, w, epoch, observer_of(r, index, w)) {}

  session::engine& engine() override { return application_.engine(); }
  call::endpoint& endpoint() override { return node_.endpoint(); }
  session::sound_store& sounds() override { return sounds_; }
  [[nodiscard]] socket_address address() const override { return {node_.address(), sip_port}; }
  [[nodiscard]] sip::transport transport() const override { return transport_; }
  void settle() override { application_.drain_soon(); }
  void send_raw(std::string_view bytes, const socket_address& to) override {
    world_.send(address(), to, bytes);
  }

 private:
  static sim::node_config config_of(std::size_t index, const scenario::station_plan& plan,
                                    sip::transport transport) {
    sim::node_config c;
    c.address = ip_address::v4(10, 0, static_cast<std::uint8_t>(index / 250),
                               static_cast<std::uint8_t>(index % 250 + 1));
    c.sip_port = sip_port;
    if (transport == sip::transport::tcp) c.tcp_port = sip_port;
    if (transport == sip::transport::tls) c.tls_port = sip_port;
    c.endpoint = plan.endpoint;
    return c;
  }
  static sim::engine_observer observer_of(scenario::runner& r, std::size_t index, sim::world& w) {
    sim::engine_observer o;
    o.told = [&r, &w, index](const session::told& t) { r.hear(index, t, w.now()); };
    o.media_told = [&r, &w, index](const session::media_told& t) { r.hear(index, t, w.now()); };
    o.recording_failed = [&r, &w, index](const session::recording_failed& f) {
      r.fail(index, scenario::failure_kind::media, f.message, w.now());
    };
    return o;
  }

  sim::world& world_;
  sip::transport transport_;
  session::sound_store& sounds_;
  sim::node node_;
  sim::engine_application application_;
};

}  // namespace

scenario::scenario_report run_simulated(const scenario::document& d, const run_settings& settings) {
  if (d.leaves()) {
    scenario::scenario_report skipped;
    skipped.name = d.title;
    skipped.file = d.file;
    skipped.row = settings.row;
    skipped.seed = settings.seed;
    skipped.result = scenario::verdict::skipped;
    skipped.skipped_because = "it calls somebody outside, who cannot be simulated";
    return skipped;
  }
  sim::world world(settings.seed);
  std::optional<simulated_capture> capture;
  if (!settings.artifacts.empty())
    capture.emplace(world, settings.artifacts + "/network.pcap", epoch);
  const auto sounds = make_immediate_sounds(settings.speech);
  scenario::runner_options options = runner_options_of(settings);
  options.clock = [&world] { return world.now(); };
  scenario::runner runner(d, *sounds, std::move(options));

  std::vector<std::unique_ptr<simulated_station>> stations;
  std::vector<scenario::station_plan> plans;
  for (std::size_t i = 0; i < d.parties.size(); ++i) {
    plans.push_back(runner.plan(i));
    stations.push_back(
        std::make_unique<simulated_station>(world, runner, i, plans.back(), *sounds));
    runner.attach(i, *stations.back());
  }
  for (std::size_t i = 0; i < stations.size(); ++i) {
    if (plans[i].seed) world.set_seed(stations[i]->address().ip, *plans[i].seed);
    for (std::size_t k = 0; k < stations.size(); ++k) {
      if (i == k) continue;
      world.set_path(stations[i]->address().ip, stations[k]->address().ip, to_path(plans[i].sip));
      world.set_media_path(stations[i]->address().ip, stations[k]->address().ip,
                           to_path(plans[i].rtp));
    }
  }
  for (std::size_t i = 0; i < d.parties.size(); ++i) {
    const std::string wrong = load_prompts(d, d.parties[i], *sounds);
    if (wrong.empty()) continue;
    runner.fail(i, scenario::failure_kind::media, wrong, world.now());
    return runner.take_report(world.now());
  }
  runner.begin(world.now());
  while (!runner.done()) {
    if (settings.interrupted != nullptr && settings.interrupted->load())
      runner.interrupt(world.now());
    const time_point limit = runner.next_deadline();
    if (!world.step(limit)) world.run_until(std::max(limit, world.now()));
    runner.advance(world.now());
  }
  return runner.take_report(world.now());
}

}  // namespace sipvoice::harness
