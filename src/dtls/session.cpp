#include "dtls/session.h"

#include <mbedtls/error.h>
#include <mbedtls/hmac_drbg.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <algorithm>
#include <cstdio>

#include "crypto/mbedtls_compat.h"
#include "dtls/reassembler.h"
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

constexpr std::size_t kMaxDatagram = 65'535;
constexpr const char* kWrongFingerprint = "the peer's certificate does not match its fingerprint";

SrtpProfile profile_of(mbedtls_ssl_srtp_profile chosen) {
  if (chosen == MBEDTLS_TLS_SRTP_AES128_CM_HMAC_SHA1_80) return SrtpProfile::aes128_cm_sha1_80;
  if (chosen == MBEDTLS_TLS_SRTP_AES128_CM_HMAC_SHA1_32) return SrtpProfile::aes128_cm_sha1_32;
  return SrtpProfile::none;
}

/// Divides what the exporter gave into keys with salts, by direction (RFC 5764 section 4.2).
SrtpKeys divide(SrtpProfile profile, Role role, Bytes material) {
  constexpr std::size_t kKey = 16;
  constexpr std::size_t kSalt = 14;
  // In place, so that no copy is left behind.
  const auto join = [&](std::vector<std::uint8_t>& out, std::size_t key_at, std::size_t salt_at) {
    out.resize(kKey + kSalt);
    std::copy_n(material.begin() + static_cast<std::ptrdiff_t>(key_at), kKey, out.begin());
    std::copy_n(material.begin() + static_cast<std::ptrdiff_t>(salt_at), kSalt,
                out.begin() + static_cast<std::ptrdiff_t>(kKey));
  };
  SrtpKeys keys;
  keys.profile = profile;
  join(role == Role::client ? keys.send : keys.receive, 0, 2 * kKey);
  join(role == Role::client ? keys.receive : keys.send, kKey, 2 * kKey + kSalt);
  return keys;
}

}  // namespace

struct Session::Impl {
  SessionOptions options;
  State state = State::handshaking;
  std::string failure;
  std::string cipher;
  std::optional<SrtpKeys> keys;
  compat::ExportedKeys exported;

  mbedtls_hmac_drbg_context random;
  mbedtls_x509_crt certificate;
  mbedtls_pk_context key;
  mbedtls_ssl_config config;
  mbedtls_ssl_context ssl;

  bool wrong_fingerprint = false;
  RetransmitTimer timer;
  Time give_up = kNever;
  HelloReassembler reassembler;
  Bytes incoming;
  std::vector<std::vector<std::uint8_t>> transmits;
  std::vector<std::vector<std::uint8_t>> received;

  explicit Impl(SessionOptions given) : options(std::move(given)) {
    mbedtls_hmac_drbg_init(&random);
    mbedtls_x509_crt_init(&certificate);
    mbedtls_pk_init(&key);
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&ssl);
    set_up();
  }
  ~Impl() {
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&config);
    mbedtls_pk_free(&key);
    mbedtls_x509_crt_free(&certificate);
    mbedtls_hmac_drbg_free(&random);
    forget_secrets();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void set_up();
  int configure();
  void fail(const std::string& why);
  void fail(const char* what, int status);
  void forget_secrets();
  void handshake();
  bool matches(const mbedtls_x509_crt& peer) const;
  bool peer_is_the_one();
  bool derive_keys();
  void finish_handshake();
  void read_on();

  static int verify(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags);
  static int send(void* self, const unsigned char* data, std::size_t size);
  static int receive(void* self, unsigned char* data, std::size_t size);
};

void Session::Impl::fail(const std::string& why) {
  state = State::failed;
  failure = why;
  timer.final = kNever;
  forget_secrets();
}

void Session::Impl::fail(const char* what, int status) {
  char text[160];
  char meaning[96] = "";
  mbedtls_strerror(status, meaning, sizeof meaning);
  std::snprintf(text, sizeof text, "%s: %s (-0x%04x)", what, meaning, static_cast<unsigned>(-status));
  fail(std::string{text});
}

void Session::Impl::forget_secrets() {
  mbedtls_platform_zeroize(exported.master.data(), exported.master.size());
  mbedtls_platform_zeroize(options.seed.data(), options.seed.size());
  exported.ready = false;
}

void Session::Impl::set_up() {
  if (!compat::prepare_library()) return fail("mbedTLS could not be prepared");
  if (!options.certificate) return fail("no certificate was given");
  if (options.remote_fingerprint.empty()) return fail("no remote fingerprint was given");
  if (const int status = configure(); status != 0) fail("set-up", status);
  mbedtls_platform_zeroize(options.seed.data(), options.seed.size());
}

int Session::Impl::configure() {
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
  mbedtls_ssl_conf_verify(&config, verify, this);
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
  mbedtls_ssl_set_bio(&ssl, this, send, receive, nullptr);
  mbedtls_ssl_set_timer_cb(&ssl, &timer, RetransmitTimer::set, RetransmitTimer::get);
  return status;
}

int Session::Impl::send(void* self, const unsigned char* data, std::size_t size) {
  static_cast<Impl*>(self)->transmits.emplace_back(data, data + size);
  return static_cast<int>(size);
}

int Session::Impl::receive(void* self, unsigned char* data, std::size_t size) {
  Impl& impl = *static_cast<Impl*>(self);
  if (impl.incoming.empty()) return MBEDTLS_ERR_SSL_WANT_READ;
  const std::size_t n = std::min(size, impl.incoming.size());  // longer than the buffer: cut off, as UDP does
  std::memcpy(data, impl.incoming.data(), n);
  impl.incoming = {};
  return static_cast<int>(n);
}

void Session::Impl::handshake() {
  const int status = mbedtls_ssl_handshake(&ssl);
  if (status == 0) return finish_handshake();
  if (status == MBEDTLS_ERR_SSL_WANT_READ || status == MBEDTLS_ERR_SSL_WANT_WRITE) return;
  if (wrong_fingerprint) return fail(kWrongFingerprint);
  fail("handshake", status);
}

bool Session::Impl::matches(const mbedtls_x509_crt& peer) const {
  const std::vector<std::uint8_t> digest =
      crypto::digest(options.remote_fingerprint_algorithm, Bytes{peer.raw.p, peer.raw.len});
  return !digest.empty() && crypto::equal(digest, options.remote_fingerprint);
}

/// Ends the handshake of a wrong peer before anything is computed for it. The word on it is
/// peer_is_the_one()'s, since a peer without a certificate never comes here.
int Session::Impl::verify(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags) {
  Impl& impl = *static_cast<Impl*>(self);
  if (depth != 0 || impl.matches(*certificate)) return 0;
  impl.wrong_fingerprint = true;
  *flags |= MBEDTLS_X509_BADCERT_OTHER;
  return MBEDTLS_ERR_X509_FATAL_ERROR;
}

/// The certificate that the signalling announced: without it the peer is nobody in particular.
bool Session::Impl::peer_is_the_one() {
  const mbedtls_x509_crt* peer = mbedtls_ssl_get_peer_cert(&ssl);
  if (peer == nullptr || peer->raw.len == 0) {
    fail("the peer sent no certificate");
    return false;
  }
  if (!matches(*peer)) {
    fail(kWrongFingerprint);
    return false;
  }
  return true;
}

/// What the media's keys are made from (RFC 5764 section 4.2). False when that failed.
bool Session::Impl::derive_keys() {
  const SrtpProfile profile = profile_of(compat::chosen_srtp_profile(ssl));
  if (profile == SrtpProfile::none) {
    if (options.srtp == Srtp::required) fail("no SRTP profile in common");
    return options.srtp != Srtp::required;
  }
  if (!exported.ready) return fail("no keys were exported"), false;
  std::array<std::uint8_t, 60> material{};
  const int status =
      mbedtls_ssl_tls_prf(exported.prf, exported.master.data(), exported.master.size(), "EXTRACTOR-dtls_srtp",
                          exported.randoms.data(), exported.randoms.size(), material.data(), material.size());
  if (status != 0) return fail("key export", status), false;
  keys = divide(profile, options.role, material);
  mbedtls_platform_zeroize(material.data(), material.size());
  return true;
}

void Session::Impl::finish_handshake() {
  if (!peer_is_the_one()) {
    mbedtls_ssl_send_alert_message(&ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, MBEDTLS_SSL_ALERT_MSG_BAD_CERT);
    return;
  }
  if (!derive_keys()) return;
  forget_secrets();
  const char* name = mbedtls_ssl_get_ciphersuite(&ssl);
  cipher = name == nullptr ? "" : name;
  state = State::connected;
}

/// After the handshake: takes application data, answers a retransmitted last flight (mbedTLS sends its own
/// again), notices close_notify.
void Session::Impl::read_on() {
  std::array<std::uint8_t, MBEDTLS_SSL_IN_CONTENT_LEN> data;  // a whole record, so that none comes in parts
  // One datagram holds at most so many records.
  for (std::size_t records = 0; records < kMaxDatagram / HelloReassembler::kRecordHeader; ++records) {
    const int status = mbedtls_ssl_read(&ssl, data.data(), data.size());
    if (status == MBEDTLS_ERR_SSL_WANT_READ || status == MBEDTLS_ERR_SSL_WANT_WRITE) return;
    if (status > 0) received.emplace_back(data.begin(), data.begin() + status);
    if (status > 0 || status == MBEDTLS_ERR_SSL_CLIENT_RECONNECT) continue;
    if (status == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || status == 0) {
      state = State::closed;
      timer.final = kNever;
      return;
    }
    return fail("after the handshake", status);
  }
}

SrtpKeys::~SrtpKeys() {
  mbedtls_platform_zeroize(send.data(), send.size());
  mbedtls_platform_zeroize(receive.data(), receive.size());
}

Session::Session(SessionOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Session::~Session() = default;

void Session::step(Time now, Bytes datagram) {
  Impl& s = *impl_;
  s.timer.now = now;
  if (s.state == State::closed || s.state == State::failed) return;
  if (s.state == State::handshaking && s.give_up == kNever) s.give_up = now + s.options.timeout;

  std::vector<std::uint8_t> filtered;
  if (s.options.role == Role::server && !datagram.empty()) {
    filtered = s.reassembler.filter(datagram);
    s.incoming = filtered;
  } else {
    s.incoming = datagram;
  }
  if (s.state == State::handshaking) {
    s.handshake();
    // A timer that has run out comes first: mbedTLS repeats its flight and leaves the datagram lying.
    if (s.state == State::handshaking && !s.incoming.empty()) s.handshake();
    if (s.state == State::handshaking && now >= s.give_up) s.fail("the handshake took too long");
  }
  if (s.state == State::connected) s.read_on();
  // Nothing is repeated by the clock once connected; a timer left over must not wake the caller for ever.
  if (s.state == State::connected && s.timer.final <= now) s.timer.final = kNever;
  s.incoming = {};
}

void Session::close(Time now) {
  Impl& s = *impl_;
  s.timer.now = now;
  if (s.state == State::connected) mbedtls_ssl_close_notify(&s.ssl);
  if (s.state != State::failed) s.state = State::closed;
  s.timer.final = kNever;
  s.forget_secrets();
}

bool Session::send(Time now, Bytes data) {
  Impl& s = *impl_;
  s.timer.now = now;
  if (data.empty() || data.size() > max_payload()) return false;
  return mbedtls_ssl_write(&s.ssl, data.data(), data.size()) == static_cast<int>(data.size());
}

std::size_t Session::max_payload() const {
  if (impl_->state != State::connected) return 0;
  return static_cast<std::size_t>(std::max(0, mbedtls_ssl_get_max_out_record_payload(&impl_->ssl)));
}

std::vector<std::vector<std::uint8_t>> Session::take_received() {
  return std::exchange(impl_->received, {});
}

State Session::state() const {
  return impl_->state;
}

std::vector<std::vector<std::uint8_t>> Session::take_transmits() {
  return std::exchange(impl_->transmits, {});
}

Time Session::deadline() const {
  if (impl_->state == State::closed || impl_->state == State::failed) return kNever;
  if (impl_->state == State::connected) return impl_->timer.final;
  return std::min(impl_->timer.final, impl_->give_up);
}

std::optional<SrtpKeys> Session::take_keys() {
  return std::exchange(impl_->keys, std::nullopt);
}
const std::string& Session::failure() const {
  return impl_->failure;
}
std::string Session::cipher() const {
  return impl_->cipher;
}

}  // namespace weir::dtls
