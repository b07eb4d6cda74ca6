#include "line_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>

#include "sipvoice/io/socket.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using app::line_writer;

namespace {

/// Long: nobody waits for it unless something is wrong.
constexpr duration forever = std::chrono::seconds(60);

/// A reader that reads when it is told to.
struct stalled_pipe {
  stalled_pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    out.reset(ends[0]);
    in.reset(ends[1]);
    ::fcntl(in.get(), F_SETPIPE_SZ, 4096);
  }
  /// The next line, waited for.
  std::string next() {
    std::size_t end = 0;
    while ((end = text.find('\n')) == std::string::npos) {
      std::array<char, 4096> piece{};
      const auto n = ::read(out.get(), piece.data(), piece.size());
      REQUIRE(n > 0);
      text.append(piece.data(), static_cast<std::size_t>(n));
    }
    const std::string line = text.substr(0, end);
    text.erase(0, end + 1);
    return line;
  }
  io::unique_fd out, in;
  std::string text;
};

/// 100 bytes with its end.
std::string line(int n) {
  std::string text = std::to_string(n) + " ";
  text.resize(99, '.');
  return text;
}

}  // namespace

TEST_CASE("lines wait for a reader that stands still, and all of them come in order") {
  for (const bool blocking : {true, false}) {
    CAPTURE(blocking);
    stalled_pipe pipe;
    if (!blocking) ::fcntl(pipe.in.get(), F_SETFL, O_NONBLOCK);
    line_writer writer(pipe.in.get(), {});
    constexpr int count = 1000;  // far more than the pipe holds
    for (int n = 0; n < count; ++n) writer.write(line(n));
    for (int n = 0; n < count; ++n) REQUIRE(pipe.next() == line(n));
    CHECK(writer.finish(forever));
    writer.write("after the end");
    pipe.in.reset();
    char more = 0;
    CHECK(::read(pipe.out.get(), &more, 1) == 0);
  }
}

TEST_CASE("past the bound lines are dropped, and a line behind those before it says how many") {
  stalled_pipe pipe;
  constexpr std::size_t bound = 20'000;
  line_writer writer(
      pipe.in.get(),
      {[](std::uint64_t dropped) { return "missing " + std::to_string(dropped); }, nullptr}, bound);
  constexpr int count = 2000;  // 200 kB
  for (int n = 0; n < count; ++n) writer.write(line(n));
  int expected = 0, came = 0, missing = 0;
  while (expected < count) {
    const std::string got = pipe.next();
    if (got.starts_with("missing ")) {
      missing += std::stoi(got.substr(8));
      expected += std::stoi(got.substr(8));
    } else {
      REQUIRE(got == line(expected));
      ++expected;
      ++came;
    }
  }
  CHECK(came + missing == count);
  CHECK(came >= 200);           // what waits, at least
  CHECK(came <= 2 * 200 + 42);  // and what is under way, and what is in the pipe
  writer.write("room again");
  CHECK(pipe.next() == "room again");
  CHECK(writer.finish(forever));
}

TEST_CASE("the end waits for a reader that stands still no longer than it is told") {
  stalled_pipe pipe;
  std::atomic<int> told{0};
  {
    line_writer writer(pipe.in.get(), {nullptr, [&](int) { ++told; }});
    for (int n = 0; n < 1000; ++n) writer.write(line(n));
    CHECK_FALSE(writer.finish(std::chrono::milliseconds(1)));
  }
  static_cast<void>(pipe.in.release());  // the thread's from now on
  pipe.out.reset();                      // ends it
  CHECK(told == 0);
}

TEST_CASE("a reader that has gone is told once") {
  stalled_pipe pipe;
  pipe.out.reset();
  std::atomic<int> told{0}, error{0};
  line_writer writer(pipe.in.get(), {nullptr, [&](int e) {
                                       error = e;
                                       ++told;
                                     }});
  for (int n = 0; n < 100; ++n) writer.write(line(n));
  CHECK(writer.finish(forever));
  CHECK(writer.failed());
  CHECK(told == 1);
  CHECK(error == EPIPE);
}
