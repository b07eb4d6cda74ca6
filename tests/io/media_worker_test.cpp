// Media workers with real sockets and real time: everything is waited for, nothing is slept.
#include <algorithm>
#include <cmath>

#include "io/loopback.hpp"
#include "sipvoice/io/local_route.hpp"
#include "sipvoice/io/media_hub.hpp"

using namespace sipvoice;
using namespace std::chrono_literals;
using test::loopback;

namespace {

using media::media_event;
using media::media_id;

/// Keeps what was heard, on the worker's thread; read after close().
class memory_sink final : public media::recording_sink {
 public:
  void write(std::span<const std::int16_t> heard, std::span<const std::int16_t>) override {
    samples_.insert(samples_.end(), heard.begin(), heard.end());
  }
  void close() override {}
  [[nodiscard]] const std::vector<std::int16_t>& samples() const { return samples_; }

 private:
  std::vector<std::int16_t> samples_;
};

media::media_format pcmu() {
  media::media_format f;
  f.send = {payload_type{0}, audio::codec_id::pcmu};
  f.receive = {f.send};
  return f;
}

std::shared_ptr<const audio::clip> tone(std::size_t samples) {
  auto clip = std::make_shared<audio::clip>();
  clip->samples.resize(samples);
  for (std::size_t i = 0; i < samples; ++i)
    clip->samples[i] = static_cast<std::int16_t>(
        std::lrint(8000 * std::sin(2 * 3.14159265358979 * 440 * static_cast<double>(i) / 8000)));
  return clip;
}

/// A hub whose events are kept, and noted as the loop would, when the test asks.
struct fixture {
  io::local_route route;
  test::mailbox<media_event> events;
  io::media_hub hub;
  std::size_t noted = 0;
  std::uint64_t next_id = 0;

  explicit fixture(unsigned workers, std::uint16_t first = 30000)
      : hub({ip_address::v4(127, 61, 8, 1), first, static_cast<std::uint16_t>(first + 999),
             workers},
            route, [this](std::vector<media_event> e) {
              for (auto& event : e) events.put(std::move(event));
            }) {}
  ~fixture() { hub.stop(); }

  media::media_open open_for(const call::media_ports& ports, const socket_address& remote) {
    media::media_open open;
    open.id = media_id{++next_id};
    open.ports = ports.id;
    open.parameters.remote_rtp = remote;
    open.parameters.remote_rtcp = remote;
    ++open.parameters.remote_rtcp.port;
    open.parameters.format = pcmu();
    return open;
  }
  template <class Event>
  [[nodiscard]] bool wait_for(media_id id, std::size_t count = 1) {
    return events.wait([&](const std::vector<media_event>& all) {
      return static_cast<std::size_t>(
                 std::count_if(all.begin(), all.end(), [id](const media_event& e) {
                   return e.id == id && std::holds_alternative<Event>(e.body);
                 })) >= count;
    });
  }
  media::media_statistics statistics(media_id id) {
    for (const media_event& e : events.values())
      if (e.id == id && std::holds_alternative<media::media_closed>(e.body))
        return std::get<media::media_closed>(e.body).statistics;
    FAIL("not closed");
    return {};
  }
  void note_all() {
    const auto all = events.values();
    for (; noted < all.size(); ++noted) hub.note(all[noted]);
  }
};

/// One packet of PCMU silence.
void raw_packet(int fd, const socket_address& to) {
  std::array<std::uint8_t, 172> packet{};
  packet.fill(0xff);
  const std::array<std::uint8_t, 12> header{0x80, 0, 0, 1, 0, 0, 0, 160, 0, 0, 0, 9};
  std::copy(header.begin(), header.end(), packet.begin());
  io::raw_address raw{};
  const socklen_t length = io::to_raw(to, raw);
  REQUIRE(::sendto(fd, packet.data(), packet.size(), 0, &raw.any, length) == 172);
}

}  // namespace

TEST_CASE("what came before the sockets of a session were watched is heard") {
  fixture f(1);
  f.hub.start(nullptr);
  const auto ports = f.hub.acquire(loopback);
  REQUIRE(ports);
  const test::peer peer;
  raw_packet(peer.fd(), ports->rtp);
  const auto open = f.open_for(*ports, peer.address());
  f.hub.open(open);
  f.hub.flush();
  REQUIRE(f.wait_for<media::first_packet>(open.id));
  f.hub.close(open.id);
  f.hub.flush();
  REQUIRE(f.wait_for<media::media_closed>(open.id));
  CHECK(f.statistics(open.id).packets_received == 1);
}

TEST_CASE("two sessions exchange two seconds of sound") {
  const unsigned workers = GENERATE(1U, 2U);
  CAPTURE(workers);
  fixture f(workers);
  f.hub.start(nullptr);
  const auto a = f.hub.acquire(loopback), b = f.hub.acquire(loopback);
  REQUIRE(a);
  REQUIRE(b);
  const auto open_a = f.open_for(*a, b->rtp), open_b = f.open_for(*b, a->rtp);
  auto heard = std::make_shared<memory_sink>();
  f.hub.open(open_b);
  f.hub.command({open_b.id, media::record_command{1, heard, {}}});
  f.hub.open(open_a);
  f.hub.flush();
  CHECK(f.hub.sessions() == 2);
  f.hub.command({open_a.id, media::play_command{1, tone(16000), false}});
  f.hub.flush();
  REQUIRE(f.wait_for<media::first_packet>(open_b.id));
  REQUIRE(f.wait_for<media::play_started>(open_a.id));
  REQUIRE(f.wait_for<media::play_finished>(open_a.id));
  f.hub.close(open_a.id);
  f.hub.flush();
  REQUIRE(f.wait_for<media::media_closed>(open_a.id));
  f.hub.close(open_b.id);
  f.hub.flush();
  REQUIRE(f.wait_for<media::media_closed>(open_b.id));
  CHECK(f.hub.ports_in_use() == 2);  // until the loop has heard of it
  f.note_all();
  CHECK(f.hub.ports_in_use() == 0);
  CHECK(f.hub.sessions() == 0);

  const auto sent = f.statistics(open_a.id), received = f.statistics(open_b.id);
  CHECK(sent.packets_sent >= 100);
  // A's last packet may have come in the very slice in which B was closed: it counts.
  CHECK(received.packets_received == sent.packets_sent);
  CHECK(received.rejected == 0);
  CHECK(received.malformed == 0);
  double energy = 0;
  for (const std::int16_t s : heard->samples()) energy += double{1} * s * s;
  // Two seconds of a sine of amplitude 8000, within 5 %.
  CHECK(energy == Approx(16000 * 32e6).epsilon(0.05));
}

TEST_CASE("sessions send a packet of their format as soon as they are open") {
  fixture f(1, 31000);
  f.hub.start(nullptr);
  const test::peer peers[4];
  std::vector<media_id> ids;
  for (const test::peer& p : peers) {
    const auto ports = f.hub.acquire(loopback);
    REQUIRE(ports);
    const auto open = f.open_for(*ports, p.address());
    ids.push_back(open.id);
    f.hub.open(open);
    f.hub.flush();
  }
  for (const test::peer& p : peers) {
    const auto packet = p.receive();
    REQUIRE(packet);
    CHECK(packet->bytes.size() == 12 + 160);
  }
  for (const media_id id : ids) f.hub.close(id);
  f.hub.flush();
  for (const media_id id : ids) REQUIRE(f.wait_for<media::media_closed>(id));
  const io::worker_counters counters = f.hub.counters();
  CHECK(counters.sent >= 4);
  CHECK(counters.send_errors == 0);
}

TEST_CASE("without sessions there is no slice") {
  fixture f(1, 32000);
  f.hub.start(nullptr);
  const auto ports = f.hub.acquire(loopback);
  REQUIRE(ports);
  const test::peer peer;
  const auto open = f.open_for(*ports, peer.address());
  f.hub.open(open);
  f.hub.flush();
  REQUIRE(peer.receive());
  f.hub.close(open.id);
  f.hub.flush();
  REQUIRE(f.wait_for<media::media_closed>(open.id));
  CHECK(f.hub.counters().slices > 0);
  // The grid goes on for a little, in case another call follows; then nothing happens any more.
  std::uint64_t before = 0, slices = f.hub.counters().slices;
  for (int tries = 0; before != slices && tries < 100; ++tries) {
    before = slices;
    io::sleep_until(io::monotonic_now() + 100ms);  // twenty slices' worth
    slices = f.hub.counters().slices;
  }
  CHECK(slices == before);
  // And it wakes again.
  f.note_all();
  const auto more = f.hub.acquire(loopback);
  REQUIRE(more);
  const auto again = f.open_for(*more, peer.address());
  f.hub.open(again);
  f.hub.flush();
  while (const auto left = peer.receive(0ms)) static_cast<void>(left);
  REQUIRE(peer.receive());
}

TEST_CASE("a flood on one port reaches its session only, and does not stop the other") {
  fixture f(1, 33000);
  f.hub.start(nullptr);
  const test::peer flooder, quiet;
  const auto a = f.hub.acquire(loopback), b = f.hub.acquire(loopback);
  REQUIRE(a);
  REQUIRE(b);
  const auto open_a = f.open_for(*a, flooder.address());
  const auto open_b = f.open_for(*b, quiet.address());
  f.hub.open(open_a);
  f.hub.open(open_b);
  f.hub.flush();
  REQUIRE(quiet.receive());
  const std::uint64_t before = f.hub.counters().received;
  constexpr std::uint64_t flood = 100;
  for (std::uint64_t i = 0; i < flood; ++i) flooder.send(a->rtp, "no RTP");
  // A hundred datagrams are more than one slice reads of one socket: the rest comes in later ones.
  const time_point end = io::monotonic_now() + test::patience;
  while (f.hub.counters().received < before + flood && io::monotonic_now() < end)
    REQUIRE(quiet.receive());
  CHECK(f.hub.counters().received == before + flood);
  f.hub.close(open_a.id);
  f.hub.flush();
  REQUIRE(f.wait_for<media::media_closed>(open_a.id));
  CHECK(f.statistics(open_a.id).malformed == flood);
  CHECK(f.statistics(open_a.id).packets_received == 0);
}

TEST_CASE("what came just before the end counts, on both ports, and a flood does not put it off") {
  fixture f(1, 33500);
  f.hub.start(nullptr);
  const test::peer peer;
  for (const std::uint64_t count : {1u, 40u, 2000u}) {
    CAPTURE(count);
    const auto ports = f.hub.acquire(loopback);
    REQUIRE(ports);
    auto open = f.open_for(*ports, peer.address());
    open.parameters.remote_rtcp = peer.address();  // it sends both from one port
    f.hub.open(open);
    f.hub.flush();
    REQUIRE(peer.receive());
    socket_address rtcp = ports->rtp;
    ++rtcp.port;
    for (std::uint64_t i = 0; i < count; ++i) peer.send(ports->rtp, "no RTP");
    peer.send(rtcp, "no RTCP");
    f.hub.close(open.id);
    f.hub.flush();
    REQUIRE(f.wait_for<media::media_closed>(open.id));
    const auto figures = f.statistics(open.id);
    if (count < 100)
      CHECK(figures.malformed == count + 1);
    else
      CHECK(figures.malformed > 0);  // as much as the socket held
    f.note_all();
    while (const auto left = peer.receive(0ms)) static_cast<void>(left);
  }
}

TEST_CASE("stopping closes what is open and tells it") {
  fixture f(2, 34000);
  f.hub.start(nullptr);
  std::vector<media_id> ids;
  for (int i = 0; i < 5; ++i) {
    const auto ports = f.hub.acquire(loopback);
    REQUIRE(ports);
    const auto open = f.open_for(*ports, {});
    ids.push_back(open.id);
    f.hub.open(open);
    f.hub.flush();
  }
  f.hub.stop();
  for (const media_id id : ids) CHECK(f.statistics(id).packets_received == 0);
  f.note_all();
  CHECK(f.hub.ports_in_use() == 0);
  // What comes for sessions that are gone does nothing.
  f.hub.close(ids[0]);
  f.hub.command({ids[0], media::start_command{}});
  f.hub.flush();
  CHECK(f.hub.sessions() == 0);
}

TEST_CASE("a worker's packets are captured, in and out") {
  const test::scratch_folder folder;
  fixture f(1, 35000);
  io::pcap_writer capture;
  REQUIRE(capture.open(folder.file("a.pcap")) == 0);
  f.hub.start(&capture);
  capture.start();
  const test::peer peer;
  const auto ports = f.hub.acquire(loopback);
  REQUIRE(ports);
  const auto open = f.open_for(*ports, peer.address());
  f.hub.open(open);
  f.hub.flush();
  const auto first = peer.receive();
  REQUIRE(first);
  peer.send(ports->rtp, first->bytes);
  REQUIRE(f.wait_for<media::first_packet>(open.id));
  f.hub.stop();
  capture.stop();
  const std::string file = test::contents(folder.file("a.pcap"));
  std::size_t found = 0;
  for (std::size_t at = file.find(first->bytes); at != std::string::npos;
       at = file.find(first->bytes, at + 1))
    ++found;
  CHECK(found == 2);
  CHECK(capture.written() >= 2);
}

TEST_CASE("a socket that cannot be watched is read all the same") {
  fixture f(1);
  test::mailbox<media_event> events;
  io::media_worker worker([&](std::vector<media_event> all) {
    for (auto& event : all) events.put(std::move(event));
  });
  const auto pair = io::bind_udp({ip_address::v4(127, 61, 8, 1), 0});
  const auto control = io::bind_udp({ip_address::v4(127, 61, 8, 1), 0});
  REQUIRE(static_cast<bool>(pair));
  REQUIRE(static_cast<bool>(control));
  io::port_pool::sockets sockets;
  sockets.local = io::local_address(pair.get()).value();
  sockets.rtp = pair.get();
  sockets.rtcp = control.get();
  const auto peer = io::bind_udp({ip_address::v4(127, 61, 8, 1), 0});
  REQUIRE(static_cast<bool>(peer));
  const socket_address from = io::local_address(peer.get()).value();
  const call::media_ports ports{media::port_pair_id{1}, sockets.local};
  // The system watches a descriptor once; the second session on it is refused a watch.
  const auto first = f.open_for(ports, from), second = f.open_for(ports, from);
  const auto count = [&](media_id id, auto is) {
    return [id, is](const std::vector<media_event>& all) {
      return std::any_of(all.begin(), all.end(),
                         [&](const media_event& e) { return e.id == id && is(e.body); });
    };
  };
  const auto heard = [](const media::event_body& b) {
    return std::holds_alternative<media::first_packet>(b);
  };
  worker.open(first, sockets);
  worker.flush();
  raw_packet(peer.get(), sockets.local);
  REQUIRE(events.wait(count(first.id, heard)));
  worker.open(second, sockets);
  worker.close(first.id);
  worker.flush();
  REQUIRE(events.wait(count(first.id, [](const media::event_body& b) {
    return std::holds_alternative<media::media_closed>(b);
  })));
  raw_packet(peer.get(), sockets.local);
  CHECK(events.wait(count(second.id, heard)));
  worker.close(second.id);
  worker.flush();
  CHECK(events.wait(count(second.id, [](const media::event_body& b) {
    return std::holds_alternative<media::media_closed>(b);
  })));
  worker.stop();
}

TEST_CASE("what is said in one turn of the loop arrives together: no tick falls between") {
  fixture f(1);
  f.hub.start(nullptr);
  const auto a = f.hub.acquire(loopback), b = f.hub.acquire(loopback);
  REQUIRE(a);
  REQUIRE(b);
  const auto clock = f.open_for(*a, b->rtp), echo = f.open_for(*b, a->rtp);
  f.hub.open(clock);
  f.hub.flush();

  // While the sound plays on one session, the other one is opened but not told yet what to do.
  f.hub.command({clock.id, media::play_command{1, tone(1600), false}});
  f.hub.flush();
  f.hub.open(echo);
  REQUIRE(f.wait_for<media::play_finished>(clock.id));
  f.hub.command({echo.id, media::echo_command{true}});
  f.hub.close(echo.id);
  f.hub.flush();
  REQUIRE(f.wait_for<media::media_closed>(echo.id));
  CHECK(f.statistics(echo.id).packets_sent == 0);  // an echo says nothing of itself
}
