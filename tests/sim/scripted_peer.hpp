// A peer that plays a list of steps: what it waits for, what it answers, what it sends. Everything
// that reaches it is noted with its virtual time. It has no transactions and repeats nothing: that
// is what makes it useful against an endpoint that has them.
//
//     scripted_peer peer(w, {expect("INVITE"), respond("INVITE", 180), wait(2s),
//                            respond("INVITE", 200), expect("ACK"), request("BYE"),
//                            expect("200")});
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "call/support.hpp"
#include "sipvoice/sim/world.hpp"

namespace test {

struct peer_step {
  enum class what : std::uint8_t { expect, respond, request, wait };
  what kind = what::wait;
  std::string name;  ///< a method, or the status that is expected
  int status = 0;    ///< of respond
  duration time{};   ///< of wait
};
/// Waits for a request of that method or a response of that status; others are noted only.
inline peer_step expect(std::string name) {
  return {peer_step::what::expect, std::move(name), 0, {}};
}
/// Answers the last request of that method; a 2xx to INVITE carries a description.
inline peer_step respond(std::string method, int status) {
  return {peer_step::what::respond, std::move(method), status, {}};
}
/// Sends a request: INVITE begins a call, ACK, BYE and CANCEL belong to it.
inline peer_step request(std::string method) {
  return {peer_step::what::request, std::move(method), 0, {}};
}
inline peer_step wait(duration time) { return {peer_step::what::wait, {}, 0, time}; }

/// Lives at peer_address and talks to server_address.
class scripted_peer final : public sim::host {
 public:
  scripted_peer(sim::world& w, std::vector<peer_step> steps) : world_(w), steps_(std::move(steps)) {
    world_.attach(peer_address.ip, *this);
    go_on();
  }
  ~scripted_peer() override { world_.detach(peer_address.ip); }

  [[nodiscard]] bool done() const { return at_ == steps_.size(); }
  /// "INVITE 0", "ACK 520", ...: names and milliseconds, in the order of arrival.
  [[nodiscard]] const std::vector<std::string>& seen() const { return seen_; }
  /// The moments at which that came, in milliseconds.
  [[nodiscard]] std::vector<std::int64_t> times_of(const std::string& name) const {
    const auto found = times_.find(name);
    return found == times_.end() ? std::vector<std::int64_t>{} : found->second;
  }

  void receive(const socket_address& to, const socket_address&, std::string bytes,
               time_point now) override {
    if (to.port != peer_address.port) return;
    auto m = sip::message::parse(std::move(bytes));
    if (!m || m->check() != nullptr) throw std::runtime_error("the peer got what is not SIP");
    const std::string name =
        m->is_request() ? std::string(m->method_name()) : std::to_string(m->status());
    const std::int64_t ms = to_ms(now.time_since_epoch());
    seen_.push_back(name + " " + std::to_string(ms));
    times_[name].push_back(ms);
    if (m->is_request()) {
      requests_.insert_or_assign(name, std::move(*m));
    } else if (m->method() == sip::method::invite && m->status() > 100) {
      answer_ = std::move(*m);
    }
    if (done() || steps_[at_].kind != peer_step::what::expect || steps_[at_].name != name) return;
    ++at_;
    go_on();
  }
  void handle_timeout(time_point) override {
    wake_ = never;
    ++at_;
    go_on();
  }
  [[nodiscard]] time_point next_deadline() const override { return wake_; }

 private:
  void go_on() {
    for (; !done(); ++at_) {
      const peer_step& s = steps_[at_];
      if (s.kind == peer_step::what::expect) return;
      if (s.kind == peer_step::what::wait) {
        wake_ = world_.now() + s.time;
        world_.touch(*this);
        return;
      }
      world_.send(peer_address, server_address,
                  s.kind == peer_step::what::respond ? response(s) : outgoing(s.name));
    }
  }
  [[nodiscard]] std::string response(const peer_step& s) const {
    const sip::message& r = requests_.at(s.name);
    const bool answers = s.name == "INVITE" && s.status >= 200 && s.status < 300;
    return respond_to(r, s.status, "peer", "Contact: <sip:bob@127.0.0.2:5070>\r\n",
                      answers ? offer() : std::string());
  }
  [[nodiscard]] std::string outgoing(const std::string& method) {
    if (method == "INVITE") return invite_.text();
    if (method == "CANCEL") {
      peer_request cancel = invite_;
      cancel.method = "CANCEL";
      cancel.body.clear();
      return cancel.text();
    }
    const std::uint32_t number = method == "ACK" ? invite_.cseq : ++cseq_;
    const std::string branch = "z9hG4bK-" + method + std::to_string(number);
    if (const auto called = requests_.find("INVITE"); called != requests_.end())
      return in_dialog_as_callee(called->second, method, number, branch).text();
    return in_dialog(answer_, method, number, branch).text();
  }
  /// The callee's From is the caller's To with our tag, and the other way round.
  static peer_request in_dialog_as_callee(const sip::message& invite, const std::string& method,
                                          std::uint32_t number, const std::string& branch) {
    peer_request r;
    r.method = method;
    r.call_id = invite.call_id();
    r.from = std::string(invite.value(sip::header_id::to)) + ";tag=peer";
    r.to = invite.value(sip::header_id::from);
    r.cseq = number;
    r.branch = branch;
    r.body.clear();
    return r;
  }

  sim::world& world_;
  std::vector<peer_step> steps_;
  std::size_t at_ = 0;
  time_point wake_ = never;
  std::vector<std::string> seen_;
  std::map<std::string, std::vector<std::int64_t>> times_;
  std::map<std::string, sip::message> requests_;
  sip::message answer_;
  peer_request invite_;
  std::uint32_t cseq_ = 1;
};

}  // namespace test
