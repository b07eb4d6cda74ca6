// The one helper thread that writes all recordings, a few times a second, and completes each when
// it has been closed.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sipvoice/device/picture.hpp"
#include "sipvoice/device/recording_channel.hpp"
#include "sipvoice/device/wav_writer.hpp"
#include "sipvoice/session/sound_store.hpp"

namespace sipvoice::device {

class recorder {
 public:
  /// Between two visits to a recording: its file is never much further behind.
  static constexpr duration period = std::chrono::milliseconds(100);
  using result_function = std::function<void(const session::recording_result&)>;

  /// `post` brings results to the signalling loop.
  explicit recorder(std::function<void(std::function<void()>)> post);
  ~recorder();
  recorder(const recorder&) = delete;
  recorder& operator=(const recorder&) = delete;

  /// Takes over a file that has just been created. `picture_file`: an SVG of its waveform, drawn
  /// when it is complete; empty: none.
  [[nodiscard]] std::shared_ptr<media::recording_sink> add(wav_writer writer, std::string file,
                                                           std::string picture_file,
                                                           result_function done);
  /// Completes every recording, closed or not, and ends the thread. Nobody writes any more.
  void finish();

 private:
  struct recording {
    wav_writer writer;
    std::string file;
    picture drawing;
    std::shared_ptr<recording_channel> channel;
    result_function done;
  };
  void run();
  void serve(recording& r);
  void complete(recording& r);
  static void append(recording& r, std::span<const std::int16_t> samples);

  std::function<void(std::function<void()>)> post_;
  std::shared_ptr<wake_up> wake_ = std::make_shared<wake_up>();
  std::mutex mutex_;
  std::list<recording> arrived_;  ///< guarded by mutex_
  bool stopping_ = false;         ///< guarded by mutex_
  std::list<recording> active_;   ///< of the thread
  std::vector<std::int16_t> buffer_;
  std::thread thread_;
};

}  // namespace sipvoice::device
