// One machine of a batch: a node, what it was told, and how it behaves by the script.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
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

/// What happened, and how often.
using tally = std::map<std::string, std::uint64_t>;

/// "sip:s17@10.0.0.3": the called side finds its script in the user part where no header names it.
[[nodiscard]] std::string target_of(const call_script& s, const ip_address& where);

class party final : public sim::application {
 public:
  /// `script` outlives it; its last one is for calls that name none. `tone` (with media) is what
  /// callers play. A process is started at once.
  party(sim::world& world, sim::node_config config, ledger& told,
        const std::vector<call_script>& script, std::shared_ptr<const audio::clip> tone,
        tally& happened);
  ~party() override;

  /// Calls as the script says. `third`: where transfers go.
  void dial(const call_script& s, const ip_address& target);
  void send_transfers_to(const ip_address& third) { third_ = third; }
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
  void outgoing(const call::call_info& info);
  void note(const call::call_event& event, told_call& c);
  void plan_steps(call::call_id id, const call_script& s, bool caller);
  void take(call::call_id id, const step& what);
  void transfer(call::call_id id, const step& what);
  [[nodiscard]] unsigned number_of(const call::call_info& info) const;
  void react(call::call_id id, const call_script& s);
  void answered(const call::call_answered& e, told_call& c);
  void hang_up(call::call_id id, const std::string& reason);
  [[nodiscard]] const call_script& script_of(call::call_id id) const;

  sim::world& world_;
  bool with_media_;
  ledger& told_;
  const std::vector<call_script>& script_;
  std::shared_ptr<const audio::clip> tone_;
  tally& happened_;
  ip_address third_;
  std::unordered_map<call::call_id, unsigned> script_numbers_;
  std::unordered_map<unsigned, call::call_id> dialled_;  // by script number
  std::unordered_map<media::media_id, call::call_id> by_media_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<sim::node> node_;
};

}  // namespace soak
