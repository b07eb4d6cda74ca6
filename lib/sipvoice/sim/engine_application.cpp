#include "sipvoice/sim/engine_application.hpp"

#include <utility>
#include <variant>

namespace sipvoice::sim {

engine_application::engine_application(node& n, session::sound_store& sounds, world& w,
                                       wall_time epoch, engine_observer observer)
    : node_(n),
      world_(w),
      engine_(n.endpoint(), sounds, clock_reading{w.now(), epoch}),
      observer_(std::move(observer)) {
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
    } else if (auto* t = std::get_if<session::told>(&*o)) {
      if (observer_.told) observer_.told(*t);
    } else if (auto* m = std::get_if<session::media_told>(&*o)) {
      if (observer_.media_told) observer_.media_told(*m);
    } else if (auto* failed = std::get_if<session::recording_failed>(&*o)) {
      if (observer_.recording_failed) observer_.recording_failed(*failed);
    }
  }
  draining_ = false;
  node_.drain();
}

void engine_application::drain_soon() {
  if (std::exchange(drains_soon_, true)) return;
  world_.at(world_.now(), [this] {
    drains_soon_ = false;
    drain();
  });
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
