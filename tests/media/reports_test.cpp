// RTCP of a media session: pace, contents, where it goes, and what it measures.
#include "media/rig.hpp"
#include "sipvoice/rtp/e_model.hpp"
#include "support/catch.hpp"

using namespace test;

namespace {

/// A session of ours and one of the peer's, joined by links of a fixed delay.
struct joined {
  static media::media_open with(audio::codec_id codec) {
    media::media_open open = opening();
    if (codec != audio::codec_id::pcmu) {
      open.parameters.format.send = {payload_type{97}, codec};
      open.parameters.format.receive = {{payload_type{97}, codec}};
    }
    return open;
  }
  static media::media_open peers(audio::codec_id codec) {
    media::media_open open = with(codec);
    open.parameters.remote_rtp = address(2, 5000);
    open.parameters.remote_rtcp = address(2, 5001);
    open.local_ssrc = ssrc{0x9999};
    open.rtcp_seed = 5;
    return open;
  }
  explicit joined(audio::codec_id codec = audio::codec_id::pcmu)
      : a(with(codec)), b(peers(codec)) {}
  rig a, b;
  struct flight {
    std::int64_t at_ms = 0;
    bool to_a = false, report = false;
    std::vector<std::uint8_t> bytes;
  };
  std::vector<flight> flying;
  std::int64_t delay_ms = 30, jitter_ms = 0;  ///< jitter: of every third packet to a
  int drop_every = 0, sent = 0;

  void collect(rig& from, bool to_a) {
    for (const auto& p : from.sent) {
      if (to_a && drop_every > 0 && ++sent % drop_every == 0) continue;
      std::vector<std::uint8_t> bytes(rtp::header_bytes);
      rtp::print(p.header, std::span(bytes).first<rtp::header_bytes>());
      bytes.insert(bytes.end(), p.payload.begin(), p.payload.end());
      const bool later = to_a && p.header.sequence.value % 3 == 0;
      flying.push_back(
          {p.at_ms + delay_ms + (later ? jitter_ms : 0), to_a, false, std::move(bytes)});
    }
    for (const auto& r : from.reports)
      flying.push_back({from.now_ms + delay_ms, to_a, true, r.bytes});
    from.sent.clear();
    from.reports.clear();
  }
  void run_to(std::int64_t ms) {
    for (std::int64_t now = a.now_ms; now < ms;) {
      now += 5;
      a.run_to(now);
      b.run_to(now);
      collect(a, false);
      collect(b, true);
      for (const flight& f : std::exchange(flying, {})) {
        if (f.at_ms > now) {
          flying.push_back(f);
          continue;
        }
        rig& to = f.to_a ? a : b;
        const socket_address from =
            f.to_a ? socket_address{peer.ip, static_cast<std::uint16_t>(f.report ? 4001 : 4000)}
                   : socket_address{address(2, 0).ip,
                                    static_cast<std::uint16_t>(f.report ? 5001 : 5000)};
        if (f.report)
          to.session.receive_rtcp(f.bytes, from, at(f.at_ms));
        else
          to.session.receive(f.bytes, from, at(f.at_ms));
      }
    }
  }
};

}  // namespace

TEST_CASE("the round trip and the score come from reports, and are absent before") {
  joined j;
  j.run_to(500);
  CHECK_FALSE(j.a.session.statistics().round_trip_ms);
  CHECK_FALSE(j.a.session.statistics().mos);
  j.run_to(20'000);
  for (const rig* one : {&j.a, &j.b}) {
    const auto& figures = one->session.statistics();
    REQUIRE(figures.round_trip_ms);
    CHECK(*figures.round_trip_ms == Approx(60).margin(6));  // the shuttle moves every 5 ms
    REQUIRE(figures.mos);
    CHECK(*figures.mos > 4.3);
    CHECK(figures.malformed == 0);
    CHECK(figures.rejected == 0);
  }
}

TEST_CASE("loss makes the score worse") {
  joined j;
  j.drop_every = 10;
  j.run_to(20'000);
  REQUIRE(j.a.session.statistics().mos);
  CHECK(*j.a.session.statistics().mos < 4.0);
  CHECK(*j.a.session.statistics().mos > 3.0);
}

TEST_CASE("the score counts the delay of the buffer that plays the stream out") {
  const auto score = [](const media::media_statistics& f, double delay_ms) {
    const double missed =
        static_cast<double>(f.lost + f.late) / static_cast<double>(f.packets_received + f.lost);
    const auto delay = std::chrono::duration_cast<duration>(
        std::chrono::duration<double, std::milli>(delay_ms + *f.round_trip_ms / 2));
    return rtp::mean_opinion_score(
        rtp::transmission_rating({0, 25.1, rtp::speech_band::narrow}, missed, 1, delay),
        rtp::speech_band::narrow);
  };
  for (const bool listened : {false, true}) {
    CAPTURE(listened);
    joined j;
    j.jitter_ms = 120;
    j.delay_ms = 100;
    if (listened) {
      media::record_command command{1, std::make_shared<memory_sink>(), {}};
      command.playout = media::playout_mode::adaptive;
      j.a.command(command);
    }
    j.run_to(20'000);
    for (const bool closed : {false, true}) {
      CAPTURE(closed);
      if (closed) j.a.close();
      const auto& f = j.a.figures();
      REQUIRE(f.mos);
      if (listened) {
        CHECK(*f.mos < score(f, 20 + 100));
        CHECK(*f.mos > score(f, 20 + 200));
      } else {
        CHECK(*f.mos == Approx(score(f, 20 + 60)));
      }
    }
  }
}

TEST_CASE("every codec has a score, on the scale of its band") {
  struct row {
    audio::codec_id codec;
    double score;
  };
  using enum audio::codec_id;
  for (const row& r : {row{pcmu, 4.40}, row{pcma, 4.40}, row{g722, 4.33}, row{opus, 4.42},
                       row{l16, 4.5}, row{l16_8000, 4.40}, row{l16_48000, 4.5}}) {
    CAPTURE(audio::info(r.codec).encoding, audio::info(r.codec).sample_rate);
    joined j(r.codec);
    j.run_to(500);
    CHECK_FALSE(j.a.session.statistics().mos);
    j.run_to(12'000);
    REQUIRE(j.a.session.statistics().mos);
    CHECK(*j.a.session.statistics().mos == Approx(r.score).margin(0.03));
  }
}

TEST_CASE("reports go to the RTCP port from ours, and BYE is the last of them") {
  rig r;
  r.run_to(12'000);
  REQUIRE(r.reports.size() >= 2);
  for (const auto& report : r.reports) {
    CHECK(report.to == address(1, 4001));
    CHECK(report.from_rtcp_port);
  }
  const std::size_t before = r.reports.size();
  r.session.close(at(12'000));
  r.drain();
  REQUIRE(r.reports.size() == before + 1);
  int byes = 0;
  std::optional<rtp::sender_info> info;
  const rtp::rtcp_reader reader{.report = [&](const rtp::rtcp_report& one) { info = one.info; },
                                .bye =
                                    [&](const rtp::rtcp_bye& b) {
                                      ++byes;
                                      CHECK(b.source == ssrc{0xabcd});
                                    }};
  REQUIRE(reader.read(r.reports.back().bytes));
  CHECK(byes == 1);
  REQUIRE(info);
  CHECK(info->packets == r.figures().packets_sent);
  CHECK(info->octets == 160 * info->packets);
  // 12 s at 8 kHz: the RTP time of that very moment.
  CHECK(info->timestamp == rtp_timestamp{0xffffff00u + 96'000u});
}

TEST_CASE("RTCP BYE with nothing after it: the peer has left") {
  struct row {
    const char* what;
    std::vector<std::int64_t> packets_at;  ///< the BYE comes at 100
    std::uint32_t bye_source;
    std::vector<std::string> events;
  };
  const row rows[] = {
      {"nothing follows", {90}, 7, {"90 first", "600 left"}},
      {"a packet that the BYE has overtaken", {90, 110}, 7, {"90 first", "600 left"}},
      {"it goes on: only its SSRC has changed", {90, 220}, 7, {"90 first"}},
      {"nothing was ever heard of it", {}, 7, {"600 left"}},
      {"the BYE of somebody else", {90}, 8, {"90 first"}},
  };
  for (const row& one : rows) {
    CAPTURE(one.what);
    rig r;
    r.command(media::start_command{});
    std::vector<std::uint8_t> bye;
    rtp::print_rtcp(bye, ssrc{7}, std::nullopt, std::nullopt, "a@b", true);
    if (one.bye_source != 7)  // the last word of the compound
      bye.back() = static_cast<std::uint8_t>(one.bye_source);
    std::uint32_t n = 0;
    bool said = false;
    for (std::int64_t ms = 10; ms <= 2000; ms += 10) {
      r.run_to(ms);
      if (ms == 100) {
        r.session.receive_rtcp(bye, address(1, 4001), at(ms));
        said = true;
      }
      if (std::find(one.packets_at.begin(), one.packets_at.end(), ms) != one.packets_at.end())
        r.audio(n++);
    }
    CHECK(said);
    CHECK(r.figures().malformed == 0);
    CHECK(r.events == one.events);
  }
}

TEST_CASE("where reports go") {
  struct row {
    const char* what;
    socket_address rtp, rtcp;
    bool mux;
    const char* expected;
  };
  const socket_address nowhere{};
  const std::array<row, 4> rows{{
      {"a=rtcp or the next port", peer, address(1, 4999), false, "127.0.0.1:4999"},
      {"rtcp-mux", peer, address(1, 4001), true, "127.0.0.1:4000"},
      {"an RTCP address that cannot be used", peer, nowhere, false, ""},
      {"old-style hold", nowhere, nowhere, false, ""},
  }};
  for (const row& one : rows) {
    CAPTURE(one.what);
    media::media_open open = opening();
    open.parameters.remote_rtp = one.rtp;
    open.parameters.remote_rtcp = one.rtcp;
    open.parameters.rtcp_mux = one.mux;
    rig r(open);
    r.run_to(10'000);
    if (*one.expected == 0) {
      CHECK(r.reports.empty());
      continue;
    }
    REQUIRE_FALSE(r.reports.empty());
    CHECK(r.reports[0].to.to_string() == one.expected);
    CHECK(r.reports[0].from_rtcp_port == !one.mux);
  }
}

TEST_CASE("a source that was learnt gets its reports beside its RTP") {
  rig r;
  for (std::uint32_t n = 0; n < 4; ++n) r.audio(n, address(1, 7000));
  r.run_to(10'000);
  REQUIRE_FALSE(r.reports.empty());
  CHECK(r.reports[0].to == address(1, 7001));
}

TEST_CASE("on one port, RTCP is told from RTP") {
  media::media_open open = opening();
  open.parameters.rtcp_mux = true;
  rig r(open);
  const std::array<std::uint8_t, 8> report{0x80, 201, 0, 1, 0, 0, 0, 1};
  const std::array<std::uint8_t, 8> broken{0x81, 201, 0, 1, 0, 0, 0, 1};
  r.session.receive(report, peer, at(0));
  CHECK(r.figures().malformed == 0);
  CHECK(r.figures().rejected == 0);
  CHECK(r.figures().packets_received == 0);
  r.session.receive(broken, peer, at(0));
  CHECK(r.figures().malformed == 1);
  rig apart;
  apart.session.receive(report, peer, at(0));
  CHECK(apart.figures().malformed == 1);  // too short for RTP
}
