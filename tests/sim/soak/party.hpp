// One machine of a batch: a node, what it was told, and how it behaves by the script.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "call_script.hpp"
#include "ledger.hpp"
#include "sipvoice/sim/node.hpp"

namespace soak {

/// The header by which the called side finds the script of a call.
inline constexpr const char* script_header = "X-Script";

class party final : public sim::application {
 public:
  /// `script` outlives it. `tone` (with media) is what callers play. A process is started at once.
  party(sim::world& world, sim::node_config config, ledger& told,
        const std::vector<call_script>& script, std::shared_ptr<const audio::clip> tone);
  ~party() override;

  /// Calls as the script says.
  void dial(const call_script& s, const std::string& target);
  [[nodiscard]] sim::node& node() { return *node_; }

  void on_call_event(const call::call_event& event, time_point now) override;
  void on_media_event(const media::media_event& event, time_point now) override;
  void handle_timeout(time_point) override {}
  [[nodiscard]] time_point next_deadline() const override { return never; }

 private:
  using action = std::function<void(call::call_id)>;
  /// Does it so much later, unless this process is gone by then.
  void later(call::call_id id, duration after, action f);
  void incoming(const call::call_info& info);
  void react(call::call_id id, const call_script& s);
  void answered(const call::call_answered& e, told_call& c);
  void hang_up(call::call_id id, const std::string& reason);
  [[nodiscard]] const call_script& script_of(call::call_id id) const;

  sim::world& world_;
  bool with_media_;
  ledger& told_;
  const std::vector<call_script>& script_;
  std::shared_ptr<const audio::clip> tone_;
  std::unordered_map<call::call_id, unsigned> script_numbers_;
  std::unordered_map<media::media_id, call::call_id> by_media_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<sim::node> node_;
};

}  // namespace soak
