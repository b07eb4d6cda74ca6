// Offers and answers with codecs that have dynamic numbers, other clocks or parameters.
#include "sipvoice/sdp/offer_answer.hpp"
#include "sipvoice/sdp/session_description.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::sdp;

namespace {

const socket_address local{ip_address::v4(127, 0, 0, 1), 10000};
const format pcmu{0, "PCMU", 8000, 1, ""}, g722{9, "G722", 8000, 1, ""};
const format opus{96, "opus", 48000, 2, "useinbandfec=1"}, l16{97, "L16", 16000, 1, ""};

audio_capabilities able(std::vector<format> codecs) {
  audio_capabilities c;
  c.codecs = std::move(codecs);
  for (const std::uint32_t rate : {8000U, 24000U, 32000U, 48000U})
    c.also_accepted.push_back({97, "L16", rate, 1, ""});
  c.also_accepted.push_back({11, "L16", 44100, 1, ""});
  return c;
}
std::string described(const std::string& media) {
  return "v=0\r\no=peer 1 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\n" + media;
}
std::string media_part(const std::string& text) { return text.substr(text.find("t=0 0\r\n") + 7); }

}  // namespace

TEST_CASE("an offer of every codec: numbers, parameters, an event for each clock") {
  negotiator n(able({opus, g722, l16, pcmu}), 7);
  CHECK(media_part(n.make_offer(local)) ==
        "m=audio 10000 RTP/AVP 96 9 97 0 101 98 99\r\n"
        "a=rtpmap:96 opus/48000/2\r\n"
        "a=fmtp:96 useinbandfec=1\r\n"
        "a=rtpmap:9 G722/8000\r\n"
        "a=rtpmap:97 L16/16000\r\n"
        "a=rtpmap:0 PCMU/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-15\r\n"
        "a=rtpmap:98 telephone-event/48000\r\n"
        "a=fmtp:98 0-15\r\n"
        "a=rtpmap:99 telephone-event/16000\r\n"
        "a=fmtp:99 0-15\r\n"
        "a=ptime:20\r\n"
        "a=rtcp-mux\r\n"
        "a=sendrecv\r\n");
}

TEST_CASE("what is agreed by an answer of ours: codec, packet time, events") {
  struct row {
    const char* what;
    std::string offer;
    format send;
    std::uint32_t ptime_ms;
    int events;  // payload type, -1: none
    std::uint32_t event_clock;
  };
  const std::string events =
      "a=rtpmap:101 telephone-event/8000\r\n"
      "a=rtpmap:102 telephone-event/48000\r\n";
  const std::vector<row> rows{
      {"Opus with its parameters and its clock's events",
       "m=audio 4 RTP/AVP 111 0 101 102\r\na=rtpmap:111 opus/48000/2\r\n"
       "a=fmtp:111 minptime=10;useinbandfec=1\r\n" +
           events,
       {111, "opus", 48000, 2, "minptime=10;useinbandfec=1"},
       20,
       102,
       48000},
      {"Opus with events of another clock only",
       "m=audio 4 RTP/AVP 111 101\r\na=rtpmap:111 OPUS/48000/2\r\n"
       "a=rtpmap:101 telephone-event/8000\r\n",
       {111, "opus", 48000, 2, ""},
       20,
       -1,
       8000},
      {"Opus of one channel is no Opus", "m=audio 4 RTP/AVP 111 9\r\na=rtpmap:111 opus/48000\r\n",
       g722, 20, -1, 8000},
      {"Opus at 30 ms",
       "m=audio 4 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\na=ptime:30\r\n",
       {96, "opus", 48000, 2, ""},
       20,
       -1,
       8000},
      {"Opus at 60 ms",
       "m=audio 4 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\na=ptime:60\r\n",
       {96, "opus", 48000, 2, ""},
       60,
       -1,
       8000},
      {"G.722 by its static number", "m=audio 4 RTP/AVP 9 101 102\r\n" + events, g722, 20, 101,
       8000},
      {"G.722 by a dynamic number",
       "m=audio 4 RTP/AVP 120\r\na=rtpmap:120 G722/8000\r\n",
       {120, "G722", 8000, 1, ""},
       20,
       -1,
       8000},
      {"L16 at 16 kHz",
       "m=audio 4 RTP/AVP 120\r\na=rtpmap:120 L16/16000/1\r\na=ptime:60\r\n",
       {120, "L16", 16000, 1, ""},
       60,
       -1,
       8000},
      {"L16 at 48 kHz: 20 ms at most",
       "m=audio 4 RTP/AVP 120\r\na=rtpmap:120 L16/48000\r\na=ptime:60\r\n",
       {120, "L16", 48000, 1, ""},
       20,
       -1,
       8000},
      {"L16 at 48 kHz and 10 ms",
       "m=audio 4 RTP/AVP 120\r\na=rtpmap:120 L16/48000\r\na=maxptime:10\r\n",
       {120, "L16", 48000, 1, ""},
       10,
       -1,
       8000},
      {"L16 by its static number",
       "m=audio 4 RTP/AVP 11\r\n",
       {11, "L16", 44100, 1, ""},
       20,
       -1,
       8000},
      {"L16 in stereo, and of a rate without whole 10 ms, is not ours",
       "m=audio 4 RTP/AVP 10 120 0\r\na=rtpmap:120 L16/11025\r\n", pcmu, 20, -1, 8000},
  };
  for (const row& r : rows) {
    const negotiator n(able({opus, g722, l16, pcmu}), 7);
    const auto a = n.evaluate(described(r.offer));
    INFO(r.what);
    REQUIRE(a.has_value());
    CHECK(a->send == r.send);
    CHECK(a->ptime_ms == r.ptime_ms);
    CHECK((a->dtmf_send_type ? int{*a->dtmf_send_type} : -1) == r.events);
    if (a->dtmf_send_type) CHECK(a->dtmf_clock_rate == r.event_clock);
  }
}

TEST_CASE("a codec that was not asked for is not agreed on, whatever the peer offers") {
  audio_capabilities c;
  c.codecs = {pcmu};
  const negotiator n(c, 7);
  const auto a = n.evaluate(described("m=audio 4 RTP/AVP 9 96 11\r\na=rtpmap:96 opus/48000/2\r\n"));
  REQUIRE(a.has_error());
  CHECK(a.error().why == refusal::no_common_codec);
}

TEST_CASE("our answer asks for forward error correction, and says the longest packet of L16") {
  negotiator n(able({opus, l16}), 7);
  const auto offer = described("m=audio 4 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n");
  CHECK(media_part(n.answer(offer, *n.evaluate(offer), local)) ==
        "m=audio 10000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\n"
        "a=ptime:20\r\na=sendrecv\r\n");
  negotiator m(able({opus, l16}), 7);
  const auto wide = described("m=audio 4 RTP/AVP 120\r\na=rtpmap:120 L16/48000\r\n");
  CHECK(media_part(m.answer(wide, *m.evaluate(wide), local)) ==
        "m=audio 10000 RTP/AVP 120\r\na=rtpmap:120 L16/48000\r\na=ptime:20\r\na=maxptime:20\r\n"
        "a=sendrecv\r\n");
  // The rate that only the peer knew stays on offer while it is in use, under its number.
  const std::string again = m.make_offer(local);
  CHECK(again.find("m=audio 10000 RTP/AVP 120 96 97 ") != std::string::npos);
  CHECK(again.find("a=maxptime:20\r\n") != std::string::npos);
}

TEST_CASE("numbers keep their meaning through re-offers") {
  negotiator n(able({opus, l16}), 7);
  // The peer has 97 for Opus and 96 for events.
  const auto offer = described(
      "m=audio 4 RTP/AVP 97 96\r\na=rtpmap:97 opus/48000/2\r\na=rtpmap:96 "
      "telephone-event/48000\r\n");
  const std::string text = n.answer(offer, *n.evaluate(offer), local);
  CHECK(text.find("m=audio 10000 RTP/AVP 97 96\r\n") != std::string::npos);
  const std::string again = n.make_offer(local);
  CHECK(again.find("a=rtpmap:97 opus/48000/2\r\n") != std::string::npos);
  CHECK(again.find("a=rtpmap:96 telephone-event/48000\r\n") != std::string::npos);
  CHECK(again.find("a=rtpmap:98 L16/16000\r\n") != std::string::npos);
}

TEST_CASE("numbers among the parameters of a format") {
  struct row {
    const char *fmtp, *name;
    std::int64_t value;  // -1: none
  };
  const std::vector<row> rows{{"useinbandfec=1", "useinbandfec", 1},
                              {"minptime=10; UseInbandFec = 1", "useinbandfec", 1},
                              {"maxaveragebitrate=20000;stereo=0", "maxaveragebitrate", 20000},
                              {"stereo=0", "maxaveragebitrate", -1},
                              {"maxaveragebitrate=many", "maxaveragebitrate", -1},
                              {"maxaveragebitrate=4294967296", "maxaveragebitrate", -1},
                              {"maxaveragebitrate", "maxaveragebitrate", -1},
                              {"", "useinbandfec", -1},
                              {";;=;", "useinbandfec", -1}};
  for (const row& r : rows) {
    INFO(r.fmtp);
    const auto value = fmtp_number(r.fmtp, r.name);
    CHECK((value ? std::int64_t{*value} : -1) == r.value);
  }
}
