// Associations after the handshake, against mbedTLS alone on the other side.
#include "dtls/association.h"

#include <doctest/doctest.h>
#include <mbedtls/hmac_drbg.h>
#include <mbedtls/ssl.h>

#include <deque>
#include <string>

#include "crypto/mbedtls_compat.h"
#include "session_pair.h"

using namespace weir;
using dtls::Role;
using dtls::Session;
using dtls::State;
using Datagrams = std::deque<std::vector<std::uint8_t>>;

namespace {

/// The other end, of mbedTLS alone.
struct Plain {
  mbedtls_hmac_drbg_context random;
  mbedtls_x509_crt certificate;
  mbedtls_pk_context key;
  mbedtls_ssl_config config;
  mbedtls_ssl_context ssl;
  int ciphers[2];
  Datagrams in;
  Datagrams out;
  int timer = -1;  // as mbedtls_ssl_get_timer_t tells

  Plain(Role role, const crypto::Certificate& own, int cipher) : ciphers{cipher, 0} {
    crypto::compat::prepare_library();
    mbedtls_hmac_drbg_init(&random);
    mbedtls_x509_crt_init(&certificate);
    mbedtls_pk_init(&key);
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&ssl);
    const std::uint8_t seed[32] = {9};
    mbedtls_hmac_drbg_seed_buf(&random, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), seed, sizeof seed);
    const Bytes der = own.certificate_der();
    REQUIRE(mbedtls_x509_crt_parse_der(&certificate, der.data(), der.size()) == 0);
    REQUIRE(crypto::compat::parse_key(key, own.key_der(), mbedtls_hmac_drbg_random, &random) == 0);
    mbedtls_ssl_config_defaults(&config, role == Role::client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
                                MBEDTLS_SSL_TRANSPORT_DATAGRAM, MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(&config, mbedtls_hmac_drbg_random, &random);
    mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_OPTIONAL);
    mbedtls_ssl_conf_verify(
        &config, [](void*, mbedtls_x509_crt*, int, std::uint32_t*) { return 0; }, nullptr);
    mbedtls_ssl_conf_own_cert(&config, &certificate, &key);
    mbedtls_ssl_conf_ciphersuites(&config, ciphers);
    if (role == Role::server) mbedtls_ssl_conf_dtls_cookies(&config, nullptr, nullptr, nullptr);
    crypto::compat::only_version_1_2(config);
    static constexpr mbedtls_ssl_srtp_profile kProfiles[] = {MBEDTLS_TLS_SRTP_AES128_CM_HMAC_SHA1_80,
                                                             MBEDTLS_TLS_SRTP_UNSET};
    mbedtls_ssl_conf_dtls_srtp_protection_profiles(&config, kProfiles);
    REQUIRE(mbedtls_ssl_setup(&ssl, &config) == 0);
    mbedtls_ssl_set_mtu(&ssl, 1200);
    mbedtls_ssl_set_bio(&ssl, this, write, read, nullptr);
    mbedtls_ssl_set_timer_cb(
        &ssl, this,
        [](void* self, std::uint32_t, std::uint32_t final) {
          static_cast<Plain*>(self)->timer = final == 0 ? -1 : 0;
        },
        [](void* self) { return static_cast<Plain*>(self)->timer; });
  }
  ~Plain() {
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&config);
    mbedtls_pk_free(&key);
    mbedtls_x509_crt_free(&certificate);
    mbedtls_hmac_drbg_free(&random);
  }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  static int write(void* self, const unsigned char* data, std::size_t size) {
    static_cast<Plain*>(self)->out.emplace_back(data, data + size);
    return static_cast<int>(size);
  }
  static int read(void* self, unsigned char* data, std::size_t size) {
    Datagrams& in = static_cast<Plain*>(self)->in;
    if (in.empty() || in.front().size() > size) return MBEDTLS_ERR_SSL_WANT_READ;
    const std::vector<std::uint8_t> datagram = in.front();
    in.pop_front();
    std::copy(datagram.begin(), datagram.end(), data);
    return static_cast<int>(datagram.size());
  }
  std::string take() {
    std::array<unsigned char, 2000> data{};
    const int size = mbedtls_ssl_read(&ssl, data.data(), data.size());
    return size <= 0 ? "" : std::string(data.begin(), data.begin() + size);
  }
  void say(std::string_view text) {
    REQUIRE(mbedtls_ssl_write(&ssl, reinterpret_cast<const unsigned char*>(text.data()), text.size()) ==
            static_cast<int>(text.size()));
  }
};

struct Meeting {
  std::shared_ptr<const crypto::Certificate> own = dtls::certificate(1);
  std::shared_ptr<const crypto::Certificate> others = dtls::certificate(2);
  Plain other;
  std::unique_ptr<Session> session;
  Time now = time_from_us(5'000'000);

  Meeting(Role role, int cipher)
      : other(role == Role::client ? Role::server : Role::client, *others, cipher) {
    dtls::SessionOptions options;
    options.role = role;
    options.certificate = own;
    options.remote_fingerprint_algorithm = "sha-256";
    options.remote_fingerprint.assign(others->fingerprint().begin(), others->fingerprint().end());
    options.seed.fill(7);
    session = std::make_unique<Session>(std::move(options));
  }
  void carry() {
    for (auto& datagram : session->take_transmits()) other.in.push_back(std::move(datagram));
    for (const auto& datagram : std::exchange(other.out, {})) session->step(now, datagram);
  }
  bool shake_hands() {
    session->step(now, {});
    for (int round = 0; round < 10; ++round) {
      carry();
      if (mbedtls_ssl_handshake(&other.ssl) == 0 && session->state() == State::connected) return true;
    }
    return false;
  }
  std::string heard() {
    carry();
    std::string all;
    for (const auto& data : session->take_received()) all += std::string(data.begin(), data.end());
    return all;
  }
};

constexpr int kCiphers[] = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA};

}  // namespace

TEST_CASE("data and close_notify go both ways between a session and mbedTLS, with every cipher") {
  for (const int cipher : kCiphers) {
    for (const Role role : {Role::client, Role::server}) {
      CAPTURE(cipher);
      Meeting m{role, cipher};
      REQUIRE(m.shake_hands());
      for (int i = 0; i < 200; ++i) {
        const std::string text =
            "message " + std::to_string(i) + std::string(static_cast<std::size_t>(i), '.');
        REQUIRE(m.session->send(m.now, as_bytes(text)));
        m.carry();
        REQUIRE(m.other.take() == text);
        m.other.say(text);
        REQUIRE(m.heard() == text);
      }
      CHECK(m.session->max_payload() <= 1200 - 13 - 16);
      if (role == Role::client) {
        mbedtls_ssl_close_notify(&m.other.ssl);
        m.carry();
        CHECK(m.session->state() == State::closed);
      } else {
        m.session->close(m.now);
        m.carry();
        std::array<unsigned char, 10> data{};
        CHECK(mbedtls_ssl_read(&m.other.ssl, data.data(), data.size()) == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
      }
    }
  }
}

TEST_CASE("the last flight is repeated to mbedTLS as often as its Finished comes") {
  for (const int cipher : kCiphers) {
    CAPTURE(cipher);
    Meeting m{Role::server, cipher};
    for (int round = 0; m.session->state() != State::connected && round < 10; ++round) {
      mbedtls_ssl_handshake(&m.other.ssl);
      m.carry();
    }
    REQUIRE(m.session->state() == State::connected);
    m.session->take_transmits();  // lost
    m.other.in.clear();
    for (int lost = 0; lost < 3; ++lost) {
      m.other.timer = 2;  // it has waited long enough
      CHECK(mbedtls_ssl_handshake(&m.other.ssl) == MBEDTLS_ERR_SSL_WANT_READ);
      for (const auto& datagram : std::exchange(m.other.out, {})) m.session->step(m.now, datagram);
      const auto again = m.session->take_transmits();
      CHECK_FALSE(again.empty());
      if (lost < 2) continue;
      for (const auto& datagram : again) m.other.in.push_back(datagram);
    }
    m.other.timer = 0;
    CHECK(mbedtls_ssl_handshake(&m.other.ssl) == 0);
    m.other.say("here");
    CHECK(m.heard() == "here");
  }
}

TEST_CASE("a fatal alert ends the session with a word, a warning does not") {
  Meeting m{Role::server, kCiphers[0]};
  REQUIRE(m.shake_hands());
  mbedtls_ssl_send_alert_message(&m.other.ssl, MBEDTLS_SSL_ALERT_LEVEL_WARNING,
                                 MBEDTLS_SSL_ALERT_MSG_USER_CANCELED);
  m.carry();
  CHECK(m.session->state() == State::connected);
  mbedtls_ssl_send_alert_message(&m.other.ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                 MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR);
  m.carry();
  CHECK(m.session->state() == State::failed);
  CHECK(m.session->failure() == "after the handshake: the peer's alert 80");
  CHECK_FALSE(m.session->send(m.now, as_bytes("more")));
}

TEST_CASE("data in the datagram that ends the handshake is not lost") {
  Meeting m{Role::client, kCiphers[0]};
  m.session->step(m.now, {});
  int status = MBEDTLS_ERR_SSL_WANT_READ;
  for (int round = 0; status != 0 && round < 10; ++round) {
    for (auto& datagram : m.session->take_transmits()) m.other.in.push_back(std::move(datagram));
    status = mbedtls_ssl_handshake(&m.other.ssl);
    if (status == 0) break;
    for (const auto& datagram : std::exchange(m.other.out, {})) m.session->step(m.now, datagram);
  }
  REQUIRE(status == 0);
  m.other.say("early");
  std::vector<std::uint8_t> all;
  for (const auto& datagram : std::exchange(m.other.out, {}))
    all.insert(all.end(), datagram.begin(), datagram.end());
  m.session->step(m.now, all);
  CHECK(m.session->state() == State::connected);
  const auto data = m.session->take_received();
  REQUIRE(data.size() == 1);
  CHECK(std::string(data[0].begin(), data[0].end()) == "early");
  // Nor is it given twice.
  m.session->step(m.now, all);
  CHECK(m.session->take_received().empty());
}
