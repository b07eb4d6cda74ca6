#include "sipvoice/scenario/bridge.hpp"

#include <algorithm>

namespace sipvoice::scenario {

void sound_bridge::join(player& p, call_view& c) {
  if (!c.sound) throw step_failed{failure_kind::media, "a call with media", "it has none"};
  for (const auto& m : members_)
    if (m->call == &c) return;
  auto m = std::make_unique<member>();
  m->who = &p;
  m->call = &c;
  m->at = c.sound->end();
  const std::uint32_t rate = c.sound->sample_rate();
  m->out = std::make_shared<api::outgoing_sound>(rate, rate / 50 * 3, rate / 2);
  if (rate != mix_rate) {
    m->to_mix = std::make_unique<audio::stream_resampler>(rate, mix_rate);
    m->from_mix = std::make_unique<audio::stream_resampler>(mix_rate, rate);
  }
  static_cast<void>(p.at().engine().command(c.id, media::source_command{m->out}));
  p.at().settle();
  members_.push_back(std::move(m));
}

void sound_bridge::take(member& m) {
  m.at = std::max(m.at, m.call->sound->begin());
  constexpr std::size_t piece = 480;
  for (auto rest = m.call->sound->from(m.at); !rest.empty();) {
    const auto part = rest.first(std::min(piece, rest.size()));
    if (m.to_mix) {
      std::vector<std::int16_t> made(m.to_mix->length_of(part.size()) + 1);
      made.resize(m.to_mix->process(part, made));
      m.heard.insert(m.heard.end(), made.begin(), made.end());
    } else {
      m.heard.insert(m.heard.end(), part.begin(), part.end());
    }
    m.at += part.size();
    rest = rest.subspan(part.size());
  }
  if (m.heard.size() > most_waiting)
    m.heard.erase(m.heard.begin(), m.heard.end() - static_cast<std::ptrdiff_t>(most_waiting));
}

void sound_bridge::give(member& m, const std::vector<std::int16_t>& mixed) {
  if (!m.from_mix) {
    static_cast<void>(m.out->write(mixed));
    return;
  }
  std::vector<std::int16_t> made(m.from_mix->length_of(mixed.size()) + 1);
  made.resize(m.from_mix->process(mixed, made));
  static_cast<void>(m.out->write(made));
}

void sound_bridge::mix() {
  std::erase_if(members_, [](const auto& m) { return m->call->is_over(); });
  for (const auto& m : members_) take(*m);
  // A frame goes out when every member has one; whoever lags by more than the others may wait is
  // silence meanwhile.
  while (!members_.empty()) {
    const auto has_frame = [](const auto& m) { return m->heard.size() >= frame; };
    const bool all = std::all_of(members_.begin(), members_.end(), has_frame);
    const bool full = std::any_of(members_.begin(), members_.end(),
                                  [](const auto& m) { return m->heard.size() >= most_waiting; });
    if (!all && !full) return;
    std::vector<std::int32_t> sum(frame);
    for (const auto& m : members_)
      for (std::size_t i = 0; i < frame && has_frame(m); ++i) sum[i] += m->heard[i];
    for (const auto& m : members_) {
      std::vector<std::int16_t> others(frame);
      for (std::size_t i = 0; i < frame; ++i)
        others[i] = static_cast<std::int16_t>(
            std::clamp(sum[i] - (has_frame(m) ? m->heard[i] : 0), -32768, 32767));
      give(*m, others);
    }
    for (const auto& m : members_)
      if (has_frame(m))
        m->heard.erase(m->heard.begin(), m->heard.begin() + static_cast<std::ptrdiff_t>(frame));
  }
}

}  // namespace sipvoice::scenario
