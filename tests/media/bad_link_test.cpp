// Ten minutes of sound over a bad link, in virtual time: what is recorded is as long as the call,
// what is heard is never far behind, in order and once, whichever clock runs faster.
#include <algorithm>
#include <cmath>
#include <vector>

#include "media/rig.hpp"
#include "sipvoice/base/network_link.hpp"
#include "support/catch.hpp"

using namespace test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t frame = 160;
constexpr std::uint32_t packets = 10 * 60 * 50;
constexpr std::uint8_t l16_type = 97;
constexpr std::int16_t lowest = 1000;
constexpr std::int64_t values =
    30'000;  ///< at least `packets`: every frame is told from all others

/// Where the stream is, frame by frame, while it is played: sample value = lowest + packet number.
struct watching_sink final : media::recording_sink {
  const time_point* now = nullptr;
  double sender_speed = 1;
  std::size_t samples = 0, whole = 0, backwards = 0;
  std::int64_t newest = -1;
  double worst_delay_ms = 0, delay_sum_ms = 0;
  bool closed = false;

  void write(std::span<const std::int16_t> heard, std::span<const std::int16_t>) override {
    samples += heard.size();
    if (heard.size() < 80) return;  // the rest of a frame, at the end
    // A piece of it that is of one packet, not faded or made up. The border between two packets
    // lies in one of the quarters at most.
    const auto one_packet = [&](std::size_t quarter) {
      const auto piece = heard.subspan(heard.size() * quarter / 4 - 10, 20);
      return piece[0] >= lowest &&
             std::all_of(piece.begin(), piece.end(), [&](auto s) { return s == piece[0]; });
    };
    const std::size_t quarter = one_packet(1) ? 1 : 3;
    if (!one_packet(quarter)) return;
    const std::int64_t n = heard[heard.size() * quarter / 4] - lowest;
    if (n < newest) ++backwards;
    newest = std::max(newest, n);
    ++whole;
    const double sent_ms = 20.0 * static_cast<double>(n) / sender_speed;
    const double delay = std::chrono::duration<double, std::milli>(*now - begin).count() - sent_ms;
    worst_delay_ms = std::max(worst_delay_ms, delay);
    delay_sum_ms += delay;
  }
  void close() override { closed = true; }
};

struct arrival {
  time_point at;
  std::uint32_t n = 0;
};

std::vector<arrival> over(network_link& link, double speed, random_source& random) {
  std::vector<arrival> out;
  for (std::uint32_t n = 0; n < packets; ++n) {
    const auto sent = begin + std::chrono::duration_cast<duration>(
                                  std::chrono::duration<double, std::milli>(20.0 * n / speed));
    const auto copies = link.send(rtp::header_bytes + 2 * frame, sent, random);
    for (int i = 0; i < copies.count; ++i) out.push_back({copies.at[i], n});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const arrival& a, const arrival& b) { return a.at < b.at; });
  return out;
}

struct call {
  explicit call(double speed) : session(opened(), begin, begin) {
    for (const auto& sink : {steady, adaptive}) {
      sink->now = &now;
      sink->sender_speed = speed;
    }
    session.command(media::record_command{1, steady, {}, 8000, media::playout_mode::steady}, begin);
    session.command(media::record_command{2, adaptive, {}, 8000, media::playout_mode::adaptive},
                    begin);
  }
  static media::media_open opened() {
    auto open = opening();
    open.parameters.format.receive.push_back({payload_type{l16_type}, audio::codec_id::l16_8000});
    return open;
  }
  void run_to(time_point to) {
    while (session.next_deadline() <= to) {
      now = session.next_deadline();
      session.handle_timeout(now);
      while (session.poll_transmit()) continue;
      while (session.poll_event()) continue;
    }
    now = to;
  }
  void packet(std::uint32_t n) {
    std::vector<std::uint8_t> bytes(rtp::header_bytes + 2 * frame);
    rtp::print(
        {n == 0, payload_type{l16_type}, sequence_number{static_cast<std::uint16_t>(60'000 + n)},
         rtp_timestamp{0xffff0000u + n * static_cast<std::uint32_t>(frame)}, ssrc{5}},
        std::span(bytes).first<rtp::header_bytes>());
    for (std::size_t i = 0; i < frame; ++i)
      write_u16(bytes.data() + rtp::header_bytes + 2 * i, static_cast<std::uint16_t>(lowest + n));
    session.receive(bytes, peer, now);
  }

  std::shared_ptr<watching_sink> steady = std::make_shared<watching_sink>(),
                                 adaptive = std::make_shared<watching_sink>();
  time_point now = begin;
  media::media_session session;
};

static_assert(packets <= values);

}  // namespace

TEST_CASE("ten minutes on a bad link: the length is exact, the delay bounded, little is missing") {
  const impairment bad{.delay = 50ms,
                       .jitter = 40ms,
                       .loss = 0.05,
                       .duplicate = 0.01,
                       .reorder = 0.02,
                       .reorder_by = 30ms};
  for (const double ppm : {200.0, -200.0}) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      CAPTURE(ppm, seed);
      seeded_random random(seed);
      network_link link(bad);
      const double speed = 1 + ppm / 1e6;
      const auto arrivals = over(link, speed, random);
      call c(speed);
      for (const arrival& a : arrivals) {
        if (a.at > begin + 10min) break;
        c.run_to(a.at);
        c.packet(a.n);
      }
      c.run_to(begin + 10min - 1ms);
      for (const auto* sink : {c.steady.get(), c.adaptive.get()}) {
        CAPTURE(sink == c.steady.get(), sink->worst_delay_ms,
                sink->delay_sum_ms / static_cast<double>(sink->whole));
        CHECK(sink->samples == std::size_t{10} * 60 * 8000);
        CHECK(sink->backwards == 0);
        CHECK(static_cast<double>(sink->whole) / packets > 0.88);
        // Flight, jitter, being held back, and what a buffer may hold.
        CHECK(sink->worst_delay_ms < 50 + 40 + 30 + 200);
      }
      CHECK(c.adaptive->delay_sum_ms / static_cast<double>(c.adaptive->whole) < 180);
      const auto& f = c.session.statistics();
      CHECK(static_cast<double>(f.lost) / packets == Approx(0.05).margin(0.005));
      CHECK(f.lost + f.packets_received + 10 >= packets);
      CHECK(f.duplicate == link.counters().duplicated);
      INFO("late " << f.late << ", concealed " << f.concealed_ms << ", whole " << c.steady->whole
                   << " " << c.adaptive->whole);
      CHECK(f.late < packets / 50);
      CHECK(f.concealed_ms > std::uint64_t{packets} * 20 * 4 / 100);
      CHECK(f.concealed_ms < std::uint64_t{packets} * 20 * 8 / 100);
      c.session.close(c.now);
      CHECK(c.steady->closed);
      CHECK(c.adaptive->closed);
    }
  }
}
