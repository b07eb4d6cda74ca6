#include "sipvoice/io/runtime.hpp"

#include <boost/asio/post.hpp>

#include "sipvoice/io/runtime_impl.hpp"

namespace sipvoice::io {

runtime::runtime(runtime_config config, runtime_observer observer,
                 const sounds_factory& make_sounds)
    : impl_(std::make_shared<impl>(std::move(config), std::move(observer), make_sounds, nullptr)) {}

runtime::runtime(runtime_config config, runtime_observer observer,
                 const sounds_factory& make_sounds, boost::asio::io_context& context)
    : impl_(std::make_shared<impl>(std::move(config), std::move(observer), make_sounds, &context)) {
}

/// Handlers that lie in somebody else's loop name our objects: those stay until the last of them
/// has been called.
runtime::~runtime() {
  if (impl_->own) return;
  impl_->close_all();
  boost::asio::io_context& context = impl_->context;
  boost::asio::post(context, [kept = std::move(impl_)] {});
}

void runtime::start() { impl_->start(); }

int runtime::run() { return impl_->run(); }

void runtime::stop() {
  // Not at once: an observer may be called from the midst of a drain.
  boost::asio::post(impl_->context, [i = impl_.get()] { i->begin_stop(); });
}

void runtime::stop_now() {
  boost::asio::post(impl_->context, [i = impl_.get()] { i->finished = true; });
}

void runtime::post(std::function<void()> f) {
  boost::asio::post(impl_->context, [i = impl_.get(), f = std::move(f)] {
    f();
    i->drain();
  });
}

std::size_t runtime::ports_in_use() const { return impl_->media.ports_in_use(); }

bool runtime::interrupted() const { return impl_->interrupted; }

session::engine& runtime::engine() { return impl_->engine; }

call::endpoint& runtime::endpoint() { return impl_->endpoint; }

session::sound_store& runtime::sounds() { return *impl_->sounds; }

random_source& runtime::random() { return impl_->random; }

time_point runtime::now() const { return monotonic_now(); }

call::call_id runtime::dial(const call::dial_request& request, const session::call_plan& plan) {
  const call::call_id id = impl_->engine.dial(request, plan, monotonic_now());
  impl_->drain();
  return id;
}

call::media_ports runtime::bind_media(const socket_address& local, const ip_address& peer) {
  return impl_->bind_media(local, peer);
}

call::call_id runtime::open_direct(const session::direct_request& request,
                                   const session::call_plan& plan) {
  const call::call_id id = impl_->engine.open_direct(request, plan, impl_->random, monotonic_now());
  impl_->drain();
  return id;
}

bool runtime::send_raw(std::string bytes, const socket_address& to) {
  return impl_->send_raw(std::move(bytes), to);
}

void runtime::after(duration delay, std::function<void()> f) { impl_->after(delay, std::move(f)); }

std::vector<std::string> runtime::addresses() const {
  std::vector<std::string> out;
  for (const auto& listener : impl_->listeners) out.push_back(listener.to_string());
  return out;
}

}  // namespace sipvoice::io
