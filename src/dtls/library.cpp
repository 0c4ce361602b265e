#include "dtls/library.h"

#include <mbedtls/platform_util.h>

#include <algorithm>
#include <array>

#include "dtls/retransmit_timer.h"

namespace weir::dtls {
namespace {

namespace compat = crypto::compat;

// AEAD first, ECDSA first: what RFC 8827 section 6.5 wants everybody to have. RSA is for peers whose own
// certificate is RSA (GStreamer's default), when they are the server.
constexpr int kCiphers[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                            MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                            MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
                            MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                            MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
                            MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
                            MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
                            MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
                            0};

// mbedTLS knows no AEAD profiles. The list outlives every configuration.
constexpr mbedtls_ssl_srtp_profile kProfiles[] = {
    MBEDTLS_TLS_SRTP_AES128_CM_HMAC_SHA1_80, MBEDTLS_TLS_SRTP_AES128_CM_HMAC_SHA1_32, MBEDTLS_TLS_SRTP_UNSET};

std::optional<RecordCipher> record_cipher_of(const char* suite) {
  switch (suite == nullptr ? 0 : mbedtls_ssl_get_ciphersuite_id(suite)) {
    case MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:
    case MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:
      return RecordCipher::aes_128_gcm;
    case MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:
    case MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:
      return RecordCipher::aes_256_gcm;
    case MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256:
    case MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:
      return RecordCipher::chacha20_poly1305;
    default:  // CBC
      return std::nullopt;
  }
}

}  // namespace

Library::Library() {
  mbedtls_hmac_drbg_init(&random);
  mbedtls_x509_crt_init(&certificate);
  mbedtls_pk_init(&key);
  mbedtls_ssl_config_init(&config);
  mbedtls_ssl_init(&ssl);
}

Library::~Library() {
  mbedtls_ssl_free(&ssl);
  mbedtls_ssl_config_free(&config);
  mbedtls_pk_free(&key);
  mbedtls_x509_crt_free(&certificate);
  mbedtls_hmac_drbg_free(&random);
  forget_secrets();
}

void Library::forget_secrets() {
  mbedtls_platform_zeroize(exported.master.data(), exported.master.size());
  exported.ready = false;
}

int Library::configure(const SessionOptions& options, Verify verify, void* self) {
  const auto random_function = mbedtls_hmac_drbg_random;
  // Seeded once with 256 bits of the caller's; no reseeding, so that a run can be repeated.
  int status = mbedtls_hmac_drbg_seed_buf(&random, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256),
                                          options.seed.data(), options.seed.size());
  if (status != 0) return status;
  const Bytes der = options.certificate->certificate_der();
  status = mbedtls_x509_crt_parse_der(&certificate, der.data(), der.size());
  if (status != 0) return status;
  status = compat::parse_key(key, options.certificate->key_der(), random_function, &random);
  if (status != 0) return status;

  const int endpoint = options.role == Role::client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER;
  status = mbedtls_ssl_config_defaults(&config, endpoint, MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                       MBEDTLS_SSL_PRESET_DEFAULT);
  if (status != 0) return status;
  mbedtls_ssl_conf_rng(&config, random_function, &random);
  compat::only_version_1_2(config);
  compat::x25519_first(config);
  mbedtls_ssl_conf_ciphersuites(&config, kCiphers);
  // Self-signed by nature: the fingerprint decides, after the handshake and before anything is used (RFC
  // 8122).
  mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_OPTIONAL);
  mbedtls_ssl_conf_verify(&config, verify, self);
  mbedtls_ssl_conf_handshake_timeout(&config, RetransmitTimer::kFirstMs, RetransmitTimer::kNeverMs);
  if (options.role == Role::server)
    mbedtls_ssl_conf_dtls_cookies(&config, nullptr, nullptr, nullptr);  // ICE proved the address
  if (options.role == Role::client)
    mbedtls_ssl_conf_session_tickets(&config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
  status = mbedtls_ssl_conf_own_cert(&config, &certificate, &key);
  if (status != 0) return status;
  if (options.srtp != Srtp::none) {
    status = mbedtls_ssl_conf_dtls_srtp_protection_profiles(&config, kProfiles);
    if (status != 0) return status;
  }
  compat::export_keys(config, exported);

  status = mbedtls_ssl_setup(&ssl, &config);
  if (status != 0) return status;
  compat::export_keys(ssl, exported);
  // No server name is known or checked; 3.6 wants to be told so.
  if (options.role == Role::client) status = mbedtls_ssl_set_hostname(&ssl, nullptr);
  mbedtls_ssl_set_mtu(&ssl, static_cast<std::uint16_t>(std::clamp<std::size_t>(options.mtu, 256, 16'384)));
  return status;
}

std::size_t Library::max_payload() const {
  return static_cast<std::size_t>(std::max(0, mbedtls_ssl_get_max_out_record_payload(&ssl)));
}

std::unique_ptr<RecordLayer> Library::record_layer(Role role) const {
  const auto suite = record_cipher_of(cipher());
  const compat::RecordNumbers at = compat::record_numbers(ssl);
  if (!suite || !exported.ready || at.epoch != RecordLayer::kEpoch) return nullptr;
  std::array<std::uint8_t, 64> randoms = exported.randoms;
  std::rotate(randoms.begin(), randoms.begin() + 32, randoms.end());  // the server's first
  std::array<std::uint8_t, RecordLayer::kMostKeys> block{};
  const MutableBytes keys = MutableBytes{block}.first(RecordLayer::key_block_size(*suite));
  const int status =
      mbedtls_ssl_tls_prf(exported.prf, exported.master.data(), exported.master.size(), "key expansion",
                          randoms.data(), randoms.size(), keys.data(), keys.size());
  std::unique_ptr<RecordLayer> layer;
  if (status == 0) {
    layer = RecordLayer::make(*suite, role == Role::client, keys, {at.next, at.newest, at.window});
  }
  mbedtls_platform_zeroize(block.data(), block.size());
  return layer;
}

}  // namespace weir::dtls
