// Arrival patterns as data: every file of tests/rtp/traces is a list of cases (README.md there says
// how they are written). Whatever the pattern, order is kept, nothing is played twice, and the
// delay is bounded.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "sipvoice/rtp/jitter_buffer.hpp"
#include "support/catch.hpp"
#include "support/source_dir.hpp"

using namespace sipvoice;
using std::chrono::milliseconds;

namespace {

constexpr std::int64_t frame_ms = 20;
constexpr std::size_t frame = 160;
constexpr time_point start{std::chrono::seconds(50)};

struct limits {
  std::int64_t least = 0, most = 0;
};

/// One case: what arrives when, and what has to come of it.
struct trace {
  enum class kind : std::uint8_t { packet, event, restart };
  struct arrival {
    std::int64_t at_ms = 0;
    kind what = kind::packet;
    std::size_t packet = 0;  ///< place in `sent`
  };
  struct packet {
    std::int64_t sent_ms = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
  };
  std::string name;
  rtp::playout_mode mode = rtp::playout_mode::adaptive;
  std::vector<packet> sent;
  std::vector<arrival> arrivals;
  std::map<std::string, limits> expected;

  std::int64_t sender_ms = 0;
  std::uint16_t sequence = 65'500;
  std::uint32_t timestamp = 0xffffff00u;

  void next(std::int64_t arrives_ms, kind what = kind::packet, bool arrives = true) {
    if (arrives) arrivals.push_back({arrives_ms, what, sent.size()});
    sent.push_back({sender_ms, sequence++, timestamp});
    pass(1);
  }
  void pass(std::int64_t frames) {
    sender_ms += frames * frame_ms;
    timestamp += static_cast<std::uint32_t>(frames) * static_cast<std::uint32_t>(frame);
  }
};

/// False: no such step.
bool add_step(trace& t, const std::string& word, std::int64_t a, std::int64_t b) {
  if (word == "put") {
    for (; a > 0; --a) t.next(t.sender_ms);
  } else if (word == "lost") {
    for (; a > 0; --a) t.next(0, trace::kind::packet, false);
  } else if (word == "late") {
    for (; a > 0; --a) t.next(t.sender_ms + b);
  } else if (word == "burst") {
    const std::int64_t at = t.sender_ms + (a - 1) * frame_ms;
    for (; a > 0; --a) t.next(at);
  } else if (word == "spread") {  // the n-th of five n fifths of b later
    for (std::int64_t i = 0; i < a; ++i) t.next(t.sender_ms + b * (i * 3 % 5) / 4);
  } else if (word == "event") {
    for (; a > 0; --a) t.next(t.sender_ms, trace::kind::event);
  } else if (word == "pause") {
    t.pass(a);
  } else if (word == "jump") {
    t.timestamp += static_cast<std::uint32_t>(a);
  } else if (word == "restart") {
    t.arrivals.push_back({t.sender_ms, trace::kind::restart, 0});
  } else if (word == "drift") {  // the sender's clock goes on b microseconds slow in each packet
    for (std::int64_t i = 0; i < a; ++i) t.next(t.sender_ms + i * b / 1000);
  } else {
    return false;
  }
  return true;
}

std::vector<trace> read(const std::filesystem::path& path) {
  std::vector<trace> out;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream in(line.substr(0, line.find('#')));
    std::string word;
    if (!(in >> word)) continue;
    INFO(path.filename().string() << ": " << line);
    if (word == "case") {
      out.emplace_back();
      std::getline(in >> std::ws, out.back().name);
      continue;
    }
    REQUIRE_FALSE(out.empty());
    trace& t = out.back();
    if (word == "mode") {
      in >> word;
      REQUIRE((word == "steady" || word == "adaptive"));
      if (word == "steady") t.mode = rtp::playout_mode::steady;
    } else if (word == "expect") {
      std::string name;
      limits l;
      REQUIRE(in >> name >> l.least);
      if (!(in >> l.most)) l.most = l.least;
      t.expected[name] = l;
    } else {
      std::int64_t a = 0, b = 0;
      in >> a >> b;
      REQUIRE(add_step(t, word, a, b));
    }
  }
  return out;
}

std::int16_t value_of(std::size_t packet) { return static_cast<std::int16_t>(packet + 1); }

struct player {
  explicit player(const trace& t)
      : of(t), buffer(8000, 8000, rtp::jitter_buffer::default_target, t.mode) {}
  const trace& of;
  rtp::jitter_buffer buffer;
  std::vector<std::size_t> played;  ///< samples, by packet
  std::size_t newest = 0;
  std::int64_t silence = 0, silence_in_between = 0, backwards = 0, worst_delay_ms = 0;

  void deliver(const trace::arrival& a) {
    if (a.what == trace::kind::restart) {
      buffer.restart();
      return;
    }
    const auto& p = of.sent[a.packet];
    if (a.what == trace::kind::event)
      buffer.note_other(sequence_number{p.sequence});
    else
      buffer.put(rtp_timestamp{p.timestamp}, sequence_number{p.sequence},
                 std::vector<std::int16_t>(frame, value_of(a.packet)),
                 start + milliseconds(a.at_ms));
  }
  void get(std::int64_t now_ms) {
    std::vector<std::int16_t> out(frame);
    buffer.pull(out);
    for (const std::int16_t s : out) {
      if (s == 0) {
        ++silence;
        continue;
      }
      const auto n = static_cast<std::size_t>(s - 1);
      backwards += n < newest;
      newest = std::max(newest, n);
      if (played[n]++ == 0) worst_delay_ms = std::max(worst_delay_ms, now_ms - of.sent[n].sent_ms);
      if (newest > 0 || played[0] > 1) silence_in_between += std::exchange(silence, 0);
      silence = 0;
    }
  }
  std::map<std::string, std::int64_t> run() {
    played.assign(of.sent.size(), 0);
    auto arrivals = of.arrivals;
    std::stable_sort(arrivals.begin(), arrivals.end(),
                     [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; });
    const std::int64_t last = std::max(arrivals.back().at_ms, of.sender_ms);
    std::size_t next = 0;
    for (std::int64_t now = 7; now < last + 500; now += frame_ms) {
      for (; next < arrivals.size() && arrivals[next].at_ms <= now; ++next) deliver(arrivals[next]);
      get(now);
    }
    const auto heard = std::count_if(played.begin(), played.end(), [](auto n) { return n > 0; });
    const auto whole = std::count(played.begin(), played.end(), frame);
    const auto twice =
        std::count_if(played.begin(), played.end(), [](auto n) { return n > frame; });
    return {{"heard", heard},
            {"whole", whole},
            {"twice", twice},
            {"backwards", backwards},
            {"silent_ms", silence_in_between / 8},
            {"late", static_cast<std::int64_t>(buffer.late())},
            {"concealed_ms", static_cast<std::int64_t>(buffer.concealed_ms())},
            {"delay_ms", to_ms(buffer.delay())},
            {"worst_delay_ms", worst_delay_ms}};
  }
};

}  // namespace

TEST_CASE("traces of arrivals") {
  const std::filesystem::path folder = test::source_dir() + "/tests/rtp/traces";
  std::size_t cases = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".txt") continue;
    for (const trace& t : read(file.path())) {
      INFO(file.path().filename().string() << ": " << t.name);
      REQUIRE_FALSE(t.arrivals.empty());
      REQUIRE_FALSE(t.expected.empty());
      auto got = player(t).run();
      CHECK(got["twice"] == 0);
      CHECK(got["backwards"] == 0);
      for (const auto& [name, l] : t.expected) {
        INFO("expect " << name << " " << l.least << " to " << l.most << ", got " << got.at(name));
        CHECK((got.at(name) >= l.least && got.at(name) <= l.most));
      }
      // What is buffered, and the frame in which it is read.
      if (t.expected.count("worst_delay_ms") == 0)
        CHECK(got["worst_delay_ms"] <= to_ms(rtp::jitter_buffer::max_delay) + frame_ms);
      ++cases;
    }
  }
  CHECK(cases >= 20);
}
