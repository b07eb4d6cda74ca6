// The session layer on a simulated node: the same engine that `io::runtime` drives.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "sipvoice/session/engine.hpp"
#include "sipvoice/sim/node.hpp"

namespace sipvoice::sim {

/// What an application hears that commands the engine itself, with engine().tell_values().
struct engine_observer {
  std::function<void(const session::told&)> told = {};
  std::function<void(const session::media_told&)> media_told = {};
  std::function<void(const session::recording_failed&)> recording_failed = {};
};

class engine_application final : public application {
 public:
  /// `n` and `sounds` outlive it. Calendar time begins at `epoch`.
  engine_application(node& n, session::sound_store& sounds, world& w, wall_time epoch,
                     engine_observer observer = {});
  ~engine_application() override;

  [[nodiscard]] session::engine& engine() { return engine_; }
  /// After commands from outside a callback.
  void drain();
  /// The same later at this moment, once however often it is asked for.
  void drain_soon();

  [[nodiscard]] const std::vector<session::event_line>& events() const { return events_; }
  [[nodiscard]] const std::vector<session::call_record>& records() const { return records_; }

  void on_call_event(const call::call_event& event, time_point now) override;
  void on_media_event(const media::media_event& event, time_point now) override;
  void handle_timeout(time_point now) override;
  [[nodiscard]] time_point next_deadline() const override { return engine_.next_deadline(); }

 private:
  node& node_;
  world& world_;
  session::engine engine_;
  engine_observer observer_;
  std::vector<session::event_line> events_;
  std::vector<session::call_record> records_;
  bool draining_ = false, drains_soon_ = false;
};

}  // namespace sipvoice::sim
