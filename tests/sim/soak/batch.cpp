#include "batch.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "agreement.hpp"
#include "call_script.hpp"
#include "guard.hpp"
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

constexpr unsigned parties = batch_script::parties;
const ip_address addresses[parties] = {ip_address::v4(10, 0, 0, 1), ip_address::v4(10, 0, 0, 2),
                                       ip_address::v4(10, 0, 0, 3)};

unsigned index_of(const ip_address& a) { return a == addresses[0] ? 0 : a == addresses[1] ? 1 : 2; }

/// What of the wire goes into the table; nullptr: nothing.
const char* worth_counting(const sip::message& m) {
  switch (m.status()) {
    case 401:
      return "401";
    case 407:
      return "407";
    case 422:
      return "422";
    case 491:
      return "491";
    default:
      break;
  }
  if (!m.is_request()) return nullptr;
  switch (m.method()) {
    case sip::method::prack:
      return "PRACK";
    case sip::method::update:
      return "UPDATE";
    case sip::method::invite:
      return m.to()->tag().empty() ? nullptr : "re-INVITE";
    default:
      return nullptr;
  }
}

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
    if (script_.asks == batch_script::challenge::on_the_way) {
      guard_ = std::make_unique<guard>(world_, chance_, addresses[script_.guarded]);
      world_.on_the_way([this](const sim::passing& p) { return guard_->takes(p); });
    }
    for (unsigned i = 0; i < parties; ++i) start(i);
  }

  batch_report run() {
    schedule();
    world_.run_until([this] { return world_.is_idle(); }, time_point{} + patience);
    report_.lasted = world_.now() - time_point{};
    check();
    report_.messages = watch_.messages();
    report_.lost = watch_.lost();
    report_.events = world_.events();
    if (guard_) report_.happened["admitted by a proxy"] += guard_->admitted();
    return std::move(report_);
  }

 private:
  void start(unsigned i);
  void set_paths();
  void schedule();
  void begin(const outage& o);
  void on_sent(const sim::passing& p);
  void on_arrival(const sim::passing& p);
  void note_2xx(const sip::message& m, told_call& c);
  void note_stream(told_call& c);
  [[nodiscard]] const told_call* other_side(const told_call& c, unsigned of);
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
  ledger told_[parties] = {{"10.0.0.1", report_.violations},
                           {"10.0.0.2", report_.violations},
                           {"10.0.0.3", report_.violations}};
  std::unique_ptr<guard> guard_;
  std::unique_ptr<party> parties_[parties];
  unsigned processes_ = 0, process_[parties] = {};
  int deaf_[parties] = {}, mute_[parties] = {};  // outages may overlap
};

void batch::start(unsigned i) {
  sim::node_config config;
  config.address = addresses[i];
  config.sip_port = sip_port;
  config.rtp_first = first_rtp;
  config.rtp_last = static_cast<std::uint16_t>(first_rtp + 2 * script_.port_pairs - 1);
  config.with_media = options_.with_media;
  config.tcp_port = script_.tcp ? sip_port : 0;
  call::endpoint_config& e = config.endpoint;
  e.max_sessions = script_.max_sessions;
  e.allow_refer = [](const std::string&) { return true; };
  e.session_expires = script_.session_expires;
  e.min_se = script_.min_se[i];
  using rel100 = call::endpoint_config::rel100;
  if (script_.reliable_provisionals) e.reliable_provisionals = rel100::when_supported;
  if (script_.asks == batch_script::challenge::by_callee && i == script_.guarded)
    e.users[account_user] = account_password;
  process_[i] = ++processes_;
  parties_[i] =
      std::make_unique<party>(world_, config, told_[i], script_.calls, tone_, report_.happened);
  parties_[i]->send_transfers_to(addresses[2]);
}

void batch::set_paths() {
  for (unsigned i = 0; i < parties; ++i) {
    for (unsigned k = 0; k < parties; ++k) {
      if (k == i) continue;
      sim::impairment how = i < k ? script_.forth : script_.back;
      if (mute_[i] > 0 || deaf_[k] > 0) how.loss = 1;
      world_.set_path(addresses[i], addresses[k], how);
    }
  }
}

void batch::schedule() {
  for (const call_script& s : script_.calls) {
    if (s.referred) continue;
    world_.at(time_point{} + s.dialled_after, [this, &s] {
      ++report_.calls;
      parties_[s.caller]->dial(s, addresses[s.called]);
    });
  }
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
  if (!p.stream && p.from.port != sip_port) return;
  if (p.stream && p.bytes.starts_with("\r\n")) return;  // keep-alive
  const auto m = watch_.sent(p, process_[index_of(p.from.ip)]);
  if (!m) return;
  const std::string id(m->call_id());
  if (options_.trace) options_.trace(sim::ladder_line(p), id);
  if (const char* what = worth_counting(*m)) ++report_.happened[what];
  told_call* c = told_[index_of(p.from.ip)].find(id);
  if (c == nullptr) return;
  if (p.stream) note_stream(*c);
  if (m->status() >= 200 && m->status() < 300 && m->method() == sip::method::invite && c->inbound &&
      !std::exchange(c->accepted, true)) {
    // The PRACK that let the 200 go came with the CANCEL, which is too late then.
    if (c->goodbye_in_stream && *c->goodbye == p.at) c->goodbye.reset();
  }
  if (!m->is_request()) return;
  if (m->method() == sip::method::bye) c->sent_bye = true;
  if (m->method() != sip::method::ack) return;
  const auto copies = c->unacknowledged.find(m->cseq()->number);
  if (copies != c->unacknowledged.end() && copies->second > 0) --copies->second;
}

void batch::note_stream(told_call& c) {
  ++report_.happened["message over TCP"];
  const bool breaks = script_.forth.loss > 0 || script_.back.loss > 0 || !script_.outages.empty();
  c.unsure = c.unsure || breaks;
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
    if (m->method() == sip::method::invite) note_2xx(*m, *c);
    return;
  }
  // What has come before it on the same connection is read in the same moment.
  const bool up = c->inbound || c->answered || (p.stream && c->heard_2xx);
  const bool knows = bye ? up : c->inbound && !c->accepted;
  if (!c->open() || c->goodbye || !knows) return;
  c->goodbye = p.at;
  c->goodbye_in_stream = p.stream;
}

void batch::note_2xx(const sip::message& m, told_call& c) {
  // Of an INVITE that was given up after 64*T1 nothing is known any more (RFC 6026 section 7.2).
  const std::uint32_t number = m.cseq()->number;
  // Of a re-INVITE nothing is known once the BYE has been answered.
  const bool initial =
      !c.inbound && !c.unacknowledged.empty() && c.unacknowledged.begin()->first == number;
  if (!c.open() && !initial) return;
  if (!c.inbound) c.heard_2xx = true;
  ++c.unacknowledged[number];
}

const told_call* batch::other_side(const told_call& c, unsigned of) {
  for (unsigned i = 0; i < parties; ++i) {
    if (i == of) continue;
    if (const told_call* found = told_[i].find(c.sip_call_id)) return found;
  }
  return nullptr;
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
  if (n.endpoint().flows() != 0 || n.connections() != 0) accuse(who + "connections are open");
}

void batch::check_media(const told_call& caller, const told_call& callee) {
  if (!caller.media || !callee.media) return;
  const auto compare = [&](const told_call& hears, const told_call& speaks) {
    // A process that was started anew hears the streams that its predecessor's calls were sent.
    if (processes_ > parties || hears.media->packets_received <= speaks.media->packets_sent) return;
    told_[0].accuse(caller, std::to_string(hears.media->packets_received) + " packets received, " +
                                std::to_string(speaks.media->packets_sent) + " sent");
  };
  compare(caller, callee);
  compare(callee, caller);
  if (caller.media->packets_received > 0 && callee.media->packets_received > 0)
    ++report_.with_sound;
}

void batch::check() {
  if (!world_.is_idle()) accuse("the world is still busy");
  if (world_.streams().size() != 0) accuse("connections are left");
  for (unsigned i = 0; i < parties; ++i) {
    check_left_overs(i);
    for (const told_call& c : told_[i].calls()) {
      const told_call* other = other_side(c, i);
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
