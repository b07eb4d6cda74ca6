#include "batch.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "agreement.hpp"
#include "call_script.hpp"
#include "party.hpp"
#include "sipvoice/sim/ladder.hpp"
#include "sipvoice/sip/message.hpp"
#include "wire_watch.hpp"

namespace soak {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr unsigned plenty_of_ports = 5000;
constexpr std::uint16_t sip_port = 5060, first_rtp = 10000;
/// After the last call could have begun: longest call, 64*T1 for its BYE, 64*T1 for the answer's
/// transaction, and much more than that.
constexpr duration patience = minutes(30);

const ip_address addresses[2] = {ip_address::v4(10, 0, 0, 1), ip_address::v4(10, 0, 0, 2)};

unsigned index_of(const ip_address& a) { return a == addresses[0] ? 0 : 1; }

std::shared_ptr<const audio::clip> make_tone() {
  auto clip = std::make_shared<audio::clip>();
  clip->name = "tone";
  clip->sample_rate = 8000;
  for (int i = 0; i < 8000; ++i)
    clip->samples.push_back(static_cast<std::int16_t>(8000 * std::sin(i * 0.3456)));
  return clip;
}

class batch {
 public:
  explicit batch(const batch_options& options)
      : options_(options), world_(options.seed), chance_(options.seed ^ 0x5eed) {
    script_ = draw_batch(chance_, options.calls, options.loss);
    // A pair of ports that is used again at once hears the rest of the call before.
    if (options.with_media) script_.port_pairs = plenty_of_ports;
    static const auto tone = make_tone();
    tone_ = tone;
    set_paths();
    world_.on_passing([this](const sim::passing& p) { on_sent(p); });
    world_.on_arrival([this](const sim::passing& p) { on_arrival(p); });
    for (unsigned i = 0; i < 2; ++i) start(i);
  }

  batch_report run() {
    schedule();
    world_.run_until([this] { return world_.is_idle(); }, time_point{} + patience);
    report_.lasted = world_.now() - time_point{};
    check();
    report_.messages = watch_.messages();
    report_.lost = watch_.lost();
    report_.events = world_.events();
    return std::move(report_);
  }

 private:
  void start(unsigned i);
  void set_paths();
  void schedule();
  void begin(const outage& o);
  void on_sent(const sim::passing& p);
  void on_arrival(const sim::passing& p);
  void check();
  void check_left_overs(unsigned i);
  void check_media(const told_call& caller, const told_call& callee);
  void accuse(const std::string& text) { report_.violations.push_back({"", text}); }

  batch_options options_;
  batch_report report_;
  sim::world world_;
  seeded_random chance_;
  batch_script script_;
  std::shared_ptr<const audio::clip> tone_;
  wire_watch watch_{report_.violations};
  ledger told_[2] = {{"10.0.0.1", report_.violations}, {"10.0.0.2", report_.violations}};
  std::unique_ptr<party> parties_[2];
  unsigned processes_ = 0, process_[2] = {0, 0};
  int deaf_[2] = {0, 0}, mute_[2] = {0, 0};  // outages may overlap
};

void batch::start(unsigned i) {
  sim::node_config config;
  config.address = addresses[i];
  config.sip_port = sip_port;
  config.rtp_first = first_rtp;
  config.rtp_last = static_cast<std::uint16_t>(first_rtp + 2 * script_.port_pairs - 1);
  config.with_media = options_.with_media;
  config.endpoint.max_sessions = script_.max_sessions;
  process_[i] = ++processes_;
  parties_[i] = std::make_unique<party>(world_, config, told_[i], script_.calls, tone_);
}

void batch::set_paths() {
  for (unsigned i = 0; i < 2; ++i) {
    sim::impairment how = i == 0 ? script_.forth : script_.back;
    if (mute_[i] > 0 || deaf_[1 - i] > 0) how.loss = 1;
    world_.set_path(addresses[i], addresses[1 - i], how);
  }
}

void batch::schedule() {
  for (const call_script& s : script_.calls)
    world_.at(time_point{} + s.dialled_after, [this, &s] {
      ++report_.calls;
      parties_[s.caller]->dial(s, "sip:callee@" + addresses[1 - s.caller].to_string());
    });
  for (const outage& o : script_.outages)
    world_.at(time_point{} + o.begins, [this, &o] { begin(o); });
}

void batch::begin(const outage& o) {
  if (o.what == outage::kind::crash) {
    parties_[o.party].reset();
    told_[o.party].crash();
    start(o.party);
    return;
  }
  const int deaf = o.what != outage::kind::mute, mute = o.what != outage::kind::deaf;
  const auto add = [this, &o](int to_deaf, int to_mute) {
    deaf_[o.party] += to_deaf;
    mute_[o.party] += to_mute;
    set_paths();
  };
  add(deaf, mute);
  world_.at(world_.now() + o.lasts, [add, deaf, mute] { add(-deaf, -mute); });
}

void batch::on_sent(const sim::passing& p) {
  if (p.from.port != sip_port) return;
  const auto m = watch_.sent(p, process_[index_of(p.from.ip)]);
  if (!m) return;
  const std::string id(m->call_id());
  if (options_.trace) options_.trace(sim::ladder_line(p), id);
  if (m->method() != sip::method::bye && m->method() != sip::method::ack) return;
  told_call* c = told_[index_of(p.from.ip)].find(id);
  if (c == nullptr || !m->is_request()) return;
  if (m->method() == sip::method::bye) c->sent_bye = true;
  if (m->method() == sip::method::ack && c->unacknowledged > 0) --c->unacknowledged;
}

/// Notes what tells a side how its call stands; see agreement.hpp.
void batch::on_arrival(const sim::passing& p) {
  const bool bye = p.bytes.starts_with("BYE "), cancel = p.bytes.starts_with("CANCEL ");
  const bool yes = p.bytes.starts_with("SIP/2.0 200 ");
  if (!bye && !cancel && !yes) return;
  const auto m = sip::message::parse(std::string(p.bytes));
  told_call* c = told_[index_of(p.to.ip)].find(std::string(m->call_id()));
  if (c == nullptr || c->forgotten) return;
  if (yes) {
    if (m->method() != sip::method::invite) return;
    // Of an INVITE that was given up after 64*T1 nothing is known any more (RFC 6026 section 7.2).
    if (!c->open() && !c->heard_2xx) return;
    c->heard_2xx = true;
    ++c->unacknowledged;
    return;
  }
  const bool knows = bye ? c->inbound || c->answered : c->inbound && !c->accepted;
  if (c->open() && !c->goodbye && knows) c->goodbye = p.at;
}

void batch::check_left_overs(unsigned i) {
  sim::node& n = parties_[i]->node();
  const std::string who = addresses[i].to_string() + ": ";
  const call::endpoint_inventory left = n.endpoint().inventory();
  if (left != call::endpoint_inventory{}) {
    accuse(who + "left over: " + std::to_string(left.calls) + " calls, " +
           std::to_string(left.transactions) + " transactions, " + std::to_string(left.keys) +
           " keys, " + std::to_string(left.deadlines) + " deadlines, " +
           std::to_string(left.outputs) + " outputs");
  }
  if (n.endpoint().calls() != 0 || n.endpoint().unanswered_byes() != 0)
    accuse(who + "counts calls or BYEs that are not there");
  if (n.endpoint().next_deadline() != never) accuse(who + "a timer stands");
  if (n.ports_in_use() != 0) accuse(who + "ports are in use");
  if (n.media_sessions() != 0) accuse(who + "media sessions are open");
}

void batch::check_media(const told_call& caller, const told_call& callee) {
  if (!caller.media || !callee.media) return;
  const auto compare = [&](const told_call& hears, const told_call& speaks) {
    // A process that was started anew hears the streams that its predecessor's calls were sent.
    if (processes_ > 2 || hears.media->packets_received <= speaks.media->packets_sent) return;
    told_[0].accuse(caller, std::to_string(hears.media->packets_received) + " packets received, " +
                                std::to_string(speaks.media->packets_sent) + " sent");
  };
  compare(caller, callee);
  compare(callee, caller);
  if (caller.media->packets_received > 0 && callee.media->packets_received > 0)
    ++report_.with_sound;
  // Loss may take a digit, but the network makes none up and changes no order.
  std::size_t at = 0;
  for (const char digit : callee.heard) {
    at = caller.sent.find(digit, at);
    if (at == std::string::npos)
      return told_[0].accuse(caller, "sent " + caller.sent + ", heard " + callee.heard);
    ++at;
  }
}

void batch::check() {
  if (!world_.is_idle()) accuse("the world is still busy");
  for (unsigned i = 0; i < 2; ++i) {
    check_left_overs(i);
    for (const told_call& c : told_[i].calls()) {
      const told_call* other = told_[1 - i].find(c.sip_call_id);
      check_agreement(told_[i], c, other);
      if (c.inbound) continue;
      ++report_.outcomes[outcome(c, other)];
      if (other != nullptr) check_media(c, *other);
    }
  }
}

}  // namespace

batch_report run_batch(const batch_options& options) { return batch(options).run(); }

}  // namespace soak
