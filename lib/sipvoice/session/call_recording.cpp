#include "sipvoice/session/call_recording.hpp"

#include <utility>

#include "sipvoice/session/file_template.hpp"

namespace sipvoice::session {
namespace {

constexpr media::record_handle file_handle = 1;
constexpr media::record_handle capture_handle = 2;

}  // namespace

void call_recording::begin(engine_context& context, const call::call_info& info,
                           const call_plan& plan, media::media_id media, audio::codec_id codec,
                           std::uint64_t n, time_point started, time_point now) {
  begun_ = true;
  rate_ = audio::info(codec).sample_rate;
  if (plan.capture_heard) {
    capture_ = std::make_shared<capture_sink>(rate_);
    context.command(media, media::record_command{capture_handle, capture_, {}, rate_});
  }
  if (!plan.record) return;
  file_ = expand_template(*plan.record, info, n, context.clock.at(started));
  std::string error;
  const std::string picture =
      plan.waveform ? expand_template(*plan.waveform, info, n, context.clock.at(started)) : "";
  recording opened = context.sounds.open_drawn_recording(
      file_, picture, rate_, plan.stereo,
      [mailbox = std::weak_ptr(context.mailbox), id = info.id](const recording_result& result) {
        if (const auto box = mailbox.lock()) box->letters.push_back({id, file_handle, result});
      },
      error);
  if (!opened.sink) return fail(context, info, "cannot record: " + error, now);
  pending_ = true;
  file_ = opened.file;
  context.tell(&info, now, record_started_event{file_});
  context.command(
      media, media::record_command{file_handle, std::move(opened.sink), plan.max_duration, rate_});
}

bool call_recording::stop(engine_context& context, media::media_id media) const {
  if (!pending_) return false;
  context.command(media, media::stop_record_command{file_handle});
  return true;
}

void call_recording::finished(engine_context& context, const call::call_info& info,
                              media::record_handle handle, const recording_result& result,
                              time_point now) {
  if (handle != file_handle || !pending_) return;
  pending_ = false;
  if (!result.error.empty()) {
    fail(context, info, "recording ended early: " + result.error, now);
  } else if (result.overruns > 0) {
    context.tell(&info, now,
                 error_event{"recording lost " + std::to_string(result.overruns) +
                                 " blocks: the disk was too slow",
                             file_});
  }
  if (!result.picture_error.empty())
    fail(context, info, "no picture of the recording: " + result.picture_error, now);
  context.tell(&info, now,
               record_finished_event{result.file.empty() ? file_ : result.file, result.duration_ms,
                                     result.picture});
}

void call_recording::give_up(engine_context& context, const call::call_info& info, time_point now) {
  if (!std::exchange(pending_, false)) return;
  fail(context, info, "recording was not finished in time", now);
}

void call_recording::take_heard(call_record& record) {
  record.heard_rate = rate_;
  if (capture_) record.heard = capture_->take();
}

void call_recording::fail(engine_context& context, const call::call_info& info, std::string message,
                          time_point now) {
  error_ = message;
  context.tell(&info, now, error_event{message, file_});
  context.out.emplace_back(recording_failed{file_ + ": " + message});
}

}  // namespace sipvoice::session
