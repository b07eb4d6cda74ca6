// A list of operations on one endpoint as caller and callee: a peer that knows the protocol and
// does not keep to it, an owner that commands at any moment, a shell that has ports or has none,
// names, connections, time. What the shell of the tests finds wrong (a port given back twice, media
// opened twice, no SIP) ends the run as well.
//
// The input: a byte of configuration, then operations of one byte, each followed by the bytes that
// it reads; see step().
#include <array>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "call/support.hpp"
#include "check.hpp"

namespace {

using namespace test;
using fuzz::require;

constexpr std::size_t most_sessions = 6, most_begun = 40;
constexpr const char* in_dialog_methods[] = {"INVITE", "BYE",    "UPDATE",  "PRACK",   "INFO",
                                             "REFER",  "NOTIFY", "MESSAGE", "OPTIONS", "FOO"};
constexpr int statuses[] = {100, 180, 183, 200, 202, 302, 401, 407, 408, 420,
                            422, 480, 481, 487, 488, 491, 500, 501, 503, 603};

class driver {
 public:
  explicit driver(fuzz::input in) : in_(std::move(in)), n_(config(in_.byte())) {
    n_.check_messages = false;
    n_.on_event = [this](const call::call_event& e) { book(e); };
    // For whoever looks at a finding.
    if (std::getenv("FUZZ_TRACE") != nullptr)
      n_.on_send = [this](const sip::transmit& t) { trace("<-", t.bytes); };
  }

  void run() {
    for (int steps = 0; !in_.empty() && steps < 400; ++steps) {
      const std::size_t before = n_.sent.size();
      bound_ = 60;  // what one message, command or answer may lead to
      step();
      require(n_.sent.size() - before <= bound_, "what goes out is bounded");
      require(n_.endpoint().calls() <= most_sessions + ended_.size() + most_begun,
              "calls are bounded");
      require(n_.endpoint().inventory().outputs == 0, "everything was polled");
      require(n_.endpoint().next_deadline() >= n_.now(), "no timer stands in the past");
    }
    finish();
  }

 private:
  static call::endpoint_config config(std::uint8_t b) {
    call::endpoint_config c;
    c.max_sessions = most_sessions;
    c.codecs = {audio::codec_id::pcmu, audio::codec_id::pcma, audio::codec_id::g722};
    if ((b & 1) != 0) c.reliable_provisionals = call::endpoint_config::rel100::when_supported;
    if ((b & 2) != 0) c.session_expires = seconds(90);
    if ((b & 4) != 0) c.allow_refer = [](const std::string&) { return true; };
    if ((b & 8) != 0) c.nat_contact = true;
    if ((b & 16) != 0) c.users = {{"alice", "secret"}};
    if ((b & 32) != 0) c.advertised_ip = ip_address::v4(198, 51, 100, 1);
    return c;
  }

  void step() {
    switch (in_.byte() % 16) {
      case 0:
        return invite(in_.byte(), in_.byte());
      case 1:
      case 2:
        return request_in_dialog(in_.byte(), in_.byte(), in_.byte());
      case 3:
        return acknowledge(in_.byte());
      case 4:
        return cancel(in_.byte());
      case 5:
      case 6:
        return respond(in_.byte(), in_.byte(), in_.byte());
      case 7:
      case 8:
        return command(in_.byte(), in_.byte(), in_.byte());
      case 9:
        return dial(in_.byte());
      case 10:
        return advance(milliseconds(in_.word()));
      case 11:
        return advance(seconds(in_.byte() * 4));
      case 12:
        return shell(in_.byte(), in_.byte());
      case 13:
        if (!received_.empty()) receive(received_[in_.byte() % received_.size()]);
        return;
      case 14:
        return garbage();
      default:
        return network(in_.byte());
    }
  }

  // --- the peer asks
  static std::string body_of(std::uint8_t kind) {
    switch (kind % 8) {
      case 0:
        return offer();
      case 1:
        return {};
      case 2:
        return offer("0 101", "a=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n");
      case 3:
        return offer("9", "", "127.0.0.3", 4002, 2);
      case 4:
        return offer("0", "", "0.0.0.0", 4000, 3);
      case 5:
        return offer("18", "");
      case 6:
        return offer("0", "", "127.0.0.2", 0);
      default:
        return "v=0\r\nnonsense";
    }
  }
  void invite(std::uint8_t what, std::uint8_t how) {
    peer_request r;
    r.call_id = "c" + std::to_string(what % 8);
    r.branch = "z9hG4bK-i" + std::to_string(what);
    r.body = body_of(what >> 3);
    if ((how & 1) != 0) r.headers += "Supported: 100rel, timer, replaces\r\n";
    if ((how & 2) != 0) r.headers += "Require: 100rel\r\n";
    if ((how & 4) != 0) r.headers += "Session-Expires: 90;refresher=uac\r\nMin-SE: 90\r\n";
    if ((how & 8) != 0) r.headers += "Record-Route: <sip:127.0.0.9;lr>\r\n";
    if ((how & 16) != 0) r.contact = "<sip:alice@host.example>";
    if ((how & 32) != 0) r.contact = "<sip:alice@127.0.0.2:5070;transport=tcp>";
    if ((how & 64) != 0) r.headers += "X-Session-ID: s" + std::to_string(what % 3) + "\r\n";
    if ((how & 128) != 0 && !dialogs_.empty()) {
      const auto& d = *dialogs_[what % dialogs_.size()];
      r.headers += "Replaces: " + std::string(d.call_id()) + ";to-tag=" + tag_of_to(d) +
                   ";from-tag=" + std::string(d.from()->tag()) + "\r\n";
    }
    invites_.push_back(r);
    receive(r.text());
  }
  /// In a dialog that a response of ours, or to one of ours, has made.
  void request_in_dialog(std::uint8_t which, std::uint8_t what, std::uint8_t how) {
    const std::string name = in_dialog_methods[what % std::size(in_dialog_methods)];
    if (dialogs_.empty()) return;
    const auto& d = *dialogs_[which % dialogs_.size()];
    std::uint32_t& last = cseqs_[std::string(d.call_id())];
    if (last == 0) last = 10;
    if ((how & 3) == 0 || (how & 3) == 1) ++last;
    std::uint32_t number = last;
    if ((how & 3) == 3) number = last / 2;
    peer_request r = in_dialog(d, name, number, "z9hG4bK-d" + std::to_string(++branches_));
    if (placed_.contains(std::string(d.call_id()))) std::swap(r.from, r.to);  // we were the caller
    if ((how & 12) == 12) r.to += (how & 16) != 0 ? "x" : ";tag=other";
    r.body = name == "INVITE" || name == "UPDATE" || name == "PRACK" ? body_of(what / 10) : "";
    if (name == "PRACK") r.headers = "RAck: " + rack(d, how) + "\r\n";
    if (name == "INFO") {
      r.content_type = "application/dtmf-relay";
      r.body = (how & 32) != 0 ? "Signal=5\r\nDuration=160\r\n" : "Signal=";
    }
    if (name == "MESSAGE") {
      r.content_type = "text/plain";
      r.body = std::string((how & 32) != 0 ? 9000 : 20, 'm');
    }
    if (name == "REFER")
      r.headers = (how & 32) != 0 ? "Refer-To: <tel:1>\r\n" : "Refer-To: <sip:carol@127.0.0.4>\r\n";
    if (name == "NOTIFY") {
      r.headers = std::string("Event: refer\r\nSubscription-State: ") +
                  ((how & 32) != 0 ? "terminated;reason=noresource" : "active;expires=60") + "\r\n";
      r.content_type = "message/sipfrag";
      r.body = "SIP/2.0 " + std::to_string(statuses[what % std::size(statuses)]) + " x\r\n";
    }
    if ((how & 64) != 0) r.headers += "Session-Expires: 90\r\nSupported: timer, 100rel\r\n";
    if (name == "INVITE") invites_.push_back(r);
    receive(r.text());
  }
  static std::string rack(const sip::message& d, std::uint8_t how) {
    if ((how & 32) != 0) return "1 1 INVITE";
    return std::string(d.value(sip::header_id::rseq)) + " " +
           std::string(d.value(sip::header_id::cseq));
  }
  void acknowledge(std::uint8_t which) {
    if (dialogs_.empty()) return;
    const auto& d = *dialogs_[which % dialogs_.size()];
    peer_request r =
        in_dialog(d, "ACK", d.cseq()->number, "z9hG4bK-a" + std::to_string(++branches_));
    if (d.status() >= 300)
      if (const auto* i = invite_of(d)) r.branch = i->branch;
    r.body = (which & 64) != 0 ? body_of(which >> 4) : "";
    receive(r.text());
  }
  void cancel(std::uint8_t which) {
    if (invites_.empty()) return;
    peer_request r = invites_[which % invites_.size()];
    r.method = "CANCEL";
    r.body.clear();
    receive(r.text());
  }

  // --- the peer answers
  void respond(std::uint8_t which, std::uint8_t what, std::uint8_t how) {
    if (requests_.empty()) return;
    // Mostly the last ones.
    const std::size_t back = which % std::min<std::size_t>(requests_.size(), 12);
    const auto& r = *requests_[requests_.size() - 1 - back];
    const int status = statuses[what % std::size(statuses)];
    std::string headers = (how & 1) != 0 ? "Contact: <sip:bob@127.0.0.2:5070>\r\n" : "";
    if ((how & 2) != 0) headers += "Require: 100rel\r\nRSeq: " + std::to_string(++rseq_) + "\r\n";
    if ((how & 4) != 0) headers += "Session-Expires: 90;refresher=uas\r\nRequire: timer\r\n";
    if ((how & 8) != 0) headers += "Record-Route: <sip:127.0.0.9;lr>\r\n";
    if (status == 302) headers += "Contact: <sip:x@127.0.0.5>, <sip:y@h.example>;q=0.1\r\n";
    if (status == 422) headers += "Min-SE: 120\r\n";
    if (status == 500) headers += "Retry-After: 1\r\n";
    if (status == 401)
      headers +=
          "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\n";
    if (status == 407) headers += "Proxy-Authenticate: Digest realm=\"p\", nonce=\"m\"\r\n";
    const std::string body = r.method() == sip::method::invite ||
                                     r.method() == sip::method::update ||
                                     r.method() == sip::method::prack
                                 ? body_of(how >> 5)
                                 : "";
    const std::string tag = (how & 16) != 0 ? "fork" + std::to_string(what) : "b1";
    const std::string text = respond_to(r, status, tag, headers, status > 100 ? body : "");
    if (const auto m = sip::message::parse(text);
        m && status > 100 && r.method() == sip::method::invite)
      add_dialog(std::make_shared<const sip::message>(*m));
    receive(text);
  }

  // --- the owner
  void command(std::uint8_t which, std::uint8_t what, std::uint8_t more) {
    if (ids_.empty()) return;
    const call::call_id id = ids_[which % ids_.size()];
    call::endpoint& e = n_.endpoint();
    const time_point now = n_.now();
    switch (what % 13) {
      case 0:
        e.ring(id, now);
        break;
      case 1:
        e.early_media(id, now);
        break;
      case 2:
      case 3:
        e.answer(id, {}, now);
        break;
      case 4:
        e.reject(id, 486, "", "route", now);
        break;
      case 5:
        e.hang_up(id, "hangup", now);
        break;
      case 6:
        e.hold(id, now);
        break;
      case 7:
        e.resume(id, now);
        break;
      case 8: {
        call::media_modification m;
        if ((more & 1) != 0) m.codecs = {{audio::codec_id::pcma}};
        if ((more & 2) != 0) m.direction = static_cast<media::direction>((more >> 4) & 3);
        m.late_offer = (more & 4) != 0;
        e.modify(id, m, now);
        break;
      }
      case 9:
        e.transfer(id, "sip:carol@127.0.0.4", now);
        break;
      case 10:
        e.transfer_to_call(id, ids_[more % ids_.size()], now);
        break;
      case 11:
        e.send_info_digit(id, '5', 100, now);
        break;
      default:
        e.send_message(id, "text/plain", "hello", now);
    }
    n_.drain();
    collect();
  }
  void dial(std::uint8_t how) {
    if (dialled_ == most_begun) return;
    ++dialled_;
    call::dial_request r;
    constexpr const char* targets[] = {"sip:bob@127.0.0.2:5070", "sip:bob@h.example",
                                       "sip:bob@127.0.0.2:5070;transport=tcp", "sip:bob@[::1]"};
    r.target = targets[how % 4];
    r.late_offer = (how & 4) != 0;
    r.answer_timeout = seconds((how & 8) != 0 ? 5 : 60);
    if ((how & 16) != 0) r.accounts = {{"me", "secret"}};
    if ((how & 32) != 0) r.headers = {{"X-Filler", std::string(1400, 'x')}};
    if ((how & 64) != 0) r.proxy = "sip:127.0.0.9";
    n_.dial(r);
    collect();
  }

  // --- the shell
  void shell(std::uint8_t what, std::uint8_t which) {
    switch (what % 8) {
      case 0:
        n_.ports_free = !n_.ports_free;
        break;
      case 1:
        n_.ports_at_once = !n_.ports_at_once;
        break;
      case 2: {
        // Late, as often as it was asked.
        const auto asked = std::exchange(n_.ports_asked, {});
        if (!n_.ports_at_once)
          for (const auto& p : asked) give(p.id);
        break;
      }
      case 3:
        n_.resolved({{ip_address::v4(127, 0, 0, 2), 0}, {ip_address::v4(127, 0, 0, 5), 0}});
        break;
      case 4:
        n_.resolved({});
        break;
      case 5:
        if (!n_.open_media.empty()) {
          auto at = n_.open_media.begin();
          std::advance(at, which % n_.open_media.size());
          n_.media_event(media::media_id{at->first}, media::media_timed_out{(which & 128) != 0});
        }
        break;
      default:
        n_.media_event(media::media_id{which}, media::media_timed_out{false});
    }
    collect();
  }
  void give(call::call_id id) {
    if (given_[id]++ != 0) return;
    n_.give_port(id);
  }
  void network(std::uint8_t how) {
    if (n_.flows_opened.empty()) return;
    const auto& f =
        n_.flows_opened[n_.flows_opened.size() - 1 - (how >> 4) % n_.flows_opened.size()];
    call::endpoint& e = n_.endpoint();
    if (how % 3 == 0) e.flow_opened(f.flow, {server_ip, 40000}, n_.now());
    if (how % 3 == 1) e.flow_failed(f.flow, "refused", n_.now());
    if (how % 3 == 2) e.flow_closed(f.flow, "reset", n_.now());
    n_.drain();
    collect();
  }

  // --- all
  void trace(const char* arrow, const std::string& what) {
    std::fprintf(stderr, "%8.3f %s %s\n", static_cast<double>(to_ms(n_.now() - time_point{})) / 1e3,
                 arrow, what.c_str());
  }
  void receive(std::string bytes) {
    if (n_.on_send) trace("->", bytes);
    if (received_.size() < 64) received_.push_back(bytes);
    n_.receive(std::move(bytes));
    collect();
  }
  void garbage() {
    if (received_.empty()) return;
    std::string bytes = received_[in_.byte() % received_.size()];
    for (int edits = in_.byte() % 4 + 1; edits > 0; --edits)
      bytes[in_.word() % bytes.size()] = static_cast<char>(in_.byte());
    if (n_.on_send) trace("->", bytes);
    n_.receive(bytes);
    collect();
  }
  void advance(duration by) {
    const std::size_t alive = n_.endpoint().transactions() + n_.endpoint().calls() + 2;
    bound_ = alive * static_cast<std::size_t>(4 * (to_ms(by) / 500 + 12));
    n_.advance(by);
    collect();
  }

  /// Sorts what was sent since the last time.
  void collect() {
    for (; seen_ < n_.sent.size(); ++seen_) {
      const auto& m = n_.sent[seen_].message;
      if (m->is_request()) {
        if (m->method() == sip::method::ack) continue;
        if (m->method() == sip::method::invite && m->to()->tag().empty())
          placed_.insert(std::string(m->call_id()));
        requests_.push_back(m);
      } else if (m->method() == sip::method::invite && m->status() > 100 && m->check() == nullptr) {
        add_dialog(m);
      }
    }
  }
  void add_dialog(std::shared_ptr<const sip::message> response) {
    dialogs_.push_back(std::move(response));
    if (dialogs_.size() > 16) dialogs_.erase(dialogs_.begin());
  }
  const peer_request* invite_of(const sip::message& response) const {
    for (std::size_t i = invites_.size(); i-- > 0;)
      if (invites_[i].call_id == response.call_id()) return &invites_[i];
    return nullptr;
  }

  /// Each call that was told of is closed once, and nothing is told of it behind that.
  void book(const call::call_event& e) {
    if (const auto* in = std::get_if<call::call_incoming>(&e)) return begun(in->info.id);
    if (const auto* out = std::get_if<call::call_outgoing>(&e)) return begun(out->info.id);
    if (const auto* end = std::get_if<call::call_ended>(&e)) {
      require(begun_.contains(end->id), "what ends has begun");
      return closed(end->id);
    }
    if (const auto* no = std::get_if<call::call_rejected>(&e)) return closed(no->info.id);
    std::visit(
        [this](const auto& one) {
          if constexpr (requires { one.id; })
            require(begun_.contains(one.id) && !ended_.contains(one.id),
                    "what is told of a call lies between its beginning and its end");
        },
        e);
  }
  void begun(call::call_id id) {
    require(begun_.insert(id).second && !ended_.contains(id), "a call begins once");
    ids_.push_back(id);
  }
  void closed(call::call_id id) {
    if (n_.on_send) trace("--", "call " + std::to_string(static_cast<int>(id)) + " is over");
    require(ended_.insert(id).second, "a call has one closing event");
  }

  void finish() {
    n_.ports_free = n_.ports_at_once = true;
    for (const auto& p : n_.ports_asked)
      if (given_[p.id] == 0) n_.endpoint().media_port(p.id, std::nullopt, n_.now());
    n_.drain();
    n_.endpoint().stop_accepting();
    for (const auto id : std::vector(ids_)) n_.endpoint().hang_up(id, "shutdown", n_.now());
    n_.drain();
    n_.resolved({});
    n_.advance(seconds(1200));  // connections, too, have become idle
    if (n_.on_send) {
      const auto i = n_.endpoint().inventory();
      std::fprintf(stderr, "calls %zu transactions %zu keys %zu deadlines %zu outputs %zu\n",
                   i.calls, i.transactions, i.keys, i.deadlines, i.outputs);
    }
    for (const auto id : begun_) require(ended_.contains(id), "every call has ended");
    require(n_.endpoint().inventory() == call::endpoint_inventory{}, "nothing is left of calls");
    require(n_.is_clean(), "no port, media or timer is left");
    require(n_.endpoint().flows() == 0, "no connection is left");
    require(n_.endpoint().unanswered_byes() == 0, "no BYE is waited for");
  }

  fuzz::input in_;
  node n_;
  std::size_t bound_ = 0, seen_ = 0, dialled_ = 0;
  std::uint32_t branches_ = 0, rseq_ = 0;
  std::vector<peer_request> invites_;
  std::vector<std::string> received_;
  std::vector<std::shared_ptr<const sip::message>> dialogs_, requests_;
  std::map<std::string, std::uint32_t> cseqs_;
  std::set<std::string> placed_;
  std::vector<call::call_id> ids_;
  std::set<call::call_id> begun_, ended_;
  std::map<call::call_id, int> given_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  driver(fuzz::input(data, size)).run();
  return 0;
}
