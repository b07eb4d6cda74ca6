// The soak: calls by the hundred thousand over a network that loses, delays, doubles and reorders,
// in virtual time; many are held, resumed, renegotiated and transferred, some are challenged, some
// go over TCP. Every batch of calls is a world of its own, made from one seed; a failure prints
// that seed, the calls concerned and their messages, and `soak --seed N --calls 50` plays it again.
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <string>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
/// Of <sanitizer/allocator_interface.h>, which GCC does not install.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

#include "batch.hpp"

namespace {

using namespace soak;

constexpr unsigned calls_in_batch = 50;
/// Batches whose media are real: one in so many.
constexpr std::uint64_t media_every = 50;
/// With so many calls or more, each of `must_happen` must have happened.
constexpr std::uint64_t calls_that_see_all = 20'000;
constexpr std::uint64_t flat_memory_kb = 16 * 1024;

/// Outcomes without which a run has not tried what it is there for.
constexpr const char* must_happen[] = {
    "local hangup | remote hangup",  // either side hangs up
    "remote hangup | local hangup",
    "local hangup | local hangup",                                 // BYE crosses BYE
    "local gave_up (unanswered) | remote cancelled (unanswered)",  // CANCEL
    "local gave_up (unanswered) | remote hangup",                  // CANCEL crosses 200
    "refused by peer | refused: script",
    "refused by peer | never told",  // no port, no place
    "timeout no_answer (unanswered) | remote cancelled (unanswered)",
    "timeout no_response (unanswered) | never told",  // nothing gets through
    "local transferred | remote hangup",              // either side sends the other one elsewhere
    "remote hangup | local transferred",
    "remote hangup | local replaced",  // an attended transfer takes a call's place
};

/// The same of what happens in the middle of calls.
constexpr const char* must_be_seen[] = {
    "held",
    "held by the peer",
    "resumed",
    "resumed by the peer",
    "digit by INFO",
    "MESSAGE",
    "re-INVITE",
    "491",
    "PRACK",
    "UPDATE",
    "422",
    "401",
    "407",
    "admitted by a proxy",
    "put together",
    "replaced",
    "referred call",
    "transferred the peer",
    "was transferred",
    "transfer failed",
    "session expired",
    "message over TCP",
};

struct options {
  std::uint64_t calls = 200'000, seed = 1;
  std::optional<double> loss;
  bool verbose = false;
};

[[noreturn]] void usage(int status) {
  std::fputs(
      "soak [--calls N] [--seed N] [--loss PERCENT] [--verbose]\n"
      "  --calls N       calls to drive, 50 in a batch (200000)\n"
      "  --seed N        of the first batch; the next one takes the next number (1)\n"
      "  --loss PERCENT  of every link, instead of 0-30 drawn from the seed\n"
      "  --verbose       every SIP message, and one line a batch\n",
      status == 0 ? stdout : stderr);
  std::exit(status);
}

options parse(int argc, char** argv) {
  options o;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--help") usage(0);
    if (name == "--verbose") {
      o.verbose = true;
      continue;
    }
    if (i + 1 >= argc) usage(2);
    char* end = nullptr;
    const char* value = argv[++i];
    const std::uint64_t number = std::strtoull(value, &end, 10);
    if (*end != '\0' || end == value) usage(2);
    if (name == "--calls") {
      o.calls = number;
    } else if (name == "--seed") {
      o.seed = number;
    } else if (name == "--loss" && number <= 100) {
      o.loss = static_cast<double>(number) / 100;
    } else {
      usage(2);
    }
  }
  return o;
}

volatile std::uint64_t running_seed = 0;

/// A crash of the library under test, or what a sanitizer finds, names its seed too.
void name_seed() {
  std::fprintf(stderr, "\nwhile running: soak --seed %llu --calls %u\n",
               static_cast<unsigned long long>(running_seed), calls_in_batch);
}
#if defined(__SANITIZE_ADDRESS__)
void watch_for_crashes() { __sanitizer_set_death_callback(name_seed); }
#else
void watch_for_crashes() {
  const auto handler = [](int signal) {
    name_seed();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  };
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) std::signal(signal, handler);
}
#endif

double cpu_seconds() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(u.ru_utime) + seconds(u.ru_stime);
}

#if defined(__SANITIZE_ADDRESS__)
/// What is allocated now. Not the resident memory: the sanitizer keeps freed memory for a while.
std::uint64_t memory_kb() { return __sanitizer_get_current_allocated_bytes() / 1024; }
#else
/// What is resident.
std::uint64_t memory_kb() {
  std::ifstream in("/proc/self/statm");
  std::uint64_t all = 0, resident = 0;
  in >> all >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) / 1024;
}
#endif

/// Plays the batch again, with the messages of the calls that went wrong.
void show_failure(batch_options b, const batch_report& failed) {
  std::printf("\nFAILED: seed %llu\n", static_cast<unsigned long long>(b.seed));
  std::set<std::string> calls;
  for (const violation& v : failed.violations) {
    if (calls.size() >= 3 && !calls.contains(v.sip_call_id)) continue;
    calls.insert(v.sip_call_id);
    std::printf("  call %s: %s\n", v.sip_call_id.empty() ? "-" : v.sip_call_id.c_str(),
                v.text.c_str());
  }
  for (const std::string& id : calls) {
    if (id.empty()) continue;
    std::printf("\nmessages of call %s:\n", id.c_str());
    b.trace = [&id](const std::string& line, const std::string& of) {
      if (of == id) std::printf("%s\n", line.c_str());
    };
    static_cast<void>(run_batch(b));
  }
  std::printf("\nto play it again: soak --seed %llu --calls %u%s\n",
              static_cast<unsigned long long>(b.seed), b.calls,
              b.loss ? (" --loss " + std::to_string(static_cast<int>(*b.loss * 100))).c_str() : "");
}

void add(batch_report& sum, const batch_report& one) {
  for (const auto& [what, n] : one.outcomes) sum.outcomes[what] += n;
  for (const auto& [what, n] : one.happened) sum.happened[what] += n;
  sum.calls += one.calls;
  sum.with_sound += one.with_sound;
  sum.messages += one.messages;
  sum.lost += one.lost;
  sum.events += one.events;
  sum.lasted += one.lasted;
}

void print(const batch_report& sum, std::uint64_t grown_kb) {
  std::printf("%-64s %9s\n", "caller | called", "calls");
  for (const auto& [what, n] : sum.outcomes)
    std::printf("%-64s %9llu\n", what.c_str(), static_cast<unsigned long long>(n));
  std::printf("\n%-64s %9s\n", "in the middle of calls", "times");
  for (const auto& [what, n] : sum.happened)
    std::printf("%-64s %9llu\n", what.c_str(), static_cast<unsigned long long>(n));
  std::printf(
      "%llu calls (%llu with sound both ways), %llu SIP messages, %llu of them lost, %.0f hours of "
      "virtual time, %.1f s CPU, %.0f us a call, memory grew %llu KiB\n",
      static_cast<unsigned long long>(sum.calls), static_cast<unsigned long long>(sum.with_sound),
      static_cast<unsigned long long>(sum.messages), static_cast<unsigned long long>(sum.lost),
      std::chrono::duration<double>(sum.lasted).count() / 3600, cpu_seconds(),
      sum.calls == 0 ? 0.0 : cpu_seconds() * 1e6 / static_cast<double>(sum.calls),
      static_cast<unsigned long long>(grown_kb));
}

/// What a run as a whole must have shown.
bool judge(const batch_report& sum, std::uint64_t grown_kb) {
  bool good = true;
  if (grown_kb > flat_memory_kb) {
    std::printf("FAILED: memory is not flat\n");
    good = false;
  }
  for (const char* what : must_happen) {
    if (sum.calls < calls_that_see_all || sum.outcomes.contains(what)) continue;
    std::printf("FAILED: no call ended as \"%s\"\n", what);
    good = false;
  }
  for (const char* what : must_be_seen) {
    if (sum.calls < calls_that_see_all || sum.happened.contains(what)) continue;
    std::printf("FAILED: never seen: \"%s\"\n", what);
    good = false;
  }
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  const options o = parse(argc, argv);
  watch_for_crashes();
  batch_report sum;
  std::uint64_t early_kb = 0;
  const std::uint64_t batches = (o.calls + calls_in_batch - 1) / calls_in_batch;
  for (std::uint64_t i = 0; i < batches; ++i) {
    batch_options b;
    b.seed = o.seed + i;
    running_seed = b.seed;
    b.calls = calls_in_batch;
    b.loss = o.loss;
    b.with_media = b.seed % media_every == 0;
    if (o.verbose)
      b.trace = [](const std::string& line, const std::string&) { std::puts(line.c_str()); };
    const batch_report one = run_batch(b);
    if (o.verbose)
      std::printf("seed %llu: %llu calls, %zu violations\n",
                  static_cast<unsigned long long>(b.seed),
                  static_cast<unsigned long long>(one.calls), one.violations.size());
    add(sum, one);
    if (!one.violations.empty()) {
      show_failure(b, one);
      return 1;
    }
    if (i == batches / 4) early_kb = memory_kb();
  }
  const std::uint64_t late_kb = memory_kb();
  const std::uint64_t grown_kb = late_kb > early_kb ? late_kb - early_kb : 0;
  print(sum, grown_kb);
  return judge(sum, grown_kb) ? 0 : 1;
}
