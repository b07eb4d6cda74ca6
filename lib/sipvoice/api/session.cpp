// The public handle: each command finds the control, or is `ended`.
#include "sipvoice/session.hpp"

#include <array>

#include "sipvoice/api/control.hpp"

namespace sipvoice {
namespace {

/// nullptr: the call is over, or its backend is gone.
std::shared_ptr<api::control> owner_of(const api::session_state& s) {
  return s.state == State::ended ? nullptr : s.owner.lock();
}

template <class F>
Outcome with(api::session_state& s, F&& f) {
  const auto control = owner_of(s);
  return control ? f(*control) : Outcome::ended;
}

}  // namespace

inline namespace v0 {

Error::~Error() = default;

const std::string& Session::id() const { return state_->id; }
const std::string& Session::participant_id() const { return state_->participant_id; }
const std::string& Session::room_id() const { return state_->room_id; }
const std::string& Session::channel_id() const { return state_->channel_id; }
const Metadata& Session::metadata() const { return state_->metadata; }
State Session::state() const { return state_->state; }
const std::optional<MediaStatistics>& Session::media_statistics() const { return state_->figures; }
const std::optional<CallRecord>& Session::call_record() const { return state_->record; }

Outcome Session::ring() {
  return with(*state_, [&](api::control& c) { return c.ring(*state_); });
}
Outcome Session::early_media() {
  return with(*state_, [&](api::control& c) { return c.early_media(*state_); });
}
Outcome Session::answer(const Headers& headers) {
  return with(*state_, [&](api::control& c) { return c.answer(*state_, headers); });
}
Outcome Session::reject(int status, const std::string& reason) {
  return with(*state_, [&](api::control& c) { return c.reject(*state_, status, reason); });
}
Outcome Session::redirect(const std::string& target) {
  return with(*state_, [&](api::control& c) { return c.redirect(*state_, target); });
}
Outcome Session::play(const std::string& file, bool loop) {
  if (file.empty()) return Outcome::invalid;
  return with(*state_, [&](api::control& c) { return c.play(*state_, {file}, loop); });
}
Outcome Session::say(const std::string& text, const std::string& voice) {
  if (text.empty()) return Outcome::invalid;
  return with(*state_, [&](api::control& c) {
    return c.play(*state_, session::prompt_source::speech(text, voice), false);
  });
}
Outcome Session::stop_playing() {
  return with(*state_,
              [&](api::control& c) { return c.command(*state_, media::stop_play_command{}); });
}
Outcome Session::echo(bool on) {
  return with(*state_,
              [&](api::control& c) { return c.command(*state_, media::echo_command{on}); });
}
Outcome Session::record(const std::string& file, bool stereo,
                        std::chrono::milliseconds max_duration) {
  return with(*state_,
              [&](api::control& c) { return c.record(*state_, file, stereo, max_duration); });
}
Outcome Session::stop_recording() {
  return with(*state_, [&](api::control& c) { return c.stop_recording(*state_); });
}
Outcome Session::hold() {
  return with(*state_, [&](api::control& c) { return c.hold(*state_, true); });
}
Outcome Session::resume() {
  return with(*state_, [&](api::control& c) { return c.hold(*state_, false); });
}
Outcome Session::transfer(const std::string& target) {
  return with(*state_, [&](api::control& c) { return c.transfer(*state_, target); });
}
Outcome Session::transfer(const Session& other) {
  return with(*state_, [&](api::control& c) { return c.transfer(*state_, *other.state_); });
}
Outcome Session::disconnect(int cause, const std::string& text) {
  return with(*state_, [&](api::control& c) { return c.disconnect(*state_, cause, text); });
}
Outcome Session::cancel() {
  return with(*state_, [&](api::control& c) { return c.cancel(*state_); });
}

Sent Session::send_audio(std::span<const std::int16_t> samples, std::uint32_t sample_rate) {
  const auto control = owner_of(*state_);
  if (!control) return {Outcome::ended, 0};
  return control->send_all(*state_, samples, sample_rate);
}

Sent Session::send_audio(std::span<const std::byte> bytes, std::uint32_t sample_rate) {
  const auto control = owner_of(*state_);
  if (!control) return {Outcome::ended, 0};
  std::vector<std::int16_t> samples(bytes.size() / 2);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<std::int16_t>(std::to_integer<int>(bytes[2 * i]) |
                                           std::to_integer<int>(bytes[2 * i + 1]) << 8);
  Sent sent = control->send_all(*state_, samples, sample_rate);
  sent.taken *= 2;
  return sent;
}

Outcome Session::send_audio(std::vector<std::int16_t> samples, std::uint32_t sample_rate,
                            std::function<void(Session&, const Sent&)> completion) {
  return with(*state_, [&](api::control& c) {
    return c.send_whole(*state_, std::move(samples), sample_rate, std::move(completion));
  });
}
Outcome Session::send_audio(AudioChunks chunks, std::uint32_t sample_rate) {
  return with(*state_,
              [&](api::control& c) { return c.stream(*state_, std::move(chunks), sample_rate); });
}
Outcome Session::end_of_response() {
  return with(*state_, [&](api::control& c) { return c.end_of_response(*state_); });
}
Played Session::cancel_audio() {
  const auto control = owner_of(*state_);
  return control ? control->cancel_audio(*state_) : Played{std::chrono::milliseconds(0), false};
}
bool Session::is_playing() const { return state_->sent && state_->sent->is_playing(); }
std::chrono::milliseconds Session::queued_audio() const {
  if (!state_->sent) return std::chrono::milliseconds(0);
  return std::chrono::milliseconds(state_->sent->waiting() * 1000 / state_->sent->sample_rate());
}
Outcome Session::send_dtmf(const std::string& digits, DtmfMethod method) {
  return with(*state_, [&](api::control& c) { return c.send_dtmf(*state_, digits, method); });
}

}  // namespace v0
}  // namespace sipvoice
