#include "call_mix.hpp"

namespace soak {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using kind = step::kind;

/// The script of a call that a transfer leads to. Whoever is there hangs up in the end.
unsigned append_referred(chance& c, batch_script& b) {
  call_script s;
  s.number = static_cast<unsigned>(b.calls.size());
  s.referred = true;
  s.called = 2;
  s.callee = c.percent(80) ? reaction::answer : c.one_in(2) ? reaction::reject : reaction::ignore;
  s.rings = c.percent(70);
  s.early_media = c.one_in(8);
  s.reacts_after = c.one_in(3) ? duration{} : c.between(milliseconds(1), seconds(5));
  (c.one_in(2) ? s.caller_stays : s.callee_stays) = c.between(seconds(0), seconds(20));
  b.calls.push_back(s);
  return s.number;
}

void draw_hold(chance& c, call_script& s, duration at) {
  const bool by_caller = c.one_in(2);
  s.steps.push_back({kind::hold, by_caller, at, '0', 0});
  // Both sides in the same moment: glare, unless one of the two hears of the other in time.
  if (c.one_in(3)) s.steps.push_back({kind::hold, !by_caller, at, '0', 0});
  const duration later = at + c.between(milliseconds(0), seconds(c.one_in(2) ? 1 : 20));
  s.steps.push_back({kind::resume, by_caller, later, '0', 0});
  if (c.one_in(2)) s.steps.push_back({kind::resume, !by_caller, later, '0', 0});
}

void draw_step(chance& c, batch_script& b, std::size_t call) {
  constexpr char symbols[] = "0123456789*#ABCD";
  const duration at = c.between(milliseconds(0), seconds(c.one_in(2) ? 2 : 20));
  const bool by_caller = c.one_in(2);
  const char symbol = symbols[c.below(16)];
  switch (c.below(8)) {
    case 0:
    case 1:
    case 2:
      return draw_hold(c, b.calls[call], at);
    case 3:
      b.calls[call].steps.push_back({kind::codec, by_caller, at, '0', 0});
      if (c.one_in(3)) b.calls[call].steps.push_back({kind::codec, !by_caller, at, '0', 0});
      return;
    case 4:
      b.calls[call].steps.push_back({kind::late_offer, by_caller, at, '0', 0});
      return;
    case 5:
      b.calls[call].steps.push_back({kind::info, by_caller, at, symbol, 0});
      return;
    case 6:
      b.calls[call].steps.push_back({kind::message, by_caller, at, symbol, 0});
      return;
    default: {
      const unsigned other = append_referred(c, b);
      const bool sent_to_itself = b.calls[call].called == 2 && by_caller;
      b.calls[call].steps.push_back({kind::transfer, by_caller && !sent_to_itself, at, '0', other});
      return;
    }
  }
}

/// Two calls of one party, to the second and to the third one; then it puts these two together.
void draw_attended(chance& c, batch_script& b) {
  const auto first = static_cast<unsigned>(c.below(b.calls.size() / 2));
  const unsigned second = first + 1;
  call_script& a = b.calls[first];
  call_script& z = b.calls[second];
  for (call_script* s : {&a, &z}) {
    s->caller = a.caller;
    s->gives_up.reset();
    s->callee = reaction::answer;
    s->reacts_after = c.between(milliseconds(0), seconds(1));
    s->regrets = false;
    s->caller_stays = s->callee_stays = seconds(60);
    s->dialled_after = a.dialled_after;
  }
  a.called = 1 - a.caller;
  z.called = 2;
  a.steps.push_back({kind::attended, true, c.between(seconds(2), seconds(20)), '0', second});
}

void draw_settings(chance& c, batch_script& b) {
  b.tcp = c.one_in(3);
  b.reliable_provisionals = c.one_in(3);
  if (c.one_in(3)) b.session_expires = c.between(seconds(8), seconds(60));
  for (duration& least : b.min_se) least = c.between(seconds(4), seconds(c.one_in(4) ? 40 : 8));
  if (c.one_in(4)) b.asks = batch_script::challenge::by_callee;
  if (b.asks == batch_script::challenge::none && c.one_in(4))
    b.asks = batch_script::challenge::on_the_way;
  b.guarded = static_cast<unsigned>(c.below(2));
}

}  // namespace

void draw_mix(chance& c, batch_script& b) {
  draw_settings(c, b);
  const std::size_t dialled = b.calls.size();
  if (dialled >= 4 && c.percent(60)) draw_attended(c, b);
  for (std::size_t i = 0; i < dialled; ++i) {
    b.calls[i].tcp = b.tcp && c.one_in(2);
    b.calls[i].late_offer = c.one_in(12);
    b.calls[i].wrong_password = c.one_in(20);
    if (!c.one_in(3)) continue;
    for (std::uint64_t n = 1 + c.below(4); n > 0; --n) draw_step(c, b, i);
  }
  append_referred(c, b);
}

}  // namespace soak
