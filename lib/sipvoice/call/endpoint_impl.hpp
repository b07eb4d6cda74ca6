// Private to endpoint: its calls, what they share, and the dispatch between the SIP core and them.
//
// endpoint.cpp has the dispatch, endpoint_inputs.cpp what the shell puts in, endpoint_commands.cpp
// what it orders and asks.
#pragma once

#include <memory>
#include <unordered_map>
#include <utility>

#include "sipvoice/base/timer_heap.hpp"
#include "sipvoice/call/call.hpp"
#include "sipvoice/call/clients.hpp"
#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/call/flood_gate.hpp"
#include "sipvoice/call/held_requests.hpp"
#include "sipvoice/call/out_of_dialog.hpp"

namespace sipvoice::call {

struct endpoint::impl {
  struct entry {
    std::unique_ptr<class call> object;
    time_point deadline = never;  ///< as it stands in `deadlines`
    timer_id timer = timer_id::none;
  };

  impl(endpoint_config c, random_source& random, host_environment& host);

  /// Runs `f` on the call, then what the SIP core has to say, then takes stock of the call.
  template <class F>
  bool with(call_id id, time_point now, F&& f) {
    shared.now = now;
    const auto found = calls.find(id);
    if (found == calls.end()) return false;
    const bool done = f(*found->second.object);
    settle(id);
    pump();
    return done;
  }
  template <class Index, class Key, class F>
  void for_key(const Index& index, const Key& key, F&& f) {
    const auto found = index.find(key);
    if (found == index.end()) return;
    const call_id id = found->second;
    f(*calls.at(id).object);
    settle(id);
  }

  void post();
  void place(call_id id, const dial_request& request, std::optional<call_id> referrer);
  replaced_call find_replaced(const sip::message& invite);
  class call& add(call_info info, local_side local, std::string tag);
  void settle(call_id id);
  void pump();
  void send(sip::transmit& t);
  void listen();
  bool settle_transports();
  void run(const deferred& what);
  void report(const lost_flow& lost);
  void refuse_broken(const sip::hop& from, const flow_table::framed& what);
  bool take(const sip::hop& from, const ip_address& local, std::string bytes);
  void on(const sip::request_received& r);
  void new_invite(const sip::request_received& r);

  endpoint_config config;
  sip::user_agent agent;
  services shared;
  invite_gate gate;
  flood_gate flood;
  clients outside;
  held_requests held_outside;
  std::unordered_map<call_id, entry> calls;
  timer_heap<call_id> deadlines;
};

}  // namespace sipvoice::call
