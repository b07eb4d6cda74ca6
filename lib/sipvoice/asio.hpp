// The calls of the API that take time, for Boost.Asio's completion tokens: coroutines
// (use_awaitable), futures, callbacks. Not part of <sipvoice/sipvoice.hpp>: a program that includes
// this one needs Boost 1.81 or later; it is all templates, the library has no part in it.
//
//     boost::asio::awaitable<void> call(sipvoice::Backend& backend) {
//       using boost::asio::use_awaitable;
//       const sipvoice::DialRequest request{.to = "sip:bob@192.0.2.1"};
//       auto [session, result] = co_await sipvoice::async_dial(backend, request, use_awaitable);
//       if (!result.answered) co_return;
//       while (const auto sound = next_piece())
//         co_await sipvoice::async_send_audio(*session, *sound, 0, use_awaitable);
//       session->disconnect();
//     }
//
// (The request has a name because GCC 12 destroys twice what is made of braces within a co_await
// expression.)
//
// A completion runs on the executor that is associated with its handler (of a coroutine, that of
// co_spawn); a handler without one is called on the backend's loop. Sessions are used on the
// backend's loop alone: a coroutine that uses them lives there, in the io_context that the backend
// was given. Where the backend is destroyed first, handlers are destroyed without being called.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sipvoice/backend.hpp"

namespace sipvoice {
inline namespace v0 {

/// What came of async_dial().
struct Dialled {
  std::optional<Session> session;  ///< up, or ended; nothing only where an exception is told
  DialResult result;               ///< the same as of Backend::dial()
};

/// A handler on its way: it is called once, on its own executor, which has work until then. Copied
/// into callbacks of the API by a shared pointer.
template <class Handler>
class Completion {
 public:
  /// Takes the handler of an asynchronous operation.
  explicit Completion(Handler handler)
      : handler_(std::move(handler)),
        work_(boost::asio::make_work_guard(boost::asio::get_associated_executor(*handler_))) {}
  /// Calls it with these values; at once, where this is its executor.
  template <class... Values>
  void operator()(Values... values) {
    if (handler_) boost::asio::dispatch(work_.get_executor(), bound(std::move(values)...));
    work_.reset();
  }
  /// The same from where the operation is started, which it may not be called from.
  template <class... Values>
  void later(Values... values) {
    if (handler_) boost::asio::post(work_.get_executor(), bound(std::move(values)...));
    work_.reset();
  }
  /// Of the handler, before it was called.
  [[nodiscard]] auto slot() const {
    return boost::asio::get_associated_cancellation_slot(*handler_);
  }

 private:
  template <class... Values>
  auto bound(Values... values) {
    auto handler = std::move(*handler_);
    handler_.reset();
    return [h = std::move(handler), ... v = std::move(values)]() mutable {
      if (auto s = boost::asio::get_associated_cancellation_slot(h); s.is_connected()) s.clear();
      std::move(h)(std::move(v)...);
    };
  }
  std::optional<Handler> handler_;
  boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler>> work_;
};

/// Places a call. Completes with void(std::exception_ptr, Dialled): the exception is that of
/// Backend::dial() or post(), which a coroutine throws. May be started on any thread. Cancelled
/// while it waits (any cancellation type), it gives up the call, and completes with what came of
/// that. The backend outlives the wait.
template <class Token>
auto async_dial(Backend& backend, DialRequest request, Token&& token) {
  return boost::asio::async_initiate<Token, void(std::exception_ptr, Dialled)>(
      [&backend](auto handler, DialRequest what) {
        using Done = Completion<decltype(handler)>;
        const auto done = std::make_shared<Done>(std::move(handler));
        const auto placed = std::make_shared<std::optional<Session>>();
        if (auto slot = done->slot(); slot.is_connected())
          slot.assign([&backend, placed](boost::asio::cancellation_type) {
            backend.post([placed] {
              if (*placed) (*placed)->cancel();
            });
          });
        try {
          backend.post([&backend, done, placed, what = std::move(what)] {
            try {
              *placed = backend.dial(what, [done](Session& s, const DialResult& r) {
                (*done)(std::exception_ptr(), Dialled{s, r});
              });
            } catch (...) {
              (*done)(std::current_exception(), Dialled{});
            }
          });
        } catch (...) {  // before start()
          done->later(std::current_exception(), Dialled{});
        }
      },
      token, std::move(request));
}

/// Queues samples, waiting for room as often as it must: a producer that awaits it is never faster
/// than the line, and what waits is bounded by Config::pacer_headroom. Completes with void(Sent),
/// as Session::send_audio() with a completion does; what that refuses is told in the same way.
/// `sample_rate` in Hz, 0: that of the codec. On the backend's loop.
template <class Token>
auto async_send_audio(Session session, std::vector<std::int16_t> samples, std::uint32_t sample_rate,
                      Token&& token) {
  return boost::asio::async_initiate<Token, void(Sent)>(
      [](auto handler, Session s, std::vector<std::int16_t> sound, std::uint32_t rate) {
        using Done = Completion<decltype(handler)>;
        const auto done = std::make_shared<Done>(std::move(handler));
        const Outcome outcome = s.send_audio(std::move(sound), rate,
                                             [done](Session&, const Sent& sent) { (*done)(sent); });
        if (outcome != Outcome::done) done->later(Sent{outcome, 0});
      },
      token, std::move(session), std::move(samples), sample_rate);
}

}  // namespace v0
}  // namespace sipvoice
