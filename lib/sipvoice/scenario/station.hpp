// Where a party of a scenario lives: an endpoint with its engine, over sockets or in a simulated
// world. The runner commands it; whoever owns it (harness) hands the runner what it tells.
#pragma once

#include <string>
#include <string_view>

#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/scenario/document.hpp"
#include "sipvoice/session/engine.hpp"

namespace sipvoice::scenario {

class station {
 public:
  virtual ~station() = default;
  [[nodiscard]] virtual session::engine& engine() = 0;
  [[nodiscard]] virtual call::endpoint& endpoint() = 0;
  [[nodiscard]] virtual session::sound_store& sounds() = 0;
  /// What others send to: of its first listener. Not before the run begins.
  [[nodiscard]] virtual socket_address address() const = 0;
  [[nodiscard]] virtual sip::transport transport() const = 0;
  /// Sees to what commands have put out, soon: never calls back at once.
  virtual void settle() = 0;
  /// Bytes from its first listener, by UDP.
  virtual void send_raw(std::string_view bytes, const socket_address& to) = 0;
};

/// What a station is made of: by the party's settings.
struct station_plan {
  std::string listen = "udp:127.0.0.1:0";
  call::endpoint_config endpoint;  ///< trace and hold_request are the runner's to set
  impairment sip, rtp;
  std::optional<std::uint64_t> seed;
};
[[nodiscard]] station_plan plan_of(const party& p);
/// The codecs that a document names.
[[nodiscard]] std::vector<audio::codec_id> codecs_of(const text_list& names);

}  // namespace sipvoice::scenario
