// Two endpoints over a link that loses, delays, reorders and duplicates, in virtual time.
#include <queue>

#include "call/support.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

struct link_quality {
  double loss = 0, duplication = 0;
  duration delay = milliseconds(10), jitter = milliseconds(0);
};

class world {
 public:
  world(std::uint64_t seed, link_quality quality)
      : random_(seed),
        quality_(quality),
        caller({}, seed * 2 + 1, peer_address),
        callee({}, seed * 2 + 2, server_address) {
    caller.keep_messages = callee.keep_messages = false;
    caller.on_send = [this](const sip::transmit& t) { carry(t, caller, peer_address); };
    callee.on_send = [this](const sip::transmit& t) { carry(t, callee, server_address); };
  }

  void at(time_point when, std::function<void()> what) {
    queue_.push({when, ++sequence_, std::move(what)});
  }
  void in(duration d, std::function<void()> what) { at(now + d, std::move(what)); }

  /// Until nothing is under way and no timer stands.
  void run() {
    while (true) {
      const time_point timers =
          std::min(caller.endpoint().next_deadline(), callee.endpoint().next_deadline());
      const time_point next = queue_.empty() ? timers : std::min(timers, queue_.top().when);
      if (next == never) return;
      if (next > time_point(std::chrono::hours(1))) throw std::runtime_error("it never ends");
      now = next;
      caller.advance_to(now);
      callee.advance_to(now);
      while (!queue_.empty() && queue_.top().when <= now) {
        const auto what = queue_.top().what;
        queue_.pop();
        what();
      }
    }
  }

  /// Uniform in [0, 1).
  double chance() { return static_cast<double>(random_.next() >> 11) * 0x1p-53; }
  duration up_to(duration most) {
    return duration(
        static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(most.count()) + 1)));
  }

 private:
  struct event {
    time_point when;
    std::uint64_t sequence;
    std::function<void()> what;
    bool operator<(const event& o) const {
      return when != o.when ? when > o.when : sequence > o.sequence;
    }
  };

  void carry(const sip::transmit& t, node& sender, const socket_address& from) {
    node& receiver = &sender == &caller ? callee : caller;
    const socket_address& there = &sender == &caller ? server_address : peer_address;
    if (t.to.remote != there) throw std::runtime_error("sent to nobody: " + t.bytes);
    const int copies = chance() < quality_.duplication ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      if (chance() < quality_.loss) continue;
      in(quality_.delay + up_to(quality_.jitter),
         [&receiver, from, bytes = t.bytes] { receiver.receive(bytes, from); });
    }
  }

  seeded_random random_;
  link_quality quality_;
  std::priority_queue<event> queue_;
  std::uint64_t sequence_ = 0;

 public:
  time_point now{};
  node caller, callee;
};

call::dial_request to_callee(duration timeout) {
  call::dial_request r;
  r.target = "sip:bob@127.0.0.1:5060";
  r.answer_timeout = timeout;
  return r;
}

/// Closing events a call has had, by its id; throws where one has none that was begun.
std::vector<std::size_t> closings(const node& n) {
  std::map<call::call_id, std::size_t> count;
  for (const auto& e : n.all_events) {
    if (const auto* in = std::get_if<call::call_incoming>(&e)) count[in->info.id] += 0;
    if (const auto* out = std::get_if<call::call_outgoing>(&e)) count[out->info.id] += 0;
    if (const auto* end = std::get_if<call::call_ended>(&e)) ++count[end->id];
    if (const auto* no = std::get_if<call::call_rejected>(&e)) ++count[no->info.id];
  }
  std::vector<std::size_t> values;
  for (const auto& [id, closed] : count) values.push_back(closed);
  return values;
}

/// What the callee does with a call, and when either side ends it: drawn from the seed.
void script(world& w) {
  w.callee.on_event = [&w](const call::call_event& e) {
    const auto* incoming = std::get_if<call::call_incoming>(&e);
    if (incoming == nullptr) return;
    node& callee = w.callee;
    callee.last_call = incoming->info.id;
    if (w.chance() < 0.7) w.in(w.up_to(milliseconds(200)), [&callee] { callee.ring(); });
    if (w.chance() < 0.3) w.in(w.up_to(milliseconds(400)), [&callee] { callee.early_media(); });
    const double kind = w.chance();
    const duration when = w.up_to(seconds(4));
    if (kind < 0.75) {
      w.in(when, [&callee] { callee.answer(); });
    } else if (kind < 0.9) {
      w.in(when, [&callee] { callee.reject(486); });
    }
    if (w.chance() < 0.6) w.in(w.up_to(seconds(20)), [&callee] { callee.hang_up("done"); });
  };
  w.caller.dial(to_callee(seconds(1) + w.up_to(seconds(20))));
  const duration patience = w.chance() < 0.3 ? w.up_to(seconds(3)) : w.up_to(seconds(60));
  w.in(patience, [&w] { w.caller.hang_up("done"); });
  // Whoever is still there after all lost BYEs finds out by its media.
  const auto silence = [](node& n) {
    for (const auto& open : n.opened) n.media_event(open.id, media::media_timed_out{false});
  };
  w.in(seconds(200), [&w, silence] {
    silence(w.caller);
    silence(w.callee);
    w.callee.hang_up("forgotten");
  });
}

}  // namespace

TEST_CASE("a whole call between two endpoints, to the millisecond") {
  world w(1, {});
  w.callee.on_event = [&w](const call::call_event& e) {
    if (std::holds_alternative<call::call_incoming>(e)) {
      w.in(milliseconds(100), [&w] { w.callee.ring(); });
      w.in(milliseconds(600), [&w] { w.callee.answer(); });
    }
  };
  w.caller.dial(to_callee(seconds(30)));
  w.at(time_point(seconds(5)), [&w] { w.caller.hang_up("done"); });
  w.run();
  const auto placed = w.caller.last<call::call_ended>();
  const auto taken = w.callee.last<call::call_ended>();
  CHECK(placed.answered_at == time_point(milliseconds(620)));
  CHECK(taken.answered_at == time_point(milliseconds(630)));
  CHECK(placed.ended_at == time_point(seconds(5)));
  CHECK(taken.ended_at == time_point(milliseconds(5010)));
  CHECK(placed.by == call::ended_by::local);
  CHECK(taken.by == call::ended_by::remote);
  const auto& here = w.caller.opened.at(0);
  const auto& there = w.callee.opened.at(0);
  CHECK(here.parameters.remote_rtp == w.callee.last<call::call_answered>().local_rtp);
  CHECK(there.parameters.remote_rtp == w.caller.last<call::call_answered>().local_rtp);
  CHECK(here.parameters.format == there.parameters.format);
  CHECK(w.caller.is_clean());
  CHECK(w.callee.is_clean());
}

TEST_CASE("500 calls over bad links end once on both sides and leave nothing") {
  std::size_t answered = 0, incoming = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    INFO("seed " << seed);
    world w(seed, {static_cast<double>(seed % 7) * 0.05, 0.05, milliseconds(10),
                   milliseconds(static_cast<int>(seed % 5) * 50)});
    script(w);
    w.run();
    CHECK(closings(w.caller) == std::vector<std::size_t>{1});
    const auto callee = closings(w.callee);
    CHECK(callee == std::vector<std::size_t>(callee.size(), 1));
    CHECK(callee.size() <= 1);
    CHECK(w.caller.is_clean());
    CHECK(w.callee.is_clean());
    answered += w.callee.events<call::call_answered>().size();
    incoming += callee.size();
  }
  CHECK(answered > 150);
  CHECK(incoming > 450);
}

TEST_CASE("100 calls at once") {
  world w(7, {0.1, 0.02, milliseconds(10), milliseconds(30)});
  w.callee.on_event = [&w](const call::call_event& e) {
    if (const auto* one = std::get_if<call::call_incoming>(&e)) {
      w.in(w.up_to(seconds(1)), [&w, id = one->info.id] {
        w.callee.last_call = id;
        w.callee.answer();
      });
    }
  };
  for (int i = 0; i < 100; ++i) {
    const auto id = w.caller.dial(to_callee(seconds(30)));
    w.in(seconds(10) + w.up_to(seconds(10)), [&w, id] {
      w.caller.last_call = id;
      w.caller.hang_up("done");
    });
  }
  CHECK(w.caller.endpoint().calls() == 100);
  w.run();
  CHECK(closings(w.caller) == std::vector<std::size_t>(100, 1));
  CHECK(w.callee.events<call::call_answered>().size() > 95);
  CHECK(w.caller.is_clean());
  CHECK(w.callee.is_clean());
}
