// Reading and printing of session descriptions (RFC 8866), and what hostile ones do: nothing.
#include "sipvoice/sdp/session_description.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <sstream>
#include <vector>

#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::sdp;

namespace {

const std::string head =
    "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";

// Keeps the text: the description looks into it.
session_description parsed(const std::string& text) {
  static std::deque<std::string> kept;
  const auto d = session_description::parse(kept.emplace_back(text));
  INFO(text);
  REQUIRE(d.has_value());
  return *d;
}
media audio(const std::string& lines) { return parsed(head + lines).media.at(0); }
std::vector<std::string> tokens(const media& m) {
  std::istringstream in{std::string(m.tokens)};
  return {std::istream_iterator<std::string>(in), {}};
}
std::vector<attribute> other(const media& m) { return {m.other.begin(), m.other.end()}; }
std::vector<format> formats(const media& m) {
  std::vector<format> out;
  for (const format_view& f : m.formats) out.push_back(f.copy());
  return out;
}
std::string why(const std::string& text) {
  const auto d = session_description::parse(text);
  return d ? "parsed" : d.error().what;
}
std::string repeated(const std::string& s, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += s;
  return out;
}

}  // namespace

TEST_CASE("every field of a full description arrives and is printed again") {
  const std::string text =
      "v=0\r\n"
      "o=jdoe 3724394400 3724394405 IN IP6 2001:db8::7\r\n"
      "s=Call to John Smith\r\n"
      "i=SDP Offer #1\r\n"
      "u=http://www.jdoe.example.com/home.html\r\n"
      "e=Jane Doe <jane@jdoe.example.com>\r\n"
      "p=+1 617 555-6011\r\n"
      "c=IN IP4 198.51.100.1\r\n"
      "b=AS:128\r\n"
      "t=3034423619 3042462419\r\n"
      "r=604800 3600 0 90000\r\n"
      "a=sendonly\r\n"
      "a=tool:x 1\r\n"
      "m=audio 49170/2 RTP/AVP 0 96 101\r\n"
      "i=a title\r\n"
      "c=IN IP6 2001:db8::2\r\n"
      "b=AS:64\r\n"
      "a=rtpmap:0 PCMU/8000\r\n"
      "a=rtpmap:96 opus/48000/2\r\n"
      "a=fmtp:96 useinbandfec=1; stereo=0\r\n"
      "a=rtpmap:101 telephone-event/8000\r\n"
      "a=fmtp:101 0-15\r\n"
      "a=ptime:30\r\n"
      "a=maxptime:60\r\n"
      "a=rtcp:53020 IN IP4 198.51.100.9\r\n"
      "a=rtcp-mux\r\n"
      "a=recvonly\r\n"
      "a=label:7\r\n"
      "m=image 0 udptl t38\r\n";
  const auto d = parsed(text);
  CHECK(d.print() == text);
  CHECK(d.origin.username == "jdoe");
  CHECK(d.origin.session_id == 3724394400U);
  CHECK(d.origin.version == 3724394405U);
  CHECK(d.origin.address_text == "2001:db8::7");
  CHECK(d.name == "Call to John Smith");
  CHECK(d.time == "3034423619 3042462419");
  CHECK(d.direction_line == direction::send_only);
  REQUIRE(d.other.size() == 1);
  CHECK(d.other[0] == attribute{"tool", "x 1"});
  REQUIRE(d.media.size() == 2);
  const media& m = d.media[0];
  CHECK(m.port == 49170);
  CHECK(m.port_count == 2);
  CHECK(formats(m) == std::vector<format>{{0, "PCMU", 8000, 1, ""},
                                          {96, "opus", 48000, 2, "useinbandfec=1; stereo=0"},
                                          {101, "telephone-event", 8000, 1, "0-15"}});
  CHECK(m.connection_line->v6);
  CHECK(m.connection_line->address->to_string() == "2001:db8::2");
  CHECK(m.ptime_ms == 30U);
  CHECK(m.maxptime_ms == 60U);
  CHECK(m.rtcp_port == 53020U);
  CHECK(m.rtcp_connection->address->to_string() == "198.51.100.9");
  CHECK(m.rtcp_mux);
  CHECK(other(m) == std::vector<attribute>{{"label", "7"}});
  CHECK(d.direction_of(m) == direction::receive_only);
  CHECK(d.connection_of(m) == &*m.connection_line);
  CHECK(d.media[1].formats.empty());
  CHECK(d.media[1].tokens == "t38");
  CHECK(d.direction_of(d.media[1]) == direction::send_only);
  CHECK(d.connection_of(d.media[1]) == &*d.connection_line);
}

TEST_CASE("sloppy descriptions are read as what they mean") {
  const std::string clean =
      head + "m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n";
  const auto expected = parsed(clean);
  struct row {
    const char* what;
    std::string text;
  };
  std::string bare = clean;
  bare.erase(std::remove(bare.begin(), bare.end(), '\r'), bare.end());
  const row rows[] = {
      {"bare LF", bare},
      {"no last line end", clean.substr(0, clean.size() - 2)},
      {"CR but no LF at the end", clean.substr(0, clean.size() - 1)},
      {"empty lines", "\r\n" + clean + "\r\n\r\n"},
      {"doubled CR", "v=0\r\r\n" + clean.substr(5)},
      {"unknown lines", clean + "x=what\r\n"},
      {"order of the session section",
       "v=0\r\nt=0 0\r\nc=IN IP4 192.0.2.1\r\ns=-\r\n"
       "o=- 1 2 IN IP4 192.0.2.1\r\n" +
           clean.substr(head.size())},
      {"no t= and no s=",
       "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\n" + clean.substr(head.size())},
      {"spaces in m=",
       head + "m=audio  4000 RTP/AVP 8  101 \r\na=rtpmap:101  telephone-event/8000 \r\n"},
      {"one channel written", head + "m=audio 4000/1 RTP/AVP 8 101\r\n"
                                     "a=rtpmap:101 telephone-event/8000/1\r\n"},
  };
  for (const row& r : rows) {
    INFO(r.what);
    CHECK(parsed(r.text) == expected);
  }
}

TEST_CASE("what is no session description says why") {
  struct row {
    std::string text, why;
  };
  const row rows[] = {
      {"", "no v=0: not a session description"},
      {"hello", "a line that is not 'letter=value'"},
      {"v=1\r\n", "a version that is not 0"},
      {"v=0\r\n", "no o= line"},
      {"o=- 1 1 IN IP4 1.2.3.4\r\n", "no v=0: not a session description"},
      {"v=0\r\no=- 1 IN IP4 1.2.3.4\r\n", "o= is not 'username id version IN IP4|IP6 address'"},
      {"v=0\r\no=- x 1 IN IP4 1.2.3.4\r\n", "o= is not 'username id version IN IP4|IP6 address'"},
      {head + "o=- 1 1 IN IP4 1.2.3.4\r\n", "more than one o= line"},
      {head + "c=IN IP4\r\n", "c= is not 'IN IP4|IP6 address'"},
      {head + "c=ATM NSAP 47.0091\r\n", "c= is not 'IN IP4|IP6 address'"},
      {head + "m=\r\n", "m= is not 'type port protocol format...'"},
      {head + "m=audio\r\n", "m= is not 'type port protocol format...'"},
      {head + "m=audio x RTP/AVP 0\r\n", "m= is not 'type port protocol format...'"},
      {head + "m=audio 1/0 RTP/AVP 0\r\n", "m= is not 'type port protocol format...'"},
      {head + "m=audio 1/ RTP/AVP 0\r\n", "m= is not 'type port protocol format...'"},
      {head + "m=audio - RTP/AVP 0\r\n", "m= is not 'type port protocol format...'"},
      {head + "a=x\ry\r\n", "a bare CR inside a line"},
      {head + std::string("a=x\0y\r\n", 7), "session description with a NUL"},
      {head + "m=audio 1 RTP/AVP" + repeated(" 0", 65), "too many formats in one m= line"},
      {head + "m=audio 1 RTP/AVP" + repeated(" 96", 1000), "too many formats in one m= line"},
      {head + repeated("m=audio 1 RTP/AVP 0\r\n", 17), "too many m= lines"},
      {head + repeated("a=x\r\n", 513), "too many attributes"},
      {head + "m=audio 1 RTP/AVP 0\r\n" + repeated("a=fmtp:0\n", 6000), "too many attributes"},
      {head + repeated("a=x\n", 10000), "too many attributes"},
      {head + std::string(70000, 'a'), "session description too long"},
  };
  for (const row& r : rows) {
    INFO(r.text.substr(0, 200));
    CHECK(why(r.text) == r.why);
  }
  const std::string late_text = head + "m=audio\r\n";
  const auto late = session_description::parse(late_text);
  CHECK(late.error().offset == head.size());
}

TEST_CASE("the limits themselves are allowed") {
  CHECK(tokens(audio("m=audio 1 RTP/AVP" + repeated(" 0", 64))).size() == 64);
  CHECK(audio("m=audio 1 RTP/AVP" + repeated(" 0", 64)).formats.size() == 1);
  CHECK(parsed(head + repeated("m=audio 1 RTP/AVP 0\r\n", 16)).media.size() == 16);
  CHECK(parsed(head + repeated("a=x\r\n", 512)).other.size() == 512);
  const std::string longest = head + "a=" + std::string(65536 - head.size() - 4, 'x') + "\r\n";
  REQUIRE(longest.size() == limits::max_bytes);
  CHECK(parsed(longest).other.size() == 1);
  CHECK(why(longest + "\n") == "session description too long");
}

TEST_CASE("hostile numbers stay out of range instead of wrapping round") {
  const std::uint32_t most = 4294967295U;
  struct row {
    const char* port;
    std::uint32_t value;
  };
  for (const row& r :
       {row{"0", 0}, row{"65535", 65535}, row{"65536", 65536}, row{"4294967295", most},
        row{"4294967296", most}, row{"99999999999999999999999999999999", most}, row{"-1", most},
        row{"-99999999999999999999", most}, row{"00004000", 4000}}) {
    INFO(r.port);
    CHECK(audio(std::string("m=audio ") + r.port + " RTP/AVP 0").port == r.value);
  }
  const auto d = parsed("v=0\no=- 99999999999999999999999 -5 IN IP4 1.2.3.4\n");
  CHECK(d.origin.session_id == 18446744073709551615U);
  CHECK(d.origin.version == 0);

  struct attribute_row {
    const char* line;
    bool ptime, rtcp;
    std::size_t formats;
  };
  for (const attribute_row& r : {
           attribute_row{"a=ptime:20", true, false, 1},
           attribute_row{"a=ptime:0", false, false, 1},
           attribute_row{"a=ptime:-20", false, false, 1},
           attribute_row{"a=ptime:20.5", false, false, 1},
           attribute_row{"a=ptime:10001", false, false, 1},
           attribute_row{"a=ptime:99999999999999999999", false, false, 1},
           attribute_row{"a=ptime:", false, false, 1},
           attribute_row{"a=rtcp:5001", false, true, 1},
           attribute_row{"a=rtcp:0", false, false, 1},
           attribute_row{"a=rtcp:65536", false, false, 1},
           attribute_row{"a=rtcp:5001 IN", false, false, 1},
           attribute_row{"a=rtpmap:96 x/8000", false, false, 2},
           attribute_row{"a=rtpmap:96 x/0", false, false, 1},
           attribute_row{"a=rtpmap:96 x/4294967296", false, false, 1},
           attribute_row{"a=rtpmap:96 x/-8000", false, false, 1},
           attribute_row{"a=rtpmap:96 x/8000/0", false, false, 1},
           attribute_row{"a=rtpmap:96 x/8000/256", false, false, 1},
           attribute_row{"a=rtpmap:96 x/8000/", false, false, 1},
           attribute_row{"a=rtpmap:96 /8000", false, false, 1},
           attribute_row{"a=rtpmap:96 x", false, false, 1},
           attribute_row{"a=rtpmap:96", false, false, 1},
           attribute_row{"a=rtpmap:352 x/8000", false, false, 1},
           attribute_row{"a=rtpmap:0 PCMU/99999999999", false, false, 0},
       }) {
    INFO(r.line);
    const media m = audio(std::string("m=audio 4000 RTP/AVP 0 96 128 -1 x\r\n") + r.line);
    CHECK(m.ptime_ms.has_value() == r.ptime);
    CHECK(m.rtcp_port.has_value() == r.rtcp);
    CHECK(m.formats.size() == r.formats);
    CHECK(tokens(m).size() == 5);
    // What was not understood is kept.
    const bool understood = r.ptime || r.rtcp || r.formats == 2;
    CHECK(m.other.size() == (understood ? 0U : 1U));
  }
}

TEST_CASE("rtpmap and fmtp may stand in any order, static types may lack both") {
  const media m = audio(
      "m=audio 4000 RTP/AVP 97 8 101 9 96\r\n"
      "a=fmtp:101 0-16\r\n"
      "a=fmtp:97 mode=20\r\n"
      "a=rtpmap:101 telephone-event/8000\r\n"
      "a=rtpmap:96 PCMU/8000\r\n"
      "a=rtpmap:97 iLBC/8000\r\n"
      "a=rtpmap:98 notlisted/8000\r\n"
      "a=fmtp:8 x=1\r\n");
  CHECK(formats(m) == std::vector<format>{{97, "iLBC", 8000, 1, "mode=20"},
                                          {8, "PCMA", 8000, 1, "x=1"},
                                          {101, "telephone-event", 8000, 1, "0-16"},
                                          {9, "G722", 8000, 1, ""},
                                          {96, "PCMU", 8000, 1, ""}});
  CHECK(other(m) == std::vector<attribute>{{"rtpmap", "98 notlisted/8000"}});
  CHECK(audio("m=audio 4000 RTP/AVP 96").formats.empty());
  CHECK(audio("m=audio 4000 UDP/TLS/RTP/SAVPF 0").formats.size() == 1);
  CHECK(audio("m=audio 4000 TCP/MRCPv2 0").formats.empty());
}

TEST_CASE("static payload types are those of RFC 3551") {
  struct row {
    std::uint8_t type;
    const char* encoding;
    std::uint32_t clock, channels;
  };
  for (const row& r :
       {row{0, "PCMU", 8000, 1}, row{3, "GSM", 8000, 1}, row{8, "PCMA", 8000, 1},
        row{9, "G722", 8000, 1}, row{10, "L16", 44100, 2}, row{11, "L16", 44100, 1},
        row{13, "CN", 8000, 1}, row{18, "G729", 8000, 1}, row{34, "H263", 90000, 1}}) {
    INFO(r.encoding);
    const auto f = static_format(r.type);
    REQUIRE(f.has_value());
    CHECK(*f == format{r.type, r.encoding, r.clock, r.channels, ""});
  }
  for (int type : {1, 2, 19, 35, 72, 95, 96, 127, 255})
    CHECK_FALSE(static_format(static_cast<std::uint8_t>(type)));
}

TEST_CASE("codecs are compared by name without case, clock rate and channels") {
  const format pcmu{0, "PCMU", 8000, 1, ""};
  CHECK(same_codec(pcmu, format{96, "pcmu", 8000, 1, "x"}));
  CHECK_FALSE(same_codec(pcmu, format{0, "PCMU", 16000, 1, ""}));
  CHECK_FALSE(same_codec(pcmu, format{0, "PCMU", 8000, 2, ""}));
  CHECK_FALSE(same_codec(pcmu, format{0, "PCMA", 8000, 1, ""}));
}

TEST_CASE("directions are mirrored and combined") {
  using enum direction;
  CHECK(mirrored(both) == both);
  CHECK(mirrored(inactive) == inactive);
  CHECK(mirrored(send_only) == receive_only);
  CHECK(mirrored(receive_only) == send_only);
  const direction all[] = {inactive, send_only, receive_only, both};
  for (const direction a : all)
    for (const direction b : all) {
      const direction expected = a == b ? a : a == both ? b : b == both ? a : inactive;
      CHECK(both_allow(a, b) == expected);
    }
  CHECK(name_of(both) == "sendrecv");
  CHECK(name_of(send_only) == "sendonly");
  CHECK(name_of(receive_only) == "recvonly");
  CHECK(name_of(inactive) == "inactive");
}

TEST_CASE("addresses of c=: literals, time to live, names") {
  struct row {
    const char* line;
    const char* address;  // nullptr: a name
    bool v6;
  };
  for (const row& r :
       {row{"IN IP4 192.0.2.7", "192.0.2.7", false},
        row{"IN IP4 224.2.36.42/127", "224.2.36.42", false},
        row{"IN IP4 224.2.1.1/127/3", "224.2.1.1", false}, row{"IN IP6 ::", "::", true},
        row{"IN IP6 [2001:db8::1]", "2001:db8::1", true},
        row{"IN IP4 host.example.com", nullptr, false}, row{"IN IP4 1.2.3.999", nullptr, false}}) {
    INFO(r.line);
    const auto d = parsed(std::string("v=0\no=- 1 1 IN IP4 h.example\nc=") + r.line + "\n");
    REQUIRE(d.connection_line);
    CHECK(d.connection_line->v6 == r.v6);
    CHECK(d.connection_line->address.has_value() == (r.address != nullptr));
    if (r.address != nullptr) CHECK(d.connection_line->address->to_string() == r.address);
    CHECK(parsed(d.print()) == d);
  }
}

TEST_CASE("what is printed is parsed to the same value, whatever was not understood") {
  const std::string bodies[] = {
      "",
      "m=audio 4000 RTP/AVP 0\r\n",
      "m=audio 99999999999 RTP/AVP 0 0 00 128\r\n",
      "m=audio 4000 RTP/AVP 96\r\na=x\r\na=fmtp:096 b\r\na=fmtp:96 c\r\n",
      "m=audio 4000 RTP/AVP 0 96\r\na=fmtp:96 a\r\na=rtpmap:0 bad\r\na=fmtp:0 z\r\na=:\r\na=\r\n",
      "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 bad\r\na=rtpmap:0 PCMA/8000\r\na=rtpmap:0 "
      "G722/8000\r\n",
      "m=audio 4000 RTP/AVP "
      "0\r\na=ptime:x\r\na=ptime:20\r\na=ptime:30\r\na=rtcp-mux\r\na=rtcp-mux\r\n",
      "m=audio 4000 RTP/AVP 0\r\nk=clear:x\r\nb=AS:1\r\nc=IN IP4 1.1.1.1\r\nc=IN IP4 "
      "1.1.1.2\r\ni=t\r\n",
      "m=audio 4000 RTP/AVP 0\r\na=sendonly \r\na=recvonly\r\na=sendrecv:x\r\nt=1 1\r\n",
      "m=message 5060 TCP/MSRP *\r\na=accept-types:text/plain\r\na=fmtp:0 x\r\na=rtpmap:0 "
      "PCMU/8000\r\n",
      "m=audio 4000 RTP/AVP\r\n",
      "c=IN IP4 1.1.1.2\r\nz=1 2\r\nt=5 5\r\nr=1\r\nk=x\r\nu=y\r\nm=a 0 b\r\n",
  };
  for (const std::string& body : bodies) {
    INFO(body);
    const auto once = parsed(head + body);
    const auto twice = parsed(once.print());
    CHECK(once == twice);
    CHECK(once.print() == twice.print());
  }
}

TEST_CASE("a stray CR and a NUL are found at every place") {
  for (std::size_t size = 1; size < 40; ++size)
    for (std::size_t at = 0; at < size; ++at) {
      std::string line(size, 'x');
      line[at] = '\r';
      // At the end of a line it belongs to the line end.
      const bool last = at + 1 == size;
      CHECK(why(head + "a=" + line + "\n") == (last ? "parsed" : "a bare CR inside a line"));
      CHECK(why(head + "a=" + line) == (last ? "parsed" : "a bare CR inside a line"));
      line[at] = '\0';
      CHECK(why(head + "a=" + line) == "session description with a NUL");
    }
}
