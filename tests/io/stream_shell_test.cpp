// The stream side of the shell over loopback sockets.
#include "sipvoice/io/stream_shell.hpp"

#include "io/loopback.hpp"
#include "sipvoice/io/socket.hpp"
#include "support/catch.hpp"

using namespace sipvoice;
using namespace sipvoice::io;

namespace {

unique_fd connect_to(const socket_address& to) {
  unique_fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  raw_address raw{};
  const socklen_t length = to_raw(to, raw);
  REQUIRE(::connect(fd.get(), &raw.any, length) == 0);
  return fd;
}

/// A shell that accepts from whoever comes, and peers that neither read nor close.
struct rig {
  rig() {
    stream_shell_events events;
    events.accepted = [this](sip::flow_id, const socket_address&, const socket_address&) {
      accepted.push_back(sip::flow_id{static_cast<std::uint32_t>(0x10000 + accepted.size())});
      return std::optional(accepted.back());
    };
    events.opened = [](sip::flow_id, const socket_address&) {};
    events.segment = [](sip::flow_id, std::string_view) {};
    events.ended = [this](sip::flow_id id, const std::string&) { ended.push_back(id); };
    events.trouble = [](const std::string& text) { FAIL(text); };
    shell.emplace(context, tls, events);
    REQUIRE(shell->listen(sip::flow_id{1}, sip::transport::tcp, here) == 0);
  }
  ~rig() { shell->stop(); }
  sip::flow_id connect() {
    peers.push_back(connect_to(here));
    while (accepted.size() < peers.size()) context.run_one();
    context.poll();  // it is ready
    return accepted.back();
  }

  boost::asio::io_context context;
  tls_contexts tls{tls_settings{}};
  socket_address here{ip_address::v4(127, 0, 0, 1), 0};
  std::vector<sip::flow_id> accepted, ended;
  std::vector<unique_fd> peers;
  std::optional<stream_shell> shell;
};

}  // namespace

TEST_CASE("connections that are being closed are bounded, the oldest gives way") {
  rig r;
  constexpr std::size_t more = 3;
  while (r.peers.size() < stream_shell::max_closing + more) {
    r.shell->close(r.connect());
    CHECK(r.shell->closing() <= stream_shell::max_closing + 1);
  }
  r.context.poll();
  CHECK(r.shell->closing() <= stream_shell::max_closing);
  CHECK(r.shell->closing() > 0);
  // Of the first one nothing is left: what it sends is refused.
  const int first = r.peers.front().get();
  REQUIRE(::send(first, "x", 1, MSG_NOSIGNAL) == 1);
  char byte = 0;
  while (::recv(first, &byte, 1, 0) > 0) {
  }
  int refused = 0;
  socklen_t size = sizeof refused;
  for (int i = 0; i < 1000 && refused == 0; ++i) {
    if (::send(first, "x", 1, MSG_NOSIGNAL) < 0) refused = errno;
    if (refused == 0) ::getsockopt(first, SOL_SOCKET, SO_ERROR, &refused, &size);
  }
  CHECK((refused == EPIPE || refused == ECONNRESET));
}

TEST_CASE("what peers do not take is bounded over all connections, short queues come last") {
  rig r;
  // What the system does not take is queued: less than one connection may have.
  constexpr std::size_t chunk = 65'536, most = stream_connection::max_queued - 2 * chunk;
  constexpr std::size_t half = stream_connection::max_queued_by_all / 2;
  while (r.ended.empty() && r.peers.size() < 2 * half / most) {
    const sip::flow_id id = r.connect();
    const std::size_t before = r.shell->queued();
    while (r.ended.empty() && r.shell->queued() < before + most) {
      r.shell->send(id, std::string(chunk, 'x'));
      r.context.poll();
    }
  }
  REQUIRE(r.ended.size() == 1);
  CHECK(r.ended.front() == r.accepted.back());
  CHECK(r.peers.size() >= half / stream_connection::max_queued);
  CHECK(r.shell->queued() <= half);
  r.shell->send(r.connect(), "short");
  r.context.poll();
  CHECK(r.ended.size() == 1);
  std::string got(5, ' ');
  REQUIRE(::recv(r.peers.back().get(), got.data(), got.size(), MSG_WAITALL) == 5);
  CHECK(got == "short");
}
