// Recordings through the store: the ring, the helper thread, the names.
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <thread>

#include "device/files.hpp"
#include "sipvoice/device/recording_channel.hpp"
#include "sipvoice/device/sounds.hpp"

using namespace sipvoice;

namespace {

using block = std::vector<std::int16_t>;

block filled(std::size_t n, std::int16_t value) { return block(n, value); }

/// A loop that is only a queue: what was posted runs when the test asks.
class loop {
 public:
  device::post_function post() {
    return [this](std::function<void()> f) {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(f));
      changed_.notify_all();
    };
  }
  bool run_one() {
    std::function<void()> f;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait_for(lock, std::chrono::seconds(20), [&] { return !queue_.empty(); }))
        return false;
      f = std::move(queue_.front());
      queue_.erase(queue_.begin());
    }
    f();
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::function<void()>> queue_;
};

struct fixture {
  test::scratch_folder folder;
  loop events;
  std::unique_ptr<session::sound_store> store = device::make_sound_store(events.post());
  std::vector<session::recording_result> results;
  std::string error;

  session::recording open(const std::string& name, bool stereo = false, std::uint32_t rate = 8000) {
    return store->open_recording(
        folder.file(name), rate, stereo,
        [this](const session::recording_result& r) { results.push_back(r); }, error);
  }
};

}  // namespace

TEST_CASE("a mono recording is what was heard") {
  fixture f;
  auto r = f.open("a.wav");
  REQUIRE(r.sink);
  CHECK(r.file == f.folder.file("a.wav"));
  block all;
  for (std::int16_t i = 1; i <= 40; ++i) {
    r.sink->write(filled(160, i), filled(160, -1));
    const block b = filled(160, i);
    all.insert(all.end(), b.begin(), b.end());
  }
  r.sink->close();
  REQUIRE(f.events.run_one());
  REQUIRE(f.results.size() == 1);
  CHECK(f.results[0].file == r.file);
  CHECK(f.results[0].duration_ms == 800);
  CHECK(f.results[0].overruns == 0);
  CHECK(f.results[0].error.empty());
  const auto wav = test::read_wav(r.file);
  CHECK(wav.valid);
  CHECK(wav.rate == 8000);
  CHECK(wav.channels == 1);
  CHECK(wav.samples == all);
}

TEST_CASE("in stereo the left is heard and the right is sent") {
  fixture f;
  auto r = f.open("a.wav", true, 16000);
  REQUIRE(r.sink);
  r.sink->write(filled(960, 5), filled(960, -5));
  r.sink->close();
  r.sink->write(filled(960, 6), filled(960, -6));  // after the end: nothing
  REQUIRE(f.events.run_one());
  const auto wav = test::read_wav(r.file);
  REQUIRE(wav.valid);
  CHECK(wav.rate == 16000);
  CHECK(wav.channels == 2);
  REQUIRE(wav.samples.size() == 2 * 960);
  for (std::size_t i = 0; i < wav.samples.size(); i += 2) {
    REQUIRE(wav.samples[i] == 5);
    REQUIRE(wav.samples[i + 1] == -5);
  }
}

TEST_CASE("names are never used twice, and folders are made") {
  fixture f;
  const char* expected[] = {"x/a.wav", "x/a-2.wav", "x/a-3.wav"};
  for (const char* name : expected) {
    auto r = f.open("x/a.wav");
    REQUIRE(r.sink);
    CHECK(r.file == f.folder.file(name));
  }
  std::filesystem::remove(f.folder.file("x/a.wav"));
  CHECK(f.open("x/a.wav").file == f.folder.file("x/a.wav"));
  CHECK(f.open("x/a.wav").file == f.folder.file("x/a-4.wav"));
  // Another store, as after a restart.
  loop events;
  std::string error;
  const auto again = device::make_sound_store(events.post());
  CHECK(again->open_recording(f.folder.file("x/a.wav"), 8000, false, nullptr, error).file ==
        f.folder.file("x/a-5.wav"));
}

TEST_CASE("a place that cannot be written is told at once") {
  fixture f;
  const auto r = f.store->open_recording("/proc/none/a.wav", 8000, false, nullptr, f.error);
  CHECK_FALSE(r.sink);
  CHECK(f.error == "cannot write /proc/none/a.wav: No such file or directory");
}

TEST_CASE("a folder that cannot be looked into fails the recording, not the process") {
  fixture f;
  REQUIRE(f.open("x/a.wav").sink);
  // A link to itself: every look into it fails, for root too.
  std::filesystem::remove_all(f.folder.file("x"));
  std::filesystem::create_directory_symlink(f.folder.file("x"), f.folder.file("x"));
  for (const char* name : {"x/a.wav", "x/new.wav"}) {
    std::string error;
    const auto r = f.store->open_recording(f.folder.file(name), 8000, false, nullptr, error);
    CHECK_FALSE(r.sink);
    CHECK(error.find("Too many levels of symbolic links") != std::string::npos);
  }
}

TEST_CASE("a free number is found among thousands of taken ones without trying each") {
  fixture f;
  std::filesystem::create_directories(f.folder.file("x"));
  std::ofstream(f.folder.file("x/a.wav")).put('x');
  for (int n = 2; n <= 3000; ++n)
    std::ofstream(f.folder.file("x/a-" + std::to_string(n) + ".wav")).put('x');
  CHECK(f.open("x/a.wav").file == f.folder.file("x/a-3001.wav"));
  CHECK(f.open("x/a.wav").file == f.folder.file("x/a-3002.wav"));
}

TEST_CASE("a sink that is dropped is closed, and finish() completes what is open") {
  fixture f;
  auto dropped = f.open("a.wav");
  dropped.sink->write(filled(160, 1), {});
  dropped.sink.reset();
  REQUIRE(f.events.run_one());
  CHECK(test::read_wav(f.folder.file("a.wav")).samples.size() == 160);
  auto open = f.open("b.wav");
  open.sink->write(filled(320, 1), {});
  f.store->finish();
  REQUIRE(f.events.run_one());
  CHECK(f.results.back().duration_ms == 40);
  CHECK(test::read_wav(f.folder.file("b.wav")).samples.size() == 320);
}

TEST_CASE("a file that is being written is valid and not far behind") {
  fixture f;
  auto r = f.open("a.wav");
  r.sink->write(filled(4000, 7), filled(4000, 7));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  test::wav wav;
  do {
    wav = test::read_wav(r.file);
    std::this_thread::yield();
  } while ((!wav.valid || wav.samples.size() < 4000) && std::chrono::steady_clock::now() < end);
  CHECK(wav.valid);
  CHECK(wav.samples.size() == 4000);
}

TEST_CASE("a hundred recordings at once") {
  fixture f;
  std::vector<session::recording> open;
  for (int i = 0; i < 100; ++i) open.push_back(f.open("many.wav", true));
  for (int block_number = 0; block_number < 10; ++block_number)
    for (auto& r : open) r.sink->write(filled(160, 1), filled(160, 2));
  for (auto& r : open) r.sink->close();
  for (int i = 0; i < 100; ++i) REQUIRE(f.events.run_one());
  for (const auto& result : f.results) {
    CHECK(result.duration_ms == 200);
    CHECK(test::read_wav(result.file).samples.size() == 2 * 1600);
  }
}

TEST_CASE("an overrun is counted, and its time is kept as silence") {
  // Nobody reads while the worker writes: the ring holds 8,192 samples.
  device::recording_channel channel(8000, false, std::make_shared<device::wake_up>());
  for (std::int16_t i = 0; i < 60; ++i) channel.write(filled(160, 9), {});  // 9,600 samples
  CHECK(channel.overruns() == 9);  // 51 fit, and 32 samples of the silence
  std::vector<std::int16_t> out(20'000);
  CHECK(channel.read(out) == 8192);
  CHECK(out[51 * 160 - 1] == 9);
  CHECK(out[51 * 160] == 0);
  channel.write(filled(160, 8), {});
  const std::size_t n = channel.read(out);
  constexpr std::size_t silence = 9 * 160 - 32;
  REQUIRE(n == silence + 160);
  for (std::size_t i = 0; i < n; ++i) REQUIRE(out[i] == (i < silence ? 0 : 8));
  CHECK(channel.overruns() == 9);
  channel.close();
  CHECK(channel.closed());
  CHECK(channel.owed() == 0);
}

TEST_CASE("what is owed at the end is told") {
  device::recording_channel channel(8000, true, std::make_shared<device::wake_up>());
  for (int i = 0; i < 60; ++i) channel.write(filled(160, 9), filled(160, 9));
  channel.close();
  CHECK(channel.overruns() == 9);
  CHECK(channel.owed() == 9 * 160 - 32);  // the ring took 32 frames of it
}

TEST_CASE("the folder of a template is made and tried") {
  const test::scratch_folder folder;
  CHECK(device::prepare_folder(folder.file("a/b/c")).empty());
  CHECK(std::filesystem::is_directory(folder.file("a/b/c")));
  CHECK(std::filesystem::is_empty(folder.file("a/b/c")));
  CHECK(device::prepare_folder("").empty());
  std::ofstream(folder.file("file")) << "x";
  CHECK_FALSE(device::prepare_folder(folder.file("file")).empty());
  CHECK(device::prepare_folder("/proc/none").find("/proc/none") != std::string::npos);
}

TEST_CASE("a recording is drawn when it is complete, under a free name") {
  fixture f;
  for (const bool stereo : {false, true}) {
    CAPTURE(stereo);
    auto r = f.store->open_drawn_recording(
        f.folder.file("a.wav"), f.folder.file("pictures/a.svg"), 8000, stereo,
        [&](const session::recording_result& done) { f.results.push_back(done); }, f.error);
    REQUIRE(r.sink);
    CHECK_FALSE(std::filesystem::exists(f.folder.file("pictures")));
    for (int i = 0; i < 25; ++i) r.sink->write(filled(160, 16384), filled(160, 0));
    r.sink->close();
    REQUIRE(f.events.run_one());
    const auto& done = f.results.back();
    CHECK(done.picture_error.empty());
    CHECK(done.picture == f.folder.file("pictures/a.svg"));
    std::ifstream in(done.picture);
    const std::string svg((std::istreambuf_iterator<char>(in)), {});
    CHECK(svg.starts_with("<svg "));
    CHECK(svg.find("0.50 s, 8000 Hz") != std::string::npos);
    CHECK(svg.find("heard, peak -6.0 dBFS") != std::string::npos);
    CHECK((svg.find("sent, silence") != std::string::npos) == stereo);
    std::filesystem::remove_all(f.folder.file("pictures"));
  }
  std::ofstream(f.folder.file("b.svg")) << "mine";
  auto second = f.store->open_drawn_recording(
      f.folder.file("b.wav"), f.folder.file("b.svg"), 8000, false,
      [&](const session::recording_result& done) { f.results.push_back(done); }, f.error);
  REQUIRE(second.sink);
  second.sink->close();
  REQUIRE(f.events.run_one());
  CHECK(f.results.back().picture == f.folder.file("b-2.svg"));
  std::ifstream kept(f.folder.file("b.svg"));
  CHECK(std::string((std::istreambuf_iterator<char>(kept)), {}) == "mine");
}

TEST_CASE("a picture that cannot be written is told, and the recording is whole") {
  fixture f;
  std::ofstream(f.folder.file("file")) << "no folder";
  auto r = f.store->open_drawn_recording(
      f.folder.file("a.wav"), f.folder.file("file/a.svg"), 8000, false,
      [&](const session::recording_result& done) { f.results.push_back(done); }, f.error);
  REQUIRE(r.sink);
  r.sink->write(filled(160, 1), {});
  r.sink->close();
  REQUIRE(f.events.run_one());
  CHECK(f.results.back().picture.empty());
  CHECK(f.results.back().picture_error.find("file/a.svg") != std::string::npos);
  CHECK(f.results.back().error.empty());
  CHECK(f.results.back().duration_ms == 20);
}
