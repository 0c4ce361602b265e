// Everything in which mbedTLS 2.28 (Debian 12) and 3.6 (Debian 13) differ for us, and nothing else.
// It lies in crypto/ because both crypto/ and dtls/ need it, and dtls/ may include crypto/ but not the
// reverse.
#pragma once

#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#if MBEDTLS_VERSION_MAJOR >= 3
#include <psa/crypto.h>
#else
#include <mbedtls/bignum.h>
#endif

#include <array>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/random.h"

namespace weir::crypto::compat {

using RandomFunction = int (*)(void*, unsigned char*, std::size_t);

/// To be called before anything else of the library. Safe from several threads.
inline bool prepare_library() {
#if MBEDTLS_VERSION_MAJOR >= 3
  static const bool ready = psa_crypto_init() == PSA_SUCCESS;
  return ready;
#else
  return true;
#endif
}

/// Serial number of a certificate to be written; big-endian, at most 20 bytes, first bit 0.
inline int set_serial(mbedtls_x509write_cert& writer, Bytes serial) {
#if MBEDTLS_VERSION_MAJOR >= 3
  std::array<std::uint8_t, 20> copy{};
  if (serial.size() > copy.size()) return -1;
  std::memcpy(copy.data(), serial.data(), serial.size());
  return mbedtls_x509write_crt_set_serial_raw(&writer, copy.data(), serial.size());
#else
  mbedtls_mpi number;
  mbedtls_mpi_init(&number);
  int status = mbedtls_mpi_read_binary(&number, serial.data(), serial.size());
  if (status == 0) status = mbedtls_x509write_crt_set_serial(&writer, &number);
  mbedtls_mpi_free(&number);
  return status;
#endif
}

inline int parse_key(mbedtls_pk_context& key, Bytes der, [[maybe_unused]] RandomFunction random,
                     [[maybe_unused]] void* random_context) {
#if MBEDTLS_VERSION_MAJOR >= 3
  return mbedtls_pk_parse_key(&key, der.data(), der.size(), nullptr, 0, random, random_context);
#else
  return mbedtls_pk_parse_key(&key, der.data(), der.size(), nullptr, 0);
#endif
}

/// Signs a SHA-256 digest; `size` is the signature's.
inline int sign(mbedtls_pk_context& key, Bytes digest, MutableBytes signature, std::size_t& size,
                Random& random) {
  const RandomFunction fill = [](void* context, unsigned char* out, std::size_t n) {
    static_cast<Random*>(context)->fill({out, n});
    return 0;
  };
#if MBEDTLS_VERSION_MAJOR >= 3
  return mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, digest.data(), digest.size(), signature.data(),
                         signature.size(), &size, fill, &random);
#else
  return mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, digest.data(), digest.size(), signature.data(), &size, fill,
                         &random);
#endif
}

/// DTLS 1.2 and nothing else: 1.3 of DTLS is in neither version, 1.0 must not be spoken (RFC 8827
/// section 6.5).
inline void only_version_1_2(mbedtls_ssl_config& config) {
#if MBEDTLS_VERSION_MAJOR >= 3
  mbedtls_ssl_conf_min_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
  mbedtls_ssl_conf_max_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
#else
  mbedtls_ssl_conf_min_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_max_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
}

/// x25519 first: it makes a handshake some 20 % cheaper than P-256. The list outlives every configuration.
inline void x25519_first(mbedtls_ssl_config& config) {
#if MBEDTLS_VERSION_MAJOR >= 3
  static constexpr std::uint16_t kGroups[] = {
      MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
      MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
  mbedtls_ssl_conf_groups(&config, kGroups);
#else
  static constexpr mbedtls_ecp_group_id kGroups[] = {MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1,
                                                     MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_NONE};
  mbedtls_ssl_conf_curves(&config, kGroups);
#endif
}

/// What the exporter of RFC 5705 needs, as the library hands it out during a handshake.
struct ExportedKeys {
  bool ready = false;
  std::array<std::uint8_t, 48> master{};
  std::array<std::uint8_t, 64> randoms{};  // the client's, then the server's
  mbedtls_tls_prf_types prf = MBEDTLS_SSL_TLS_PRF_NONE;

  void keep(const unsigned char* secret, const unsigned char* client, const unsigned char* server,
            mbedtls_tls_prf_types type) {
    std::memcpy(master.data(), secret, master.size());
    std::memcpy(randoms.data(), client, 32);
    std::memcpy(randoms.data() + 32, server, 32);
    prf = type;
    ready = true;
  }
};

/// 2.28 exports by configuration, 3.x by context: call this after the configuration is complete and before
/// setup ...
inline void export_keys([[maybe_unused]] mbedtls_ssl_config& config, [[maybe_unused]] ExportedKeys& keys) {
#if MBEDTLS_VERSION_MAJOR < 3
  mbedtls_ssl_conf_export_keys_ext_cb(
      &config,
      [](void* context, const unsigned char* master, const unsigned char*, std::size_t, std::size_t,
         std::size_t, const unsigned char client[32], const unsigned char server[32],
         mbedtls_tls_prf_types prf) {
        static_cast<ExportedKeys*>(context)->keep(master, client, server, prf);
        return 0;
      },
      &keys);
#endif
}

/// ... and this one after setup.
inline void export_keys([[maybe_unused]] mbedtls_ssl_context& context, [[maybe_unused]] ExportedKeys& keys) {
#if MBEDTLS_VERSION_MAJOR >= 3
  mbedtls_ssl_set_export_keys_cb(
      &context,
      [](void* to, mbedtls_ssl_key_export_type type, const unsigned char* secret, std::size_t size,
         const unsigned char client[32], const unsigned char server[32], mbedtls_tls_prf_types prf) {
        if (type != MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET || size != 48) return;
        static_cast<ExportedKeys*>(to)->keep(secret, client, server, prf);
      },
      &keys);
#endif
}

inline mbedtls_ssl_srtp_profile chosen_srtp_profile(const mbedtls_ssl_context& context) {
  mbedtls_dtls_srtp_info info{};
  mbedtls_ssl_get_dtls_srtp_negotiation_result(&context, &info);
#if MBEDTLS_VERSION_MAJOR >= 3
  return info.MBEDTLS_PRIVATE(chosen_dtls_srtp_profile);
#else
  return info.chosen_dtls_srtp_profile;
#endif
}

/// Where a context is with its records, so that another stack can go on with them.
struct RecordNumbers {
  std::uint16_t epoch = 0;   // of what it sends
  std::uint64_t next = 0;    // to be sent
  std::uint64_t newest = 0;  // that was received in the present epoch
  std::uint64_t window = 0;  // bit i: newest - i was received
};

inline RecordNumbers record_numbers(const mbedtls_ssl_context& context) {
#if MBEDTLS_VERSION_MAJOR >= 3
  const unsigned char* const counter = context.MBEDTLS_PRIVATE(cur_out_ctr);
#else
  const unsigned char* const counter = context.cur_out_ctr;
#endif
  RecordNumbers numbers;
  const std::uint64_t next = load_u64(counter);
  numbers.epoch = static_cast<std::uint16_t>(next >> 48U);
  numbers.next = next & 0xffff'ffff'ffffU;
#if defined(MBEDTLS_SSL_DTLS_ANTI_REPLAY) && MBEDTLS_VERSION_MAJOR >= 3
  numbers.newest = context.MBEDTLS_PRIVATE(in_window_top);
  numbers.window = context.MBEDTLS_PRIVATE(in_window);
#elif defined(MBEDTLS_SSL_DTLS_ANTI_REPLAY)
  numbers.newest = context.in_window_top;
  numbers.window = context.in_window;
#endif
  return numbers;
}

}  // namespace weir::crypto::compat
