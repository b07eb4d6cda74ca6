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

}  // namespace

TEST_CASE("connections that are being closed are bounded, the oldest gives way") {
  boost::asio::io_context context;
  const tls_contexts tls{tls_settings{}};
  std::vector<sip::flow_id> accepted;
  stream_shell_events events;
  events.accepted = [&](sip::flow_id, const socket_address&, const socket_address&) {
    accepted.push_back(sip::flow_id{static_cast<std::uint32_t>(0x10000 + accepted.size())});
    return std::optional(accepted.back());
  };
  events.opened = [](sip::flow_id, const socket_address&) {};
  events.segment = [](sip::flow_id, std::string_view) {};
  events.ended = [](sip::flow_id, const std::string&) {};
  events.trouble = [](const std::string& text) { FAIL(text); };
  stream_shell shell(context, tls, events);
  socket_address here{ip_address::v4(127, 0, 0, 1), 0};
  REQUIRE(shell.listen(sip::flow_id{1}, sip::transport::tcp, here) == 0);

  // Peers that neither read nor close.
  constexpr std::size_t more = 3;
  std::vector<unique_fd> peers;
  while (peers.size() < stream_shell::max_closing + more) {
    peers.push_back(connect_to(here));
    while (accepted.size() < peers.size()) context.run_one();
    context.poll();  // it is ready
    shell.close(accepted.back());
    CHECK(shell.closing() <= stream_shell::max_closing + 1);
  }
  context.poll();
  CHECK(shell.closing() <= stream_shell::max_closing);
  CHECK(shell.closing() > 0);
  // Of the first one nothing is left: what it sends is refused.
  REQUIRE(::send(peers.front().get(), "x", 1, MSG_NOSIGNAL) == 1);
  char byte = 0;
  while (::recv(peers.front().get(), &byte, 1, 0) > 0) {
  }
  int refused = 0;
  socklen_t size = sizeof refused;
  for (int i = 0; i < 1000 && refused == 0; ++i) {
    if (::send(peers.front().get(), "x", 1, MSG_NOSIGNAL) < 0) refused = errno;
    if (refused == 0) ::getsockopt(peers.front().get(), SOL_SOCKET, SO_ERROR, &refused, &size);
  }
  CHECK((refused == EPIPE || refused == ECONNRESET));
  shell.stop();
}
