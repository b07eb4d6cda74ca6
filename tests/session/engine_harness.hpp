// A shell in virtual time around the real endpoint and engine: SIP texts in, media pretended.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "sipvoice/session/engine.hpp"

namespace sipvoice::test {

using nlohmann::json;

/// A sink that knows whether it was closed.
class counting_sink final : public media::recording_sink {
 public:
  void write(std::span<const std::int16_t> heard, std::span<const std::int16_t>) override {
    samples += heard.size();
  }
  void close() override { ++closed; }
  std::size_t samples = 0;
  int closed = 0;
};

/// Prompts are names; recordings are complete when the test says so.
class fake_sounds final : public session::sound_store {
 public:
  std::shared_ptr<const audio::clip> load(const std::string& file, std::uint32_t sample_rate,
                                          std::string& error) override {
    if (file.starts_with("missing")) {
      error = "no such file";
      return nullptr;
    }
    auto clip = std::make_shared<audio::clip>();
    clip->name = file;
    clip->sample_rate = sample_rate;
    clip->samples.resize(sample_rate);
    return clip;
  }
  session::recording open_recording(const std::string& file, std::uint32_t, bool stereo,
                                    std::function<void(const session::recording_result&)> done,
                                    std::string& error) override {
    if (refuse) {
      error = "permission denied";
      return {};
    }
    opened.push_back({file, stereo, std::move(done)});
    sinks.push_back(std::make_shared<counting_sink>());
    return {file, sinks.back()};
  }

  session::recording open_drawn_recording(
      const std::string& file, const std::string& picture, std::uint32_t sample_rate, bool stereo,
      std::function<void(const session::recording_result&)> done, std::string& error) override {
    pictures.push_back(picture);
    return open_recording(file, sample_rate, stereo, std::move(done), error);
  }

  /// One card, for one call at a time; "gone" is none.
  std::unique_ptr<session::live_line> take_live(const std::string& device,
                                                std::function<void(const std::string&)> failed,
                                                bool& busy, std::string& error) override {
    busy = device != "gone" && live_taken;
    error = busy ? "in use" : "no such device";
    if (busy || device == "gone") return nullptr;
    live_taken = true;
    live_failed = std::move(failed);
    return std::make_unique<fake_line>(*this);
  }
  struct fake_line final : session::live_line {
    explicit fake_line(fake_sounds& s) : sounds(s) {}
    ~fake_line() override { sounds.live_taken = false; }
    fake_line(const fake_line&) = delete;
    fake_line& operator=(const fake_line&) = delete;
    std::shared_ptr<media::live_sound> open() override { return std::make_shared<no_sound>(); }
    [[nodiscard]] session::live_report report() const override { return {1, 2, 3, 4, 5, 6.4, -7}; }
    fake_sounds& sounds;
  };
  struct no_sound final : media::live_sound {
    [[nodiscard]] std::uint32_t sample_rate() const override { return 48000; }
    void read(std::span<std::int16_t>) override {}
    void write(std::span<const std::int16_t>) override {}
  };
  bool live_taken = false;
  std::function<void(const std::string&)> live_failed;

  std::shared_ptr<const audio::clip> speak(const std::string& text, const std::string& voice,
                                           std::uint32_t sample_rate, std::string& error) override {
    return load("say:" + voice + ":" + text, sample_rate, error);
  }

  struct open_file {
    std::string file;
    bool stereo = false;
    std::function<void(const session::recording_result&)> done;
  };
  bool refuse = false;
  std::vector<open_file> opened;
  std::vector<std::string> pictures;
  std::vector<std::shared_ptr<counting_sink>> sinks;
};

class fixed_host final : public call::host_environment {
 public:
  ip_address local_address_toward(const ip_address&) override {
    return ip_address::v4(127, 0, 0, 1);
  }
};

class engine_harness {
 public:
  engine_harness() : engine_harness(call::endpoint_config{}) {}
  explicit engine_harness(const call::endpoint_config& config)
      : endpoint(config, random, host), engine(endpoint, sounds, {now, wall_time{}}) {
    endpoint.add_listener({sip::flow_id{1}, sip::transport::udp, {local, 5060}});
    engine.enable_events(true);
  }

  // --- the peer
  void invite(const std::string& id, const std::string& more = {}) {
    put_invite(id, more);
    drain();
  }
  /// The endpoint has it; what it has to say of it is not heard yet.
  void put_invite(const std::string& id, const std::string& more = {}) {
    endpoint.receive(sip::flow_id{1}, peer, local,
                     "INVITE sip:9@127.0.0.1 SIP/2.0\r\n" + head(id, "INVITE", 1, {}) +
                         "Contact: <sip:alice@127.0.0.9:5060>\r\n" + more +
                         "Content-Type: application/sdp\r\nContent-Length: " +
                         std::to_string(sdp().size()) + "\r\n\r\n" + sdp(),
                     now);
  }
  void ack(const std::string& id) {
    receive("ACK sip:9@127.0.0.1:5060 SIP/2.0\r\n" + head(id, "ACK", 1, to_tag[id]) +
            "Content-Length: 0\r\n\r\n");
  }
  void bye(const std::string& id, const std::string& more = {}) {
    receive("BYE sip:9@127.0.0.1:5060 SIP/2.0\r\n" + head(id, "BYE", 2, to_tag[id]) + more +
            "Content-Length: 0\r\n\r\n");
  }
  /// Any other request inside the dialog.
  void in_dialog(const std::string& id, const std::string& method, const std::string& more) {
    receive(method + " sip:9@127.0.0.1:5060 SIP/2.0\r\n" + head(id, method, 2, to_tag[id]) +
            "Contact: <sip:alice@127.0.0.9:5060>\r\n" + more + "Content-Length: 0\r\n\r\n");
  }
  void cancel(const std::string& id) {
    receive("CANCEL sip:9@127.0.0.1 SIP/2.0\r\n" + head(id, "CANCEL", 1, {}) +
            "Content-Length: 0\r\n\r\n");
  }
  /// An INVITE that is answered at once, and its ACK.
  void establish(const std::string& id, const std::string& more = {}) {
    invite(id, more);
    ack(id);
  }

  /// The last message that was sent and begins so; empty: none.
  [[nodiscard]] std::string last_text(const std::string& begin) const {
    for (auto at = texts.rbegin(); at != texts.rend(); ++at)
      if (at->starts_with(begin)) return *at;
    return {};
  }
  /// The peer's response to a request of ours; `tag` in its To where there is none.
  void respond(const std::string& request, const std::string& status, const std::string& tag,
               const std::string& more = {}, bool described = false) {
    std::string reply = "SIP/2.0 " + status + "\r\n";
    for (const char* name : {"Via", "From", "Call-ID", "CSeq"})
      reply += std::string(name) + ": " + field(request, name) + "\r\n";
    const std::string to = field(request, "To");
    reply += "To: " + to + (to.find(";tag=") == std::string::npos ? ";tag=" + tag : "") + "\r\n";
    const std::string body = described ? sdp() : "";
    if (described) reply += "Content-Type: application/sdp\r\n";
    endpoint.receive(
        sip::flow_id{1}, peer, local,
        reply + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body, now);
    drain();
  }
  /// The peer's request in the dialog of that request of ours, `body` of the type message/sipfrag.
  void request_back(const std::string& ours, const std::string& method, const std::string& tag,
                    int cseq, const std::string& more = {}, const std::string& body = {}) {
    const std::string to = field(ours, "To");
    receive(method +
            " sip:9@127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.9:5060;branch=z9hG4bK" +
            method + tag + std::to_string(cseq) + "\r\nMax-Forwards: 70\r\nFrom: " + to +
            (to.find(";tag=") == std::string::npos ? ";tag=" + tag : "") +
            "\r\nTo: " + field(ours, "From") + "\r\nCall-ID: " + field(ours, "Call-ID") +
            "\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\n" + more +
            (body.empty() ? "" : "Content-Type: message/sipfrag\r\n") +
            "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  void answer_info() {
    answer(held_info);
    drain();
  }

  // --- the media
  void media(media::event_body body) {
    const media::media_event event{open_media.back(), std::move(body)};
    endpoint.handle(event, now);
    engine.handle(event, now);
    drain();
  }

  // --- time
  void advance(duration by) {
    const time_point end = now + by;
    for (int steps = 0; steps < 10'000; ++steps) {
      const time_point due = std::min(endpoint.next_deadline(), engine.next_deadline());
      if (due > end) break;
      now = std::max(now, due);
      endpoint.handle_timeout(now);
      engine.handle_timeout(now);
      drain();
    }
    now = end;
  }
  /// The sound store tells that a file is complete.
  void recorded(std::size_t which, const session::recording_result& result) {
    sounds.opened.at(which).done(result);
    advance(duration::zero());
  }

  // --- what came out
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> list;
    for (const json& e : events) list.push_back(e.at("event"));
    return list;
  }
  [[nodiscard]] json last(const std::string& name) const {
    for (auto at = events.rbegin(); at != events.rend(); ++at) {
      if (at->at("event") == name) return *at;
    }
    return nullptr;
  }
  [[nodiscard]] std::size_t count(const std::string& name) const {
    std::size_t n = 0;
    for (const json& e : events) n += e.at("event") == name ? 1 : 0;
    return n;
  }
  /// First lines of what was sent: "SIP/2.0 180 Ringing", "BYE sip:...".
  [[nodiscard]] bool sent(const std::string& begin) const {
    for (const std::string& line : wire) {
      if (line.starts_with(begin)) return true;
    }
    return false;
  }
  template <class Command>
  [[nodiscard]] std::vector<Command> commands() const {
    std::vector<Command> list;
    for (const auto& c : media_commands) {
      if (const auto* one = std::get_if<Command>(&c.body)) list.push_back(*one);
    }
    return list;
  }

  void drain() {
    while (true) {
      if (auto out = endpoint.poll()) {
        std::visit([this](auto& v) { on(v); }, *out);
      } else if (auto told = engine.poll()) {
        std::visit([this](auto& v) { on(v); }, *told);
      } else {
        return;
      }
    }
  }

  ip_address local = ip_address::v4(127, 0, 0, 1);
  socket_address peer{ip_address::v4(127, 0, 0, 9), 5060};
  time_point now{std::chrono::seconds(1000)};
  seeded_random random{1};
  fixed_host host;
  fake_sounds sounds;
  call::endpoint endpoint;
  session::engine engine;
  std::vector<json> events;
  std::vector<session::event_line> lines;
  std::vector<session::call_record> finished;
  std::vector<std::string> order;  ///< "event:NAME", "finished", "failed"
  std::vector<std::string> failures;
  std::vector<session::told> values;
  std::vector<session::media_told> media_values;
  std::vector<media::media_command> media_commands;
  std::vector<media::media_id> open_media;
  std::vector<media::media_open> opened;
  int closed_media = 0;
  bool hold_media_close = false;  ///< the test says media_closed
  std::vector<std::string> wire;
  std::vector<std::string> texts;  ///< the same, whole
  media::media_statistics statistics;
  std::map<std::string, std::string> to_tag;
  bool ports_free = true;
  bool hold_info_answers = false;  ///< the test says when
  std::string held_info;           ///< the last one
  std::set<std::string> info_numbers;

 private:
  static std::string sdp() {
    return "v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n"
           "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";
  }
  static std::string head(const std::string& id, const std::string& method, int cseq,
                          const std::string& tag) {
    // CANCEL matches by the branch of its INVITE (RFC 3261 9.1).
    const std::string transaction = method == "CANCEL" ? "INVITE" : method;
    return "Via: SIP/2.0/UDP 127.0.0.9:5060;branch=z9hG4bK" + transaction + id +
           "\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=a" + id +
           "\r\nTo: <sip:9@example.com>" + (tag.empty() ? "" : ";tag=" + tag) +
           "\r\nCall-ID: " + id + "\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\n";
  }
  void receive(const std::string& text) {
    endpoint.receive(sip::flow_id{1}, peer, local, text, now);
    drain();
  }
  static std::string field(const std::string& text, const std::string& name) {
    const std::size_t at = text.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t from = at + name.size() + 4;
    return text.substr(from, text.find("\r\n", from) - from);
  }

  void on(sip::transmit& v) {
    wire.push_back(v.bytes.substr(0, v.bytes.find("\r\n")));
    texts.push_back(v.bytes);
    const std::string to = field(v.bytes, "To");
    const std::size_t tag = to.find(";tag=");
    if (tag != std::string::npos) to_tag[field(v.bytes, "Call-ID")] = to.substr(tag + 5);
    if (v.bytes.starts_with("INFO ") && hold_info_answers) held_info = v.bytes;
    if (v.bytes.starts_with("INFO ")) info_numbers.insert(field(v.bytes, "CSeq"));
    const bool info = v.bytes.starts_with("INFO ") && !hold_info_answers;
    // The peer answers every BYE of ours.
    if (info || v.bytes.starts_with("BYE ")) answer(v.bytes);
  }
  void answer(const std::string& request) {
    std::string reply = "SIP/2.0 200 OK\r\n";
    for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
      reply += std::string(name) + ": " + field(request, name) + "\r\n";
    }
    endpoint.receive(sip::flow_id{1}, peer, local, reply + "Content-Length: 0\r\n\r\n", now);
  }
  void on(call::need_media_port& v) {
    std::optional<call::media_ports> ports;
    if (ports_free) {
      const auto n = ++ports_given;
      ports = call::media_ports{media::port_pair_id{n},
                                {local, static_cast<std::uint16_t>(10000 + 2 * n)}};
    }
    endpoint.media_port(v.id, ports, now);
  }
  void on(call::release_media_port&) {}
  void on(call::open_flow& v) { endpoint.flow_failed(v.flow, "no network", now); }
  void on(call::close_flow&) {}
  void on(call::dns_question& v) { endpoint.dns_answer(v.id, {}, now); }
  void on(media::media_open& v) {
    open_media.push_back(v.id);
    opened.push_back(v);
  }
  void on(media::media_change&) {}
  void on(media::media_close& v) {
    ++closed_media;
    if (hold_media_close) return;
    const media::media_event event{v.id, media::media_closed{statistics}};
    endpoint.handle(event, now);
    engine.handle(event, now);
  }
  void on(call::call_event& v) { engine.handle(v, now); }
  void on(call::log_line&) {}
  void on(media::media_command& v) { media_commands.push_back(v); }
  void on(session::event_line& v) {
    lines.push_back(v);
    events.push_back(json::parse(v.json));
    order.push_back("event:" + events.back().at("event").get<std::string>());
  }
  void on(session::call_finished& v) {
    finished.push_back(v.record);
    order.push_back("finished");
  }
  void on(session::client_told&) {}
  void on(session::told& v) { values.push_back(v); }
  void on(session::media_told& v) { media_values.push_back(v); }
  void on(session::recording_failed& v) {
    failures.push_back(v.message);
    order.push_back("failed");
  }

  std::uint64_t ports_given = 0;
};

}  // namespace sipvoice::test
