// The public backend: a control, and the runtime over sockets that drives it.
#include "sipvoice/backend.hpp"

#include <thread>

#include "sipvoice/api/control.hpp"
#include "sipvoice/api/convert.hpp"
#include "sipvoice/backend/settings.hpp"
#include "sipvoice/device/sounds.hpp"
#include "sipvoice/io/runtime.hpp"

namespace sipvoice {
inline namespace v0 {

struct [[gnu::visibility("hidden")]] Backend::impl final : api::shell {
  impl(Config config, boost::asio::io_context* loop)
      : control(std::make_shared<api::control>(std::move(config))), shared_loop(loop) {
    backend::check(control->config());
  }

  // --- api::shell
  [[nodiscard]] time_point now() const override { return runtime->now(); }
  void settle() override {
    if (std::exchange(*settling, true)) return;
    runtime->post([flag = settling] { *flag = false; });  // may be called when we are gone
  }
  void post(std::function<void()> f) override { runtime->post(std::move(f)); }

  void start();
  void run();
  io::runtime& running(const char* what) const {
    if (!runtime) throw Error(Error::Kind::wrong_state, std::string(what) + " before start()");
    return *runtime;
  }
  void load(const session::prompt_source& source);

  std::shared_ptr<api::control> control;
  boost::asio::io_context* shared_loop;
  std::unique_ptr<io::runtime> runtime;  ///< from start() on
  std::thread thread;
  std::shared_ptr<bool> settling = std::make_shared<bool>(false);
  bool ran = false;
};

void Backend::impl::start() {
  if (runtime) throw Error(Error::Kind::wrong_state, "start() twice");
  io::runtime_observer observer;
  observer.told = [c = control](const session::told& t) { c->hear(t); };
  observer.media_told = [c = control](const session::media_told& t) { c->hear(t); };
  observer.log = [c = control](int level, const std::string& line) {
    constexpr int warning = 2;
    if (level >= warning) c->report(api::in_words_of_the_api(line));
  };
  observer.stopped = [c = control] {
    if (c->on.stopped) c->run(c->on.stopped);
  };
  const auto sounds = [](const io::runtime::post_function& to_loop) {
    return device::make_sound_store(to_loop);
  };
  io::runtime_config config = backend::runtime_config_of(control->config());
  config.endpoint = control->endpoint_config();
  try {
    runtime = shared_loop != nullptr
                  ? std::make_unique<io::runtime>(config, observer, sounds, *shared_loop)
                  : std::make_unique<io::runtime>(config, observer, sounds);
    runtime->engine().set_texts(session::event_texts::none);
    control->attach(runtime->engine(), runtime->endpoint(), *this);
    runtime->start();
  } catch (const io::start_error& e) {
    control->release();
    runtime.reset();
    const bool ours = dynamic_cast<const io::bad_setting*>(&e) != nullptr;
    throw Error(ours ? Error::Kind::configuration : Error::Kind::system,
                api::in_words_of_the_api(e.what()));
  }
}

void Backend::impl::run() {
  running("run()");
  if (shared_loop != nullptr)
    throw Error(Error::Kind::wrong_state, "run() of a backend in the application's own loop");
  if (std::exchange(ran, true)) throw Error(Error::Kind::wrong_state, "run() twice");
}

void Backend::impl::load(const session::prompt_source& source) {
  auto& sounds = running("prepare").sounds();
  for (const Codec codec : control->config().supported_codecs) {
    const auto id = api::codec_of(codec);
    if (!id) continue;
    for (const audio::codec_info& variant : audio::variants(*id)) {
      std::string error;
      if (sounds.load_source(source, variant.sample_rate, error)) continue;
      throw Error(Error::Kind::system, "cannot prepare '" + source.name() + "': " + error);
    }
  }
}

Backend::Backend(Config config) : impl_(std::make_unique<impl>(std::move(config), nullptr)) {}
Backend::Backend(Config config, boost::asio::io_context& loop)
    : impl_(std::make_unique<impl>(std::move(config), &loop)) {}

Backend::~Backend() {
  if (impl_->runtime && impl_->thread.joinable()) impl_->runtime->stop_now();
  if (impl_->thread.joinable()) impl_->thread.join();
  impl_->control->detach();
}

void Backend::on_incoming(std::function<void(Session&)> h) {
  impl_->control->on.incoming = std::move(h);
}
void Backend::on_call(std::function<void(Session&)> h) { impl_->control->on.call = std::move(h); }
void Backend::on_call_disconnected(std::function<void(Session&, const Ending&)> h) {
  impl_->control->on.disconnected = std::move(h);
}
void Backend::on_audio_received(std::function<void(Session&, const AudioFrame&)> h) {
  impl_->control->on.audio = std::move(h);
}
void Backend::on_dtmf_received(std::function<void(Session&, const Digit&)> h) {
  impl_->control->on.digit = std::move(h);
}
void Backend::on_speech(std::function<void(Session&, bool)> h) {
  impl_->control->on.speech = std::move(h);
}
void Backend::on_barge_in(std::function<void(Session&)> h) {
  impl_->control->on.barge_in = std::move(h);
}
void Backend::on_ringing(std::function<void(Session&, int)> h) {
  impl_->control->on.ringing = std::move(h);
}
void Backend::on_hold(std::function<void(Session&, bool, EndedBy)> h) {
  impl_->control->on.hold = std::move(h);
}
void Backend::on_transfer(std::function<void(Session&, const Transfer&)> h) {
  impl_->control->on.transfer = std::move(h);
}
void Backend::on_play_finished(std::function<void(Session&, const PlayFinished&)> h) {
  impl_->control->on.play_finished = std::move(h);
}
void Backend::on_audio_ready(std::function<void(Session&)> h) {
  impl_->control->on.audio_ready = std::move(h);
}
void Backend::on_audio_finished(std::function<void(Session&, const Played&)> h) {
  impl_->control->on.audio_finished = std::move(h);
}
void Backend::on_dtmf_sent(std::function<void(Session&)> h) {
  impl_->control->on.dtmf_sent = std::move(h);
}
void Backend::on_recorded(std::function<void(Session&, const Recorded&)> h) {
  impl_->control->on.recorded = std::move(h);
}
void Backend::on_trace(std::function<void(const TraceMessage&)> h) {
  impl_->control->on.trace = std::move(h);
}
void Backend::on_account(std::function<void(const AccountEvent&)> h) {
  impl_->control->on.account = std::move(h);
}
void Backend::on_error(std::function<void(const std::string&)> h) {
  impl_->control->on.error = std::move(h);
}
void Backend::on_stopped(std::function<void()> h) { impl_->control->on.stopped = std::move(h); }

void Backend::start() { impl_->start(); }

void Backend::run() {
  impl_->run();
  static_cast<void>(impl_->runtime->run());
  if (impl_->control->on.stopped) impl_->control->run(impl_->control->on.stopped);
}

void Backend::start_thread() {
  impl_->run();
  impl_->thread = std::thread([i = impl_.get()] {
    static_cast<void>(i->runtime->run());
    if (i->control->on.stopped) i->control->run(i->control->on.stopped);
  });
}

void Backend::join() {
  if (impl_->thread.joinable()) impl_->thread.join();
}

void Backend::stop() {
  if (impl_->runtime) impl_->runtime->stop();
}

void Backend::post(std::function<void()> f) {
  impl_->running("post()").post([c = impl_->control, f = std::move(f)] {
    if (!c->is_detached()) c->run(f);
  });
}

Session Backend::dial(const DialRequest& request,
                      std::function<void(Session&, const DialResult&)> completion) {
  return impl_->control->dial(request, std::move(completion));
}

Session Backend::open_rtp(const RtpRequest& request) {
  io::runtime& runtime = impl_->running("open()");
  session::direct_request d = api::direct_request_of(request, impl_->control->config());
  const auto local = ip_address::parse(request.local.host);
  if (!local)
    throw Error(Error::Kind::configuration,
                "local " + request.local.host + " is no IP address; names are not resolved");
  try {
    d.ports = runtime.bind_media({*local, request.local.port}, d.remote_rtp.ip);
  } catch (const io::start_error& e) {
    throw Error(Error::Kind::system, api::in_words_of_the_api(e.what()));
  }
  return impl_->control->open_rtp(d, runtime.random());
}

Session Backend::connect(const std::string& room_id, const std::string& participant_id,
                         const std::string& channel_id, const std::string& session_id) {
  return impl_->control->connect(room_id, participant_id, channel_id, session_id);
}

std::uint64_t Backend::register_account(const Account& account) {
  return impl_->control->register_account(account);
}
bool Backend::unregister(std::uint64_t account) { return impl_->control->unregister(account); }

std::optional<Session> Backend::session(const std::string& id) const {
  return impl_->control->find(id);
}
std::vector<Session> Backend::sessions() const { return impl_->control->sessions(); }
std::vector<Session> Backend::sessions(const std::string& room_id) const {
  return impl_->control->sessions(&room_id);
}
std::size_t Backend::session_count() const { return impl_->control->count(); }
std::size_t Backend::ports_in_use() const {
  return impl_->runtime ? impl_->runtime->ports_in_use() : 0;
}
std::vector<std::string> Backend::addresses() const {
  return impl_->runtime ? impl_->runtime->addresses() : std::vector<std::string>{};
}
std::set<std::string> Backend::capabilities() const { return impl_->control->capabilities(); }

void Backend::prepare_file(const std::string& file) { impl_->load(file); }
void Backend::prepare_text(const std::string& text, const std::string& voice) {
  impl_->load(session::prompt_source::speech(text, voice));
}

namespace {

Config without_listener(Config config) {
  config.local_sip_addr.host.clear();
  config.listen.clear();
  return config;
}

}  // namespace

RtpBackend::RtpBackend(Config config) : Backend(without_listener(std::move(config))) {}
RtpBackend::RtpBackend(Config config, boost::asio::io_context& loop)
    : Backend(without_listener(std::move(config)), loop) {}

}  // namespace v0
}  // namespace sipvoice
