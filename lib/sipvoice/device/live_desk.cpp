#include "sipvoice/device/live_desk.hpp"

#include <ctime>
#include <utility>
#include <vector>

#include "sipvoice/device/helper_thread.hpp"

namespace sipvoice::device {
namespace {

/// How often the thread looks whether a device is still there.
constexpr duration look_period = std::chrono::milliseconds(500);

time_point monotonic_now() {
  timespec ts{};
  ::clock_gettime(CLOCK_MONOTONIC, &ts);
  return time_point(std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec));
}

/// A card that plays for one call and one that listens for another do not disturb each other.
std::vector<std::string> parts_of(const live_device& d) {
  std::vector<std::string> parts;
  if (d.input) parts.push_back("in " + std::to_string(*d.input));
  if (d.output) parts.push_back("out " + std::to_string(*d.output));
  return parts;
}

std::pair<int, int> key_of(const live_device& d) {
  return {d.input.value_or(-1), d.output.value_or(-1)};
}

}  // namespace

/// Lives on the signalling loop, and no longer than the desk.
class live_desk::line final : public session::live_line {
 public:
  line(live_desk& desk, std::shared_ptr<job> j) : desk_(desk), job_(std::move(j)) {}
  ~line() override { desk_.release(job_); }
  line(const line&) = delete;
  line& operator=(const line&) = delete;

  std::shared_ptr<media::live_sound> open() override {
    desk_.open(job_);
    return job_->channel;
  }
  [[nodiscard]] session::live_report report() const override { return job_->channel->report(); }

 private:
  live_desk& desk_;
  std::shared_ptr<job> job_;
};

live_desk::live_desk(std::function<void(std::function<void()>)> post) : post_(std::move(post)) {}

live_desk::~live_desk() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.post();
  if (thread_.joinable()) thread_.join();
}

void live_desk::ask(const std::function<void()>& question) {
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  std::unique_lock lock(mutex_);
  question_ = &question;
  wake_.post();
  answered_.wait(lock, [this] { return question_ == nullptr; });
}

std::string live_desk::look_for_cards() {
  std::string error;
  ask([this, &error] {
    cards_ = std::make_unique<sound_cards>();
    error = cards_->error();
    if (error.empty())
      devices_ = cards_->devices();
    else
      cards_.reset();
  });
  looked_ = error.empty();
  return error;
}

std::string live_desk::prepare(const std::string& device) {
  std::string error;
  if (!looked_) error = look_for_cards();
  if (!error.empty()) return error;
  const auto chosen = choose_device(devices_, device, error);
  if (!chosen || rates_.contains(key_of(*chosen))) return error;
  std::uint32_t rate = 0;
  ask([this, &chosen, &rate] { rate = cards_->rate_of(*chosen); });
  rates_.emplace(key_of(*chosen), rate);
  return error;
}

std::unique_ptr<session::live_line> live_desk::take(const std::string& device,
                                                    failure_function failed, bool& busy,
                                                    std::string& error) {
  busy = false;
  error = prepare(device);
  if (!error.empty()) return nullptr;
  const auto chosen = choose_device(devices_, device, error);
  if (!chosen) return nullptr;
  const auto parts = parts_of(*chosen);
  for (const std::string& part : parts) busy = busy || taken_.contains(part);
  if (busy) {
    error = "the sound device '" + device + "' is in use by another call";
    return nullptr;
  }
  taken_.insert(parts.begin(), parts.end());
  auto j = std::make_shared<job>();
  j->device = *chosen;
  j->channel = std::make_shared<live_channel>(rates_.at(key_of(*chosen)));
  j->failed = std::move(failed);
  return std::make_unique<line>(*this, std::move(j));
}

void live_desk::open(const std::shared_ptr<job>& j) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(j->wanted, true)) return;
    jobs_.push_back(j);
  }
  wake_.post();
}

void live_desk::release(const std::shared_ptr<job>& j) {
  for (const std::string& part : parts_of(j->device)) taken_.erase(part);
  {
    const std::lock_guard lock(mutex_);
    j->released = true;
  }
  wake_.post();
}

void live_desk::fail(job& j, const std::string& why) {
  post_([failed = j.failed, why] {  // first: closing what is broken may take long
    if (failed) failed(why);
  });
  j.streams.reset();
}

/// On the thread.
void live_desk::serve(job& j) {
  if (std::exchange(j.tried, true)) {
    if (j.streams && !j.streams->alive()) fail(j, "the sound device has gone");
    return;
  }
  std::string error;
  j.streams = cards_->open(j.device, j.channel, error);
  if (!j.streams) fail(j, error);
}

void live_desk::run() {
  block_signals();
  std::list<std::shared_ptr<job>> active;
  for (;;) {
    bool stop = false;
    std::list<std::shared_ptr<job>> over;
    {
      const std::lock_guard lock(mutex_);
      if (question_ != nullptr) {  // first: the loop waits for it
        (*question_)();
        question_ = nullptr;
        answered_.notify_one();
      }
      stop = stopping_;
      active.splice(active.end(), jobs_);
      for (auto it = active.begin(); it != active.end();) {
        const auto next = std::next(it);
        if (stop || (*it)->released) over.splice(over.end(), active, it);
        it = next;
      }
    }
    // Before others are opened: the next call may want the same card.
    for (const auto& j : over) j->streams.reset();
    if (stop) {
      cards_.reset();
      return;
    }
    for (const auto& j : active) serve(*j);
    if (active.empty())
      wake_.wait();
    else
      wake_.wait_until(monotonic_now() + look_period);
  }
}

}  // namespace sipvoice::device
