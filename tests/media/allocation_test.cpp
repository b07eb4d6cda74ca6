// The promise of no allocation a packet, counted by the allocator itself; and the memory of a call.
#include <cstdlib>
#include <new>
#include <vector>

#include "rig.hpp"
#include "sipvoice/base/random.hpp"
#include "support/catch.hpp"

#if defined(__SANITIZE_ADDRESS__)
// AddressSanitizer owns operator new; it tells through its hooks.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*,
                                                                             std::size_t),
                                                         void (*free_hook)(const volatile void*));
#endif

namespace {

bool counting = false;
std::size_t allocations = 0;
std::size_t allocated_bytes = 0;

void count(std::size_t bytes) {
  if (!counting) return;
  ++allocations;
  allocated_bytes += bytes;
}

#if defined(__SANITIZE_ADDRESS__)
void on_malloc(const volatile void*, std::size_t bytes) { count(bytes); }
void on_free(const volatile void*) {}
const int installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
#else
const int installed = 1;
#endif

struct counter {
  counter() {
    allocations = allocated_bytes = 0;
    counting = true;
  }
  ~counter() { counting = false; }
};

}  // namespace

#if !defined(__SANITIZE_ADDRESS__)
void* operator new(std::size_t bytes) {
  count(bytes);
  if (void* p = std::malloc(bytes)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
#endif

using namespace test;

namespace {

/// A counter that does not see allocations would pass everything.
void check_that_it_counts() {
  REQUIRE(installed > 0);
  counter c;
  std::vector<int>* volatile v = new std::vector<int>(100);
  delete v;
  counting = false;
  CHECK(allocations == 2);
}

struct null_sink final : media::recording_sink {
  void write(std::span<const std::int16_t>, std::span<const std::int16_t>) override {}
  void close() override {}
};

/// 20 ms a step: one packet in, all that is due out.
std::size_t run(media::media_session& session, std::uint32_t from, std::uint32_t packets,
                bool reordered) {
  std::size_t sent = 0;
  std::array<std::uint8_t, rtp::header_bytes + 160> bytes{};
  for (std::uint32_t i = 0; i < packets; ++i) {
    // Every tenth pair is swapped.
    const std::uint32_t n = from + (reordered && i % 10 == 4   ? i + 1
                                    : reordered && i % 10 == 5 ? i - 1
                                                               : i);
    rtp::print({false, payload_type{0}, sequence_number{static_cast<std::uint16_t>(n)},
                rtp_timestamp{160 * n}, ssrc{1}},
               std::span(bytes).first<rtp::header_bytes>());
    const auto now = at(20 * static_cast<std::int64_t>(from + i));
    session.receive(bytes, peer, now);
    session.handle_timeout(now);
    while (const auto out = session.poll_transmit())
      if (!out->from_rtcp_port) ++sent;
  }
  return sent;
}

}  // namespace

TEST_CASE("no allocation a packet after warm-up: echo, playing, recording, speech") {
  check_that_it_counts();
  struct row {
    const char* what;
    bool echo, play, record, watch = false;
  };
  const std::array<row, 5> rows{{{"echo", true, false, false},
                                 {"watching for speech", false, true, false, true},
                                 {"playing", false, true, false},
                                 {"playing and recording", false, true, true},
                                 {"echo and recording", true, false, true}}};
  for (const row& row : rows) {
    media::media_session session(opening(), begin, begin);
    session.command(media::start_command{}, begin);
    if (row.echo) session.command(media::echo_command{true}, begin);
    if (row.play) session.command(media::play_command{1, clip(8000), true}, begin);
    if (row.record)
      session.command(media::record_command{1, std::make_shared<null_sink>(), {}}, begin);
    if (row.watch) session.command(media::watch_speech_command{}, begin);
    CHECK(run(session, 0, 50, true) > 40);
    while (session.poll_event()) continue;
    std::size_t sent = 0, counted = 0;
    {
      const counter c;
      sent = run(session, 50, 1000, true);
      counted = allocations;
    }
    INFO(row.what);
    CHECK(sent == 1000);
    CHECK(counted == 0);
    CHECK(session.statistics().packets_received == 1050);
    CHECK(session.statistics().lost == 0);
  }
}

TEST_CASE("no allocation a packet with codecs that keep state: playing and recording") {
  check_that_it_counts();
  for (const auto id : {audio::codec_id::g722, audio::codec_id::opus, audio::codec_id::l16_48000}) {
    const auto& codec = audio::info(id);
    auto open = opening();
    open.parameters.format.send = {payload_type{0}, id};
    open.parameters.format.receive = {{payload_type{0}, id}};
    media::media_session session(open, begin, begin);
    session.command(media::play_command{1, clip(8000), true}, begin);  // of another rate
    session.command(media::record_command{1, std::make_shared<null_sink>(), {}, 16000}, begin);
    std::vector<std::uint8_t> bytes(rtp::header_bytes + audio::max_encoded_bytes);
    const std::vector<std::int16_t> sound(codec.sample_rate / 50, 500);
    bytes.resize(rtp::header_bytes + audio::make_encoder(id)->encode(
                                         sound, std::span(bytes).subspan(rtp::header_bytes)));
    const auto packets = [&](std::uint32_t from, std::uint32_t to) {
      std::size_t sent = 0;
      for (std::uint32_t n = from; n < to; ++n) {
        rtp::print({false, payload_type{0}, sequence_number{static_cast<std::uint16_t>(n)},
                    rtp_timestamp{codec.clock_rate / 50 * n}, ssrc{1}},
                   std::span(bytes).first<rtp::header_bytes>());
        const auto now = at(20 * static_cast<std::int64_t>(n));
        if (n % 10 != 7) session.receive(bytes, peer, now);  // each tenth is lost
        session.handle_timeout(now);
        while (session.poll_transmit()) ++sent;
      }
      return sent;
    };
    CHECK(packets(0, 100) >= 100);
    while (session.poll_event()) continue;
    std::size_t sent = 0, counted = 0;
    {
      const counter c;
      sent = packets(100, 300);
      counted = allocations;
    }
    INFO(codec.encoding);
    CHECK(sent >= 200);
    CHECK(counted == 0);
    CHECK(session.statistics().lost > 20);
  }
}

TEST_CASE("no allocation a packet where tones are listened for") {
  check_that_it_counts();
  auto open = opening();
  open.parameters.format.dtmf_receive.reset();
  media::media_session session(open, begin, begin);
  CHECK(run(session, 0, 50, true) > 40);
  while (session.poll_event()) continue;
  std::size_t sent = 0, counted = 0;
  {
    const counter c;
    sent = run(session, 50, 1000, true);
    counted = allocations;
  }
  CHECK(sent == 1000);
  CHECK(counted == 0);
}

TEST_CASE("no allocation with every codec, both playout modes, loss, jitter and reports") {
  check_that_it_counts();
  for (std::size_t k = 0; k < audio::codec_count; ++k) {
    const auto id = static_cast<audio::codec_id>(k);
    const auto& codec = audio::info(id);
    auto open = opening();
    open.parameters.format.send = {payload_type{0}, id};
    open.parameters.format.receive = {{payload_type{0}, id}};
    const std::uint32_t ms = audio::usable_ptime_ms(id, 20);
    open.parameters.format.ptime_ms = ms;
    media::media_session session(open, begin, begin);
    session.command(media::play_command{1, clip(8000), true}, begin);
    for (const auto mode : {media::playout_mode::steady, media::playout_mode::adaptive})
      session.command(
          media::record_command{1, std::make_shared<null_sink>(), {}, codec.sample_rate, mode},
          begin);
    std::vector<std::uint8_t> bytes(rtp::header_bytes + audio::max_encoded_bytes);
    const std::vector<std::int16_t> sound(codec.sample_rate * ms / 1000, 500);
    bytes.resize(rtp::header_bytes + audio::make_encoder(id)->encode(
                                         sound, std::span(bytes).subspan(rtp::header_bytes)));
    std::vector<std::uint8_t> report;
    rtp::print_rtcp(report, ssrc{1}, rtp::sender_info{1, rtp_timestamp{1}, 1, 1},
                    rtp::report_block{open.local_ssrc}, "peer", false);
    seeded_random random(k);
    std::size_t sent = 0, reports = 0;
    const auto packets = [&](std::uint32_t from, std::uint32_t to) {
      for (std::uint32_t n = from; n < to; ++n) {
        rtp::print({false, payload_type{0}, sequence_number{static_cast<std::uint16_t>(n)},
                    rtp_timestamp{codec.clock_rate * ms / 1000 * n}, ssrc{1}},
                   std::span(bytes).first<rtp::header_bytes>());
        // Later by up to 60 ms from the middle on: the adaptive one has to follow.
        const auto now =
            at(std::int64_t{ms} * n) + milliseconds(n > (from + to) / 2 ? random.below(60) : 0);
        if (n % 10 != 7) session.receive(bytes, peer, now);
        if (n % 100 == 0) session.receive_rtcp(report, address(1, 4001), now);
        session.handle_timeout(at(std::int64_t{ms} * n));
        while (const auto out = session.poll_transmit()) ++(out->from_rtcp_port ? reports : sent);
      }
    };
    packets(0, 1000);
    while (session.poll_event()) continue;
    sent = reports = 0;
    std::size_t counted = 0;
    {
      const counter c;
      packets(1000, 3000);
      counted = allocations;
    }
    INFO(codec.encoding << "/" << codec.sample_rate);
    CHECK(sent >= 2000);
    CHECK(reports >= 2);
    CHECK(counted == 0);
    CHECK(session.statistics().lost >= 295);
    CHECK(session.statistics().concealed_ms > 1000);
  }
}

TEST_CASE("a session that plays takes less than 24 kB") {
  const auto open = opening();
  const auto sound = clip(8000);
  std::size_t bytes = 0;
  {
    const counter c;
    media::media_session session(open, begin, begin);
    session.command(media::play_command{1, sound, true}, begin);
    run(session, 0, 100, false);
    bytes = allocated_bytes;  // all ever asked for, so at least what is held
  }
  INFO(bytes);
  CHECK(bytes > 1000);
  CHECK(bytes < 24 * 1024);
}
