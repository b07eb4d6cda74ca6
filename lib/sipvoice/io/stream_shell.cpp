#include "sipvoice/io/stream_shell.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>

#include "sipvoice/io/socket.hpp"

namespace sipvoice::io {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr int backlog = 1024;

}  // namespace

struct stream_shell::acceptor {
  acceptor(boost::asio::io_context& context, sip::flow_id id, sip::transport t)
      : socket(context), pause(context), listener(id), transport(t) {}
  tcp::acceptor socket;
  boost::asio::steady_timer pause;
  sip::flow_id listener;
  sip::transport transport;
  bool troubled = false;
};

stream_shell::stream_shell(boost::asio::io_context& context, const tls_contexts& tls,
                           stream_shell_events events, duration delay)
    : context_(context), tls_(tls), events_(std::move(events)), delay_(delay) {}

stream_shell::~stream_shell() { stop(); }

int stream_shell::listen(sip::flow_id listener, sip::transport t, socket_address& local) {
  const int family = local.ip.is_v6() ? AF_INET6 : AF_INET;
  unique_fd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return errno;
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (local.ip.is_v6()) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  raw_address raw{};
  const socklen_t length = to_raw(local, raw);
  if (::bind(fd.get(), &raw.any, length) != 0 || ::listen(fd.get(), backlog) != 0) return errno;
  local = local_address(fd.get()).value_or(local);
  auto made = std::make_unique<acceptor>(context_, listener, t);
  error_code error;
  made->socket.assign(local.ip.is_v6() ? tcp::v6() : tcp::v4(), fd.get(), error);
  if (error) return error.value();
  static_cast<void>(fd.release());
  acceptors_.push_back(std::move(made));
  accept(*acceptors_.back());
  return 0;
}

void stream_shell::accept(acceptor& from) {
  from.socket.async_accept([this, &from](const error_code& error, tcp::socket socket) {
    if (error == boost::asio::error::operation_aborted || stopped_) return;
    if (!error) {
      from.troubled = false;
      take(from, std::move(socket));
      return accept(from);
    }
    if (error == boost::asio::error::connection_aborted) return accept(from);
    // No descriptors, no memory: those that are up may end meanwhile.
    if (!std::exchange(from.troubled, true))
      events_.trouble("cannot accept connections: " + error_text(error.value()) +
                      "; tried again every 100 ms");
    from.pause.expires_after(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(accept_pause));
    from.pause.async_wait([this, &from](const error_code& cancelled) {
      if (!cancelled && !stopped_) accept(from);
    });
  });
}

void stream_shell::take(acceptor& from, tcp::socket socket) {
  const auto local = local_address(socket.native_handle());
  raw_address raw{};
  socklen_t length = sizeof raw;
  if (!local || ::getpeername(socket.native_handle(), &raw.any, &length) != 0) return;
  const auto remote = from_raw(raw);
  if (!remote) return;
  const auto id = events_.accepted(from.listener, *remote, *local);
  if (!id) return;  // the socket closes
  flow& f = flows_[*id];
  f.where = {*local, *remote, {}};
  f.connection = make(from.transport, *id, std::move(socket), false);
  f.connection->serve();
}

std::shared_ptr<stream_connection> stream_shell::make(sip::transport t, sip::flow_id id,
                                                      tcp::socket socket, bool ours) {
  stream_events e;
  e.opened = [this, id, ours](const socket_address& local) {
    if (!ours) return;
    flows_[id].where.local = local;
    events_.opened(id, local);
  };
  e.segment = [this, id](std::string_view segment) { events_.segment(id, segment); };
  e.ended = [this, id](const std::string& why) {
    flows_.erase(id);
    events_.ended(id, why);
  };
  return t == sip::transport::tls
             ? make_tls_connection(std::move(socket), std::move(e), queues_, tls_, delay_)
             : make_tcp_connection(std::move(socket), std::move(e), queues_, delay_);
}

void stream_shell::open(const call::open_flow& what) {
  flow& f = flows_[what.flow];
  f.where = {{}, what.remote, {}};
  f.connection = make(what.transport, what.flow, tcp::socket(context_), true);
  f.connection->connect(what.remote, what.server_name);
}

void stream_shell::send(sip::flow_id id, std::string bytes) {
  const auto at = flows_.find(id);
  if (at != flows_.end()) at->second.connection->send(std::move(bytes));
}

void stream_shell::close(sip::flow_id id) {
  const auto at = flows_.find(id);
  if (at == flows_.end()) return;
  at->second.connection->close();
  let_linger(at->second.connection);
  flows_.erase(at);
}

void stream_shell::let_linger(const std::shared_ptr<stream_connection>& connection) {
  closing_.push_back(connection);
  if (closing_.size() <= max_closing) return;
  std::erase_if(closing_, [](const auto& one) { return one.expired(); });
  for (; closing_.size() > max_closing; closing_.pop_front())
    if (const auto oldest = closing_.front().lock()) oldest->abort();
}

std::size_t stream_shell::closing() const {
  return static_cast<std::size_t>(std::count_if(closing_.begin(), closing_.end(),
                                                [](const auto& one) { return !one.expired(); }));
}

stream_shell::ends* stream_shell::ends_of(sip::flow_id id) {
  const auto at = flows_.find(id);
  return at == flows_.end() ? nullptr : &at->second.where;
}

void stream_shell::stop() {
  stopped_ = true;
  for (const auto& a : acceptors_) {
    error_code ignored;
    a->socket.close(ignored);
    a->pause.cancel();
  }
  for (const auto& [id, f] : flows_) f.connection->close();
  flows_.clear();
}

}  // namespace sipvoice::io
