#include "sipvoice/sim/world.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::sim;
using namespace std::chrono_literals;

namespace {

const ip_address left = ip_address::v4(10, 0, 0, 1);
const ip_address right = ip_address::v4(10, 0, 0, 2);

/// Notes what arrives; wakes up once at `wake`.
struct recorder : host {
  std::vector<std::string> seen;
  time_point wake = never;
  void receive(const socket_address&, const socket_address&, std::string bytes,
               time_point now) override {
    seen.push_back(std::to_string(to_ms(now.time_since_epoch())) + " " + bytes);
  }
  void handle_timeout(time_point now) override {
    seen.push_back(std::to_string(to_ms(now.time_since_epoch())) + " timeout");
    wake = never;
  }
  time_point next_deadline() const override { return wake; }
};

}  // namespace

TEST_CASE("events run by time, then in the order in which they were made") {
  world w(1);
  recorder r;
  w.attach(right, r);
  w.set_default({.delay = 10ms});
  r.wake = time_point{} + 10ms;
  w.send({left, 1}, {right, 2}, "a");
  w.send({left, 1}, {right, 2}, "b");
  w.touch(r);
  w.at(time_point{} + 5ms, [&] { r.seen.emplace_back("5 call"); });
  w.run_for(1s);
  CHECK(r.seen == std::vector<std::string>{"5 call", "10 a", "10 b", "10 timeout"});
  CHECK(w.now() == time_point{} + 1s);
}

TEST_CASE("a deadline that moves earlier or away is honoured once") {
  world w(1);
  recorder r;
  w.attach(right, r);
  r.wake = time_point{} + 50ms;
  w.touch(r);
  r.wake = time_point{} + 20ms;
  w.touch(r);
  w.run_for(1s);
  CHECK(r.seen == std::vector<std::string>{"20 timeout"});
  r.seen.clear();
  r.wake = w.now() + 20ms;
  w.touch(r);
  r.wake = never;
  w.run_for(1s);
  CHECK(r.seen.empty());
}

TEST_CASE("what is sent to nobody, or to a host that vanished, is gone") {
  world w(1);
  recorder r;
  w.send({left, 1}, {right, 2}, "early");
  w.run_for(1s);
  w.attach(right, r);
  w.send({left, 1}, {right, 2}, "there");
  w.run_for(1s);
  w.send({left, 1}, {right, 2}, "late");
  w.detach(right);
  w.run_for(1s);
  CHECK(r.seen == std::vector<std::string>{"1001 there"});
}

TEST_CASE("media go by a path of their own where one is set") {
  world w(1);
  recorder there, back;
  w.attach(right, there);
  w.attach(left, back);
  w.set_default({.delay = 1ms});
  w.set_path(left, right, {.delay = 10ms});
  const auto send_all = [&w] {
    w.send({left, 5060}, {right, 5060}, "sip");
    w.send({left, first_media_port - 1}, {right, 10000}, "below");
    w.send({left, first_media_port}, {right, 5060}, "rtp");
    w.send({right, 10001}, {left, 10001}, "report");
    w.run_for(1s);
  };
  send_all();
  CHECK(there.seen == std::vector<std::string>{"10 sip", "10 below", "10 rtp"});
  CHECK(back.seen == std::vector<std::string>{"1 report"});
  CHECK(w.media_counters(left, right) == nullptr);
  there.seen.clear();
  back.seen.clear();
  w.set_media_path(left, right, {.delay = 5ms});
  send_all();
  CHECK(there.seen == std::vector<std::string>{"1005 rtp", "1010 sip", "1010 below"});
  CHECK(back.seen == std::vector<std::string>{"1001 report"});
  w.set_media_path(left, right, {.loss = 1});
  send_all();
  CHECK(w.counters(left, right)->sent == 3 + 2 + 2);
  CHECK(w.media_counters(left, right)->sent == 2);
  CHECK(w.media_counters(left, right)->lost == 1);
  CHECK(w.media_counters(right, left) == nullptr);
}
