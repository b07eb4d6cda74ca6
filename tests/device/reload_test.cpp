// Prompts that are loaded again while calls are up, and the thread that does it.
#include <condition_variable>
#include <csignal>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "device/files.hpp"
#include "sipvoice/device/sounds.hpp"
#include "sipvoice/device/wav_writer.hpp"

using namespace sipvoice;

namespace {

void make_prompt(const std::string& file, std::vector<std::int16_t> samples) {
  std::filesystem::remove(file);
  device::wav_writer writer;
  REQUIRE(writer.create(file, 8000, 1) == 0);
  REQUIRE(writer.append(samples));
  writer.close();
}

/// A loop that runs what helper threads post.
struct loop {
  std::mutex mutex;
  std::condition_variable posted;
  std::vector<std::function<void()>> work;

  std::unique_ptr<session::sound_store> make_store() {
    return device::make_sound_store([this](std::function<void()> f) {
      const std::lock_guard lock(mutex);
      work.push_back(std::move(f));
      posted.notify_one();
    });
  }
  /// What is wrong; empty: nothing.
  std::string prepare(session::sound_store& store, std::vector<session::prompt_wish> wishes) {
    std::optional<std::string> outcome;
    store.prepare(std::move(wishes), [&](const std::optional<session::prompt_wish>&,
                                         const std::string& error) { outcome = error; });
    while (!outcome) {
      std::function<void()> next;
      {
        std::unique_lock lock(mutex);
        REQUIRE(posted.wait_for(lock, std::chrono::seconds(60), [this] { return !work.empty(); }));
        next = std::move(work.front());
        work.erase(work.begin());
      }
      next();
    }
    return *outcome;
  }
};

}  // namespace

TEST_CASE("a prompt whose file has changed is read again, and the old sound is let go") {
  const test::scratch_folder folder;
  const std::string changed = folder.file("a.wav"), kept = folder.file("b.wav");
  make_prompt(changed, {1, 2, 3});
  make_prompt(kept, {4, 5});
  loop l;
  const auto store = l.make_store();
  std::string error;
  auto playing = store->load(changed, 8000, error);
  std::weak_ptr<const audio::clip> old = playing;
  const auto other = store->load(kept, 8000, error);
  make_prompt(changed, {7, 8, 9});  // as long as before

  CHECK(store->load(changed, 8000, error) == playing);  // calls go on with what they have
  CHECK(l.prepare(*store, {{changed, 8000}, {kept, 8000}, {changed, 8000}}).empty());
  CHECK(store->load(changed, 8000, error)->samples == std::vector<std::int16_t>{7, 8, 9});
  CHECK(store->load(kept, 8000, error) == other);
  CHECK(playing->samples == std::vector<std::int16_t>{1, 2, 3});
  playing.reset();
  CHECK(old.expired());
}

TEST_CASE("a wish that stands there twice is one clip") {
  const test::scratch_folder folder;
  make_prompt(folder.file("a.wav"), {1, 2, 3});
  loop l;
  const auto store = l.make_store();
  std::string error;
  CHECK(l.prepare(*store, {{folder.file("a.wav"), 8000}, {folder.file("a.wav"), 8000}}).empty());
  CHECK(store->load(folder.file("a.wav"), 8000, error).use_count() == 2);
}

TEST_CASE("where one prompt fails, all of before go on") {
  const test::scratch_folder folder;
  const std::string changed = folder.file("a.wav"), gone = folder.file("b.wav");
  make_prompt(changed, {1, 2, 3});
  make_prompt(gone, {4});
  loop l;
  const auto store = l.make_store();
  std::string error;
  const auto before = store->load(changed, 8000, error), other = store->load(gone, 8000, error);
  make_prompt(changed, {7});
  std::filesystem::remove(gone);
  CHECK(l.prepare(*store, {{changed, 8000}, {gone, 8000}}).find("b.wav") != std::string::npos);
  CHECK(store->load(changed, 8000, error) == before);
  CHECK(store->load(gone, 8000, error) == other);
}

TEST_CASE("helper threads take no signals") {
  const test::scratch_folder folder;
  make_prompt(folder.file("a.wav"), {1, 2, 3});
  loop l;
  const auto store = l.make_store();
  CHECK(l.prepare(*store, {{folder.file("a.wav"), 8000}}).empty());
  std::size_t helpers = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    if (task.path().filename() == std::to_string(::getpid())) continue;
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (!line.starts_with("SigBlk:")) continue;
      ++helpers;
      const auto blocked = std::stoull(line.substr(7), nullptr, 16);
      for (const int signal : {SIGINT, SIGTERM, SIGHUP}) CHECK((blocked >> (signal - 1) & 1) == 1);
    }
  }
  CHECK(helpers >= 2);  // of prompts, of recordings
}
