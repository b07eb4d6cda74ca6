#include "sipvoice/io/media_worker.hpp"

#include <iterator>

#include "sipvoice/io/media_loop.hpp"

namespace sipvoice::io {

media_worker::media_worker(event_function events, packet_tap* tap)
    : loop_(std::make_unique<loop>(*this, std::move(events), tap)),
      thread_([this] { loop_->run(); }) {}

media_worker::~media_worker() { stop(); }

void media_worker::flush() {
  if (outbox_.empty()) return;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    inbox_.insert(inbox_.end(), std::make_move_iterator(outbox_.begin()),
                  std::make_move_iterator(outbox_.end()));
    has_mail_.store(true, std::memory_order_relaxed);
    wake = idle_;
  }
  outbox_.clear();
  if (wake) wake_.notify_one();
}

void media_worker::open(const media::media_open& open, const port_pool::sockets& sockets,
                        std::unique_ptr<impaired_ports> paths) {
  outbox_.emplace_back(open_mail{open, sockets, std::move(paths)});
}

void media_worker::change(media::media_change change) { outbox_.emplace_back(std::move(change)); }

void media_worker::command(media::media_command command) {
  outbox_.emplace_back(std::move(command));
}

void media_worker::close(media::media_id id) { outbox_.emplace_back(media::media_close{id}); }

void media_worker::stop() {
  if (!thread_.joinable()) return;
  outbox_.emplace_back(stop_mail{});
  flush();
  thread_.join();
}

worker_counters media_worker::counters() const { return loop_->counters(); }

}  // namespace sipvoice::io
