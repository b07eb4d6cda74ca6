// What --tls-cert, --tls-key, --tls-ca and --tls-verify say, made ready for connections.
//
// Connections of ours: TLS 1.2 at least, SNI, and unless verification is off the chain must lead to
// an authority of --tls-ca (else of the system) and the certificate must be of the name that was
// asked for: a SAN of type URI ("sip:name"), DNS or IP address, without wildcards (RFC 5922
// sections 7.1 and 7.2). Our own certificate is shown when the peer asks for one.
//
// Connections that we accept: the peer is asked for a certificate, and must have a good one, only
// where --tls-ca names the authority to judge it by and verification is on.
#pragma once

#include <memory>
#include <string>

namespace sipvoice::io {

struct tls_settings {
  std::string certificate_file, key_file;  ///< PEM; the chain may follow the certificate
  std::string authority_file;              ///< PEM; empty: the system's
  bool verify = true;
};

class tls_contexts {
 public:
  /// Throws bad_setting: what, which file, why, what to do.
  explicit tls_contexts(const tls_settings& settings);
  ~tls_contexts();
  tls_contexts(const tls_contexts&) = delete;
  tls_contexts& operator=(const tls_contexts&) = delete;

  /// A listener cannot do without.
  [[nodiscard]] bool has_certificate() const;

  struct impl;  ///< the two contexts; known where OpenSSL's headers are
  [[nodiscard]] const impl& contexts() const { return *impl_; }

 private:
  std::unique_ptr<impl> impl_;
};

}  // namespace sipvoice::io
