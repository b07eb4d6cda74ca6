// Calls, sound both ways, digits, hang-ups from both sides and the end, all at once and from
// several threads: nothing is lost, told twice, or left behind. `./test --threads` runs it under
// ThreadSanitizer. Nothing in here is a matter of time, but for limits that no machine reaches.
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "backend/local.hpp"
#include "sipvoice/sipvoice.hpp"
#include "support/catch.hpp"
#include "support/sawtooth.hpp"
#include "support/tally.hpp"

using namespace std::chrono_literals;
using sipvoice::AudioFrame;
using sipvoice::Backend;
using sipvoice::DialResult;
using sipvoice::Digit;
using sipvoice::DtmfMethod;
using sipvoice::Ending;
using sipvoice::Session;
using sipvoice::State;
using test::sawtooth;
using test::tally;

namespace {

constexpr int calls = 48;

/// What becomes of a call, by the user that is called: sip:N@...
enum class fate : int { callee_hangs_up, caller_hangs_up, cancelled, refused, both_hang_up, stays };
constexpr int fates = 6;

fate fate_of(const Session& s) {
  const std::string& uri = s.metadata().callee;  // sip:N@127.0.0.1
  return static_cast<fate>(std::stoi(uri.substr(4)) % fates);
}

/// A folder for recordings, gone at the end.
struct scratch_folder {
  scratch_folder() : path(std::filesystem::temp_directory_path() / "sipvoice-race-XXXXXX") {
    std::string name = path.string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for recordings");
    path = name;
  }
  ~scratch_folder() { std::filesystem::remove_all(path); }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  std::filesystem::path path;
};

void answer_calls(Backend& callee, tally& told, const std::filesystem::path& folder) {
  callee.on_incoming([&](Session& s) {
    if (fate_of(s) == fate::refused)
      s.reject(486);
    else
      s.answer();
  });
  callee.on_call([&told, folder](Session& s) {
    told.add("call");
    s.record((folder / "{n}.wav").string(), true);
    int pieces = 0;
    s.send_audio([pieces]() mutable {
      return ++pieces <= 20 ? sawtooth(800) : std::vector<std::int16_t>{};
    });
  });
  callee.on_audio_received([&told](Session& s, const AudioFrame& f) {
    told.add("frame at the callee");
    if (f.timestamp % 8000 == 0) s.send_audio(f.samples, 16000);
  });
  callee.on_dtmf_received([&told](Session& s, const Digit&) {
    told.add("digit");
    const fate f = fate_of(s);
    if (f == fate::callee_hangs_up || f == fate::both_hang_up) s.disconnect(17, "enough");
  });
  callee.on_recorded([&told](Session&, const sipvoice::Recorded&) { told.add("recorded"); });
  callee.on_trace([&told](const sipvoice::TraceMessage&) { told.add("message"); });
  callee.on_stopped([&told] { told.add("callee stopped"); });
}

struct caller_side {
  caller_side(Backend& b, tally& t, std::string target)
      : backend(b), told(t), to(std::move(target)) {
    backend.on_audio_received([this](Session& s, const AudioFrame&) {
      told.add("frame at the caller");
      const fate f = fate_of(s);
      if (f == fate::caller_hangs_up || f == fate::both_hang_up) s.disconnect();
    });
    backend.on_call_disconnected([this](Session&, const Ending&) { told.add("ended"); });
    backend.on_stopped([this] { told.add("caller stopped"); });
  }
  /// On the loop.
  void dial(int number) {
    const std::string uri = "sip:" + std::to_string(number) + to.substr(to.find('@'));
    try {
      Session s = backend.dial({.to = uri}, [this](Session& up, const DialResult& r) {
        told.add(r.answered ? "answered" : "not answered");
        if (!r.answered) return;
        up.send_audio(sawtooth(4000));
        up.end_of_response();
        up.send_dtmf("1w2w3", DtmfMethod::negotiated);
      });
      if (fate_of(s) == fate::cancelled) s.cancel();
      told.add("dialled");
    } catch (const sipvoice::Error&) {  // stopped meanwhile
      told.add("too late");
    }
  }
  Backend& backend;
  tally& told;
  std::string to;
};

/// Posts to both backends what an application does at any moment, every few milliseconds, until it
/// is destroyed.
class meddler {
 public:
  meddler(Backend& a, Backend& b)
      : thread_([this, backends = std::array{&a, &b}] {
          std::unique_lock lock(mutex_);
          for (unsigned turn = 0; !stop_; ++turn) {
            Backend& one = *backends[turn % 2];
            one.post([&one, turn] { meddle(one, turn / 2); });
            wake_.wait_for(lock, 3ms, [this] { return stop_; });
          }
        }) {}
  ~meddler() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  meddler(const meddler&) = delete;
  meddler& operator=(const meddler&) = delete;

 private:
  static void meddle(Backend& b, unsigned turn) {
    for (Session& s : b.sessions()) {
      if (s.state() != State::active) continue;
      if (turn % 3 == 0) s.send_audio(sawtooth(400));
      if (turn % 3 == 1) s.cancel_audio();
      if (turn % 7 == 2) s.echo(turn % 2 == 0);
      static_cast<void>(s.queued_audio());
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;  ///< the last one: it uses all others
};

/// `after_start`: both are bound; `until_stopped`: returns when both loops have ended, and calls
/// what it is given, which waits for the middle of it all and stops them.
template <class Start, class Run>
void race(Backend& callee, Backend& caller, const Start& after_start, const Run& until_stopped) {
  tally told;
  const scratch_folder folder;
  answer_calls(callee, told, folder.path);
  callee.start();
  caller_side side(caller, told, test::uri_of(callee));
  caller.start();
  after_start();
  {
    const meddler first(callee, caller), second(caller, callee);
    std::vector<std::thread> dialling;
    for (int t = 0; t < 3; ++t)
      dialling.emplace_back([&, t] {
        for (int i = t; i < calls; i += 3) caller.post([&side, i] { side.dial(i); });
      });
    std::atomic<int> fine{0};
    until_stopped([&] {
      fine += told.wait("dialled", calls) && told.wait("call", calls / fates * 3) &&
                      told.wait("frame at the callee", 50) &&
                      told.wait("frame at the caller", 50) && told.wait("digit", calls / fates) &&
                      told.wait("ended", calls / fates * 4)
                  ? 1
                  : 0;
      std::thread other([&] { callee.stop(); });
      caller.stop();
      other.join();
    });
    for (auto& t : dialling) t.join();
    CHECK(fine == 1);
  }
  CHECK(told.count("ended") == calls);
  CHECK(told.count("answered") + told.count("not answered") == calls);
  CHECK(told.count("not answered") >= calls / fates);
  CHECK(told.count("message") > calls);
  CHECK(told.count("callee stopped") == 1);
  CHECK(told.count("caller stopped") == 1);
}

}  // namespace

TEST_CASE("everything races in threads of the backends' own, and nothing is lost", "[race]") {
  Backend callee(test::local(24000)), caller(test::local(24300));
  race(
      callee, caller,
      [&] {
        callee.start_thread();
        caller.start_thread();
      },
      [&](const auto& in_the_midst) {
        in_the_midst();
        callee.join();
        caller.join();
      });
}

TEST_CASE("everything races around the application's own loop, and nothing is lost", "[race]") {
  boost::asio::io_context loop;
  Backend callee(test::local(24600), loop), caller(test::local(24900), loop);
  race(
      callee, caller, [] {},
      [&](const auto& in_the_midst) {
        std::thread stopper(in_the_midst);
        loop.run();
        stopper.join();
      });
  CHECK(loop.stopped());
}
