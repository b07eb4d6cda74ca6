// A scenario over sockets: every party a runtime of its own, all of them on one loop.
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <utility>

#include "sipvoice/device/sounds.hpp"
#include "sipvoice/harness/run.hpp"
#include "sipvoice/harness/sounds.hpp"
#include "sipvoice/io/clock.hpp"
#include "sipvoice/io/runtime.hpp"
#include "sipvoice/scenario/runner.hpp"

namespace sipvoice::harness {
namespace {

namespace fs = std::filesystem;

constexpr duration look_for_interrupts = std::chrono::milliseconds(100);

/// A slice of the ports for each party of this process, so that parties and jobs do not race for
/// the same ones; what somebody else has is passed over by the pool.
std::uint16_t next_port_slice() {
  constexpr std::uint16_t first = 10'000, last = 29'999, slice = 100;
  static std::atomic<unsigned> next{0};
  return static_cast<std::uint16_t>(first + next++ % ((last - first) / slice) * slice);
}

std::optional<impairment> to_path(const scenario::impairment& how) {
  if (how.none()) return std::nullopt;
  return to_link(how);
}

class socket_station final : public scenario::station {
 public:
  socket_station(boost::asio::io_context& loop, io::runtime_config config,
                 io::runtime_observer observer, const device::speech_settings& speech)
      : runtime_(
            std::move(config), std::move(observer),
            [&speech](const io::runtime::post_function& post) {
              return device::make_sound_store(post, speech);
            },
            loop) {}

  void start() {
    runtime_.start();
    const std::string bound = runtime_.addresses().front();  // "udp:127.0.0.1:5060"
    const std::size_t colon = bound.find(':');
    transport_ = transport_of(bound);
    address_ = socket_address::parse(bound.substr(colon + 1)).value();
    // What is bound to all addresses is reached at the nearest one.
    if (address_.ip.is_unspecified())
      address_.ip =
          address_.ip.is_v6() ? ip_address::parse("::1").value() : ip_address::v4(127, 0, 0, 1);
  }
  void stop() { runtime_.stop(); }
  session::engine& engine() override { return runtime_.engine(); }
  call::endpoint& endpoint() override { return runtime_.endpoint(); }
  session::sound_store& sounds() override { return runtime_.sounds(); }
  [[nodiscard]] socket_address address() const override { return address_; }
  [[nodiscard]] sip::transport transport() const override { return transport_; }
  void settle() override {
    if (std::exchange(settling_, true)) return;
    runtime_.post([this] { settling_ = false; });
  }
  void send_raw(std::string_view bytes, const socket_address& to) override {
    static_cast<void>(runtime_.send_raw(std::string(bytes), to));
  }

 private:
  io::runtime runtime_;
  socket_address address_;
  sip::transport transport_ = sip::transport::udp;
  bool settling_ = false;
};

class socket_run {
 public:
  socket_run(const scenario::document& d, const run_settings& settings)
      : document_(d), settings_(settings), timer_(loop_) {}

  scenario::scenario_report run();

 private:
  [[nodiscard]] io::runtime_config config_of(std::size_t party) const;
  [[nodiscard]] io::runtime_observer observer_of(std::size_t party);
  void soon();
  void advance();
  void arm();
  void end();

  const scenario::document& document_;
  const run_settings& settings_;
  boost::asio::io_context loop_;
  boost::asio::steady_timer timer_;
  std::unique_ptr<session::sound_store> references_;
  std::unique_ptr<scenario::runner> runner_;
  std::vector<std::unique_ptr<socket_station>> stations_;
  bool posted_ = false, ending_ = false;
  std::size_t stopped_ = 0;
};

io::runtime_config socket_run::config_of(std::size_t party) const {
  const scenario::station_plan plan = runner_->plan(party);
  io::runtime_config c;
  c.endpoint = plan.endpoint;
  c.listen = {plan.listen};
  c.rtp_ip = "0.0.0.0";
  c.rtp_first = next_port_slice();
  c.rtp_last = static_cast<std::uint16_t>(c.rtp_first + 99);
  c.workers = 1;
  c.signals = false;
  c.grace = std::chrono::milliseconds(500);
  c.sip_impairment = to_path(plan.sip);
  c.rtp_impairment = to_path(plan.rtp);
  c.impairment_seed = plan.seed.value_or(settings_.seed + party);
  if (!settings_.artifacts.empty())
    c.pcap_file = (fs::path(settings_.artifacts) / (document_.parties[party].name + ".pcap"));
  return c;
}

io::runtime_observer socket_run::observer_of(std::size_t party) {
  io::runtime_observer o;
  o.told = [this, party](const session::told& t) {
    runner_->hear(party, t, io::monotonic_now());
    soon();
  };
  o.media_told = [this, party](const session::media_told& t) {
    runner_->hear(party, t, io::monotonic_now());
    soon();
  };
  o.recording_failed = [this, party](const std::string& what) {
    runner_->fail(party, scenario::failure_kind::media, what, io::monotonic_now());
    soon();
  };
  o.stopped = [this] {
    if (++stopped_ == stations_.size()) loop_.stop();
  };
  return o;
}

/// Parties go on behind what has told us, never inside it.
void socket_run::soon() {
  if (std::exchange(posted_, true)) return;
  boost::asio::post(loop_, [this] {
    posted_ = false;
    advance();
  });
}

void socket_run::advance() {
  if (ending_) return;
  // Here and not where the timer wakes us: sound that is heard puts the timer off again and again.
  if (settings_.interrupted != nullptr && settings_.interrupted->load())
    runner_->interrupt(io::monotonic_now());
  runner_->advance(io::monotonic_now());
  if (runner_->done()) return end();
  arm();
}

void socket_run::arm() {
  // An interrupt has no event.
  const time_point now = io::monotonic_now();
  const time_point next = std::min(runner_->next_deadline(), now + look_for_interrupts);
  timer_.expires_after(std::max(next - now, duration{}));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) advance();
  });
}

void socket_run::end() {
  ending_ = true;
  timer_.cancel();
  for (const auto& s : stations_) s->stop();
}

scenario::scenario_report socket_run::run() {
  references_ = make_immediate_sounds(settings_.speech);
  scenario::runner_options options = runner_options_of(settings_);
  options.clock = [] { return io::monotonic_now(); };
  options.wake = [this] { soon(); };
  runner_ = std::make_unique<scenario::runner>(document_, *references_, std::move(options));

  std::string wrong;
  auto kind = scenario::failure_kind::media;
  std::size_t whose = 0;
  for (std::size_t i = 0; i < document_.parties.size(); ++i) {
    stations_.push_back(
        std::make_unique<socket_station>(loop_, config_of(i), observer_of(i), settings_.speech));
    runner_->attach(i, *stations_.back());
    try {
      stations_.back()->start();
      const scenario::party& p = document_.parties[i];
      wrong = load_prompts(document_, p, stations_.back()->sounds());
      if (wrong.empty()) wrong = load_references(document_, p, *references_);
    } catch (const io::start_error& e) {
      kind = scenario::failure_kind::signalling;
      wrong = e.what();
    }
    if (wrong.empty()) continue;
    whose = i;
    break;
  }
  if (!wrong.empty()) {
    // Nothing has begun: what is there is closed, and the report says why.
    const time_point now = io::monotonic_now();
    runner_->fail(whose, kind, wrong, now);
    scenario::scenario_report report = runner_->take_report(now);
    stations_.clear();
    loop_.poll();
    return report;
  }
  boost::asio::post(loop_, [this] {
    runner_->begin(io::monotonic_now());
    advance();
  });
  loop_.run();
  scenario::scenario_report report = runner_->take_report(io::monotonic_now());
  stations_.clear();
  loop_.restart();
  loop_.poll();
  return report;
}

}  // namespace

scenario::scenario_report run_over_sockets(const scenario::document& d,
                                           const run_settings& settings) {
  return socket_run(d, settings).run();
}

}  // namespace sipvoice::harness
