// The recording of one call: opened under its expanded name, told when it begins, finished when the
// sound store says that the file is complete. Private to `session`.
#pragma once

#include <optional>
#include <string>

#include "sipvoice/session/capture.hpp"
#include "sipvoice/session/engine_context.hpp"
#include "sipvoice/session/plan.hpp"

namespace sipvoice::session {

class call_recording {
 public:
  /// Opens what the plan asks for and hands it to the media session. `n`: which call of the
  /// process.
  void begin(engine_context& context, const call::call_info& info, const call_plan& plan,
             media::media_id media, audio::codec_id codec, std::uint64_t n, time_point started,
             time_point now);
  /// Ends it before the call does; finished() follows. False: none is under way.
  bool stop(engine_context& context, media::media_id media) const;
  /// The sound store's word on the file.
  void finished(engine_context& context, const call::call_info& info, media::record_handle handle,
                const recording_result& result, time_point now);
  /// The store never told of its file: told as an error, so that the call can be closed.
  void give_up(engine_context& context, const call::call_info& info, time_point now);

  [[nodiscard]] bool begun() const { return begun_; }
  [[nodiscard]] bool pending() const { return pending_; }  ///< a file is open
  [[nodiscard]] const std::string& error() const { return error_; }
  /// What was heard, and its rate. Only after media_closed (see capture.hpp).
  void take_heard(call_record& record);

 private:
  void fail(engine_context& context, const call::call_info& info, std::string message,
            time_point now);

  bool begun_ = false;
  bool pending_ = false;
  std::string file_, error_;
  std::uint32_t rate_ = 8000;
  std::shared_ptr<capture_sink> capture_;
};

}  // namespace sipvoice::session
