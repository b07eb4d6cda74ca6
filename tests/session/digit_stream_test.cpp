#include "sipvoice/session/digit_stream.hpp"

#include <string>
#include <vector>

#include "sipvoice/session/info_digits.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using session::digit_method;
using session::digit_stream;
using std::chrono::milliseconds;

namespace {

constexpr time_point start{std::chrono::seconds(100)};
constexpr auto rfc = digit_method::rfc4733, info = digit_method::info, tone = digit_method::inband;

struct heard {
  int at_ms;
  digit_method method;
  char digit;
  std::uint32_t duration_ms;
};

std::string told(const std::vector<heard>& list) {
  digit_stream s;
  std::string out;
  for (const heard& h : list)
    if (s.hear(h.digit, h.method, h.duration_ms, start + milliseconds(h.at_ms))) out += h.digit;
  return out;
}

}  // namespace

TEST_CASE("a press that comes in two ways is one, to the millisecond") {
  struct row {
    const char* what;
    std::vector<heard> list;
    const char* digits;
  };
  const std::vector<row> rows{
      {"one way each", {{0, rfc, '1', 100}, {200, info, '2', 100}, {400, tone, '3', 100}}, "123"},
      {"the same way again is another press", {{0, rfc, '1', 100}, {0, rfc, '1', 100}}, "11"},
      {"event and tone", {{160, rfc, '5', 160}, {210, tone, '5', 155}}, "5"},
      {"tone and event", {{200, tone, '5', 155}, {210, rfc, '5', 160}}, "5"},
      {"an end that was lost", {{160, tone, '5', 160}, {310, rfc, '5', 140}}, "5"},
      {"the last moment of the window", {{0, rfc, '5', 100}, {350, tone, '5', 100}}, "5"},
      {"a millisecond later", {{0, rfc, '5', 100}, {351, tone, '5', 100}}, "55"},
      {"INFO when pressed, event at the end", {{0, info, '5', 250}, {2000, rfc, '5', 2000}}, "5"},
      {"event, INFO at the end", {{160, rfc, '5', 160}, {170, info, '5', 160}}, "5"},
      {"INFO after a retransmission", {{160, rfc, '5', 160}, {760, info, '5', 160}}, "5"},
      {"INFO a millisecond later", {{160, rfc, '5', 160}, {761, info, '5', 160}}, "55"},
      {"an event after INFO, in time", {{0, info, '5', 100}, {2600, rfc, '5', 2000}}, "5"},
      {"an event after INFO, too late", {{0, info, '5', 100}, {2601, rfc, '5', 2000}}, "55"},
      {"an event that says it began before the tone",
       {{100, tone, '5', 100}, {300, rfc, '5', 550}},
       "5"},
      {"a millisecond earlier", {{100, tone, '5', 100}, {300, rfc, '5', 551}}, "55"},
      {"a length that cannot be swallows no press",
       {{100, tone, '5', 100}, {20'000, rfc, '5', 25'000}},
       "55"},
      {"the same behind an INFO", {{0, info, '5', 100}, {20'000, rfc, '5', 25'000}}, "55"},
      {"INFO at the end of a long press", {{5000, info, '5', 100}, {5600, rfc, '5', 6200}}, "5"},
      {"a millisecond too late for it", {{5000, info, '5', 100}, {5601, rfc, '5', 6202}}, "55"},
      {"what INFO says of its length is nothing",
       {{0, rfc, '5', 100}, {5000, info, '5', 60000}},
       "55"},
      {"all three ways", {{0, info, '5', 100}, {160, rfc, '5', 160}, {200, tone, '5', 150}}, "5"},
      {"twice, in two ways",
       {{0, info, '1', 100}, {160, rfc, '1', 160}, {240, info, '1', 100}, {400, rfc, '1', 160}},
       "11"},
      {"twice, one way after the other",
       {{100, rfc, '1', 100}, {280, rfc, '1', 100}, {300, info, '1', 100}, {310, info, '1', 100}},
       "11"},
      {"thrice, of which INFO tells two",
       {{0, info, '1', 100},
        {100, rfc, '1', 100},
        {300, info, '1', 100},
        {400, rfc, '1', 100},
        {700, rfc, '1', 100}},
       "111"},
      {"another digit between",
       {{0, info, '1', 100}, {50, info, '2', 100}, {100, rfc, '1', 100}, {300, rfc, '2', 100}},
       "12"},
  };
  for (const row& r : rows) {
    INFO(r.what);
    CHECK(told(r.list) == r.digits);
  }
}

TEST_CASE("presses that may still get copies are bounded") {
  digit_stream s;
  CHECK(s.hear('#', info, 100, start));
  for (std::size_t i = 0; i < digit_stream::max_recent; ++i) CHECK(s.hear('1', info, 100, start));
  CHECK(s.hear('#', rfc, 100, start));  // its first is forgotten
}

TEST_CASE("INFO digits: 240 ms each, pauses between, open until the last one's time is over") {
  session::info_digits d;
  CHECK_FALSE(d.open());
  d.start("1w2W", start);
  std::vector<std::pair<std::int64_t, char>> sent;
  time_point now = start;
  while (d.open()) {
    now = d.next_deadline();
    while (const auto c = d.poll(now)) {
      sent.emplace_back(to_ms(now - start), *c);
      CHECK_FALSE(d.poll(now + std::chrono::hours(1)));  // one at a time
      CHECK(d.next_deadline() == never);
      d.answered(now);
    }
  }
  CHECK(sent == std::vector<std::pair<std::int64_t, char>>{{0, '1'}, {740, '2'}});
  CHECK(to_ms(now - start) == 1980);
  CHECK(d.next_deadline() == never);
}
