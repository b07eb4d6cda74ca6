#include "sipvoice/io/stream_connection.hpp"

#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>

#include "sipvoice/io/clock.hpp"
#include "sipvoice/io/socket.hpp"
#include "sipvoice/io/tls_contexts_impl.hpp"

namespace sipvoice::io {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

socket_address plain(const tcp::endpoint& e) {
  const auto& a = e.address();
  if (a.is_v4()) return {ip_address::v4(a.to_v4().to_uint()), e.port()};
  const auto scope = static_cast<std::uint32_t>(a.to_v6().scope_id());
  return {ip_address::v6(a.to_v6().to_bytes(), scope), e.port()};
}

tcp::endpoint endpoint_of(const socket_address& a) {
  if (a.ip.is_v6()) return {boost::asio::ip::address_v6(a.ip.bytes(), a.ip.scope()), a.port};
  return {boost::asio::ip::address_v4(a.ip.v4_value()), a.port};
}

std::string text_of(const error_code& error) {
  if (error == boost::asio::error::eof || error == boost::asio::ssl::error::stream_truncated)
    return "closed by the peer";
  if (error.category() == boost::system::system_category()) return error_text(error.value());
  return error.message();
}

/// What both kinds have in common. `Stream` reads and writes; its lowest layer is the socket.
template <class Stream>
class connection : public stream_connection,
                   public std::enable_shared_from_this<connection<Stream>> {
 public:
  template <class... Args>
  connection(stream_events events, std::shared_ptr<byte_budget> queues, duration delay,
             Args&&... args)
      : stream_(std::forward<Args>(args)...),
        timer_(stream_.get_executor()),
        hold_(stream_.get_executor()),
        delay_(delay),
        events_(std::move(events)),
        queues_(std::move(queues)) {}
  ~connection() override { queues_->set(share_, 0); }

  void connect(const socket_address& remote, const std::string& server_name) override {
    auto self = this->shared_from_this();
    remote_name_ = server_name.empty() ? remote.ip.to_string() : server_name;
    remote_ = remote;
    socket().async_connect(endpoint_of(remote), [self](const error_code& error) {
      if (error) return self->end(text_of(error));
      self->no_delay();
      self->handshake(true);
    });
  }

  void serve() override {
    no_delay();
    handshake(false);
  }

  void send(std::string bytes) override {
    if (ended_ || closing_ || overfull_) return;
    const std::size_t wanted = queued_ + bytes.size();
    queues_->set(share_, 0);
    overfull_ = wanted > max_queued || !queues_->has_room(wanted);
    if (!overfull_) queued_ = wanted;
    queues_->set(share_, queued_);
    if (overfull_) {
      // Told later: the caller is in the midst of handing over.
      auto self = this->shared_from_this();
      boost::asio::post(stream_.get_executor(),
                        [self] { self->end("the peer does not take what it is sent"); });
      return;
    }
    queue_.push_back({std::move(bytes), monotonic_now() + delay_});
    if (ready_ && queue_.size() == 1) write();
  }

  void close() override {
    if (ended_ || closing_) return;
    closing_ = true;
    events_ = {};
    if (!ready_) return abort();
    auto self = this->shared_from_this();
    timer_.expires_after(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(linger + delay_));
    timer_.async_wait([self](const error_code& error) {
      if (!error) self->abort();
    });
    if (queue_.empty()) half_close();
  }

  void abort() override {
    ended_ = true;
    events_ = {};
    timer_.cancel();
    hold_.cancel();
    error_code ignored;
    socket().close(ignored);
  }

 protected:
  tcp::socket& socket() {
    if constexpr (std::is_same_v<Stream, tcp::socket>)
      return stream_;
    else
      return stream_.next_layer();
  }
  /// Ends in begin() or end().
  virtual void handshake(bool as_client) = 0;

  void begin() {
    if (ended_) return;
    error_code error;
    const auto local = socket().local_endpoint(error);
    if (error) return end(text_of(error));
    if (events_.opened) events_.opened(plain(local));
    if (ended_) return;
    ready_ = true;  // what was sent until here waits in the queue
    if (!queue_.empty()) write();
    read();
  }

  void end(const std::string& why) {
    if (ended_) return;
    ended_ = true;
    const auto told = std::move(events_.ended);
    abort();
    if (told) told(why);
  }

  Stream stream_;
  std::string remote_name_;
  socket_address remote_;

 private:
  void no_delay() {
    error_code ignored;
    socket().set_option(tcp::no_delay(true), ignored);
  }

  void read() {
    auto self = this->shared_from_this();
    stream_.async_read_some(boost::asio::buffer(segment_),
                            [self](const error_code& error, std::size_t n) {
                              if (error) return self->end(text_of(error));
                              if (self->events_.segment)
                                self->events_.segment({self->segment_.data(), n});
                              if (!self->ended_) self->read();
                            });
  }

  void write() {
    if (delay_ > duration::zero())
      if (const duration early = queue_.front().leaves - monotonic_now(); early > duration::zero())
        return hold(early);
    auto self = this->shared_from_this();
    boost::asio::async_write(stream_, boost::asio::buffer(queue_.front().bytes),
                             [self](const error_code& error, std::size_t n) {
                               if (error) return self->end(text_of(error));
                               self->queued_ -= n;
                               self->queues_->set(self->share_, self->queued_);
                               self->queue_.pop_front();
                               if (self->ended_) return;
                               if (!self->queue_.empty()) return self->write();
                               if (self->closing_) self->half_close();
                             });
  }

  void hold(duration time) {
    auto self = this->shared_from_this();
    hold_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(time));
    hold_.async_wait([self](const error_code& error) {
      if (!error && !self->ended_) self->write();
    });
  }

  /// What the peer still sends is read, or closing would throw away what it has not read yet.
  void half_close() {
    error_code ignored;
    socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  struct piece {
    std::string bytes;
    time_point leaves;  ///< not before
  };
  boost::asio::steady_timer timer_, hold_;
  duration delay_;
  stream_events events_;
  std::array<char, segment_bytes> segment_;
  std::deque<piece> queue_;
  std::shared_ptr<byte_budget> queues_;
  std::size_t queued_ = 0, share_ = 0;
  bool ready_ = false, closing_ = false, ended_ = false;
  bool overfull_ = false;  ///< about to end
};

class tcp_connection final : public connection<tcp::socket> {
 public:
  using connection::connection;

 private:
  void handshake(bool) override {
    auto self = shared_from_this();
    boost::asio::post(stream_.get_executor(), [this, self] { begin(); });
  }
};

/// RFC 5922 section 7.1: a URI "sip:name", a DNS name or an address among the alternative names.
bool is_certificate_of(X509* certificate, const std::string& name) {
  if (ip_address::parse(name)) return X509_check_ip_asc(certificate, name.c_str(), 0) == 1;
  if (X509_check_host(certificate, name.data(), name.size(), X509_CHECK_FLAG_NO_WILDCARDS,
                      nullptr) == 1)
    return true;
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  bool found = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; ++i) {
    const GENERAL_NAME* one = sk_GENERAL_NAME_value(names, i);
    if (one->type != GEN_URI) continue;
    const auto* uri = one->d.uniformResourceIdentifier;
    const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                                static_cast<std::size_t>(ASN1_STRING_length(uri)));
    found = text == "sip:" + name;
  }
  GENERAL_NAMES_free(names);
  return found;
}

std::string subject_of(X509* certificate) {
  if (certificate == nullptr) return "none";
  std::array<char, 256> text{};
  X509_NAME_oneline(X509_get_subject_name(certificate), text.data(), static_cast<int>(text.size()));
  return text.data();
}

using tls_stream = boost::asio::ssl::stream<tcp::socket>;

class tls_connection final : public connection<tls_stream> {
 public:
  tls_connection(tcp::socket socket, stream_events events, std::shared_ptr<byte_budget> queues,
                 duration delay, const tls_contexts::impl& contexts)
      : connection(std::move(events), std::move(queues), delay, std::move(socket),
                   contexts.context_for(true)),
        contexts_(contexts) {}
  struct accepting {};
  tls_connection(accepting, tcp::socket socket, stream_events events,
                 std::shared_ptr<byte_budget> queues, duration delay,
                 const tls_contexts::impl& contexts)
      : connection(std::move(events), std::move(queues), delay, std::move(socket),
                   contexts.context_for(false)),
        contexts_(contexts) {}

 private:
  void handshake(bool as_client) override {
    auto self = shared_from_this();
    const bool check = as_client && contexts_.verify;
    if (as_client && !ip_address::parse(remote_name_))
      SSL_ctrl(stream_.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               remote_name_.data());  // the macro of this has an old-style cast
    if (check) watch_chain();
    stream_.async_handshake(
        as_client ? tls_stream::client : tls_stream::server,
        [this, self, check](const error_code& error) {
          if (error) return end(broken_chain_.empty() ? "TLS: " + text_of(error) : broken_chain_);
          if (!check) return begin();
          X509* certificate = SSL_get_peer_certificate(stream_.native_handle());
          const bool fits = certificate != nullptr && is_certificate_of(certificate, remote_name_);
          const std::string subject = subject_of(certificate);
          X509_free(certificate);
          if (fits) return begin();
          end("the certificate of " + remote_.to_string() + " (" + subject + ") is not one of " +
              remote_name_ +
              "; call it by a name that its certificate has, or give --tls-verify off");
        });
  }

  /// Keeps what is wrong with the chain, and with which certificate of it.
  void watch_chain() {
    stream_.set_verify_callback([this](bool good, boost::asio::ssl::verify_context& context) {
      if (good || !broken_chain_.empty()) return good;
      X509_STORE_CTX* store = context.native_handle();
      broken_chain_ = "the certificate of " + remote_name_ + " is not accepted: " +
                      X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)) + " (" +
                      subject_of(X509_STORE_CTX_get_current_cert(store)) +
                      "); name its authority with --tls-ca, or give --tls-verify off";
      return good;
    });
  }

  const tls_contexts::impl& contexts_;
  std::string broken_chain_;
};

}  // namespace

std::shared_ptr<stream_connection> make_tcp_connection(tcp::socket socket, stream_events events,
                                                       std::shared_ptr<byte_budget> queues,
                                                       duration delay) {
  return std::make_shared<tcp_connection>(std::move(events), std::move(queues), delay,
                                          std::move(socket));
}

std::shared_ptr<stream_connection> make_tls_connection(tcp::socket socket, stream_events events,
                                                       std::shared_ptr<byte_budget> queues,
                                                       const tls_contexts& tls, duration delay) {
  if (socket.is_open())
    return std::make_shared<tls_connection>(tls_connection::accepting{}, std::move(socket),
                                            std::move(events), std::move(queues), delay,
                                            tls.contexts());
  return std::make_shared<tls_connection>(std::move(socket), std::move(events), std::move(queues),
                                          delay, tls.contexts());
}

}  // namespace sipvoice::io
