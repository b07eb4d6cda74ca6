// What every call of an endpoint shares: the SIP core, the lookup tables, the way out.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sipvoice/base/byte_budget.hpp"
#include "sipvoice/base/output_queue.hpp"
#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/call/flow_table.hpp"
#include "sipvoice/call/lookups.hpp"
#include "sipvoice/sdp/offer_answer.hpp"
#include "sipvoice/sip/message.hpp"
#include "sipvoice/sip/user_agent.hpp"

namespace sipvoice::call {

class call;

struct limits {
  static constexpr std::size_t large_call = 8192;  ///< bytes: see endpoint_config::max_call_bytes
  static constexpr std::size_t max_forks = 8;      ///< 2xx of other forks that are ended in order
  static constexpr std::size_t tag_length = 12;    ///< about 62 bits
  static constexpr std::uint64_t retry_after_s = 10;  ///< in our 503
  /// For the final response to a re-INVITE of ours; then it is cancelled.
  static constexpr duration reinvite_patience = std::chrono::seconds(60);
  static constexpr std::uint64_t max_retry_after_s = 10;  ///< in our 500 (RFC 3261 14.2)
  static constexpr int max_id_suffix = 1000;              ///< then the suffix is random
};

/// Which call a message or an event belongs to. A call enters and removes its own keys.
struct call_index {
  std::unordered_map<std::string, call_id> by_local_tag;
  std::unordered_map<std::string, call_id> by_session_id;    ///< of calls that are not over
  std::unordered_map<sip::server_tx, call_id> by_server_tx;  ///< INVITEs without a final response
  std::unordered_map<sip::client_tx, call_id> by_client_tx;
  std::unordered_map<sip::client_tx, call_id> request_by_tx;  ///< outside calls
  std::unordered_map<media::media_id, call_id> by_media;

  [[nodiscard]] std::size_t size() const {
    return by_local_tag.size() + by_session_id.size() + by_server_tx.size() + by_client_tx.size() +
           by_media.size();
  }
};

/// This side of a dialog as its peer sees it.
struct local_side {
  flow_id flow{};
  sip::transport transport = sip::transport::udp;
  socket_address address;  ///< in Via and Contact
  bool sips = false;       ///< the dialog is asked to be secure all the way (8.1.1.8, 12.1.1)
  flow_hold hold{};        ///< keeps the connection while anything has this side
  /// "<sip:HOST:PORT>", with ";transport=tcp" or "tls" of streams; "<sips:HOST:PORT>".
  [[nodiscard]] std::string contact() const;
};

/// Where a registration of ours holds: requests to it are challenged in calls that come from there,
/// from whichever address of the registrar's name.
struct registered_peer {
  call_id id{};
  std::vector<ip_address> peers;  ///< at most destination::max_addresses
  std::vector<account> accounts;
};

struct services {
  const endpoint_config& config;
  random_source& random;
  sip::user_agent& agent;
  host_environment& host;
  time_point now{};  ///< the moment of the input that is being handled
  output_queue<output> out{};
  flow_table flows{random, out, config.max_message};
  lookups names{out};
  call_index index{};
  std::vector<listener> listeners{};
  byte_budget call_bytes{config.max_call_bytes, limits::large_call};
  std::size_t sessions = 0;    ///< calls that are being set up or are up
  std::size_t untold = 0;      ///< calls whose closing event has not been given
  std::size_t unanswered = 0;  ///< BYEs, and INVITEs given up, without a final response
  std::vector<registered_peer> registered{};  ///< one a registration, at most
  bool stopped_placing = false;               ///< calls that are dialled end at once
  std::uint64_t last_media = 0, last_call = 0;
  std::uint64_t calls_in = 0, calls_out = 0, rejected = 0;

  /// What one call wants of another, done when the input that is being handled has been dealt with.
  struct letter {
    call_id to{};
    std::function<void(call&)> open;
  };
  /// A call that the peer of `referrer` asked for; placed at the same time.
  struct placed_call {
    call_id id{};
    dial_request request;
    call_id referrer{};
  };
  std::deque<letter> letters{};
  std::deque<placed_call> placed{};
  void post(call_id to, std::function<void(call&)> open) {
    letters.push_back({to, std::move(open)});
  }
  [[nodiscard]] call_id new_call_id() { return call_id{++last_call}; }

  void emit(call_event event) { out.emplace_back(std::move(event)); }
  void log(int level, std::string text) { out.emplace_back(log_line{level, std::move(text)}); }

  /// A response with our Server header.
  [[nodiscard]] sip::message_builder reply(const sip::message& request, int status,
                                           const sip::hop& from, std::string_view to_tag,
                                           std::string_view reason = {}) const;
  /// What every 2xx that accepts a target refresh request says of us: Contact, Allow, Supported.
  void describe_us(sip::message_builder& response, const local_side& side) const;
  /// A response without anything more.
  void refuse(const sip::request_received& r, int status, std::string_view to_tag = {});
  /// 500 with Retry-After (14.2), or another status without.
  void refuse_for_now(const sip::request_received& r, int status);

  /// The address of Via and Contact for a flow on which `local` was seen or will be used.
  [[nodiscard]] std::optional<local_side> side_of(flow_id flow, const ip_address& local) const;
  /// The same for a request of ours to `peer` that leaves through `way`.
  [[nodiscard]] std::optional<local_side> side_toward(const listener& way,
                                                      const ip_address& peer) const;
  /// The listener from which a request over UDP to `peer` leaves: the one on the address that the
  /// route to it has, else one on every address, else the first that can; nullptr when none has its
  /// family.
  [[nodiscard]] const listener* listener_toward(const ip_address& peer) const;

  /// What we can do, for one negotiation.
  [[nodiscard]] sdp::negotiator new_negotiator();
  [[nodiscard]] std::string new_tag() { return random.token(limits::tag_length); }
  /// `wanted` if it is free, else `wanted-2`, `wanted-3`, ...
  [[nodiscard]] std::string free_session_id(const std::string& wanted);
};

/// The first of these that an application may not add; nullptr: none. It may add names that are
/// tokens, values without CR, LF and NUL, and nothing that belongs to the message itself
/// (sip::is_protected).
[[nodiscard]] const header_list::value_type* unsettable(const header_list& headers);
[[nodiscard]] inline bool may_be_set(const header_list& headers) {
  return unsettable(headers) == nullptr;
}
/// Methods of the Allow header, from what the SIP core is configured to allow.
[[nodiscard]] const std::string& allowed_methods();
/// Option tags of the Supported header.
[[nodiscard]] const std::string& supported_extensions();
/// Codecs as SDP formats with the payload types of our offers, each once.
[[nodiscard]] std::vector<sdp::format> formats_of(const std::vector<audio::codec_id>& codecs);
/// What is taken from a peer's offer besides them: the same codecs at other rates.
[[nodiscard]] std::vector<sdp::format> variants_of(const std::vector<audio::codec_id>& codecs);

}  // namespace sipvoice::call
