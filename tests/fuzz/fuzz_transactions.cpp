// A list of operations on the transactions of one user agent, over UDP and streams, on a virtual
// clock; a book of what every transaction has seen says what may still happen to it.
// (fuzz_user_agent feeds hostile bytes; here the messages are mostly well formed and the order is
// hostile.)
//
// The input: operations of one byte, each followed by the bytes that it reads; see step(). A seed
// is written by hand, for instance an INVITE, 180, 200, its ACK and a minute: 00 00 00, 01 00 01,
// 01 00 03, 02 00, 04 ea 60.
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "check.hpp"
#include "sipvoice/sip/user_agent.hpp"

namespace {

using namespace sipvoice;
using namespace sipvoice::sip;
using fuzz::require;

constexpr const char* methods[] = {"INVITE", "BYE", "OPTIONS", "UPDATE"};
constexpr method sent_methods[] = {method::invite, method::bye, method::options, method::update};
constexpr int statuses[] = {100, 180, 183, 200, 202, 302, 407, 486, 487, 503, 603};
constexpr std::size_t most = 24;  // server transactions
constexpr std::int64_t t1_ms = 500;

hop hop_of(std::uint8_t b) {
  const auto port = static_cast<std::uint16_t>(5060 + (b >> 4) % 2);
  return {flow_id{1u + b % 2},
          b % 2 == 0 ? transport::udp : transport::tcp,
          {ip_address::v4(192, 0, 2, 1), port}};
}

struct heard {  // a request that was told
  std::shared_ptr<const message> request;
  hop from;
  int final = 0;
  std::string last = {};  // the last response
  int acks = 0;
};
struct asked {  // a request of ours
  client_tx tx{};
  method what = method::invite;
  std::string branch, bytes;
  hop to;
  int final = 0;
  bool provisional = false, over = false;
};

class driver {
 public:
  explicit driver(fuzz::input in) : in_(std::move(in)) {}

  void run() {
    for (int steps = 0; !in_.empty() && steps < 3000; ++steps) {
      sent_now_ = 0;
      step();
      drain();
      require(sent_now_ <= bound_, "what goes out is bounded");
      require(ua_.transactions() <= most + 2 * asked_.size(), "what is kept is bounded");
      require(ua_.next_deadline() >= now_, "no timer stands in the past");
    }
    finish();
  }

 private:
  void step() {
    bound_ = 4;  // for one message or command: a 100, a 200, a 487, an ACK
    switch (in_.byte() % 10) {
      case 0:
        return receive_request(in_.byte(), in_.byte());
      case 1:
        return respond(in_.byte(), statuses[in_.byte() % std::size(statuses)]);
      case 2:
        return receive_ack(in_.byte());
      case 3:
        return receive_cancel(in_.byte());
      case 4:
        return advance(in_.word());
      case 5:
        return send(in_.byte(), in_.byte());
      case 6:
        return receive_response(in_.byte(), in_.byte());
      case 7:
        if (!asked_.empty()) cancel(any_asked(in_.byte()));
        return;
      case 8:
        return fail(in_.byte());
      default:
        return garbage();
    }
  }

  // --- as server
  std::string request_text(const std::string& name, const std::string& branch, int number,
                           const std::string& to_tag, const hop& from) {
    return name + " sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/" +
           std::string(via_name(from.transport)) + " host;branch=" + branch +
           ";rport\r\nFrom: <sip:alice@example.com>;tag=a\r\nTo: <sip:bob@example.com>" +
           (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\nCall-ID: c" + std::to_string(number) +
           "\r\nCSeq: " + std::to_string(number) + " " + name + "\r\nContent-Length: 0\r\n\r\n";
  }
  void receive_request(std::uint8_t what, std::uint8_t how) {
    const hop from = hop_of(how);
    // The same branch, call and path again is a retransmission; the same call by another branch
    // is merged; with a To tag it is neither.
    const std::string branch =
        (how & 8) != 0 ? std::to_string(what % 8) : "z9hG4bK" + std::to_string(what >> 2);
    receive(request_text(methods[what % 4], branch, what % 8, (how & 4) != 0 ? "owner" : "", from),
            from, false);
  }
  void receive_ack(std::uint8_t which) {
    if (heard_.empty()) return;
    const heard& h = any_heard(which);
    std::string branch = std::string(h.request->top_via()->branch());
    if ((which & 64) != 0) branch += "x";  // as to a 2xx
    receive(
        request_text("ACK", branch, static_cast<int>(h.request->cseq()->number), "owner", h.from),
        h.from, true);
  }
  void receive_cancel(std::uint8_t which) {
    if (heard_.empty()) return;
    const heard& h = any_heard(which);
    receive(request_text("CANCEL", std::string(h.request->top_via()->branch()),
                         static_cast<int>(h.request->cseq()->number), "", h.from),
            h.from, false);
  }
  void respond(std::uint8_t which, int status) {
    if (heard_.empty()) return;
    auto at = heard_.begin();
    std::advance(at, which % heard_.size());
    answer(at->first, status);
  }
  void answer(server_tx tx, int status) {
    heard& h = heard_.at(tx);
    std::string bytes =
        message_builder::response_to(*h.request, status, h.from.remote, "owner").finish();
    // RFC 6026 8.5: behind a 2xx to an INVITE the owner may give that 2xx, or another one, again.
    const bool again = h.request->method() == method::invite && h.final / 100 == 2;
    const bool taken = h.final == 0 || (again && status / 100 == 2);
    if (taken) h.last = bytes;
    const std::size_t before = sent_now_;
    if (taken && status >= 200) h.final = status;
    ua_.respond(tx, status, std::move(bytes), now_);
    drain();
    require(sent_now_ - before == (taken ? 1U : 0U), "nothing goes out behind a final response");
  }

  // --- as client
  void send(std::uint8_t what, std::uint8_t how) {
    if (asked_.size() >= 40) return;
    asked a;
    a.what = sent_methods[what % 4];
    a.branch = ua_.new_branch();
    a.to = hop_of(how);
    a.to.large_over_tcp = (how & 5) == 4;
    auto out = message_builder::request(name_of(a.what), "sip:bob@192.0.2.1");
    out.add(header_id::via,
            "SIP/2.0/" + std::string(via_name(a.to.transport)) + " me;branch=" + a.branch);
    out.add(header_id::from, "<sip:me@127.0.0.1>;tag=m").add(header_id::to, "<sip:bob@192.0.2.1>");
    out.add(header_id::call_id, "out").add(header_id::cseq, "1 " + std::string(name_of(a.what)));
    if ((how & 8) != 0) out.add(header_id::subject, std::string(1300, 's'));
    a.bytes = out.finish();
    a.tx = ua_.send_request(a.what, a.branch, a.bytes, a.to, now_);
    require(a.tx != client_tx{}, "a fresh branch begins a transaction");
    require(ua_.send_request(a.what, a.branch, a.bytes, a.to, now_) == client_tx{},
            "a branch in use begins none");
    asked_.push_back(std::move(a));
  }
  void receive_response(std::uint8_t which, std::uint8_t how) {
    if (asked_.empty()) return;
    const asked& a = any_asked(which);
    const std::string name((how & 32) != 0 ? "CANCEL" : name_of(a.what));
    const std::string branch = (how & 64) != 0 ? a.branch + "x" : a.branch;
    receive("SIP/2.0 " + std::to_string(statuses[(how & 31) % std::size(statuses)]) +
                " x\r\nVia: SIP/2.0/UDP me;branch=" + branch +
                "\r\nFrom: <sip:me@127.0.0.1>;tag=m\r\nTo: <sip:bob@192.0.2.1>;tag=t" +
                std::to_string(how >> 7) + "\r\nCall-ID: out\r\nCSeq: 1 " + name +
                "\r\nContent-Length: 0\r\n\r\n",
            a.to, true);
  }
  void cancel(const asked& a) {
    if (a.provisional) ua_.send_cancel(a.tx, now_);  // 9.1: not before one
  }
  void fail(std::uint8_t how) {
    bound_ = asked_.size() + 1;  // each that waits there goes out once more
    const hop where = hop_of(how);
    const flow_id other{100u + how % 4};
    if ((how & 64) != 0) return ua_.peer_unreachable(where.remote, now_);
    if ((how & 32) != 0 && !asked_.empty()) ua_.sent_on(any_asked(how).tx, other);
    ua_.connection_lost((how & 8) != 0 ? other : where.flow,
                        (how & 4) != 0 ? std::optional(other) : std::nullopt, now_);
  }

  // --- both
  void receive(std::string bytes, const hop& from, bool silent) {
    last_received_ = bytes;
    const auto before = responses_;
    ua_.receive(from, ip_address::v4(127, 0, 0, 1), std::move(bytes), now_);
    drain();
    if (silent) require(responses_ == before, "responses and ACKs get no response");
  }
  void garbage() {
    if (last_received_.empty()) return;
    std::string bytes = last_received_;
    for (int edits = in_.byte() % 4 + 1; edits > 0; --edits)
      bytes[in_.word() % bytes.size()] = static_cast<char>(in_.byte());
    clean_ = false;  // branches may collide now: the book holds for the well formed alone
    ua_.receive(hop_of(in_.byte()), ip_address::v4(127, 0, 0, 1), std::move(bytes), now_);
    drain();
  }
  void advance(std::int64_t ms) {
    const time_point until = now_ + std::chrono::milliseconds(ms);
    // A machine repeats at T1, doubling; twice for a request that falls back to UDP.
    bound_ = (ua_.transactions() + 1) * static_cast<std::size_t>(ms / t1_ms + 2);
    while (ua_.next_deadline() <= until) {
      now_ = ua_.next_deadline();
      ua_.handle_timeout(now_);
      require(ua_.next_deadline() > now_, "what was due has been done");
      drain();
    }
    now_ = until;
  }

  void drain() {
    while (auto one = ua_.poll()) std::visit([this](const auto& o) { take(o); }, *one);
  }
  void take(const transmit& o) {
    ++sent_now_;
    const auto parsed = message::parse(o.bytes);
    require(parsed.has_value(), "what is sent is SIP");
    if (parsed->is_request()) return;
    ++responses_;
    if (!clean_) return;
    require(parsed->method() != method::ack, "an ACK has no response");
    // Behind a final response of ours only that response is repeated, byte for byte.
    for (const auto& [tx, h] : heard_)
      if (h.final != 0 && is_of(h, *parsed)) require(o.bytes == h.last, "one final response");
  }
  // A response of the owner's, in the transaction of this request. Old branches are left out: more
  // than the branch decides there.
  static bool is_of(const heard& h, const message& response) {
    const auto branch = h.request->top_via()->branch();
    return branch.starts_with("z9hG4bK") && branch == response.top_via()->branch() &&
           h.request->method() == response.method() && response.to()->tag() == "owner";
  }
  void take(const request_received& o) {
    require(heard_.emplace(o.tx, heard{o.request, o.from}).second, "a request is told once");
    require(o.request->method() != method::cancel, "a CANCEL is not told as a request");
  }
  void take(const ack_received& o) {
    require(o.request->method() == method::ack, "an ACK is an ACK");
  }
  void take(const cancelled& o) {
    require(heard_.contains(o.invite) && heard_.at(o.invite).final == 0,
            "what is cancelled waits for an answer");
    require(++cancels_[o.invite] == 1, "a CANCEL is told once");
  }
  void take(const response_received& o) {
    asked& a = known(o.tx);
    const int status = o.response->status();
    const bool forked = a.what == method::invite && status / 100 == 2 && a.final / 100 == 2;
    require(!a.over && (a.final == 0 || forked), "nothing is told behind the end");
    a.provisional = true;
    if (status >= 200) a.final = status;
  }
  void take(const request_timed_out& o) {
    asked& a = known(o.tx);
    require(!a.over && a.final == 0, "what was answered does not time out, nor twice");
    a.over = true;
  }
  void take(const fell_back_to_udp& o) {
    require(known(o.tx).final == 0 && o.size > 1300, "only the large fall back");
  }
  void take(const server_tx_ended& o) {
    const auto at = heard_.find(o.tx);
    require(at != heard_.end() && at->second.final != 0, "what ends was answered");
    require(o.acknowledged || at->second.request->method() == method::invite,
            "only an INVITE waits for an ACK");
    heard_.erase(at);
  }

  // Answers what waits; after 64*T1 without a word nothing is left.
  void finish() {
    while (true) {
      const auto open = std::find_if(heard_.begin(), heard_.end(),
                                     [](const auto& h) { return h.second.final == 0; });
      if (open == heard_.end()) break;
      answer(open->first, 480);
    }
    for (const asked& a : asked_) cancel(a);
    drain();
    advance(64 * t1_ms);
    require(heard_.empty(), "every server transaction has ended");
    require(ua_.transactions() == 0, "no transaction is left");
    require(ua_.next_deadline() == never, "no timer is left");
    for (const asked& a : asked_) require(a.over || a.final != 0, "every request has an end");
  }

  heard& any_heard(std::uint8_t which) {
    auto at = heard_.begin();
    std::advance(at, which % heard_.size());
    return at->second;
  }
  asked& any_asked(std::uint8_t which) { return asked_[which % asked_.size()]; }
  asked& known(client_tx tx) {
    const auto at =
        std::find_if(asked_.begin(), asked_.end(), [tx](const asked& a) { return a.tx == tx; });
    require(at != asked_.end(), "what is told belongs to a request of the owner");
    return *at;
  }
  static user_agent_config small() {
    user_agent_config out;
    out.max_server_transactions = most;
    return out;
  }

  fuzz::input in_;
  seeded_random random_{1};
  user_agent ua_{small(), random_};
  time_point now_{};
  std::map<server_tx, heard> heard_;
  std::map<server_tx, int> cancels_;
  std::vector<asked> asked_;
  std::string last_received_;
  std::size_t sent_now_ = 0, bound_ = 0, responses_ = 0;
  bool clean_ = true;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  driver(fuzz::input(data, size)).run();
  return 0;
}
