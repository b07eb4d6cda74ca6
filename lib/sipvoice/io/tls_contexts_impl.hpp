// Private to the TLS sources of io: the only header that brings OpenSSL's.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <utility>

#include "sipvoice/io/tls_settings.hpp"

namespace sipvoice::io {

struct tls_contexts::impl {
  // Asio takes contexts that are not const to make streams, which does not change them.
  mutable boost::asio::ssl::context client{boost::asio::ssl::context::tls_client};
  mutable boost::asio::ssl::context server{boost::asio::ssl::context::tls_server};
  bool verify = true;
  bool has_certificate = false;
  /// The system's authorities are read by the first connection of ours: hundreds of certificates
  /// that a process without TLS has no use for.
  mutable bool lacks_system_authorities = false;

  [[nodiscard]] boost::asio::ssl::context& context_for(bool ours) const {
    if (!ours) return server;
    if (std::exchange(lacks_system_authorities, false)) {
      boost::system::error_code ignored;  // without them no chain is good, and that is told
      client.set_default_verify_paths(ignored);
    }
    return client;
  }
};

}  // namespace sipvoice::io
