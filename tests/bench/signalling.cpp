// Calls without sockets: INVITE, ACK and BYE go into an endpoint under an engine that answers, what
// comes out is counted, time is virtual. Prints the CPU time of one call, all layers of signalling
// included. Under valgrind's callgrind the count of instructions is the same every time:
//
//   signalling [CALLS]
#include <cstdlib>
#include <deque>
#include <string>
#include <utility>

#include "message_under_test.hpp"
#include "sipvoice/call/endpoint.hpp"
#include "sipvoice/session/engine.hpp"
#include "timing.hpp"

using namespace sipvoice;

namespace {

class no_sounds final : public session::sound_store {
 public:
  std::shared_ptr<const audio::clip> load(const std::string&, std::uint32_t,
                                          std::string& error) override {
    error = "no files here";
    return nullptr;
  }
  session::recording open_recording(const std::string&, std::uint32_t, bool,
                                    std::function<void(const session::recording_result&)>,
                                    std::string& error) override {
    error = "no files here";
    return {};
  }
};

class loopback final : public call::host_environment {
 public:
  ip_address local_address_toward(const ip_address&) override {
    return *ip_address::parse("127.0.0.1");
  }
};

const socket_address caller{*ip_address::parse("127.0.0.1"), 5070};
const socket_address called{*ip_address::parse("127.0.0.1"), 5060};

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

/// As SIPp's built-in caller writes them.
constexpr std::string_view invite_text =
    "INVITE sip:service@127.0.0.1:5060 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-@N-0\r\n"
    "From: sipp <sip:sipp@127.0.0.1:5070>;tag=@N\r\n"
    "To: service <sip:service@127.0.0.1:5060>\r\n"
    "Call-ID: @N@127.0.0.1\r\nCSeq: 1 INVITE\r\n"
    "Contact: sip:sipp@127.0.0.1:5070\r\nMax-Forwards: 70\r\nSubject: Performance Test\r\n"
    "Content-Type: application/sdp\r\nContent-Length: 129\r\n\r\n"
    "v=0\r\no=user1 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
constexpr std::string_view inside_text =
    "@M sip:127.0.0.1:5060 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-@N-@M\r\n"
    "From: sipp <sip:sipp@127.0.0.1:5070>;tag=@N\r\n"
    "To: service <sip:service@127.0.0.1:5060>;tag=@T\r\n"
    "Call-ID: @N@127.0.0.1\r\nCSeq: @C @M\r\n"
    "Contact: sip:sipp@127.0.0.1:5070\r\nMax-Forwards: 70\r\nSubject: Performance Test\r\n"
    "Content-Length: 0\r\n\r\n";

struct shell {
  seeded_random random{1};
  loopback host;
  no_sounds sounds;
  call::endpoint endpoint{call::endpoint_config{}, random, host};
  session::engine engine{endpoint, sounds, clock_reading{}};
  time_point now{};
  std::uint64_t sent = 0, finished = 0, next_pair = 0;
  std::string tag;  ///< ours, of the last response
  std::deque<media::media_id> closing;

  shell() {
    engine.set_texts(session::event_texts::none);
    endpoint.add_listener({sip::flow_id{1}, sip::transport::udp, called});
    engine.set_chooser([](const call::call_info&) {
      session::chosen_plan chosen;
      chosen.plan.echo = true;
      return chosen;
    });
  }

  void on(const sip::transmit& t) {
    ++sent;
    const std::size_t to = t.bytes.find("\r\nTo: ");
    const std::size_t at = t.bytes.find(";tag=", to) + 5;
    tag = t.bytes.substr(at, t.bytes.find("\r\n", at) - at);
  }
  void on(const call::need_media_port& n) {
    const media::port_pair_id id{++next_pair};
    const auto port = static_cast<std::uint16_t>(10000 + 2 * (next_pair % 5000));
    endpoint.media_port(n.id, call::media_ports{id, {called.ip, port}}, now);
  }
  void on(const media::media_close& c) { closing.push_back(c.id); }
  void on(const call::call_event& e) { engine.handle(e, now); }
  template <class Other>
  void on(const Other&) {}

  void drain() {
    for (;;) {
      if (auto out = endpoint.poll()) {
        std::visit([this](const auto& v) { on(v); }, *out);
      } else if (auto told = engine.poll()) {
        if (std::holds_alternative<session::call_finished>(*told)) ++finished;
      } else if (!closing.empty()) {
        const media::media_event closed{closing.front(), media::media_closed{}};
        closing.pop_front();
        endpoint.handle(closed, now);
        engine.handle(closed, now);
      } else if (std::min(endpoint.next_deadline(), engine.next_deadline()) <= now) {
        endpoint.handle_timeout(now);
        engine.handle_timeout(now);
      } else {
        return;
      }
    }
  }
  void receive(std::string text) {
    endpoint.receive(sip::flow_id{1}, caller, called.ip, std::move(text), now);
    drain();
  }
};

}  // namespace

int main(int argc, char** argv) {
  const int calls = argc > 1 ? std::atoi(argv[1]) : 20000;
  shell s;
  std::vector<std::array<std::string, 3>> texts;
  for (int i = 0; i < calls; ++i) {
    const std::string n = std::to_string(100000 + i);
    const std::string inside = replaced(std::string(inside_text), "@N", n);
    texts.push_back({replaced(std::string(invite_text), "@N", n),
                     replaced(replaced(inside, "@M", "ACK"), "@C", "1"),
                     replaced(replaced(inside, "@M", "BYE"), "@C", "2")});
  }
  const double begin = bench::cpu_seconds();
  for (auto& [invite, ack, bye] : texts) {
    s.now += std::chrono::microseconds(700);
    s.drain();
    s.receive(std::move(invite));
    const std::size_t at = ack.find("@T");
    s.receive(ack.replace(at, 2, s.tag));
    s.receive(bye.replace(bye.find("@T"), 2, s.tag));
  }
  std::printf("signalling %.4f\n", (bench::cpu_seconds() - begin) / calls * 1e6);
  if (s.finished == static_cast<std::uint64_t>(calls) && s.sent == 4 * s.finished) return 0;
  std::fprintf(stderr, "%llu of %d calls were finished, %llu messages sent\n",
               static_cast<unsigned long long>(s.finished), calls,
               static_cast<unsigned long long>(s.sent));
  return 1;
}
