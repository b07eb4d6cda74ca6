#include "sipvoice/io/tls_settings.hpp"

#include <openssl/ssl.h>

#include "sipvoice/io/runtime.hpp"
#include "sipvoice/io/tls_contexts_impl.hpp"

namespace sipvoice::io {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

[[noreturn]] void cannot_use(const std::string& option, const std::string& file,
                             const std::string& why, const std::string& what_to_do) {
  throw bad_setting("cannot use " + option + " " + file + ": " + why + "; " + what_to_do);
}

void take_certificate(ssl::context& context, const tls_settings& s) {
  error_code error;
  context.use_certificate_chain_file(s.certificate_file, error);
  if (error)
    cannot_use("--tls-cert", s.certificate_file, error.message(),
               "give a readable certificate in PEM");
  const std::string& key = s.key_file.empty() ? s.certificate_file : s.key_file;
  context.use_private_key_file(key, ssl::context::pem, error);
  if (error)
    cannot_use("--tls-key", key, error.message(),
               "give the readable private key of --tls-cert, in PEM and without a password");
}

void take_authority(ssl::context& context, const std::string& file) {
  error_code error;
  context.load_verify_file(file, error);
  if (error) cannot_use("--tls-ca", file, error.message(), "give readable certificates in PEM");
}

}  // namespace

tls_contexts::tls_contexts(const tls_settings& s) : impl_(std::make_unique<impl>()) {
  impl_->verify = s.verify;
  for (ssl::context* c : {&impl_->client, &impl_->server}) {
    SSL_CTX_set_min_proto_version(c->native_handle(), TLS1_2_VERSION);
    if (!s.certificate_file.empty()) take_certificate(*c, s);
    if (!s.authority_file.empty()) take_authority(*c, s.authority_file);
  }
  impl_->has_certificate = !s.certificate_file.empty();
  impl_->lacks_system_authorities = s.authority_file.empty();
  impl_->client.set_verify_mode(s.verify ? ssl::verify_peer : ssl::verify_none);
  const bool judge = s.verify && !s.authority_file.empty();
  impl_->server.set_verify_mode(judge ? ssl::verify_peer | ssl::verify_fail_if_no_peer_cert
                                      : ssl::verify_none);
}

tls_contexts::~tls_contexts() = default;

bool tls_contexts::has_certificate() const { return impl_->has_certificate; }

}  // namespace sipvoice::io
