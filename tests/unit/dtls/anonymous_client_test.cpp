// A client without a certificate, made of mbedTLS alone: our own sessions always have one.
#include <doctest/doctest.h>
#include <mbedtls/hmac_drbg.h>
#include <mbedtls/ssl.h>

#include <deque>

#include "base/random.h"
#include "crypto/mbedtls_compat.h"
#include "dtls/session.h"

using namespace weir;

namespace {

using Datagrams = std::deque<std::vector<std::uint8_t>>;

struct AnonymousClient {
  mbedtls_hmac_drbg_context random;
  mbedtls_ssl_config config;
  mbedtls_ssl_context ssl;
  Datagrams in;
  Datagrams out;

  AnonymousClient() {
    crypto::compat::prepare_library();
    mbedtls_hmac_drbg_init(&random);
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&ssl);
    const std::uint8_t seed[32] = {9};
    mbedtls_hmac_drbg_seed_buf(&random, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), seed, sizeof seed);
    mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(&config, mbedtls_hmac_drbg_random, &random);
    mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_NONE);
    crypto::compat::only_version_1_2(config);
    static constexpr mbedtls_ssl_srtp_profile kProfiles[] = {MBEDTLS_TLS_SRTP_AES128_CM_HMAC_SHA1_80,
                                                             MBEDTLS_TLS_SRTP_UNSET};
    mbedtls_ssl_conf_dtls_srtp_protection_profiles(&config, kProfiles);
    REQUIRE(mbedtls_ssl_setup(&ssl, &config) == 0);
    mbedtls_ssl_set_bio(
        &ssl, this,
        [](void* self, const unsigned char* data, std::size_t size) {
          static_cast<AnonymousClient*>(self)->out.emplace_back(data, data + size);
          return static_cast<int>(size);
        },
        [](void* self, unsigned char* data, std::size_t size) {
          Datagrams& in = static_cast<AnonymousClient*>(self)->in;
          if (in.empty() || in.front().size() > size) return MBEDTLS_ERR_SSL_WANT_READ;
          const std::vector<std::uint8_t> datagram = in.front();
          in.pop_front();
          std::copy(datagram.begin(), datagram.end(), data);
          return static_cast<int>(datagram.size());
        },
        nullptr);
    mbedtls_ssl_set_timer_cb(
        &ssl, nullptr, [](void*, std::uint32_t, std::uint32_t) {}, [](void*) { return 0; });
  }
  ~AnonymousClient() {
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&config);
    mbedtls_hmac_drbg_free(&random);
  }
};

}  // namespace

TEST_CASE("a peer without a certificate is refused") {
  SeededRandom random{1};
  dtls::SessionOptions options;
  options.role = dtls::Role::server;
  options.certificate = *crypto::Certificate::make(random, 1'700'000'000);
  options.remote_fingerprint_algorithm = "sha-256";
  options.remote_fingerprint.assign(32, 0);
  dtls::Session server{std::move(options)};
  AnonymousClient client;
  const Time now = time_from_us(0);
  int status = MBEDTLS_ERR_SSL_WANT_READ;
  for (int round = 0; round < 10 && status == MBEDTLS_ERR_SSL_WANT_READ; ++round) {
    status = mbedtls_ssl_handshake(&client.ssl);
    for (const auto& datagram : std::exchange(client.out, {})) server.step(now, datagram);
    for (auto& datagram : server.take_transmits()) client.in.push_back(std::move(datagram));
  }
  CHECK(server.state() == dtls::State::failed);
  CHECK(server.failure() == "the peer sent no certificate");
  CHECK_FALSE(server.take_keys());
}
