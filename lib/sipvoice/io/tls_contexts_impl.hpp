// Private to the TLS sources of io: the only header that brings OpenSSL's.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "sipvoice/io/tls_settings.hpp"

namespace sipvoice::io {

struct tls_contexts::impl {
  // Asio takes contexts that are not const to make streams, which does not change them.
  mutable boost::asio::ssl::context client{boost::asio::ssl::context::tls_client};
  mutable boost::asio::ssl::context server{boost::asio::ssl::context::tls_server};
  bool verify = true;
  bool has_certificate = false;
};

}  // namespace sipvoice::io
