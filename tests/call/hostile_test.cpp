// What no peer should send: nothing of it may crash, stay, or disturb a call that is up.
#include "call/support.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

/// One of a few edits that parsers and state machines stumble over.
void mutate(std::string& text, seeded_random& random) {
  static const std::vector<std::string> pieces{"\r\n",
                                               "\r\n\r\n",
                                               ";tag=",
                                               ",",
                                               "\"",
                                               "<",
                                               ">",
                                               "@",
                                               ":",
                                               std::string(1, '\0'),
                                               "0",
                                               "4294967295",
                                               "99999999999999999999",
                                               "\xff\xfe",
                                               "Contact: *\r\n",
                                               "Route: <sip:x;lr>\r\n",
                                               "Record-Route: <sip:127.0.0.7>\r\n",
                                               "c=IN IP6 ::\r\n",
                                               "m=audio 1 RTP/AVP 0\r\n"};
  const std::size_t at = random.below(text.size() + 1);
  const std::string& piece = pieces[random.below(pieces.size())];
  switch (random.below(4)) {
    case 0:
      text.insert(at, piece);
      return;
    case 1:
      text.erase(at, random.below(20));
      return;
    case 2:
      text.replace(at, std::min(text.size() - at, piece.size()), piece);
      return;
    default:
      text += text.substr(at, random.below(40));
      return;
  }
}

}  // namespace

TEST_CASE("mutated requests, commands and timers in any order") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    seeded_random random(seed);
    call::endpoint_config config;
    config.max_sessions = 20;
    node n(config, seed);
    n.check_messages = false;
    peer_request live;
    live.call_id = "live";
    const auto ok = establish(n, live);
    const auto id = n.last_call;
    for (int i = 0; i < 300; ++i) {
      peer_request r;
      static const std::vector<std::string> methods{"INVITE", "INVITE",  "ACK",   "BYE",
                                                    "CANCEL", "OPTIONS", "UPDATE"};
      r.method = methods[random.below(methods.size())];
      r.call_id = "call-" + std::to_string(random.below(10));
      r.branch = "z9hG4bK-" + std::to_string(random.below(40));
      r.cseq = static_cast<std::uint32_t>(random.below(5));
      if (random.below(3) == 0 && n.sent.size() > 1) {
        const auto& seen = *n.sent[random.below(n.sent.size())].message;
        if (!seen.is_request() && seen.call_id() != "live")
          r = in_dialog(seen, r.method, r.cseq, r.branch);
      }
      std::string text = r.text();
      for (std::uint64_t edits = random.below(4); edits > 0; --edits) mutate(text, random);
      n.receive(std::move(text));
      switch (random.below(8)) {
        case 0:
          n.answer();
          break;
        case 1:
          n.early_media();
          break;
        case 2:
          if (n.last_call != id) n.hang_up();
          break;
        case 3:
          n.advance(milliseconds(static_cast<int>(random.below(3000))));
          break;
        default:
          break;
      }
      REQUIRE(n.endpoint().calls() <= 20);
    }
    // The call that was up before is untouched.
    n.receive(in_dialog(*ok, "OPTIONS", 1000, "z9hG4bK-live").text());
    CHECK(n.last_sent().status() == 200);
    n.endpoint().stop_accepting();
    for (std::uint64_t one = 0; one < 400; ++one)
      n.endpoint().hang_up(call::call_id{one}, "shutdown", n.now());
    n.drain();
    n.advance(seconds(200));
    CHECK(n.is_clean());
  }
}

TEST_CASE("shells that answer twice, late, or about nothing") {
  node n;
  n.media_event(media::media_id{77}, media::media_closed{});
  n.give_port(call::call_id{77});
  CHECK(n.ports_out.empty());
  n.endpoint().dns_answer(call::question_id{77}, {}, n.now());
  CHECK_FALSE(n.answer());
  const auto ok = establish(n);
  n.give_port(n.last_call);
  CHECK(n.ports_out.size() == 1);
  n.resolved({peer_address});
  CHECK_FALSE(n.ring());
  CHECK_FALSE(n.early_media());
  CHECK_FALSE(n.reject(486));
  n.receive(in_dialog(*ok, "BYE", 2, "z9hG4bK-b").text());
  CHECK_FALSE(n.hang_up());
  n.advance(seconds(60));
  CHECK(n.is_clean());
}

TEST_CASE("two thousand calls in a row leave nothing behind") {
  node n;
  n.keep_messages = true;
  for (int i = 0; i < 2000; ++i) {
    peer_request r;
    r.call_id = "seq-" + std::to_string(i);
    r.branch = "z9hG4bK-s" + std::to_string(i);
    const auto ok = establish(n, r);
    n.receive(in_dialog(*ok, "BYE", 2, "z9hG4bK-b" + std::to_string(i)).text());
    n.sent.clear();
    n.opened.clear();
    n.closed.clear();
    REQUIRE(n.endpoint().calls() == 0);
    n.advance(milliseconds(100));
    n.all_events.clear();
  }
  CHECK(n.endpoint().counters().calls_in == 2000);
  CHECK(n.ports_out.empty());
  n.advance(seconds(80));
  CHECK(n.is_clean());
}
