#include "sipvoice/device/wav_writer.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <numeric>

#include "device/files.hpp"

using sipvoice::device::wav_writer;

namespace {

std::vector<std::int16_t> ramp(std::size_t n) {
  std::vector<std::int16_t> v(n);
  std::iota(v.begin(), v.end(), std::int16_t{1});
  return v;
}

}  // namespace

TEST_CASE("the file is valid after every call") {
  const test::scratch_folder folder;
  for (const std::uint32_t channels : {1U, 2U}) {
    const std::string file = folder.file(std::to_string(channels) + ".wav");
    wav_writer writer;
    REQUIRE(writer.create(file, 8000, channels) == 0);
    CHECK(test::read_wav(file).valid);
    std::vector<std::int16_t> all;
    for (const std::size_t frames : {160U, 1U, 0U, 4000U}) {
      const auto block = ramp(frames * channels);
      REQUIRE(writer.append(block));
      all.insert(all.end(), block.begin(), block.end());
      const auto seen = test::read_wav(file);
      REQUIRE(seen.valid);
      CHECK(seen.rate == 8000);
      CHECK(seen.channels == channels);
      CHECK(seen.samples == all);
    }
    CHECK(writer.frames() == 4161);
    writer.close();
    CHECK(test::read_wav(file).samples == all);
  }
}

TEST_CASE("an existing file is not touched, and a missing folder is told") {
  const test::scratch_folder folder;
  wav_writer first, second, third;
  REQUIRE(first.create(folder.file("a.wav"), 16000, 1) == 0);
  REQUIRE(first.append(ramp(10)));
  CHECK(second.create(folder.file("a.wav"), 8000, 1) == EEXIST);
  CHECK(test::read_wav(folder.file("a.wav")).samples == ramp(10));
  CHECK(third.create(folder.file("none/a.wav"), 8000, 1) == ENOENT);
  wav_writer full;
  CHECK(full.create("/dev/full", 8000, 1) == EEXIST);
}

TEST_CASE("at the format's limit the file ends with its last whole frame") {
  const test::scratch_folder folder;
  wav_writer writer(30);  // seven stereo frames and two bytes
  REQUIRE(writer.create(folder.file("a.wav"), 8000, 2) == 0);
  CHECK(writer.append(ramp(10)));
  CHECK_FALSE(writer.append(ramp(10)));
  CHECK(writer.error() == "the file has reached 4 GiB, the most that WAV can hold");
  CHECK(writer.frames() == 7);
  CHECK_FALSE(writer.append(ramp(2)));
  const auto seen = test::read_wav(folder.file("a.wav"));
  CHECK(seen.valid);
  CHECK(seen.samples.size() == 14);
}

TEST_CASE("when the system takes no more, what fitted is a valid file") {
  const test::scratch_folder folder;
  const std::string file = folder.file("a.wav");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1001, 1001};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    wav_writer writer;
    const bool created = writer.create(file, 8000, 2) == 0;
    const bool refused = created && writer.append(ramp(200)) && !writer.append(ramp(400));
    ::_exit(refused && !writer.error().empty() ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  const auto seen = test::read_wav(file);
  CHECK(seen.valid);
  CHECK(seen.samples.size() == (1001 - 44) / 4 * 2);
}

TEST_CASE("a process that is killed leaves what it had written") {
  const test::scratch_folder folder;
  const std::string file = folder.file("a.wav");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    wav_writer writer;
    if (writer.create(file, 8000, 1) == 0 && writer.append(ramp(8000))) ::kill(::getpid(), SIGKILL);
    ::_exit(1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  const auto seen = test::read_wav(file);
  CHECK(seen.valid);
  CHECK(seen.samples == ramp(8000));
}
