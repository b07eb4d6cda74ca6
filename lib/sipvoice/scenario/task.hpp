// A coroutine that does one thing after another and waits in between: a party of a scenario, or one
// step of it. It begins when it is started or awaited, and ends once; an exception goes to whoever
// awaits it.
//
// A task that has nothing to wait for runs through within the call that began it, so that a million
// repeated steps need no more stack than one.
#pragma once

#include <coroutine>
#include <exception>
#include <utility>

namespace sipvoice::scenario {

class [[nodiscard]] task {
 public:
  struct promise_type {
    std::coroutine_handle<> awaiting;
    std::exception_ptr error;

    struct final_awaiter {
      [[nodiscard]] bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<promise_type> h) const noexcept {
        // The task may be destroyed by what runs now.
        if (const auto next = h.promise().awaiting) next.resume();
      }
      void await_resume() const noexcept {}
    };
    task get_return_object() {
      return task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] final_awaiter final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() noexcept { error = std::current_exception(); }
  };

  task() = default;
  task(task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~task() {
    if (handle_) handle_.destroy();
  }

  /// Runs until it waits for the first time. Nobody awaits it; what it throws is kept.
  void start() { handle_.resume(); }
  [[nodiscard]] bool done() const { return !handle_ || handle_.done(); }

  // --- awaited by another task
  [[nodiscard]] bool await_ready() const {
    handle_.resume();
    return handle_.done();
  }
  void await_suspend(std::coroutine_handle<> h) const { handle_.promise().awaiting = h; }
  void await_resume() const {
    if (handle_.promise().error) std::rethrow_exception(handle_.promise().error);
  }

 private:
  explicit task(std::coroutine_handle<promise_type> h) : handle_(h) {}
  std::coroutine_handle<promise_type> handle_;
};

}  // namespace sipvoice::scenario
