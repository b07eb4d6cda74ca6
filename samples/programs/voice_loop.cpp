// The whole voice loop: what a caller says is cut out by voice activity and goes to a transcript
// hook, its text to an answer hook, and the answer is spoken. Who speaks into an answer cuts it
// off.
//
//     voice_loop 0.0.0.0:5060
//
// Both hooks stand below, for you to put a recogniser and a language model in their place. They may
// take their time: they run on a thread of their own, and no call waits for those of another.
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "program.hpp"

namespace {

using Sound = std::vector<std::int16_t>;

/// Sound to text: here, how long somebody has spoken.
std::string transcript(const Sound& sound, std::uint32_t rate) {
  return std::to_string((sound.size() + rate / 2) / rate) + " seconds";
}

/// Text to text.
std::string answer(const std::string& said) { return "You have spoken for " + said + "."; }

/// One thread, and what it still has to do. What nobody has come to when it ends is dropped.
class Worker {
 public:
  ~Worker() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  /// False: too much is waiting.
  bool add(std::function<void()> job) {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= most_jobs) return false;
    jobs_.push_back(std::move(job));
    wake_.notify_all();
    return true;
  }

 private:
  static constexpr std::size_t most_jobs = 100;
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
      if (stop_) return;
      const auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stop_ = false;
  std::thread thread_{[this] { run(); }};  // the last one: it uses all others
};

/// What is being heard in one call.
struct Ear {
  bool speaking = false;
  Sound sound;
};
constexpr std::size_t before_speech_ms = 300, longest_s = 30;

}  // namespace

int main(int argc, char** argv) {
  const sipvoice::Address address = program::parse_address(argc > 1 ? argv[1] : "0.0.0.0:5060");
  sipvoice::Backend backend({.local_sip_addr = address,
                             .local_rtp_ip = program::rtp_ip_for(address),
                             .interruption = true});
  std::map<std::string, Ear> ears;  // by session; only callbacks use it
  program::block_signals();         // before the worker's thread is there
  Worker worker;

  backend.on_call([&](sipvoice::Session& s) {
    ears[s.id()];
    s.say("Please say something.");
  });
  backend.on_audio_received([&](sipvoice::Session& s, const sipvoice::AudioFrame& frame) {
    Ear& ear = ears[s.id()];
    if (ear.sound.size() < longest_s * frame.sample_rate)
      ear.sound.insert(ear.sound.end(), frame.samples.begin(), frame.samples.end());
    const std::size_t kept = before_speech_ms * frame.sample_rate / 1000;
    if (!ear.speaking && ear.sound.size() > kept)
      ear.sound.erase(ear.sound.begin(), ear.sound.end() - static_cast<std::ptrdiff_t>(kept));
  });
  backend.on_speech([&](sipvoice::Session& s, bool speaking) {
    Ear& ear = ears[s.id()];
    ear.speaking = speaking;
    if (speaking) return;
    const std::uint32_t rate = s.metadata().sample_rate;
    const bool taken = worker.add([&backend, s, rate, sound = std::exchange(ear.sound, {})] {
      const std::string said = transcript(sound, rate), reply = answer(said);
      backend.post([s, said, reply]() mutable {  // back on the loop, where sessions are used
        std::cout << "heard " << said << std::endl;
        s.say(reply);
      });
    });
    if (!taken) s.say("Please wait.");
  });
  backend.on_play_finished([](sipvoice::Session&, const sipvoice::PlayFinished& f) {
    std::cout << (f.completed ? "spoken " : "cut off ") << f.source << std::endl;
  });
  backend.on_call_disconnected(
      [&](sipvoice::Session& s, const sipvoice::Ending&) { ears.erase(s.id()); });
  return program::run_until_interrupted(backend);
}
