// A node that notes what it is told as "MS EVENT" lines, for tests of whole endpoints.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sipvoice/sim/node.hpp"

namespace test {

using namespace sipvoice;
using namespace std::chrono_literals;

class phone final : public sim::application {
 public:
  phone(sim::world& w, const ip_address& address) : phone(w, config(address)) {}
  phone(sim::world& w, const sim::node_config& c) : world_(w), node_(w, c) {
    node_.set_application(*this);
  }
  /// Signalling alone, over UDP.
  static sim::node_config config(const ip_address& address) {
    sim::node_config c;
    c.address = address;
    c.with_media = false;
    return c;
  }

  void dial(const std::string& target, duration answer_timeout = 30s) {
    call::dial_request r;
    r.target = target;
    r.answer_timeout = answer_timeout;
    call_ = node_.endpoint().dial(r, world_.now());
    node_.drain();
  }
  void answer() {
    node_.endpoint().answer(call_, {}, world_.now());
    node_.drain();
  }
  void hang_up() {
    node_.endpoint().hang_up(call_, "hangup", world_.now());
    node_.drain();
  }
  [[nodiscard]] const std::vector<std::string>& told() const { return told_; }
  [[nodiscard]] sim::node& node() { return node_; }
  /// Nothing of any call is left.
  [[nodiscard]] bool is_clean() {
    return node_.endpoint().inventory() == call::endpoint_inventory{} &&
           node_.endpoint().next_deadline() == never && node_.ports_in_use() == 0 &&
           node_.media_sessions() == 0;
  }

  void on_call_event(const call::call_event& event, time_point now) override {
    if (const auto* in = std::get_if<call::call_incoming>(&event)) {
      call_ = in->info.id;
      note(now, "incoming");
      node_.endpoint().ring(call_, now);
    } else if (std::holds_alternative<call::call_answered>(event)) {
      note(now, "answered");
    } else if (const auto* r = std::get_if<call::call_rejected>(&event)) {
      note(now, "rejected " + std::to_string(r->status));
    } else if (const auto* e = std::get_if<call::call_ended>(&event)) {
      note(now, std::string(call::name_of(e->by)) + " " + e->reason);
    }
  }
  void on_media_event(const media::media_event&, time_point) override {}
  void handle_timeout(time_point) override {}
  [[nodiscard]] time_point next_deadline() const override { return never; }

 private:
  void note(time_point now, const std::string& what) {
    told_.push_back(std::to_string(to_ms(now.time_since_epoch())) + " " + what);
  }

  sim::world& world_;
  sim::node node_;
  call::call_id call_{};
  std::vector<std::string> told_;
};

}  // namespace test
