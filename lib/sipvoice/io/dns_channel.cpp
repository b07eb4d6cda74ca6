#include "sipvoice/io/dns_channel.hpp"

#define CARES_NO_DEPRECATED
#include <ares.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstring>

#include "sipvoice/base/bytes.hpp"

namespace sipvoice::io {
namespace {

using boost::asio::posix::stream_descriptor;

/// A question is sent after 0, 1 and 3 s, with several servers to one after the other.
constexpr int first_timeout_ms = 1000, tries = 3;

/// Once for the process; c-ares keeps nothing that would have to be given back.
bool library_is_ready() {
  static const bool ready = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return ready;
}

ares_addr_port_node to_node(const socket_address& server) {
  ares_addr_port_node node{};
  node.family = server.ip.is_v6() ? AF_INET6 : AF_INET;
  const auto& bytes = server.ip.bytes();
  if (server.ip.is_v6())
    std::memcpy(&node.addr.addr6, bytes.data(), 16);
  else
    std::memcpy(&node.addr.addr4, bytes.data() + 12, 4);
  node.udp_port = node.tcp_port = server.port;
  return node;
}

sip::dns_outcome outcome_of(int status) {
  switch (status) {
    case ARES_ENODATA:
      return sip::dns_outcome::no_records;
    case ARES_ENOTFOUND:
    case ARES_EBADNAME:  // such a name cannot exist
      return sip::dns_outcome::no_such_name;
    case ARES_ETIMEOUT:
      return sip::dns_outcome::no_answer;
    default:  // ECONNREFUSED too, which is also what is left of a server's SERVFAIL
      return sip::dns_outcome::refused;
  }
}

}  // namespace

struct dns_channel::watch {
  watch(boost::asio::io_context& context, int fd) : descriptor(context, fd) {}
  ~watch() { let_go(); }
  watch(const watch&) = delete;
  watch& operator=(const watch&) = delete;

  void let_go() {
    if (descriptor.is_open()) descriptor.release();  // c-ares closes it
  }

  stream_descriptor descriptor;
  bool wants_read = false, wants_write = false;  ///< what c-ares waits for
  bool reading = false, writing = false;         ///< what we wait for in its stead
};

struct dns_channel::pending {
  sip::dns_type type;
  answer done;
};

dns_channel::dns_channel(boost::asio::io_context& context,
                         const std::optional<socket_address>& server)
    : context_(context), timer_(context) {
  if (!library_is_ready()) return;
  ares_options options{};
  options.timeout = first_timeout_ms;
  options.tries = tries;
  options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<dns_channel*>(self)->socket_changed(fd, readable != 0, writable != 0);
  };
  options.sock_state_cb_data = this;
  int given = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  // A server that was named is asked for names as they are: the system's domains are not its own.
  if (server) given |= ARES_OPT_DOMAINS;
  if (ares_init_options(&channel_, &options, given) != ARES_SUCCESS) {
    channel_ = nullptr;
    return;
  }
  if (!server) return;
  ares_addr_port_node node = to_node(*server);
  ares_set_servers_ports(channel_, &node);
}

dns_channel::~dns_channel() {
  if (channel_ != nullptr) ares_destroy(channel_);
}

void dns_channel::ask(const sip::dns_query& query, answer done) {
  if (channel_ == nullptr) return done({sip::dns_outcome::refused, {}});
  auto question = std::make_unique<pending>(pending{query.type, std::move(done)});
  const int type = static_cast<int>(query.type);
  const bool is_address = query.type == sip::dns_type::a || query.type == sip::dns_type::aaaa;
  constexpr int class_in = 1;
  if (is_address)
    ares_search(channel_, query.name.c_str(), class_in, type, &answered, question.release());
  else
    ares_query(channel_, query.name.c_str(), class_in, type, &answered, question.release());
  arm();
}

void dns_channel::answered(void* arg, int status, int /*timeouts*/, unsigned char* bytes,
                           int length) {
  const std::unique_ptr<pending> question(static_cast<pending*>(arg));
  if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) return;
  const bool says = status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND;
  sip::timed_reply reply{outcome_of(status), {}};
  if (says && bytes != nullptr && length > 0) {
    const auto read =
        sip::read_dns_message({bytes, static_cast<std::size_t>(length)}, question->type);
    // Of several search domains the message is the last one's, the status that of all.
    if (status == ARES_SUCCESS)
      reply = read;
    else if (read.reply.records.empty())
      reply.ttl = read.ttl;
  }
  question->done(reply);
}

void dns_channel::socket_changed(int fd, bool readable, bool writable) {
  const auto at = watches_.find(fd);
  if (!readable && !writable) {  // about to be closed
    if (at == watches_.end()) return;
    at->second->let_go();
    watches_.erase(at);
    return;
  }
  std::shared_ptr<watch> w;
  if (at != watches_.end()) {
    w = at->second;
  } else {
    w = std::make_shared<watch>(context_, fd);
    watches_.emplace(fd, w);
  }
  w->wants_read = readable;
  w->wants_write = writable;
  wait(w);
}

void dns_channel::wait(const std::shared_ptr<watch>& w) {
  // A watch that is gone, or a channel that is: both let its descriptor go first.
  const auto once = [this, weak = std::weak_ptr(w)](bool to_read) {
    return [this, weak, to_read](const boost::system::error_code& error) {
      const auto alive = weak.lock();
      if (alive && !error) ready(alive, to_read);
    };
  };
  if (w->wants_read && !std::exchange(w->reading, true))
    w->descriptor.async_wait(stream_descriptor::wait_read, once(true));
  if (w->wants_write && !std::exchange(w->writing, true))
    w->descriptor.async_wait(stream_descriptor::wait_write, once(false));
}

void dns_channel::ready(const std::shared_ptr<watch>& w, bool to_read) {
  (to_read ? w->reading : w->writing) = false;
  const int fd = w->descriptor.native_handle();
  ares_process_fd(channel_, to_read ? fd : ARES_SOCKET_BAD, to_read ? ARES_SOCKET_BAD : fd);
  if (w->descriptor.is_open()) wait(w);
  arm();
}

void dns_channel::arm() {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
    if (error || alive.expired()) return;
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm();
  });
}

}  // namespace sipvoice::io
