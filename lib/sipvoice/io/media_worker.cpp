#include "sipvoice/io/media_worker.hpp"

#include "sipvoice/io/media_loop.hpp"

namespace sipvoice::io {

media_worker::media_worker(event_function events, packet_tap* tap)
    : loop_(std::make_unique<loop>(*this, std::move(events), tap)),
      thread_([this] { loop_->run(); }) {}

media_worker::~media_worker() { stop(); }

void media_worker::post(mail m) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    inbox_.push_back(std::move(m));
    has_mail_.store(true, std::memory_order_relaxed);
    wake = idle_;
  }
  if (wake) wake_.notify_one();
}

void media_worker::open(const media::media_open& open, const port_pool::sockets& sockets) {
  post(open_mail{open, sockets});
}

void media_worker::change(media::media_change change) { post(std::move(change)); }

void media_worker::command(media::media_command command) { post(std::move(command)); }

void media_worker::close(media::media_id id) { post(media::media_close{id}); }

void media_worker::stop() {
  if (!thread_.joinable()) return;
  post(stop_mail{});
  thread_.join();
}

worker_counters media_worker::counters() const { return loop_->counters(); }

}  // namespace sipvoice::io
