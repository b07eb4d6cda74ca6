// A scenario in a simulated world: every party a machine of its own, one virtual clock.
#include <optional>
#include <utility>

#include "sipvoice/harness/run.hpp"
#include "sipvoice/harness/simulated_capture.hpp"
#include "sipvoice/harness/sounds.hpp"
#include "sipvoice/scenario/runner.hpp"
#include "sipvoice/sim/node.hpp"
#include "sipvoice/sim/world.hpp"

namespace sipvoice::harness {
namespace {

constexpr std::uint16_t sip_port = 5060;

/// 2000-01-01T00:00:00Z.
constexpr wall_time epoch{std::chrono::seconds(946'684'800)};

sim::impairment to_link(const scenario::impairment& how) {
  sim::impairment link;
  link.delay += how.delay;
  link.jitter = how.jitter;
  link.loss = how.loss;
  link.duplicate = how.duplicate;
  link.reorder = how.reorder;
  return link;
}

class simulated_station final : public scenario::station, public sim::application {
 public:
  simulated_station(sim::world& w, scenario::runner& r, std::size_t index,
                    const scenario::station_plan& plan, session::sound_store& sounds)
      : world_(w),
        runner_(r),
        index_(index),
        transport_(plan.listen.starts_with("tcp:")   ? sip::transport::tcp
                   : plan.listen.starts_with("tls:") ? sip::transport::tls
                                                     : sip::transport::udp),
        sounds_(sounds),
        node_(w, config_of(index, plan, transport_)),
        engine_(node_.endpoint(), sounds, {w.now(), epoch}) {
    node_.set_application(*this);
  }

  // --- scenario::station
  session::engine& engine() override { return engine_; }
  call::endpoint& endpoint() override { return node_.endpoint(); }
  session::sound_store& sounds() override { return sounds_; }
  [[nodiscard]] socket_address address() const override { return {node_.address(), sip_port}; }
  [[nodiscard]] sip::transport transport() const override { return transport_; }
  void settle() override {
    if (std::exchange(settling_, true)) return;
    world_.at(world_.now(), [this] {
      settling_ = false;
      drain();
    });
  }
  void send_raw(std::string_view bytes, const socket_address& to) override {
    world_.send(address(), to, bytes);
  }

  // --- sim::application
  void on_call_event(const call::call_event& event, time_point now) override {
    engine_.handle(event, now);
    drain();
  }
  void on_media_event(const media::media_event& event, time_point now) override {
    engine_.handle(event, now);
    drain();
  }
  void handle_timeout(time_point now) override {
    engine_.handle_timeout(now);
    drain();
  }
  [[nodiscard]] time_point next_deadline() const override { return engine_.next_deadline(); }

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
  void drain() {
    if (std::exchange(draining_, true)) return;
    while (auto o = engine_.poll()) {
      if (auto* c = std::get_if<media::media_command>(&*o)) {
        node_.command(*c);
      } else if (auto* t = std::get_if<session::told>(&*o)) {
        runner_.hear(index_, *t, world_.now());
      } else if (auto* m = std::get_if<session::media_told>(&*o)) {
        runner_.hear(index_, *m, world_.now());
      } else if (auto* f = std::get_if<session::recording_failed>(&*o)) {
        runner_.fail(index_, scenario::failure_kind::media, f->message, world_.now());
      }
    }
    draining_ = false;
    node_.drain();
  }

  sim::world& world_;
  scenario::runner& runner_;
  std::size_t index_;
  sip::transport transport_;
  session::sound_store& sounds_;
  sim::node node_;
  session::engine engine_;
  bool settling_ = false, draining_ = false;
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
  scenario::runner_options options;
  options.seed = settings.seed;
  options.row = settings.row;
  options.with_sounds = settings.with_sounds;
  options.keep_sound_in = settings.artifacts;
  options.watch = settings.watch;
  options.clock = [&world] { return world.now(); };
  options.read_file = read_bytes;
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
      world.set_path(stations[i]->address().ip, stations[k]->address().ip, to_link(plans[i].sip));
      world.set_media_path(stations[i]->address().ip, stations[k]->address().ip,
                           to_link(plans[i].rtp));
    }
  }
  const std::string wrong = load_prompts(d, *sounds);
  if (!wrong.empty()) {
    runner.fail(0, scenario::failure_kind::media, wrong, world.now());
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
