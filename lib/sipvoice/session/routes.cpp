// The table: which route takes a call, and what the options add to it.
#include "sipvoice/session/routes.hpp"

#include <algorithm>

#include "sipvoice/base/text.hpp"
#include "sipvoice/session/routes_model.hpp"

namespace sipvoice::session {

namespace {

constexpr int not_found = 404;

template <class T>
void add_once(std::vector<T>& list, const T& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

// The audio action is one thing: a route that names any of it takes none of the options'.
void fill_audio(call_plan& plan, const route& r, const call_plan& defaults) {
  for (const char* own : {"play", "say", "echo", "silence", "live"})
    if (r.said.contains(own)) return;
  plan.play = defaults.play;
  plan.loop = defaults.loop;
  plan.echo = defaults.echo;
  plan.silence = defaults.silence;
  plan.live = defaults.live;
}

void fill_headers(call_plan& plan, const call_plan& defaults) {
  const std::size_t own = plan.headers.size();
  for (const auto& header : defaults.headers) {
    const auto end = plan.headers.begin() + static_cast<std::ptrdiff_t>(own);
    const auto same = [&](const auto& h) { return iequals(h.first, header.first); };
    if (std::none_of(plan.headers.begin(), end, same)) plan.headers.push_back(header);
  }
}

call_plan filled(const route& r, const call_plan& defaults) {
  call_plan plan = r.plan;
  if (plan.reject) return plan;
  fill_audio(plan, r, defaults);
  fill_headers(plan, defaults);
  const auto unsaid = [&r](const char* name) { return !r.said.contains(name); };
  if (unsaid("ring")) plan.ring = defaults.ring;
  if (unsaid("record")) plan.record = defaults.record;
  if (unsaid("stereo")) plan.stereo = defaults.stereo;
  if (unsaid("max_duration")) plan.max_duration = defaults.max_duration;
  if (unsaid("dtmf")) plan.dtmf = defaults.dtmf;
  if (unsaid("dtmf_method")) plan.dtmf_method = defaults.dtmf_method;
  if (unsaid("hangup_after")) plan.hangup_after = defaults.hangup_after;
  if (unsaid("hangup_on")) plan.hangup_on = defaults.hangup_on;
  if (unsaid("then")) plan.then = defaults.then;
  plan.capture_heard = defaults.capture_heard;
  return plan;
}

}  // namespace

void route_table::set_defaults(const call_plan& defaults) {
  auto next = impl_ ? std::make_shared<impl>(*impl_) : std::make_shared<impl>();
  next->defaults = defaults;
  impl_ = std::move(next);
}

chosen_plan route_table::choose(const call::call_info& info) const {
  if (impl_)
    for (const route& r : impl_->routes) {
      const auto fits = [&info](const condition& c) { return holds(c, info); };
      if (!std::all_of(r.when.begin(), r.when.end(), fits)) continue;
      chosen_plan chosen{filled(r, impl_->defaults), ""};
      if (chosen.plan.reject) chosen.rule = "route";
      return chosen;
    }
  chosen_plan none;
  none.plan.reject = reject_plan{not_found, ""};
  none.rule = "route";
  return none;
}

std::vector<prompt_source> route_table::prompts() const {
  std::vector<prompt_source> sources;
  if (!impl_) return sources;
  for (const route& r : impl_->routes)
    for (const prompt_source& source : filled(r, impl_->defaults).play) add_once(sources, source);
  return sources;
}

std::vector<std::string> route_table::live_devices() const {
  std::vector<std::string> devices;
  if (!impl_) return devices;
  for (const route& r : impl_->routes)
    if (const auto plan = filled(r, impl_->defaults); plan.live) add_once(devices, *plan.live);
  return devices;
}

std::vector<std::string> route_table::record_templates() const {
  std::vector<std::string> templates;
  if (!impl_) return templates;
  for (const route& r : impl_->routes)
    if (const auto plan = filled(r, impl_->defaults); plan.record && !plan.reject)
      add_once(templates, *plan.record);
  return templates;
}

bool route_table::empty() const { return !impl_ || impl_->routes.empty(); }

}  // namespace sipvoice::session
