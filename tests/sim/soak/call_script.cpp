#include "call_script.hpp"

#include "call_mix.hpp"
#include "chance.hpp"

namespace soak {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

sim::impairment draw_path(chance& c, std::optional<double> loss) {
  sim::impairment p;
  p.delay = c.between(milliseconds(1), milliseconds(c.one_in(4) ? 150 : 30));
  if (c.percent(60)) p.jitter = c.between(milliseconds(1), milliseconds(60));
  p.loss = loss ? *loss : c.one_in(5) ? 0 : static_cast<double>(c.below(31)) / 100;
  if (c.one_in(3)) p.burst = static_cast<double>(2 + c.below(5));
  if (c.percent(40)) p.duplicate = static_cast<double>(c.below(21)) / 100;
  if (c.percent(40)) p.reorder = static_cast<double>(c.below(21)) / 100;
  p.reorder_by = c.between(milliseconds(5), milliseconds(120));
  return p;
}

outage draw_outage(chance& c) {
  outage o;
  o.what = static_cast<outage::kind>(c.below(4));
  o.party = static_cast<unsigned>(c.below(c.one_in(4) ? batch_script::parties : 2));
  o.begins = c.between(seconds(1), seconds(60));
  o.lasts = c.one_in(3) ? c.between(seconds(30), seconds(200)) : c.between(seconds(1), seconds(20));
  return o;
}

/// How an answered call goes on: who hangs up, and when.
void draw_ending(chance& c, call_script& s) {
  const duration length = c.one_in(4) ? c.between(milliseconds(0), milliseconds(400))
                                      : c.between(seconds(0), seconds(60));
  switch (c.below(5)) {
    case 0:  // both in the same moment of their clocks: BYEs cross
      s.caller_stays = s.callee_stays = length;
      break;
    case 1:
    case 2:
      s.caller_stays = length;
      break;
    default:
      s.callee_stays = length;
      break;
  }
}

call_script draw_call(chance& c, unsigned number) {
  constexpr int refusals[] = {404, 480, 486, 488, 503, 600, 603};
  constexpr char keys[] = "0123456789*#ABCD";
  call_script s;
  s.number = number;
  s.caller = static_cast<unsigned>(c.below(2));
  s.called = c.one_in(20) ? 2 : 1 - s.caller;
  s.dialled_after = c.between(seconds(0), seconds(30));
  s.answer_timeout = c.between(seconds(2), seconds(40));
  // Around the moment of the answer, so that CANCEL and 200 cross.
  if (c.one_in(4)) s.gives_up = c.between(milliseconds(0), seconds(c.one_in(2) ? 1 : 12));
  s.callee = c.percent(75) ? reaction::answer : c.percent(70) ? reaction::reject : reaction::ignore;
  s.rings = c.percent(70);
  s.early_media = c.one_in(8);
  s.reacts_after =
      c.one_in(3) ? duration{} : c.between(milliseconds(1), seconds(c.one_in(2) ? 1 : 12));
  s.refusal = refusals[c.below(std::size(refusals))];
  s.regrets = c.one_in(20);
  draw_ending(c, s);
  for (std::uint64_t n = c.below(4); n > 0; --n) s.digits += keys[c.below(16)];
  return s;
}

}  // namespace

batch_script draw_batch(random_source& random, unsigned calls, std::optional<double> loss) {
  chance c(random);
  batch_script b;
  b.forth = draw_path(c, loss);
  b.back = draw_path(c, loss);
  while (c.one_in(4)) b.outages.push_back(draw_outage(c));
  if (c.one_in(10)) b.max_sessions = 3 + c.below(20);
  if (c.one_in(10)) b.port_pairs = static_cast<unsigned>(3 + c.below(20));
  for (unsigned i = 0; i < calls; ++i) b.calls.push_back(draw_call(c, i));
  draw_mix(c, b);
  return b;
}

}  // namespace soak
