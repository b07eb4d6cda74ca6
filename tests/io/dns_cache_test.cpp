// The cache of names and the open questions, on a clock of the test's own.
#include "sipvoice/io/dns_desk.hpp"

#include "support/catch.hpp"

using namespace sipvoice;
using namespace std::chrono_literals;
using sip::dns_outcome;

namespace {

const ip_address one = ip_address::v4(192, 0, 2, 1), two = ip_address::v4(192, 0, 2, 2);
const time_point start{1000s};

sip::dns_query address_of(std::string name) { return {sip::dns_type::a, std::move(name)}; }
sip::timed_reply found(const ip_address& ip, duration ttl) {
  return {sip::dns_reply(sip::dns_records{ip}), ttl};
}

/// "1=found 2=no_answer": who was told what since the last time.
std::string told(io::dns_desk& desk) {
  std::string text;
  while (const auto t = desk.poll_told()) {
    const char* outcome = t->reply.outcome == dns_outcome::found          ? "found"
                          : t->reply.outcome == dns_outcome::no_records   ? "no_records"
                          : t->reply.outcome == dns_outcome::no_such_name ? "no_such_name"
                          : t->reply.outcome == dns_outcome::refused      ? "refused"
                          : t->reply.outcome == dns_outcome::no_answer    ? "no_answer"
                                                                          : "not_asked";
    text += (text.empty() ? "" : " ") + std::to_string(t->who) + "=" + outcome;
  }
  return text;
}

}  // namespace

TEST_CASE("an answer is known until its time is over, to the nanosecond") {
  io::dns_cache cache;
  cache.put(address_of("a.test"), found(one, 60s), start);
  REQUIRE(cache.find(address_of("a.test"), start) != nullptr);
  CHECK(cache.find(address_of("a.test"), start + 60s - 1ns)->records == sip::dns_records{one});
  CHECK(cache.find({sip::dns_type::aaaa, "a.test"}, start) == nullptr);
  CHECK(cache.find(address_of("b.test"), start) == nullptr);
  CHECK(cache.find(address_of("a.test"), start + 60s) == nullptr);
  CHECK(cache.size() == 0);
}

TEST_CASE("a newer answer replaces the older, also by nothing") {
  io::dns_cache cache;
  cache.put(address_of("a.test"), found(one, 60s), start);
  cache.put(address_of("a.test"), found(two, 90s), start + 1s);
  CHECK(cache.size() == 1);
  REQUIRE(cache.find(address_of("a.test"), start + 90s) != nullptr);
  CHECK(cache.find(address_of("a.test"), start + 90s)->records == sip::dns_records{two});
  cache.put(address_of("a.test"), {dns_outcome::refused, 60s}, start + 90s);
  CHECK(cache.size() == 0);
}

TEST_CASE("times that servers claim are bounded, negative ones more") {
  struct row {
    dns_outcome outcome;
    duration ttl, kept;
  };
  const row table[] = {{dns_outcome::found, 1s, 1s},
                       {dns_outcome::found, 0s, 0s},
                       {dns_outcome::found, 1000h, io::dns_cache::longest},
                       {dns_outcome::no_records, 5s, 5s},
                       {dns_outcome::no_records, 1h, io::dns_cache::longest_negative},
                       {dns_outcome::no_such_name, 1h, io::dns_cache::longest_negative},
                       {dns_outcome::no_such_name, 0s, 0s},
                       {dns_outcome::refused, 60s, 0s},
                       {dns_outcome::no_answer, 60s, 0s},
                       {dns_outcome::not_asked, 60s, 0s}};
  for (const row& r : table) {
    CAPTURE(static_cast<int>(r.outcome), r.ttl.count());
    io::dns_cache cache;
    sip::timed_reply answer{r.outcome, r.ttl};
    if (r.outcome == dns_outcome::found) answer.reply.records = {one};
    cache.put(address_of("a.test"), answer, start);
    CHECK((cache.find(address_of("a.test"), start) != nullptr) == (r.kept > 0s));
    if (r.kept == 0s) continue;
    CHECK(cache.find(address_of("a.test"), start + r.kept - 1ns)->outcome == r.outcome);
    CHECK(cache.find(address_of("a.test"), start + r.kept) == nullptr);
  }
}

TEST_CASE("a full cache drops what would have ended first") {
  io::dns_cache cache;
  for (std::size_t i = 0; i < io::dns_cache::max_entries + 10; ++i)
    cache.put(address_of(std::to_string(i)), found(one, 60s + i * 1ms), start);
  CHECK(cache.size() == io::dns_cache::max_entries);
  CHECK(cache.find(address_of("9"), start) == nullptr);
  CHECK(cache.find(address_of("10"), start) != nullptr);
}

TEST_CASE("the same question is asked once for all who want to know, then known") {
  io::dns_desk desk;
  desk.ask(1, address_of("a.test"), start);
  desk.ask(2, address_of("a.test"), start + 1s);
  const auto run = desk.poll_start();
  REQUIRE(run);
  CHECK(run->query == address_of("a.test"));
  CHECK_FALSE(desk.poll_start());
  desk.answered(run->run, found(one, 10s), start + 2s);
  CHECK(told(desk) == "1=found 2=found");
  CHECK(desk.next_deadline() == never);
  desk.answered(run->run, found(two, 10s), start + 3s);  // only the first counts
  desk.ask(3, address_of("a.test"), start + 12s - 1ns);
  CHECK(told(desk) == "3=found");
  desk.ask(4, address_of("a.test"), start + 12s);
  CHECK(told(desk).empty());
  CHECK(desk.poll_start());
  CHECK(desk.open() == 1);
}

TEST_CASE("nobody waits longer than the deadline, and a late answer is still of use") {
  io::dns_desk desk;
  desk.ask(1, address_of("slow.test"), start);
  desk.ask(2, address_of("fast.test"), start + 1s);
  const auto slow = desk.poll_start(), fast = desk.poll_start();
  desk.answered(fast->run, found(one, 60s), start + 1s);
  CHECK(told(desk) == "2=found");
  CHECK(desk.next_deadline() == start + 4s);
  desk.handle_timeout(start + 4s - 1ns);
  CHECK(told(desk).empty());
  desk.handle_timeout(start + 4s);
  CHECK(told(desk) == "1=no_answer");
  CHECK(desk.open() == 0);
  CHECK(desk.running() == 1);
  desk.answered(slow->run, found(two, 60s), start + 6s);
  CHECK(told(desk).empty());
  CHECK(desk.running() == 0);
  desk.ask(3, address_of("slow.test"), start + 7s);
  CHECK(told(desk) == "3=found");
}

TEST_CASE("questions beyond the bound wait for their turn, and in line for their deadline") {
  io::dns_desk desk({2, 5, 4s});
  for (io::dns_desk::ticket i = 1; i <= 6; ++i)
    desk.ask(i, address_of(std::to_string(i)), start + i * 1ms);
  CHECK(told(desk) == "6=not_asked");
  const auto first = desk.poll_start(), second = desk.poll_start();
  REQUIRE((first && second));
  CHECK_FALSE(desk.poll_start());
  desk.answered(first->run, {dns_outcome::no_such_name, {}}, start + 1s);
  CHECK(told(desk) == "1=no_such_name");
  const auto third = desk.poll_start();
  REQUIRE(third);
  CHECK(third->query.name == "3");
  CHECK_FALSE(desk.poll_start());
  desk.handle_timeout(start + 4s + 4ms);
  CHECK(told(desk) == "2=no_answer 3=no_answer 4=no_answer");
  desk.answered(third->run, {dns_outcome::refused, {}}, start + 5s);
  CHECK(told(desk).empty());
  const auto next = desk.poll_start();  // the fourth is not wanted any more
  REQUIRE(next);
  CHECK(next->query.name == "5");
}
