#include "sipvoice/io/media_hub.hpp"

#include <algorithm>

namespace sipvoice::io {
namespace {

unsigned choose_workers(unsigned asked) {
  constexpr unsigned most = 256;
  if (asked > 0) return std::min(asked, most);
  const unsigned cores = std::thread::hardware_concurrency();
  return std::clamp(cores, 2U, most + 1) - 1;
}

}  // namespace

media_hub::media_hub(const media_hub_config& config, call::host_environment& host,
                     media_worker::event_function events)
    : impaired_(config.impaired),
      path_seeds_(config.impairment_seed),
      ports_(config.rtp_ip, config.rtp_first, config.rtp_last, host),
      worker_count_(choose_workers(config.workers)),
      events_(std::move(events)) {}

void media_hub::start(pcap_writer* capture) {
  for (unsigned i = 0; i < worker_count_; ++i)
    workers_.push_back(std::make_unique<media_worker>(
        events_, capture != nullptr ? &capture->add_tap() : nullptr));
  load_.assign(workers_.size(), 0);
}

void media_hub::stop() {
  for (const auto& worker : workers_) worker->stop();
}

std::optional<call::media_ports> media_hub::acquire(const ip_address& peer) {
  return ports_.acquire(peer);
}

void media_hub::release(media::port_pair_id ports) { ports_.release(ports); }

std::size_t media_hub::least_loaded() const {
  return static_cast<std::size_t>(std::min_element(load_.begin(), load_.end()) - load_.begin());
}

media_worker* media_hub::worker_of(media::media_id id) {
  const auto it = placed_.find(id);
  return it == placed_.end() ? nullptr : workers_[it->second.worker].get();
}

void media_hub::open(const media::media_open& open) {
  const auto sockets = ports_.find(open.ports);
  if (!sockets || workers_.empty()) return;
  const std::size_t worker = least_loaded();
  if (!placed_.emplace(open.id, place{worker, open.ports}).second) return;
  ++load_[worker];
  workers_[worker]->open(
      open, *sockets,
      impaired_ ? std::make_unique<impaired_ports>(*impaired_, path_seeds_) : nullptr);
}

void media_hub::change(const media::media_change& change) {
  if (media_worker* worker = worker_of(change.id)) worker->change(change);
}

void media_hub::command(media::media_command command) {
  if (media_worker* worker = worker_of(command.id)) worker->command(std::move(command));
}

void media_hub::close(media::media_id id) {
  if (media_worker* worker = worker_of(id)) worker->close(id);
}

void media_hub::flush() {
  for (const auto& worker : workers_) worker->flush();
}

void media_hub::note(const media::media_event& event) {
  if (!std::holds_alternative<media::media_closed>(event.body)) return;
  const auto it = placed_.find(event.id);
  if (it == placed_.end()) return;
  --load_[it->second.worker];
  ports_.release(it->second.ports);
  placed_.erase(it);
}

worker_counters media_hub::counters() const {
  worker_counters sum;
  for (const auto& worker : workers_) {
    const worker_counters c = worker->counters();
    sum.slices += c.slices;
    sum.late_slices += c.late_slices;
    sum.received += c.received;
    sum.sent += c.sent;
    sum.truncated += c.truncated;
    sum.send_errors += c.send_errors;
  }
  return sum;
}

}  // namespace sipvoice::io
