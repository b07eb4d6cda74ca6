// What an application sends in one call: a bounded queue between the loop, which writes, and the
// media worker, which takes a frame in each tick.
//
// A response is what lies between two marks of end(); a mark that is set before the last one was
// reached takes its place. It begins to go out when `prebuffer` of it is
// there, or all of it, or when the queue is full; where the producer stumbles, silence goes out,
// and gathering begins anew. cancel() and the worker meet at one position: a frame is either taken,
// and counts as played, or dropped; there is nothing between.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "sipvoice/media/values.hpp"

namespace sipvoice::api {

class outgoing_sound final : public media::sound_source {
 public:
  /// Counts in samples. The only allocation is made here.
  outgoing_sound(std::uint32_t sample_rate, std::size_t prebuffer, std::size_t capacity);

  // --- the loop
  /// Takes as many samples as fit; how many.
  std::size_t write(std::span<const std::int16_t> samples);
  [[nodiscard]] std::size_t room() const { return capacity_ - waiting(); }
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] bool is_playing() const { return waiting() > 0; }
  /// The response is whole.
  void end();
  /// Drops what waits, and with it the response. Returns how many samples of it have gone out.
  std::uint64_t cancel();
  /// News when half of the queue is free.
  void want_room() { wants_room_.store(true); }
  /// True once after want_room(), when there is room.
  [[nodiscard]] bool take_room();

  struct finished {
    std::uint64_t played = 0;  ///< samples
    bool completed = true;     ///< false: interrupt() has cut it off
  };
  /// The response that is over, once; what follows is another one.
  [[nodiscard]] std::optional<finished> take_finished();

  // --- the media worker
  [[nodiscard]] std::uint32_t sample_rate() const override { return rate_; }
  [[nodiscard]] std::size_t read(std::span<std::int16_t> frame) override;
  bool interrupt() override;
  [[nodiscard]] bool take_news() override { return news_.exchange(false); }

 private:
  /// Nothing waits any more; the positions from and to which it did. Nothing: it was so before.
  struct gap {
    std::uint64_t from = 0, to = 0;
  };
  std::optional<gap> drop_all();

  // Positions are samples since the beginning; they only rise.
  std::uint32_t rate_;
  std::size_t prebuffer_, capacity_;
  std::unique_ptr<std::atomic<std::int16_t>[]> samples_;
  std::atomic<std::uint64_t> head_{0};  ///< taken or dropped; the worker and cancel() move it
  std::atomic<std::uint64_t> tail_{0};  ///< written; the loop moves it
  std::atomic<std::uint64_t> mark_{0};  ///< where the response ends, once it was ended
  std::atomic<std::uint64_t> cut_from_{0}, cut_to_{0};
  std::atomic<bool> cut_{false};  ///< by interrupt(): the two above hold
  std::atomic<bool> news_{false}, wants_room_{false};
  bool flowing_ = false;     ///< the worker's
  std::uint64_t began_ = 0;  ///< of the response; the loop's
};

}  // namespace sipvoice::api
