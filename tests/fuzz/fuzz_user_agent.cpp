// A list of operations against one user agent on a virtual clock: hostile datagrams, well-formed
// and mutated requests and responses, commands of the owner, time. What must hold is checked after
// each operation and, when all has been answered and all timers have run out, at the end.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sipvoice/sip/user_agent.hpp"

namespace {

using namespace sipvoice;
using namespace sipvoice::sip;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

class input {
 public:
  input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  [[nodiscard]] bool empty() const { return left_ == 0; }
  std::uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  std::uint16_t word() {
    const std::uint16_t high = byte();
    return static_cast<std::uint16_t>((high << 8) | byte());
  }
  std::string bytes(std::size_t n) {
    n = n < left_ ? n : left_;
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += static_cast<char>(data_[i]);
    data_ += n;
    left_ -= n;
    return out;
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

constexpr std::size_t most_server_transactions = 16;
constexpr const char* methods[] = {"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "FOO"};
constexpr method outgoing[] = {method::invite, method::bye, method::options};
constexpr int statuses[] = {100, 180, 183, 200, 202, 302, 401, 486, 487, 503, 603};

class driver {
 public:
  explicit driver(input in) : in_(in) {}

  void run() {
    while (!in_.empty()) {
      step();
      drain();
      require(ua_.transactions() <= most_server_transactions + started_, "the bound is kept");
    }
    finish();
  }

 private:
  void step() {
    switch (in_.byte() % 9) {
      case 0:
        return receive(in_.bytes(in_.word()));
      case 1:
        return receive(mutate(request()));
      case 2:
        return respond();
      case 3:
        return advance(in_.word());
      case 4:
        return send_request();
      case 5:
        if (!sent_.empty()) ua_.send_cancel(pick(sent_).tx, now_);
        return;
      case 6:
        return receive(mutate(response()));
      case 7:
        if (!open_.empty()) ua_.repeat_2xx(any_open());
        return;
      default:
        return receive(request());
    }
  }

  void receive(std::string bytes) {
    const auto parsed = message::parse(bytes);
    const bool silent = !parsed || !parsed->is_request() || parsed->method() == method::ack;
    const hop from{flow_id{1},
                   in_.byte() % 2 == 0 ? transport::udp : transport::tcp,
                   {ip_address::v4(192, 0, 2, 1), 40000}};
    ua_.receive(from, ip_address::v4(127, 0, 0, 1), std::move(bytes), now_);
    drain(silent);
  }

  std::string request() {
    const std::string name = methods[in_.byte() % std::size(methods)];
    const int shape = in_.byte();
    const std::string n = std::to_string(in_.byte() % 8);
    std::string out = name + " sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP host";
    if (shape & 1) out += ";branch=z9hG4bK" + n;
    if (shape & 2) out += ";rport";
    out += "\r\nFrom: <sip:alice@example.com>;tag=a\r\nTo: <sip:bob@example.com>";
    if (shape & 4) out += ";tag=owner";
    out += "\r\nCall-ID: c" + (shape & 8 ? n : std::string("0")) + "\r\nCSeq: " + n + " " + name;
    if (shape & 16) out += "\r\nRequire: x, timer";
    return out + "\r\nContent-Length: 0\r\n\r\n";
  }

  std::string mutate(std::string text) {
    if (text.empty()) return text;
    for (int i = in_.byte() % 4; i > 0; --i) {
      const std::size_t where = in_.word() % text.size();
      text[where] = static_cast<char>(in_.byte());
    }
    return text;
  }

  struct sent_request {
    client_tx tx{};
    std::string name, branch;
  };

  void send_request() {
    const method m = outgoing[in_.byte() % std::size(outgoing)];
    const std::string branch = ua_.new_branch();
    const std::string name(name_of(m));
    auto out = message_builder::request(name, "sip:bob@192.0.2.1");
    out.add(header_id::via, "SIP/2.0/UDP 127.0.0.1;branch=" + branch);
    out.add(header_id::from, "<sip:me@127.0.0.1>;tag=m").add(header_id::to, "<sip:bob@192.0.2.1>");
    out.add(header_id::call_id, "out").add(header_id::cseq, "1 " + name);
    const hop to{flow_id{1},
                 in_.byte() % 2 == 0 ? transport::udp : transport::tcp,
                 {ip_address::v4(192, 0, 2, 1), 5060}};
    sent_.push_back({ua_.send_request(m, branch, out.finish(), to, now_), name, branch});
    started_ += 2;  // with its CANCEL
  }

  std::string response() {
    if (sent_.empty()) return "SIP/2.0 200 OK\r\n\r\n";
    const sent_request& r = pick(sent_);
    const std::string name = in_.byte() % 8 == 0 ? "CANCEL" : r.name;
    return "SIP/2.0 " + std::to_string(statuses[in_.byte() % std::size(statuses)]) +
           " x\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=" + r.branch +
           "\r\nFrom: <sip:me@127.0.0.1>;tag=m\r\nTo: <sip:bob@192.0.2.1>;tag=t\r\n"
           "Call-ID: out\r\nCSeq: 1 " +
           name + "\r\nContent-Length: 0\r\n\r\n";
  }

  void respond() {
    if (open_.empty()) return;
    const server_tx tx = any_open();
    answer(tx, statuses[in_.byte() % std::size(statuses)]);
  }
  void answer(server_tx tx, int status) {
    const socket_address source{ip_address::v4(192, 0, 2, 1), 40000};
    const auto request = open_.at(tx);
    ua_.respond(tx, status,
                message_builder::response_to(*request, status, source, "owner").finish(), now_);
    drain();
  }

  void advance(std::int64_t ms) {
    const time_point until = now_ + std::chrono::milliseconds(ms);
    while (ua_.next_deadline() <= until) {
      require(ua_.next_deadline() >= now_, "no deadline is left behind");
      now_ = ua_.next_deadline();
      ua_.handle_timeout(now_);
      require(ua_.next_deadline() > now_, "what was due has been done");
      drain();
    }
    now_ = until;
  }

  void drain(bool silent = false) {
    while (auto one = ua_.poll()) std::visit([&](const auto& o) { take(o, silent); }, *one);
  }
  void take(const transmit& o, bool silent) {
    const auto parsed = message::parse(o.bytes);
    require(parsed.has_value(), "what is sent is SIP");
    if (silent) require(parsed->is_request(), "responses and ACKs get no response");
  }
  void take(const request_received& o, bool silent) {
    require(!silent, "a request was received");
    require(o.request->check() == nullptr, "only clean requests go up");
    require(open_.emplace(o.tx, o.request).second, "a transaction is told once");
  }
  void take(const ack_received& o, bool) {
    require(o.request->method() == method::ack, "an ACK is an ACK");
  }
  void take(const cancelled& o, bool) {
    require(open_.contains(o.invite), "what is cancelled is alive");
    require(++cancels_[o.invite] == 1, "a CANCEL is told once");
  }
  void take(const response_received& o, bool) { require_sent(o.tx); }
  void take(const request_timed_out& o, bool) { require_sent(o.tx); }
  void take(const fell_back_to_udp& o, bool) { require_sent(o.tx); }
  void take(const server_tx_ended& o, bool) {
    require(open_.erase(o.tx) == 1, "what ends was alive");
  }

  void require_sent(client_tx tx) {
    for (const auto& one : sent_)
      if (one.tx == tx) return;
    require(false, "a response belongs to a request of the owner");
  }

  // Answers all that is open and lets every timer run out: nothing may be left.
  void finish() {
    while (!open_.empty()) {
      const server_tx tx = open_.begin()->first;
      answer(tx, 480);
      advance(40'000);
      require(!open_.contains(tx), "an answered transaction ends");
    }
    for (const auto& one : sent_) ua_.send_cancel(one.tx, now_);
    drain();
    advance(100'000);
    require(ua_.transactions() == 0, "no transaction is left");
    require(ua_.next_deadline() == never, "no timer is left");
  }

  template <class T>
  T& pick(std::vector<T>& from) {
    return from[in_.byte() % from.size()];
  }
  server_tx any_open() {
    auto at = open_.begin();
    std::advance(at, in_.byte() % open_.size());
    return at->first;
  }

  input in_;
  seeded_random random_{1};
  user_agent ua_{small_config(), random_};
  time_point now_{};
  std::size_t started_ = 0;
  std::vector<sent_request> sent_;
  std::map<server_tx, std::shared_ptr<const message>> open_;
  std::map<server_tx, int> cancels_;

  static user_agent_config small_config() {
    user_agent_config out;
    out.max_server_transactions = most_server_transactions;
    out.supported = {"timer"};
    return out;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  driver(input(data, size)).run();
  return 0;
}
