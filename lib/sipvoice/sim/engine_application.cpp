#include "sipvoice/sim/engine_application.hpp"

#include <utility>
#include <variant>

namespace sipvoice::sim {

engine_application::engine_application(node& n, session::sound_store& sounds, world& w,
                                       wall_time epoch)
    : node_(n), engine_(n.endpoint(), sounds, clock_reading{w.now(), epoch}) {
  node_.set_application(*this);
}

engine_application::~engine_application() = default;

void engine_application::drain() {
  if (draining_) return;
  draining_ = true;
  while (auto o = engine_.poll()) {
    if (auto* c = std::get_if<media::media_command>(&*o)) {
      node_.command(*c);
    } else if (auto* opened = std::get_if<media::media_open>(&*o)) {
      node_.open(*opened);
    } else if (auto* closed = std::get_if<media::media_close>(&*o)) {
      node_.close(*closed);
    } else if (auto* e = std::get_if<session::event_line>(&*o)) {
      events_.push_back(std::move(*e));
    } else if (auto* f = std::get_if<session::call_finished>(&*o)) {
      records_.push_back(std::move(f->record));
    }
  }
  draining_ = false;
  node_.drain();
}

void engine_application::on_call_event(const call::call_event& event, time_point now) {
  engine_.handle(event, now);
  drain();
}

void engine_application::on_media_event(const media::media_event& event, time_point now) {
  engine_.handle(event, now);
  drain();
}

void engine_application::handle_timeout(time_point now) {
  engine_.handle_timeout(now);
  drain();
}

}  // namespace sipvoice::sim
