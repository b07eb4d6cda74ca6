// The worked examples of RFC 3264 section 10 and RFC 4317 as far as one of our audio streams is in
// them. Their host names stand as literal addresses here (names are refused: tested elsewhere), and
// where the RFC's answerer takes what we do not (video, a stream of telephone-events alone, several
// codecs), the row says what we answer instead.
#include "sipvoice/sdp/offer_answer.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::sdp;

namespace {

const ip_address atlanta = ip_address::v4(192, 0, 2, 1), biloxi = ip_address::v4(192, 0, 2, 2);
const std::string pcmu = "a=rtpmap:0 PCMU/8000\r\n", pcma = "a=rtpmap:8 PCMA/8000\r\n",
                  ilbc = "a=rtpmap:97 iLBC/8000\r\n", h261 = "a=rtpmap:31 H261/90000\r\n",
                  mpv = "a=rtpmap:32 MPV/90000\r\n", g723 = "a=rtpmap:4 G723/8000\r\n",
                  g729 = "a=rtpmap:18 G729/8000\r\n",
                  events = "a=rtpmap:98 telephone-event/8000\r\n";
const std::string video = "m=video 51372 RTP/AVP 31 32\r\n" + h261 + mpv;
const std::string three = "m=audio 49170 RTP/AVP 0 8 97\r\n" + pcmu + pcma + ilbc;
const std::string ptime_both = "a=ptime:20\r\na=sendrecv\r\n";

const format iLBC{97, "iLBC", 8000, 1, ""};
const format G723 = *static_format(4);

std::string from(const std::string& who, const ip_address& a, int version,
                 const std::string& media) {
  return "v=0\r\no=" + who + " 2890844526 " + std::to_string(2890844526U + version) + " IN IP4 " +
         a.to_string() + "\r\ns= \r\nc=IN IP4 " + a.to_string() + "\r\nt=0 0\r\n" + media;
}
std::string alice(const std::string& media) { return from("alice", atlanta, 0, media); }
std::string bob(const std::string& media) { return from("bob", biloxi, 0, media); }

struct exchange {
  const char* section;
  std::vector<format> accepted;
  std::vector<std::string> offers;   // media parts, one after another in one session
  std::vector<std::string> answers;  // ours
  std::vector<std::string> versions;
};

}  // namespace

TEST_CASE("RFC 3264 section 10 and RFC 4317: our answers") {
  const format pcmu_only = *static_format(0);
  const std::vector<exchange> table = {
      {"3264 10.1",
       {pcmu_only},
       {"m=audio 49170 RTP/AVP 0\r\n" + pcmu + "m=video 51372 RTP/AVP 31\r\n" + h261 +
            "m=video 53000 RTP/AVP 32\r\n" + mpv,
        "m=audio 65422 RTP/AVP 0\r\n" + pcmu +
            "m=video 0 RTP/AVP 31\r\nm=video 53000 RTP/AVP 32\r\n" + mpv +
            "m=audio 51434 RTP/AVP 110\r\na=rtpmap:110 telephone-events/8000\r\na=recvonly\r\n"},
       {"m=audio 49920 RTP/AVP 0\r\n" + pcmu + ptime_both +
            "m=video 0 RTP/AVP 31\r\n"
            "m=video 0 RTP/AVP 32\r\n",
        "m=audio 49920 RTP/AVP 0\r\n" + pcmu + ptime_both +
            "m=video 0 RTP/AVP 31\r\n"
            "m=video 0 RTP/AVP 32\r\nm=audio 0 RTP/AVP 110\r\n"},
       {"1", "2"}},
      {"3264 10.2",
       {pcmu_only, G723},
       {"m=audio 62986 RTP/AVP 0 4 18\r\n" + pcmu + g723 + g729 + "a=inactive\r\n",
        "m=audio 62986 RTP/AVP 4\r\n" + g723 + "a=sendrecv\r\n"},
       {"m=audio 49920 RTP/AVP 0\r\n" + pcmu + "a=ptime:20\r\na=inactive\r\n",
        "m=audio 49920 RTP/AVP 4\r\n" + g723 + ptime_both},
       {"1", "2"}},
      {"4317 2.1",
       {pcmu_only},
       {three + video},
       {"m=audio 49920 RTP/AVP 0\r\n" + pcmu + ptime_both + "m=video 0 RTP/AVP 31 32\r\n"},
       {"1"}},
      {"4317 2.2",
       {pcmu_only, *static_format(8)},
       {three + video, "m=audio 51372 RTP/AVP 0\r\n" + pcmu + "m=video 0 RTP/AVP 31\r\n" + h261},
       {"m=audio 49920 RTP/AVP 0\r\n" + pcmu + ptime_both + "m=video 0 RTP/AVP 31 32\r\n",
        "m=audio 49920 RTP/AVP 0\r\n" + pcmu + ptime_both + "m=video 0 RTP/AVP 31\r\n"},
       {"1", "2"}},
      {"4317 2.3 (the answer uses the offer's number)",
       {{99, "iLBC", 8000, 1, ""}},
       {three + video},
       {"m=audio 49920 RTP/AVP 97\r\n" + ilbc + ptime_both + "m=video 0 RTP/AVP 31 32\r\n"},
       {"1"}},
      {"4317 2.4, 3.2",
       {iLBC},
       {"m=audio 49170 RTP/AVP 0 97\r\n" + pcmu + ilbc + "m=audio 49172 RTP/AVP 98\r\n" + events +
            "a=sendonly\r\n",
        "m=audio 49170 RTP/AVP 97\r\n" + ilbc + "a=sendonly\r\nm=audio 49172 RTP/AVP 98\r\n" +
            events + "a=recvonly\r\n"},
       {"m=audio 49920 RTP/AVP 97\r\n" + ilbc + ptime_both + "m=audio 0 RTP/AVP 98\r\n",
        "m=audio 49920 RTP/AVP 97\r\n" + ilbc +
            "a=ptime:20\r\na=recvonly\r\nm=audio 0 RTP/AVP 98\r\n"},
       {"1", "2"}},
      {"4317 2.5, 2.7 (the same answer keeps its version)",
       {iLBC},
       {"m=audio 49170 RTP/AVP 97\r\n" + ilbc + "m=video 51372 RTP/AVP 31\r\n" + h261,
        "m=audio 49178 RTP/AVP 97\r\n" + ilbc + "m=video 49188 RTP/AVP 31\r\n" + h261},
       {"m=audio 49920 RTP/AVP 97\r\n" + ilbc + ptime_both + "m=video 0 RTP/AVP 31\r\n",
        "m=audio 49920 RTP/AVP 97\r\n" + ilbc + ptime_both + "m=video 0 RTP/AVP 31\r\n"},
       {"1", "1"}},
      {"4317 2.6",
       {iLBC},
       {"m=audio 49170 RTP/AVP 0\r\n" + pcmu + "m=audio 51372 RTP/AVP 97 101\r\n" + ilbc +
        "a=rtpmap:101 telephone-event/8000\r\n"},
       {"m=audio 0 RTP/AVP 0\r\nm=audio 49920 RTP/AVP 97 101\r\n" + ilbc +
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n" + ptime_both},
       {"1"}},
      {"4317 4.1",
       {iLBC},
       {"m=audio 49170 RTP/AVP 0 97\r\n" + pcmu + ilbc,
        "m=audio 49170 RTP/AVP 97\r\n" + ilbc +
            "m=audio 48282 RTP/AVP 98\r\nc=IN IP4 192.0.2.77\r\n" + events + "a=recvonly\r\n"},
       {"m=audio 49920 RTP/AVP 97\r\n" + ilbc + ptime_both,
        "m=audio 49920 RTP/AVP 97\r\n" + ilbc + ptime_both + "m=audio 0 RTP/AVP 98\r\n"},
       {"1", "2"}},
      {"4317 4.2",
       {pcmu_only},
       {"m=audio 49170 RTP/AVP 0\r\n" + pcmu,
        "m=audio 49170 RTP/AVP 0\r\n" + pcmu + "m=video 49172 RTP/AVP 31\r\n" + h261},
       {"m=audio 49920 RTP/AVP 0\r\n" + pcmu + ptime_both,
        "m=audio 49920 RTP/AVP 0\r\n" + pcmu + ptime_both + "m=video 0 RTP/AVP 31\r\n"},
       {"1", "2"}},
      {"4317 4.3 (video deleted by the peer)",
       {iLBC},
       {"m=audio 49174 RTP/AVP 97\r\n" + ilbc + "m=video 49170 RTP/AVP 31\r\n" + h261,
        "m=audio 49174 RTP/AVP 97\r\n" + ilbc + "m=video 0 RTP/AVP 31\r\n" + h261},
       {"m=audio 49920 RTP/AVP 97\r\n" + ilbc + ptime_both + "m=video 0 RTP/AVP 31\r\n",
        "m=audio 49920 RTP/AVP 97\r\n" + ilbc + ptime_both + "m=video 0 RTP/AVP 31\r\n"},
       {"1", "1"}},
  };
  for (const exchange& e : table) {
    INFO(e.section);
    negotiator n({e.accepted, 101, false, 20}, 7);
    REQUIRE(e.offers.size() == e.answers.size());
    for (std::size_t i = 0; i < e.offers.size(); ++i) {
      const std::string offer = from("alice", atlanta, static_cast<int>(i), e.offers[i]);
      const auto a = n.evaluate(offer);
      REQUIRE(a.has_value());
      CHECK(n.answer(offer, *a, {biloxi, 49920}) ==
            "v=0\r\no=- 7 " + e.versions[i] +
                " IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n" + e.answers[i]);
    }
  }
}

TEST_CASE("RFC 4317: answers to our offers") {
  const std::vector<format> all = {*static_format(0), *static_format(8), iLBC};
  struct row {
    const char* section;
    std::string answer;
    format send;
    std::vector<format> receive;
    std::uint16_t port;
    direction ours;
    bool holds;
  };
  const row rows[] = {
      {"2.1",
       "m=audio 49174 RTP/AVP 0\r\n" + pcmu,
       all[0],
       {all[0]},
       49174,
       direction::both,
       false},
      {"2.2",
       "m=audio 49172 RTP/AVP 0 8\r\n" + pcmu + pcma,
       all[0],
       {all[0], all[1]},
       49172,
       direction::both,
       false},
      {"2.3 (their 99 is our 97)",
       "m=audio 49172 RTP/AVP 99\r\na=rtpmap:99 iLBC/8000\r\n",
       {99, "iLBC", 8000, 1, ""},
       {iLBC},
       49172,
       direction::both,
       false},
      {"3.1",
       "m=audio 49172 RTP/AVP 97\r\n" + ilbc + "a=sendonly\r\n",
       iLBC,
       {iLBC},
       49172,
       direction::receive_only,
       true},
      {"5.3",
       "m=audio 9322 RTP/AVP 97\r\nc=IN IP4 0.0.0.0\r\n" + ilbc,
       iLBC,
       {iLBC},
       0,
       direction::receive_only,
       true},
  };
  for (const row& r : rows) {
    INFO(r.section);
    negotiator n({all, std::nullopt, false, 20}, 7);
    CHECK(n.make_offer({atlanta, 49170}).find(three) != std::string::npos);
    const auto a = n.take_answer(bob(r.answer));
    REQUIRE(a.has_value());
    CHECK(a->send == r.send);
    CHECK(a->receive == r.receive);
    CHECK(a->remote_rtp.port == r.port);
    CHECK(a->local_direction == r.ours);
    CHECK(a->remote_holds == r.holds);
    // 3.1 and 5.3 go on: the peer resumes with an offer of its own.
    const std::string resume = from("bob", biloxi, 1, "m=audio 49176 RTP/AVP 97\r\n" + ilbc);
    const auto b = n.evaluate(resume);
    REQUIRE(b.has_value());
    CHECK(b->remote_rtp.to_string() == "192.0.2.2:49176");
    CHECK(b->local_direction == direction::both);
    CHECK_FALSE(b->remote_holds);
  }
}

TEST_CASE("RFC 4317 5.1 and 5.2: no media, then audio, black-holed, then active") {
  negotiator n({{iLBC}, 101, false, 20}, 7);
  CHECK(n.evaluate(alice("")).error().why == refusal::no_audio);
  CHECK(n.evaluate(alice("m=audio 49170 RTP/AVP 97\r\n" + ilbc)).has_value());

  const std::string held =
      "v=0\r\no=alice 1 1 IN IP4 192.0.2.1\r\ns= \r\nc=IN IP4 0.0.0.0\r\n"
      "t=0 0\r\nm=audio 23442 RTP/AVP 97\r\n" +
      ilbc;
  const auto a = n.evaluate(held);
  REQUIRE(a.has_value());
  CHECK(a->remote_holds);
  CHECK(a->remote_rtp == socket_address{});
  CHECK(n.answer(held, *a, {biloxi, 49170}).find("a=recvonly\r\n") != std::string::npos);
  const std::string active = alice("m=audio 49170 RTP/AVP 97\r\n" + ilbc);
  const auto b = n.evaluate(active);
  REQUIRE(b.has_value());
  CHECK_FALSE(b->remote_holds);
  CHECK(b->remote_rtp.to_string() == "192.0.2.1:49170");
  CHECK(n.answer(active, *b, {biloxi, 49170}).find("a=sendrecv\r\n") != std::string::npos);
}
