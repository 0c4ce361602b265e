// mbedTLS as a session uses it: what it needs for a handshake, and what it knows after one. Some 45 KB, so it
// goes as soon as the records need it no more (dtls/association.h).
#pragma once

#include <mbedtls/hmac_drbg.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <memory>

#include "crypto/mbedtls_compat.h"
#include "dtls/record_layer.h"
#include "dtls/session.h"

namespace weir::dtls {

struct Library {
  mbedtls_hmac_drbg_context random;
  mbedtls_x509_crt certificate;
  mbedtls_pk_context key;
  mbedtls_ssl_config config;
  mbedtls_ssl_context ssl;
  crypto::compat::ExportedKeys exported;

  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  using Verify = int (*)(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags);
  /// All but the ways in and out. The answer is the library's status.
  int configure(const SessionOptions& options, Verify verify, void* self);
  /// The name of what was negotiated.
  const char* cipher() const { return mbedtls_ssl_get_ciphersuite(&ssl); }
  std::size_t max_payload() const;
  /// After the handshake: keys and numbers of the records, for another to go on with. nullptr: the library
  /// has to go on itself, since the cipher is no AEAD.
  std::unique_ptr<RecordLayer> record_layer(Role role) const;
  /// What keys are made from.
  void forget_secrets();
};

}  // namespace weir::dtls
