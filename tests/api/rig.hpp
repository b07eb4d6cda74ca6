// The logic of a backend over the simulated network, on a virtual clock; and a caller that writes
// SIP by hand.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "call/support.hpp"
#include "sipvoice/api/control.hpp"
#include "sipvoice/rtp/packet.hpp"
#include "sipvoice/sim/node.hpp"
#include "sipvoice/sim/world.hpp"
#include "support/sawtooth.hpp"

namespace test {

using namespace sipvoice;
using namespace std::chrono_literals;

/// Every prompt is a second of a sawtooth; recordings are complete when their sink is closed.
class sawtooth_sounds final : public session::sound_store {
 public:
  std::shared_ptr<const audio::clip> load(const std::string& file, std::uint32_t rate,
                                          std::string& error) override {
    if (file.starts_with("missing")) {
      error = "no such file";
      return nullptr;
    }
    return sawtooth_prompt(file, rate);
  }
  std::shared_ptr<const audio::clip> speak(const std::string& text, const std::string&,
                                           std::uint32_t rate, std::string& error) override {
    return load("say:" + text, rate, error);
  }
  struct memory_file final : media::recording_sink {
    void write(std::span<const std::int16_t> heard, std::span<const std::int16_t>) override {
      samples += heard.size();
    }
    void close() override {
      if (done) std::exchange(done, nullptr)({name, samples * 1000 / rate, 0, {}});
    }
    std::string name;
    std::uint64_t samples = 0;
    std::uint32_t rate = 8000;
    std::function<void(const session::recording_result&)> done;
  };
  session::recording open_recording(const std::string& name, std::uint32_t rate, bool,
                                    std::function<void(const session::recording_result&)> done,
                                    std::string&) override {
    auto sink = std::make_shared<memory_file>();
    sink->name = name;
    sink->rate = rate;
    sink->done = std::move(done);
    return {name, sink};
  }
};

/// What a backend is over sockets: its control, an engine, and a machine in the world.
class party final : public sim::application, public api::shell {
 public:
  using setup = std::function<void(api::handlers&)>;
  party(sim::world& w, const ip_address& address, Config config = {}, const setup& set = {})
      : world_(w),
        control_(std::make_shared<api::control>(std::move(config))),
        node_(w, node_config(address, *control_, set)),
        engine_(node_.endpoint(), sounds_, {w.now(), wall_time{}}) {
    node_.set_application(*this);
    control_->attach(engine_, node_.endpoint(), *this);
  }
  ~party() override { control_->detach(); }
  party(const party&) = delete;
  party& operator=(const party&) = delete;

  [[nodiscard]] api::control& control() { return *control_; }
  [[nodiscard]] sim::node& node() { return node_; }
  /// Nothing of any call is left.
  [[nodiscard]] bool is_clean() {
    return control_->count() == 0 && engine_.sessions() == 0 && node_.ports_in_use() == 0 &&
           node_.media_sessions() == 0;
  }

  // --- api::shell
  [[nodiscard]] time_point now() const override { return world_.now(); }
  void settle() override {
    if (std::exchange(settling_, true)) return;
    post([this] { settling_ = false; });
  }
  void post(std::function<void()> f) override {
    world_.at(world_.now(), [this, f = std::move(f)] {
      f();
      drain();
    });
  }

  // --- sim::application
  void on_call_event(const call::call_event& event, time_point now) override {
    engine_.handle(event, now);
    drain();
  }
  void on_media_event(const media::media_event& event, time_point now) override {
    engine_.handle(event, now);
    drain();
  }
  void handle_timeout(time_point now) override {
    engine_.handle_timeout(now);
    drain();
  }
  [[nodiscard]] time_point next_deadline() const override { return engine_.next_deadline(); }

 private:
  static sim::node_config node_config(const ip_address& address, api::control& control,
                                      const setup& set) {
    if (set) set(control.on);
    sim::node_config c;
    c.address = address;
    c.endpoint = control.endpoint_config();
    return c;
  }
  void drain() {
    if (std::exchange(draining_, true)) return;
    while (auto o = engine_.poll()) {
      if (auto* c = std::get_if<media::media_command>(&*o)) {
        node_.command(*c);
      } else if (auto* t = std::get_if<session::told>(&*o)) {
        control_->hear(*t);
      } else if (auto* m = std::get_if<session::media_told>(&*o)) {
        control_->hear(*m);
      }
    }
    draining_ = false;
    node_.drain();
  }

  sim::world& world_;
  sawtooth_sounds sounds_;
  std::shared_ptr<api::control> control_;
  sim::node node_;
  session::engine engine_;
  bool settling_ = false, draining_ = false;
};

/// At peer_address; knows nothing but what it is told to send, and repeats nothing.
class caller final : public sim::host {
 public:
  explicit caller(sim::world& w) : world_(w) { world_.attach(peer_address.ip, *this); }
  ~caller() override { world_.detach(peer_address.ip); }
  caller(const caller&) = delete;
  caller& operator=(const caller&) = delete;

  /// An INVITE of this Call-ID; it is acknowledged where its answer comes (unless `mute`).
  void invite(const std::string& id, const std::string& headers = {}, bool mute = false,
              const std::string& sdp = offer()) {
    peer_request r;
    r.call_id = id;
    r.from = "<sip:alice@127.0.0.2>;tag=" + id;
    r.branch = "z9hG4bK-" + id + std::to_string(++count_);
    r.headers = headers;
    r.body = sdp;
    invites_[id] = r;
    mute_[id] = mute;
    send(r);
  }
  void ack(const std::string& id) {
    send(in_dialog(*answers_.at(id), "ACK", 1, "z9hG4bK-ack" + id));
  }
  void bye(const std::string& id, const std::string& headers = {}) {
    peer_request r = in_dialog(*answers_.at(id), "BYE", 2, "z9hG4bK-bye" + id);
    r.headers = headers;
    send(r);
  }
  /// The 200 to its last INVITE.
  [[nodiscard]] const sip::message& answer_of(const std::string& id) const {
    return *answers_.at(id);
  }
  /// Another request of that dialog, a re-INVITE with this body for instance.
  void request(const std::string& id, const std::string& method, std::uint32_t cseq,
               const std::string& headers = {}, const std::string& body = {}) {
    peer_request r =
        in_dialog(*answers_.at(id), method, cseq, "z9hG4bK-" + id + "-" + std::to_string(++count_));
    r.headers = headers;
    r.body = body;
    if (method == "INVITE") invites_[id] = r;
    send(r);
  }
  /// 20 ms of loud PCMU from our media port to theirs.
  void talk(const std::string& id, std::uint16_t from = 4000) {
    const std::string body(answer_of(id).body());
    const auto to = static_cast<std::uint16_t>(std::stoi(body.substr(body.find("m=audio ") + 8)));
    const std::uint32_t n = talked_[id]++;
    std::array<std::uint8_t, 172> packet{};
    rtp::print({n == 0, payload_type{0}, sequence_number(static_cast<std::uint16_t>(n)),
                rtp_timestamp(160 * n), ssrc{77}},
               std::span(packet).first<rtp::header_bytes>());
    for (std::size_t i = rtp::header_bytes; i < packet.size(); ++i)
      packet[i] = i % 8 < 4 ? 0x10 : 0x90;
    world_.send({peer_address.ip, from}, {server_address.ip, to},
                {reinterpret_cast<const char*>(packet.data()), packet.size()});
  }
  void send(const peer_request& r) { world_.send(peer_address, server_address, r.text()); }

  /// "100", "200", "BYE", ...
  [[nodiscard]] std::size_t got(const std::string& id, const std::string& name) const {
    std::size_t n = 0;
    for (const auto& [of, m] : seen_)
      n += of == id && (m->is_request() ? std::string(m->method_name())
                                        : std::to_string(m->status())) == name
               ? 1
               : 0;
    return n;
  }
  [[nodiscard]] const sip::message* last(const std::string& id) const {
    const sip::message* found = nullptr;
    for (const auto& [of, m] : seen_)
      if (of == id) found = m.get();
    return found;
  }

  void receive(const socket_address& to, const socket_address&, std::string bytes,
               time_point) override {
    if (to.port != peer_address.port) return;
    auto parsed = sip::message::parse(std::move(bytes));
    if (!parsed) throw std::runtime_error("the caller got what is not SIP");
    auto m = std::make_shared<const sip::message>(std::move(*parsed));
    const std::string id(m->call_id());
    seen_.emplace_back(id, m);
    if (m->is_request()) {
      if (m->method() != sip::method::ack)
        world_.send(peer_address, server_address, respond_to(*m, 200, ""));
      return;
    }
    if (m->method() != sip::method::invite || m->status() < 200) return;
    if (m->status() >= 300) {
      world_.send(peer_address, server_address, ack_refusal(invites_.at(id), *m));
      return;
    }
    answers_[id] = m;
    if (!mute_[id]) request(id, "ACK", m->cseq()->number);
  }
  void handle_timeout(time_point) override {}
  [[nodiscard]] time_point next_deadline() const override { return never; }

 private:
  sim::world& world_;
  int count_ = 0;
  std::map<std::string, peer_request> invites_;
  std::map<std::string, bool> mute_;
  std::map<std::string, std::uint32_t> talked_;
  std::map<std::string, std::shared_ptr<const sip::message>> answers_;
  std::vector<std::pair<std::string, std::shared_ptr<const sip::message>>> seen_;
};

}  // namespace test
