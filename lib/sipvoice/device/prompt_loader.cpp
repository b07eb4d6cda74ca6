#include "sipvoice/device/prompt_loader.hpp"

#include <utility>

#include "sipvoice/device/helper_thread.hpp"

namespace sipvoice::device {

prompt_loader::prompt_loader(std::function<void(std::function<void()>)> post, make_function make)
    : post_(std::move(post)), make_(std::move(make)) {}

prompt_loader::~prompt_loader() { stop(); }

void prompt_loader::load(std::vector<session::prompt_wish> wishes, done_function done) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({std::move(wishes), std::move(done)});
  }
  if (!thread_.joinable() && !stopping_) thread_ = std::thread([this] { run(); });
  wake_.notify_one();
}

void prompt_loader::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

prompt_loader::outcome prompt_loader::make_all(const std::vector<session::prompt_wish>& wishes) {
  outcome made;
  for (const session::prompt_wish& wish : wishes) {
    if (stopping_) break;
    auto clip = make_(wish, made.error);
    if (!clip) break;
    made.error.clear();
    made.clips.push_back(std::move(clip));
  }
  return made;
}

void prompt_loader::run() {
  block_signals();
  for (;;) {
    job next;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      next = std::move(jobs_.front());
      jobs_.pop_front();
    }
    auto made = std::make_shared<outcome>(make_all(next.wishes));
    if (stopping_) return;
    post_([done = std::move(next.done), made] { done(std::move(*made)); });
  }
}

}  // namespace sipvoice::device
