// A shell for tests: one endpoint on a virtual clock whose questions (ports, media, names) are
// answered at once, and a scripted peer that writes SIP by hand.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/sip/message.hpp"

namespace test {

using namespace sipvoice;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline const ip_address server_ip = ip_address::v4(127, 0, 0, 1);
inline const socket_address server_address{server_ip, 5060};
inline const socket_address peer_address{ip_address::v4(127, 0, 0, 2), 5070};
inline constexpr sip::flow_id flow{1};

struct one_address_host final : call::host_environment {
  explicit one_address_host(ip_address a) : address(a) {}
  ip_address local_address_toward(const ip_address&) override { return address; }
  ip_address address;
};

/// A message that an endpoint sent, and when.
struct sent_message {
  time_point at;
  sip::hop to;
  std::shared_ptr<const sip::message> message;
};

/// One endpoint and all a shell does for it.
class node {
 public:
  explicit node(call::endpoint_config config = {}, std::uint64_t seed = 1,
                socket_address address = server_address)
      : address_(address),
        host_(address.ip),
        random_(seed),
        endpoint_(std::move(config), random_, host_) {
    endpoint_.add_listener({flow, sip::transport::udp, address});
  }

  call::endpoint& endpoint() { return endpoint_; }
  [[nodiscard]] time_point now() const { return now_; }
  void set_now(time_point t) { now_ = t; }

  void receive(std::string bytes, const socket_address& from = peer_address) {
    endpoint_.receive(flow, from, address_.ip, std::move(bytes), now_);
    drain();
  }
  /// Runs every timer up to and including `to`, each at its exact time.
  void advance_to(time_point to) {
    while (endpoint_.next_deadline() <= to) {
      now_ = std::max(now_, endpoint_.next_deadline());
      endpoint_.handle_timeout(now_);
      drain();
    }
    now_ = std::max(now_, to);
  }
  void advance(duration by) { advance_to(now_ + by); }

  void drain() {
    while (auto out = endpoint_.poll()) std::visit([this](auto& one) { take(one); }, *out);
  }

  // --- commands, each followed by a drain
  bool ring() { return done(endpoint_.ring(last_call, now_)); }
  bool early_media() { return done(endpoint_.early_media(last_call, now_)); }
  bool answer(const call::answer_options& o = {}) {
    return done(endpoint_.answer(last_call, o, now_));
  }
  bool reject(int status, std::string reason = {}, std::string rule = "route") {
    return done(endpoint_.reject(last_call, status, std::move(reason), std::move(rule), now_));
  }
  bool hang_up(std::string reason = "hangup") {
    return done(endpoint_.hang_up(last_call, std::move(reason), now_));
  }
  bool hold() { return done(endpoint_.hold(last_call, now_)); }
  bool resume() { return done(endpoint_.resume(last_call, now_)); }
  bool modify(const call::media_modification& m) {
    return done(endpoint_.modify(last_call, m, now_));
  }
  call::call_id dial(const call::dial_request& r) {
    last_call = endpoint_.dial(r, now_);
    drain();
    return last_call;
  }
  void media_event(media::media_id id, media::event_body body) {
    endpoint_.handle({id, std::move(body)}, now_);
    drain();
  }
  /// Answers every address question that is open, each with the addresses of its family.
  void resolved(const std::vector<socket_address>& addresses) {
    for (const call::dns_question& q : std::exchange(questions, {})) {
      sip::dns_records found;
      for (const socket_address& a : addresses)
        if (a.ip.is_v6() == (q.type == sip::dns_type::aaaa)) found.push_back(a.ip);
      endpoint_.dns_answer(q.id, found, now_);
    }
    drain();
  }
  void give_port(call::call_id id) {
    endpoint_.media_port(id, new_ports(), now_);
    drain();
  }

  // --- what was seen
  template <class E>
  [[nodiscard]] std::vector<E> events() const {
    std::vector<E> found;
    for (const auto& e : all_events)
      if (const auto* one = std::get_if<E>(&e)) found.push_back(*one);
    return found;
  }
  /// The last event of that kind; throws when there was none.
  template <class E>
  [[nodiscard]] E last() const {
    const auto found = events<E>();
    if (found.empty()) throw std::runtime_error("no such event");
    return found.back();
  }
  /// Statuses of responses, methods of requests, in the order in which they were sent.
  [[nodiscard]] std::vector<std::string> ladder() const {
    std::vector<std::string> l;
    for (const auto& s : sent)
      l.push_back(s.message->is_request() ? std::string(s.message->method_name())
                                          : std::to_string(s.message->status()));
    return l;
  }
  [[nodiscard]] const sip::message& last_sent() const {
    if (sent.empty()) throw std::runtime_error("nothing was sent");
    return *sent.back().message;
  }
  /// The last message sent that is this request or this status.
  [[nodiscard]] const sent_message& last_sent(const std::string& what) const {
    const auto names = ladder();
    for (std::size_t i = names.size(); i-- > 0;)
      if (names[i] == what) return sent[i];
    throw std::runtime_error("never sent: " + what);
  }
  /// Times since the clock's beginning at which this went out, in milliseconds.
  [[nodiscard]] std::vector<std::int64_t> times_of(const std::string& what) const {
    std::vector<std::int64_t> times;
    const auto names = ladder();
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == what) times.push_back(to_ms(sent[i].at.time_since_epoch()));
    return times;
  }
  /// Nothing of any call is left: objects, transactions, timers, ports.
  [[nodiscard]] bool is_clean() const {
    return endpoint_.calls() == 0 && endpoint_.transactions() == 0 &&
           endpoint_.next_deadline() == never && ports_out.empty() && open_media.empty();
  }

  std::function<void(const sip::transmit&)> on_send;
  std::function<void(const call::call_event&)> on_event;
  std::vector<sent_message> sent;
  std::vector<call::call_event> all_events;
  std::vector<media::media_open> opened;
  std::vector<media::media_change> changed;
  std::vector<media::media_close> closed;
  std::vector<call::log_line> logs;
  std::vector<std::string> names_asked;
  std::vector<call::dns_question> questions;  ///< for addresses, not answered yet
  std::vector<call::open_flow> flows_opened;
  std::vector<call::close_flow> flows_closed;
  std::vector<call::need_media_port> ports_asked;
  std::set<std::uint64_t> ports_out;                  ///< handed over and not back yet
  std::map<std::uint64_t, std::uint64_t> open_media;  ///< media id to port pair
  bool ports_free = true;     ///< false: need_media_port is answered with nothing
  bool ports_at_once = true;  ///< false: the test answers
  bool media_at_once = true;  ///< false: media_close is not answered
  bool keep_messages = true;
  bool check_messages = true;  ///< false: a 400 may copy what was wrong with its request
  call::call_id last_call{};
  media::media_statistics statistics{};

 private:
  bool done(bool ok) {
    drain();
    return ok;
  }
  call::media_ports new_ports() {
    const std::uint64_t id = ++last_port_;
    ports_out.insert(id);
    return {media::port_pair_id{id},
            {address_.ip, static_cast<std::uint16_t>(10000 + 2 * (id % 5000))}};
  }
  void give_back(std::uint64_t port) {
    if (ports_out.erase(port) != 1) throw std::runtime_error("a port was given back twice");
  }

  void take(sip::transmit& t) {
    // Pings and pongs of RFC 5626 are no messages.
    const bool message =
        !sip::is_reliable(t.to.transport) || (t.bytes != "\r\n\r\n" && t.bytes != "\r\n");
    if (keep_messages && message) {
      auto parsed = sip::message::parse(t.bytes);
      if (!parsed) throw std::runtime_error("sent what is not SIP");
      if (check_messages && parsed->check() != nullptr) throw std::runtime_error(parsed->check());
      sent.push_back({now_, t.to, std::make_shared<const sip::message>(std::move(*parsed))});
    }
    if (on_send) on_send(t);
  }
  void take(call::need_media_port& n) {
    ports_asked.push_back(n);
    last_call = n.id;
    if (!ports_at_once) return;
    endpoint_.media_port(n.id, ports_free ? std::optional(new_ports()) : std::nullopt, now_);
  }
  void take(call::release_media_port& r) { give_back(static_cast<std::uint64_t>(r.ports)); }
  /// Only the names have records; a test answers for their addresses by resolved().
  void take(call::dns_question& q) {
    if (q.type == sip::dns_type::a) names_asked.push_back(q.name);
    if (q.type == sip::dns_type::a || q.type == sip::dns_type::aaaa)
      questions.push_back(q);
    else
      endpoint_.dns_answer(q.id, {}, now_);
  }
  void take(call::open_flow& f) { flows_opened.push_back(f); }
  void take(call::close_flow& f) { flows_closed.push_back(f); }
  void take(call::log_line& l) { logs.push_back(l); }
  void take(media::media_open& o) {
    const auto id = static_cast<std::uint64_t>(o.id);
    const auto port = static_cast<std::uint64_t>(o.ports);
    if (!ports_out.contains(port)) throw std::runtime_error("opened on a port that is not its own");
    if (!open_media.emplace(id, port).second) throw std::runtime_error("opened twice");
    opened.push_back(o);
  }
  void take(media::media_change& c) {
    if (!open_media.contains(static_cast<std::uint64_t>(c.id)))
      throw std::runtime_error("changed what is not open");
    changed.push_back(c);
  }
  void take(media::media_close& c) {
    closed.push_back(c);
    const auto open = open_media.find(static_cast<std::uint64_t>(c.id));
    if (open == open_media.end()) throw std::runtime_error("closed what is not open");
    give_back(open->second);
    open_media.erase(open);
    if (media_at_once) endpoint_.handle({c.id, media::media_closed{statistics}}, now_);
  }
  void take(call::call_event& e) {
    all_events.push_back(e);
    if (on_event) on_event(e);
  }

  socket_address address_;
  one_address_host host_;
  seeded_random random_;
  time_point now_{};
  std::uint64_t last_port_ = 0;
  call::endpoint endpoint_;
};

inline std::string offer(const std::string& formats = "0 8 101",
                         const std::string& more = "a=rtpmap:101 telephone-event/8000\r\n",
                         const std::string& address = "127.0.0.2", int port = 4000,
                         int version = 1) {
  return "v=0\r\no=- 1 " + std::to_string(version) + " IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 " +
         address + "\r\nt=0 0\r\nm=audio " + std::to_string(port) + " RTP/AVP " + formats + "\r\n" +
         more;
}

/// A request of the scripted peer; the defaults are an INVITE with an offer.
struct peer_request {
  std::string method = "INVITE";
  std::string uri = "sip:bob@127.0.0.1";
  std::string call_id = "call-1";
  std::string from = "<sip:alice@127.0.0.2>;tag=a1";
  std::string to = "<sip:bob@127.0.0.1>";
  std::uint32_t cseq = 1;
  std::string branch = "z9hG4bK-1";
  std::string contact = "<sip:alice@127.0.0.2:5070>";
  std::string headers = {};  ///< whole lines
  std::string content_type = "application/sdp";
  std::string body = offer();

  [[nodiscard]] std::string text() const {
    std::string t =
        method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:5070;branch=" + branch +
        "\r\nMax-Forwards: 70\r\nFrom: " + from + "\r\nTo: " + to + "\r\nCall-ID: " + call_id +
        "\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\n";
    if (!contact.empty()) t += "Contact: " + contact + "\r\n";
    t += headers;
    if (!body.empty() && !content_type.empty()) t += "Content-Type: " + content_type + "\r\n";
    return t + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
};

inline std::string tag_of_to(const sip::message& m) { return std::string(m.to()->tag()); }

/// The peer's next request in the dialog that `response` of the endpoint has made.
inline peer_request in_dialog(const sip::message& response, const std::string& method,
                              std::uint32_t cseq, const std::string& branch) {
  peer_request r;
  r.method = method;
  r.call_id = response.call_id();
  r.from = response.value(sip::header_id::from);
  r.to = response.value(sip::header_id::to);
  r.cseq = cseq;
  r.branch = branch;
  if (method != "INVITE") r.body.clear();
  return r;
}

/// The peer's ACK to a non-2xx: of the INVITE's transaction.
inline std::string ack_refusal(const peer_request& invite, const sip::message& response) {
  peer_request r = invite;
  r.method = "ACK";
  r.to = response.value(sip::header_id::to);
  r.body.clear();
  return r.text();
}

/// Takes a call all the way to its ACK; returns the 200.
inline std::shared_ptr<const sip::message> establish(node& n, const peer_request& invite = {}) {
  n.receive(invite.text());
  n.answer();
  auto ok = n.last_sent("200").message;
  n.receive(in_dialog(*ok, "ACK", invite.cseq, "z9hG4bK-ack" + invite.branch).text());
  return ok;
}

/// A response of the scripted peer to a request of the endpoint.
inline std::string respond_to(const sip::message& request, int status, const std::string& to_tag,
                              const std::string& headers = {}, const std::string& body = {}) {
  std::string t = "SIP/2.0 " + std::to_string(status) + " " +
                  std::string(sip::standard_reason(status)) + "\r\n";
  t += "Via: " + std::string(request.value(sip::header_id::via)) + "\r\n";
  t += "From: " + std::string(request.value(sip::header_id::from)) + "\r\n";
  t += "To: " + std::string(request.value(sip::header_id::to));
  if (!to_tag.empty() && request.to()->tag().empty()) t += ";tag=" + to_tag;
  t += "\r\nCall-ID: " + std::string(request.call_id()) + "\r\n";
  t += "CSeq: " + std::string(request.value(sip::header_id::cseq)) + "\r\n" + headers;
  if (!body.empty()) t += "Content-Type: application/sdp\r\n";
  return t + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace test
