// Offer/answer (RFC 3264) for one audio stream: tables of offers and answers.
#include "sipvoice/sdp/offer_answer.hpp"
#include "sipvoice/sdp/session_description.hpp"

#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::sdp;

namespace {

const socket_address local{ip_address::v4(127, 0, 0, 1), 10000};

audio_capabilities g711() { return {{*static_format(0), *static_format(8)}, 101, false, 20}; }

std::string described(const std::string& media, const std::string& address = "192.0.2.5") {
  return "v=0\r\no=peer 1 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP" +
         std::string(address.find(':') == std::string::npos ? "4 " : "6 ") + address +
         "\r\nt=0 0\r\n" + media;
}
audio_agreement agreed(const negotiator& n, const std::string& offer) {
  INFO(offer);
  const auto a = n.evaluate(offer);
  REQUIRE(a.has_value());
  return *a;
}
std::string answered(negotiator& n, const std::string& offer, direction wanted = direction::both) {
  return n.answer(offer, agreed(n, offer), local, wanted);
}
// Of the last description, the lines after t=.
std::string media_part(const std::string& text) { return text.substr(text.find("t=0 0\r\n") + 7); }
std::uint64_t version_of(const std::string& text) {
  return session_description::parse(text)->origin.version;
}

}  // namespace

TEST_CASE("the answer names one codec and telephone-event, with every line in its place") {
  negotiator n(g711(), 77);
  const std::string offer = described(
      "m=audio 4000 RTP/AVP 18 8 0 101\r\n"
      "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=rtcp-mux\r\na=rtcp:4005\r\n");
  const auto a = agreed(n, offer);
  CHECK(a.media_index == 0);
  CHECK(a.remote_rtp.to_string() == "192.0.2.5:4000");
  CHECK(a.remote_rtcp.to_string() == "192.0.2.5:4005");
  CHECK(a.local_direction == direction::both);
  CHECK_FALSE(a.remote_holds);
  CHECK(a.send == format{8, "PCMA", 8000, 1, ""});
  CHECK(a.receive == std::vector<format>{{8, "PCMA", 8000, 1, ""}});
  CHECK(a.dtmf_send_type == 101);
  CHECK(a.dtmf_receive_type == 101);
  CHECK_FALSE(a.comfort_noise_type);
  CHECK(a.ptime_ms == 20);
  CHECK(a.rtcp_mux);
  CHECK_FALSE(n.current());
  CHECK(n.answer(offer, a, local) ==
        "v=0\r\n"
        "o=- 77 1 IN IP4 127.0.0.1\r\n"
        "s=-\r\n"
        "c=IN IP4 127.0.0.1\r\n"
        "t=0 0\r\n"
        "m=audio 10000 RTP/AVP 8 101\r\n"
        "a=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-15\r\n"
        "a=ptime:20\r\n"
        "a=rtcp-mux\r\n"
        "a=sendrecv\r\n");
  CHECK(n.current() == a);
}

TEST_CASE("our offer has all codecs in order, telephone-event of each clock, comfort noise") {
  negotiator n({{{96, "opus", 48000, 2, "useinbandfec=1"}, *static_format(8), *static_format(0)},
                101,
                true,
                30},
               5);
  CHECK(media_part(n.make_offer({*ip_address::parse("2001:db8::9"), 10002})) ==
        "m=audio 10002 RTP/AVP 96 8 0 101 97 13\r\n"
        "a=rtpmap:96 opus/48000/2\r\n"
        "a=fmtp:96 useinbandfec=1\r\n"
        "a=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:0 PCMU/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-15\r\n"
        "a=rtpmap:97 telephone-event/48000\r\n"
        "a=fmtp:97 0-15\r\n"
        "a=rtpmap:13 CN/8000\r\n"
        "a=ptime:30\r\n"
        "a=rtcp-mux\r\n"
        "a=sendrecv\r\n");
  CHECK(n.last_sent().find("v=0\r\no=- 5 1 IN IP6 2001:db8::9\r\ns=-\r\nc=IN IP6 2001:db8::9\r\n"
                           "t=0 0\r\nm=audio") == 0);
}

TEST_CASE("which offers are refused, and why") {
  struct row {
    std::string offer;
    refusal why;
    std::string text;
  };
  const std::string none = "no m=audio with RTP/AVP and a port";
  const row rows[] = {
      {"hello", refusal::malformed, "a line that is not 'letter=value'"},
      {"", refusal::malformed, "no v=0: not a session description"},
      {described(""), refusal::no_audio, none},
      {described("m=audio 0 RTP/AVP 0\r\n"), refusal::no_audio, none},
      {described("m=video 4000 RTP/AVP 0\r\n"), refusal::no_audio, none},
      {described("m=audio 4000 RTP/AVPF 0\r\n"), refusal::no_audio, none},
      {described("m=audio 4000 RTP/SAVP 0\r\n"), refusal::no_audio, none},
      {described("m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n"), refusal::no_audio, none},
      {described("m=audio 4000 udp 0\r\n"), refusal::no_audio, none},
      {described("m=audio 4000 RTP/AVP 18 3 101\r\na=rtpmap:101 telephone-event/8000\r\n"),
       refusal::no_common_codec,
       "no common codec: offered G729/8000, GSM/8000; accepted PCMU/8000, PCMA/8000"},
      {described("m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 PCMU/16000\r\n"), refusal::no_common_codec,
       "no common codec: offered PCMU/16000; accepted PCMU/8000, PCMA/8000"},
      {described("m=audio 4000 RTP/AVP 97\r\n"), refusal::no_common_codec,
       "no common codec: offered none; accepted PCMU/8000, PCMA/8000"},
      {described("m=audio 4000 RTP/AVP\r\n"), refusal::no_common_codec,
       "no common codec: offered none; accepted PCMU/8000, PCMA/8000"},
      {described("m=audio 65536 RTP/AVP 0\r\n"), refusal::unusable_address,
       "audio port outside 1-65535"},
      {described("m=audio 4294967297 RTP/AVP 0\r\n"), refusal::unusable_address,
       "audio port outside 1-65535"},
      {described("m=audio -5 RTP/AVP 0\r\n"), refusal::unusable_address,
       "audio port outside 1-65535"},
      {described("m=audio 4000 RTP/AVP 0\r\n", "224.2.36.42/127"), refusal::unusable_address,
       "multicast address: 224.2.36.42/127"},
      {described("m=audio 4000 RTP/AVP 0\r\n", "239.255.255.255"), refusal::unusable_address,
       "multicast address: 239.255.255.255"},
      {described("m=audio 4000 RTP/AVP 0\r\n", "ff15::101"), refusal::unusable_address,
       "multicast address: ff15::101"},
      {described("m=audio 4000 RTP/AVP 0\r\n", "255.255.255.255"), refusal::unusable_address,
       "broadcast address: 255.255.255.255"},
      {described("m=audio 4000 RTP/AVP 0\r\n", "host.example.com"), refusal::unusable_address,
       "not a literal address: host.example.com"},
      {described("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 224.0.0.1\r\n"), refusal::unusable_address,
       "multicast address: 224.0.0.1"},
      {"v=0\r\no=- 1 1 IN IP4 192.0.2.5\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
       refusal::unusable_address, "no c= line for the audio"},
  };
  for (const row& r : rows) {
    INFO(r.offer);
    negotiator n(g711(), 1);
    const auto a = n.evaluate(r.offer);
    REQUIRE_FALSE(a.has_value());
    CHECK(a.error().why == r.why);
    CHECK(a.error().text == r.text);
    CHECK_FALSE(n.current());
  }
}

TEST_CASE("a line's own address counts, not the session's, IPv6 too") {
  negotiator n(g711(), 1);
  CHECK(agreed(n, described("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.9\r\n", "224.0.0.1"))
            .remote_rtp.to_string() == "192.0.2.9:4000");
  const auto a = agreed(n, described("m=audio 4000 RTP/AVP 0\r\n", "2001:db8::1"));
  CHECK(a.remote_rtp.to_string() == "[2001:db8::1]:4000");
  CHECK(a.remote_rtcp.to_string() == "[2001:db8::1]:4001");
}

TEST_CASE("where RTCP goes") {
  struct row {
    std::string line, rtcp;
  };
  for (const row& r :
       {row{"", "192.0.2.5:4001"}, row{"a=rtcp:9", "192.0.2.5:9"},
        row{"a=rtcp:9 IN IP4 192.0.2.6", "192.0.2.6:9"},
        row{"a=rtcp:9 IN IP4 224.0.0.1", "0.0.0.0:0"},
        row{"a=rtcp:9 IN IP4 255.255.255.255", "0.0.0.0:0"},
        row{"a=rtcp:9 IN IP4 a.example", "0.0.0.0:0"}, row{"a=rtcp:70000", "192.0.2.5:4001"}}) {
    INFO(r.line);
    negotiator n(g711(), 1);
    CHECK(agreed(n, described("m=audio 4000 RTP/AVP 0\r\n" + r.line + "\r\n"))
              .remote_rtcp.to_string() == r.rtcp);
  }
  negotiator n(g711(), 1);
  CHECK(agreed(n, described("m=audio 65535 RTP/AVP 0\r\n")).remote_rtcp == socket_address{});
}

TEST_CASE("rtcp-mux: asked for, taken up, kept in our offers, given up by the peer") {
  for (const bool taken : {true, false}) {
    CAPTURE(taken);
    negotiator first(g711(), 77);
    CHECK(first.make_offer(local).find("a=rtcp-mux\r\n") != std::string::npos);
    const std::string line = taken ? "a=rtcp-mux\r\n" : "";
    REQUIRE(first.take_answer(described("m=audio 4000 RTP/AVP 0\r\n" + line)).has_value());
    CHECK(first.current()->rtcp_mux == taken);
    CHECK(first.current()->remote_rtcp.port == 4001);  // not used where the port is shared
    CHECK((first.make_offer(local).find("rtcp-mux") != std::string::npos) == taken);
  }
  negotiator n(g711(), 77);
  // An offer without it: our own ones do not ask either, so an answer to them cannot.
  const std::string plain = described("m=audio 4000 RTP/AVP 0\r\n");
  CHECK(n.answer(plain, agreed(n, plain), local).find("rtcp-mux") == std::string::npos);
  CHECK(n.make_offer(local).find("rtcp-mux") == std::string::npos);
  REQUIRE(n.take_answer(described("m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n")).has_value());
  CHECK_FALSE(n.current()->rtcp_mux);  // we did not offer it

  const std::string offer = described("m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n");
  CHECK(n.answer(offer, agreed(n, offer), local).find("a=rtcp-mux\r\n") != std::string::npos);
  CHECK(n.make_offer(local).find("a=rtcp-mux\r\n") != std::string::npos);
  REQUIRE(n.take_answer(described("m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n")).has_value());
  CHECK(n.current()->rtcp_mux);
  CHECK(n.make_offer(local).find("rtcp-mux") != std::string::npos);
  REQUIRE(n.take_answer(described("m=audio 4000 RTP/AVP 0\r\n")).has_value());
  CHECK_FALSE(n.current()->rtcp_mux);
}

TEST_CASE("directions and hold as the answerer") {
  using enum direction;
  struct row {
    std::string address, line;
    direction ours, wanted;
    std::string answered;
    bool holds;
  };
  const std::string here = "192.0.2.5", nowhere = "0.0.0.0";
  for (const row& r : {
           row{here, "", both, both, "sendrecv", false},
           row{here, "a=sendrecv", both, both, "sendrecv", false},
           row{here, "a=sendonly", receive_only, both, "recvonly", true},
           row{here, "a=recvonly", send_only, both, "sendonly", false},
           row{here, "a=inactive", inactive, both, "inactive", true},
           row{here, "a=sendrecv", both, send_only, "sendonly", false},
           row{here, "a=sendonly", receive_only, send_only, "inactive", true},
           row{here, "a=recvonly", send_only, receive_only, "inactive", false},
           row{nowhere, "", receive_only, both, "recvonly", true},
           row{nowhere, "a=sendonly", receive_only, both, "recvonly", true},
           row{nowhere, "a=recvonly", inactive, both, "inactive", true},
           row{nowhere, "a=inactive", inactive, both, "inactive", true},
           row{"::", "", receive_only, both, "recvonly", true},
       }) {
    INFO(r.address << " " << r.line);
    negotiator n(g711(), 1);
    const std::string offer = described("m=audio 4000 RTP/AVP 0\r\n" + r.line + "\r\n", r.address);
    const auto a = agreed(n, offer);
    CHECK(a.local_direction == r.ours);
    CHECK(a.remote_holds == r.holds);
    const bool reachable = r.address == here;
    CHECK(a.remote_rtp.port == (reachable ? 4000 : 0));
    CHECK(a.remote_rtp.ip.is_unspecified() != reachable);
    CHECK(a.remote_rtcp.port == (reachable ? 4001 : 0));
    const std::string answer = n.answer(offer, a, local, r.wanted);
    CHECK(media_part(answer) ==
          "m=audio 10000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=" + r.answered +
              "\r\n");
    CHECK(n.current()->local_direction == both_allow(r.ours, r.wanted));
  }
  negotiator n(g711(), 1);
  const std::string whole = described("a=sendonly\r\nm=audio 4000 RTP/AVP 0\r\n");
  CHECK(agreed(n, whole).local_direction == receive_only);
}

TEST_CASE("directions and hold as the offerer") {
  using enum direction;
  struct row {
    direction offered;
    std::string address, line;
    direction ours;
    bool holds;
  };
  const std::string here = "192.0.2.5", nowhere = "0.0.0.0";
  for (const row& r : {
           row{both, here, "", both, false},
           row{both, here, "a=sendonly", receive_only, true},
           row{both, here, "a=recvonly", send_only, false},
           row{both, here, "a=inactive", inactive, true},
           row{both, nowhere, "", receive_only, true},
           row{send_only, here, "a=recvonly", send_only, false},
           row{send_only, here, "a=sendrecv", send_only, false},  // more than was offered
           row{send_only, here, "a=inactive", inactive, true},
           row{receive_only, here, "a=sendonly", receive_only, false},
           row{inactive, here, "a=inactive", inactive, false},
           row{inactive, nowhere, "", inactive, true},
       }) {
    INFO(name_of(r.offered) << " " << r.address << " " << r.line);
    negotiator n(g711(), 1);
    const std::string offer = n.make_offer(local, r.offered);
    CHECK(offer.find("a=" + std::string(name_of(r.offered))) != std::string::npos);
    const auto a =
        n.take_answer(described("m=audio 4000 RTP/AVP 0\r\n" + r.line + "\r\n", r.address));
    REQUIRE(a.has_value());
    CHECK(a->local_direction == r.ours);
    CHECK(a->remote_holds == r.holds);
  }
}

TEST_CASE("packet times: the peer's where we can, never above its longest") {
  struct row {
    std::string lines;
    std::uint32_t ms;
  };
  for (const row& r :
       {row{"", 20}, row{"a=ptime:10", 10}, row{"a=ptime:20", 20}, row{"a=ptime:30", 30},
        row{"a=ptime:40", 40}, row{"a=ptime:60", 60}, row{"a=ptime:50", 40}, row{"a=ptime:25", 20},
        row{"a=ptime:5", 10}, row{"a=ptime:100", 60}, row{"a=ptime:0", 20}, row{"a=ptime:x", 20},
        row{"a=ptime:99999999999", 20}, row{"a=maxptime:10", 10}, row{"a=maxptime:150", 20},
        row{"a=ptime:60\r\na=maxptime:40", 40}, row{"a=maxptime:30\r\na=ptime:60", 30},
        row{"a=ptime:20\r\na=maxptime:5", 10}}) {
    INFO(r.lines);
    negotiator n(g711(), 1);
    const std::string offer = described("m=audio 4000 RTP/AVP 0\r\n" + r.lines + "\r\n");
    CHECK(agreed(n, offer).ptime_ms == r.ms);
    CHECK(answered(n, offer).find("a=ptime:" + std::to_string(r.ms) + "\r\n") != std::string::npos);
    CHECK(n.make_offer(local) == n.last_sent());
    CHECK(n.take_answer(offer)->ptime_ms == r.ms);
  }
  auto slow = g711();
  slow.ptime_ms = 40;
  negotiator n(slow, 1);
  CHECK(n.make_offer(local).find("a=ptime:40\r\n") != std::string::npos);
  CHECK(n.take_answer(described("m=audio 4000 RTP/AVP 0\r\n"))->ptime_ms == 40);
}

TEST_CASE("dynamic payload types: the offer's numbers, the negotiated clock") {
  negotiator n({{{111, "opus", 48000, 2, "useinbandfec=1"}, *static_format(0)}, 101, true, 20}, 1);
  const std::string offer = described(
      "m=audio 4000 RTP/AVP 96 0 13 98 99\r\na=rtpmap:96 OPUS/48000/2\r\na=fmtp:96 stereo=1\r\n"
      "a=rtpmap:98 telephone-event/8000\r\na=rtpmap:99 telephone-event/48000\r\n");
  const auto a = agreed(n, offer);
  CHECK(a.send == format{96, "opus", 48000, 2, "stereo=1"});
  CHECK(a.receive == std::vector<format>{{96, "opus", 48000, 2, "useinbandfec=1"}});
  CHECK(a.dtmf_send_type == 99);
  CHECK(a.dtmf_receive_type == 99);
  CHECK(a.dtmf_clock_rate == 48000);
  CHECK_FALSE(a.comfort_noise_type);
  CHECK(media_part(n.answer(offer, a, local)) ==
        "m=audio 10000 RTP/AVP 96 99\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n"
        "a=rtpmap:99 telephone-event/48000\r\na=fmtp:99 0-15\r\na=ptime:20\r\na=sendrecv\r\n");

  // RFC 3264 8.3.2: our re-offer keeps the numbers of the session, and 98 stays what it was.
  CHECK(media_part(n.make_offer(local)) ==
        "m=audio 10000 RTP/AVP 96 0 98 99 13\r\na=rtpmap:96 opus/48000/2\r\n"
        "a=fmtp:96 useinbandfec=1\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:98 telephone-event/8000\r\n"
        "a=fmtp:98 0-15\r\na=rtpmap:99 telephone-event/48000\r\na=fmtp:99 0-15\r\n"
        "a=rtpmap:13 CN/8000\r\na=ptime:20\r\na=sendrecv\r\n");
}

TEST_CASE("comfort noise only where both have it, telephone-event never when switched off") {
  auto quiet = g711();
  quiet.comfort_noise = true;
  quiet.dtmf_payload_type.reset();
  negotiator n(quiet, 1);
  const std::string offer =
      described("m=audio 4000 RTP/AVP 0 13 101\r\na=rtpmap:101 telephone-event/8000\r\n");
  const auto a = agreed(n, offer);
  CHECK(a.comfort_noise_type == 13);
  CHECK_FALSE(a.dtmf_send_type);
  CHECK_FALSE(a.dtmf_receive_type);
  CHECK(media_part(n.answer(offer, a, local)) ==
        "m=audio 10000 RTP/AVP 0 13\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:13 CN/8000\r\n"
        "a=ptime:20\r\na=sendrecv\r\n");
  CHECK_FALSE(agreed(n, described("m=audio 4000 RTP/AVP 0\r\n")).comfort_noise_type);
  CHECK(negotiator(quiet, 1).make_offer(local).find("telephone-event") == std::string::npos);
}

TEST_CASE("several m= lines: the first usable audio wins, the others are refused in place") {
  negotiator n(g711(), 1);
  const std::string offer = described(
      "m=video 5000 RTP/AVP 31 96\r\na=rtpmap:96 VP8/90000\r\n"
      "m=audio 4000 RTP/SAVP 0\r\n"
      "m=audio 4002 RTP/AVP 18\r\n"
      "m=audio 4004 RTP/AVP 8\r\n"
      "m=audio 4006 RTP/AVP 0\r\n"
      "m=image 4008 udptl t38\r\n"
      "m=audio 0 RTP/AVP 0\r\n");
  CHECK(agreed(n, offer).media_index == 3);
  const std::string answer = answered(n, offer);
  CHECK(media_part(answer) ==
        "m=video 0 RTP/AVP 31 96\r\n"
        "m=audio 0 RTP/SAVP 0\r\n"
        "m=audio 0 RTP/AVP 18\r\n"
        "m=audio 10000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=sendrecv\r\n"
        "m=audio 0 RTP/AVP 0\r\n"
        "m=image 0 udptl t38\r\n"
        "m=audio 0 RTP/AVP 0\r\n");
  // Our re-offer keeps all of them, and the stream stays at its line in the peer's next offer.
  const auto again = session_description::parse(n.make_offer(local));
  REQUIRE(again->media.size() == 7);
  for (std::size_t i = 0; i < 7; ++i) CHECK(again->media[i].port == (i == 3 ? 10000U : 0U));
  CHECK(agreed(n, described("m=audio 4000 RTP/AVP 0\r\nm=video 0 RTP/AVP 31\r\n"
                            "m=audio 4002 RTP/AVP 0\r\nm=audio 4004 RTP/AVP 0\r\n"))
            .media_index == 3);
  CHECK(agreed(n, described("m=audio 4000 RTP/AVP 0\r\nm=video 0 RTP/AVP 31\r\n"
                            "m=audio 4002 RTP/AVP 0\r\nm=audio 0 RTP/AVP 0\r\n"))
            .media_index == 0);
}

TEST_CASE("the version of o= rises when the content changed, and only then") {
  negotiator n(g711(), 9);
  const std::string offer = described("m=audio 4000 RTP/AVP 0\r\n");
  const std::string first = answered(n, offer);
  CHECK(version_of(first) == 1);
  CHECK(answered(n, offer) == first);
  CHECK(answered(n, described("m=audio 4444 RTP/AVP 0\r\n")) ==
        first);  // the peer's port: no change
  const std::string held = answered(n, described("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"));
  CHECK(version_of(held) == 2);
  CHECK(version_of(answered(n, offer)) == 3);
  CHECK(n.last_sent() != first);
  CHECK(version_of(n.make_offer(local)) == 4);
  CHECK(version_of(n.make_offer(local)) == 4);
  CHECK(version_of(n.make_offer({local.ip, 10002})) == 5);
  CHECK(session_description::parse(n.last_sent())->origin.session_id == 9);
}

TEST_CASE("an answer with several codecs: the first is sent, each is heard") {
  negotiator n({{*static_format(0), {97, "iLBC", 8000, 1, ""}, *static_format(8)}, 101, false, 20},
               1);
  CHECK(n.make_offer(local) == n.last_sent());
  const auto a = n.take_answer(
      described("m=audio 4000 RTP/AVP 18 99 8 98\r\na=rtpmap:99 iLBC/8000\r\na=fmtp:99 mode=30\r\n"
                "a=rtpmap:98 telephone-event/8000\r\n"));
  REQUIRE(a.has_value());
  CHECK(a->send == format{99, "iLBC", 8000, 1, "mode=30"});  // the peer's number
  CHECK(a->receive == std::vector<format>{{97, "iLBC", 8000, 1, ""}, {8, "PCMA", 8000, 1, ""}});
  CHECK(a->dtmf_send_type == 98);
  CHECK(a->dtmf_receive_type == 101);
  CHECK(n.current() == *a);
}

TEST_CASE("answers that cannot be used leave the agreement as it was") {
  negotiator n(g711(), 1);
  CHECK(n.take_answer(described("m=audio 4000 RTP/AVP 0\r\n")).error().why == refusal::malformed);
  CHECK(n.make_offer(local) == n.last_sent());
  REQUIRE(n.take_answer(described("m=audio 4000 RTP/AVP 0\r\n")).has_value());
  const auto before = n.current();
  CHECK(n.make_offer({local.ip, 10002}) == n.last_sent());
  struct row {
    std::string answer;
    refusal why;
  };
  for (const row& r :
       {row{"x", refusal::malformed}, row{described(""), refusal::no_audio},
        row{described("m=audio 0 RTP/AVP 0\r\n"), refusal::no_audio},
        row{described("m=video 4000 RTP/AVP 31\r\n"), refusal::no_audio},
        row{described("m=audio 4000 RTP/AVPF 0\r\n"), refusal::no_audio},
        row{described("m=audio 4000 RTP/AVP 18\r\n"), refusal::no_common_codec},
        row{described("m=audio 4000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n"),
            refusal::no_common_codec},
        row{described("m=audio 70000 RTP/AVP 0\r\n"), refusal::unusable_address},
        row{described("m=audio 4000 RTP/AVP 0\r\n", "224.0.0.1"), refusal::unusable_address}}) {
    INFO(r.answer);
    const auto a = n.take_answer(r.answer);
    REQUIRE_FALSE(a.has_value());
    CHECK(a.error().why == r.why);
    CHECK(n.current() == before);
  }
  CHECK(n.evaluate(described("m=audio 4000 RTP/AVP 18\r\n")).has_error());
  CHECK(n.current() == before);
}

TEST_CASE("value() of a refused negotiation throws its text") {
  const negotiator n(g711(), 1);
  CHECK_THROWS_WITH(n.evaluate(described("")).value(), "no m=audio with RTP/AVP and a port");
}
