// A SIP peer that is written by hand, on UDP sockets of loopback: it sends what it is told to, and
// keeps what comes. It acknowledges refusals and answers BYE, CANCEL and INFO; nothing else happens
// of itself.
#pragma once

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "call/support.hpp"
#include "sipvoice/io/socket.hpp"
#include "sipvoice/rtp/packet.hpp"
#include "support/tally.hpp"

namespace test {

/// A socket of loopback.
class udp_socket {
 public:
  udp_socket() : fd_(io::bind_udp({ip_address::v4(127, 0, 0, 1), 0})) {
    if (!fd_) throw std::runtime_error("no socket");
  }
  [[nodiscard]] std::uint16_t port() const { return io::local_address(fd_.get())->port; }
  void send(std::uint16_t to, std::string_view bytes) const {
    io::raw_address raw{};
    const socklen_t length = io::to_raw({ip_address::v4(127, 0, 0, 1), to}, raw);
    static_cast<void>(::sendto(fd_.get(), bytes.data(), bytes.size(), 0, &raw.any, length));
  }
  /// The next datagram, within so many milliseconds.
  [[nodiscard]] std::optional<std::string> receive(int wait_ms) const {
    pollfd p{fd_.get(), POLLIN, 0};
    if (::poll(&p, 1, wait_ms) <= 0) return std::nullopt;
    std::string bytes(65536, '\0');
    const ssize_t n = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (n < 0) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(n));
    return bytes;
  }

 private:
  io::unique_fd fd_;
};

class sip_peer {
 public:
  /// `uri`: of the backend, "sip:bob@127.0.0.1:PORT".
  explicit sip_peer(const std::string& uri)
      : to_(static_cast<std::uint16_t>(std::stoi(uri.substr(uri.rfind(':') + 1)))) {}

  /// An INVITE of this Call-ID, with a media port of this peer (or another description).
  void invite(const std::string& id, const std::string& headers = {}, const std::string& sdp = {}) {
    peer_request r;
    r.call_id = id;
    r.from = "<sip:alice@127.0.0.1>;tag=" + id + "-" + std::to_string(sip_.port()) + "-" +
             std::to_string(++count_);
    r.headers = headers;
    r.body = sdp.empty() ? description(rtp_.port()) : sdp;
    send(r);
  }
  /// Another request of that dialog (a BYE, a re-INVITE with this body).
  void request(const std::string& id, const std::string& method, std::uint32_t cseq,
               const std::string& headers = {}, const std::string& body = {}) {
    peer_request r = in_dialog(*answers_.at(id), method, cseq, {});
    r.headers = headers;
    r.body = body;
    send(r);
  }
  void ack(const std::string& id, std::uint32_t cseq = 1) { request(id, "ACK", cseq); }
  /// INVITE, 200, ACK.
  [[nodiscard]] bool call(const std::string& id, const std::string& headers = {},
                          const std::string& sdp = {}) {
    invite(id, headers, sdp);
    if (!wait(id, "200")) return false;
    ack(id);
    return true;
  }

  /// "100", "486", "BYE", ...: so many of them have come, sooner or later.
  [[nodiscard]] bool wait(const std::string& id, const std::string& name, std::size_t times = 1) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (got(id, name) < times && std::chrono::steady_clock::now() < until) read(50);
    return got(id, name) >= times;
  }
  /// Of what has come so far; repeated ones count again.
  [[nodiscard]] std::size_t got(const std::string& id, const std::string& name) {
    while (read(0)) {
    }
    return static_cast<std::size_t>(std::count_if(seen_.begin(), seen_.end(), [&](const auto& m) {
      return m->call_id() == id && name_of(*m) == name;
    }));
  }
  /// The last one of that name; it has come.
  [[nodiscard]] const sip::message& last(const std::string& id, const std::string& name) const {
    const sip::message* found = nullptr;
    for (const auto& m : seen_)
      if (m->call_id() == id && name_of(*m) == name) found = m.get();
    if (found == nullptr) throw std::runtime_error("no " + name + " in " + id);
    return *found;
  }
  void send(peer_request r) {
    r.branch = "z9hG4bK-" + std::to_string(sip_.port()) + "-" + std::to_string(++count_);
    if (r.method == "INVITE") invites_[r.call_id] = r;
    send_text(r.text());
  }
  void send_text(std::string text) {
    const std::string ours = "127.0.0.1:" + std::to_string(sip_.port());
    for (std::size_t at = 0; (at = text.find("127.0.0.2:5070")) != std::string::npos;)
      text.replace(at, 14, ours);
    sip_.send(to_, text);
  }

  // --- media
  [[nodiscard]] const udp_socket& rtp() const { return rtp_; }
  [[nodiscard]] static std::string description(std::uint16_t port,
                                               const std::string& address = "127.0.0.1",
                                               const std::string& more = {}, int version = 1) {
    return offer("0 101", "a=rtpmap:101 telephone-event/8000\r\n" + more, address, port, version);
  }
  /// Where the backend wants its media.
  [[nodiscard]] std::uint16_t media_port_of(const std::string& id) const {
    const std::string body(answers_.at(id)->body());
    return static_cast<std::uint16_t>(std::stoi(body.substr(body.find("m=audio ") + 8)));
  }
  /// A packet of 20 ms, loud.
  void talk(const std::string& id) {
    std::array<std::uint8_t, 172> packet{};
    const rtp::packet_header header{
        talked_ == 0, payload_type{0}, sequence_number(static_cast<std::uint16_t>(talked_)),
        rtp_timestamp(static_cast<std::uint32_t>(160 * talked_)), ssrc{77}};
    ++talked_;
    rtp::print(header, std::span(packet).first<rtp::header_bytes>());
    for (std::size_t i = rtp::header_bytes; i < packet.size(); ++i)
      packet[i] = i % 8 < 4 ? 0x10 : 0x90;
    rtp_.send(media_port_of(id), {reinterpret_cast<const char*>(packet.data()), packet.size()});
  }

 private:
  [[nodiscard]] static std::string name_of(const sip::message& m) {
    return m.is_request() ? std::string(m.method_name()) : std::to_string(m.status());
  }
  bool read(int wait_ms) {
    auto bytes = sip_.receive(wait_ms);
    if (!bytes) return false;
    auto parsed = sip::message::parse(std::move(*bytes));
    if (!parsed) throw std::runtime_error("the peer got what is not SIP");
    const auto m = std::make_shared<const sip::message>(std::move(*parsed));
    const std::string id(m->call_id());
    seen_.push_back(m);
    if (m->is_request()) {
      const std::string name = name_of(*m);
      if (name == "BYE" || name == "CANCEL" || name == "INFO") send_text(respond_to(*m, 200, {}));
    } else if (m->method() == sip::method::invite && m->status() >= 300) {
      send_text(ack_refusal(invites_.at(id), *m));
    } else if (m->method() == sip::method::invite && m->status() >= 200) {
      answers_[id] = m;
    }
    return true;
  }

  std::uint16_t to_;
  udp_socket sip_, rtp_;
  int count_ = 0;
  std::uint64_t talked_ = 0;
  std::map<std::string, peer_request> invites_;
  std::map<std::string, std::shared_ptr<const sip::message>> answers_;
  std::vector<std::shared_ptr<const sip::message>> seen_;
};

}  // namespace test
