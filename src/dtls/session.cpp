#include "dtls/session.h"

#include <mbedtls/error.h>
#include <mbedtls/platform_util.h>

#include <algorithm>
#include <cstdio>

#include "dtls/association.h"
#include "dtls/library.h"
#include "dtls/reassembler.h"
#include "dtls/retransmit_timer.h"

namespace weir::dtls {
namespace {

namespace compat = crypto::compat;

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

  // Until the handshake is done; of an association whose cipher is no AEAD, to its end.
  std::unique_ptr<Library> library = std::make_unique<Library>();
  std::unique_ptr<Association> association;  // afterwards

  bool wrong_fingerprint = false;
  RetransmitTimer timer;
  Time give_up = kNever;
  HelloReassembler reassembler;
  Bytes incoming;
  std::vector<std::vector<std::uint8_t>> transmits;
  std::vector<std::vector<std::uint8_t>> received;

  explicit Impl(SessionOptions given) : options(std::move(given)) { set_up(); }
  ~Impl() { forget_secrets(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void set_up();
  void fail(const std::string& why);
  void fail(const char* what, int status);
  void forget_secrets();
  void handshake();
  bool matches(const mbedtls_x509_crt& peer) const;
  bool peer_is_the_one();
  bool derive_keys();
  void finish_handshake();
  void read_on();
  void leave_library();
  void receive(Bytes datagram);

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
  if (library) library->forget_secrets();
  mbedtls_platform_zeroize(options.seed.data(), options.seed.size());
}

void Session::Impl::set_up() {
  if (!compat::prepare_library()) return fail("mbedTLS could not be prepared");
  if (!options.certificate) return fail("no certificate was given");
  if (options.remote_fingerprint.empty()) return fail("no remote fingerprint was given");
  if (const int status = library->configure(options, verify, this); status != 0) fail("set-up", status);
  mbedtls_ssl_set_bio(&library->ssl, this, send, receive, nullptr);
  mbedtls_ssl_set_timer_cb(&library->ssl, &timer, RetransmitTimer::set, RetransmitTimer::get);
  mbedtls_platform_zeroize(options.seed.data(), options.seed.size());
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
  const int status = mbedtls_ssl_handshake(&library->ssl);
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
  const mbedtls_x509_crt* peer = mbedtls_ssl_get_peer_cert(&library->ssl);
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
  const SrtpProfile profile = profile_of(compat::chosen_srtp_profile(library->ssl));
  if (profile == SrtpProfile::none) {
    if (options.srtp == Srtp::required) fail("no SRTP profile in common");
    return options.srtp != Srtp::required;
  }
  const compat::ExportedKeys& exported = library->exported;
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
    mbedtls_ssl_send_alert_message(&library->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                   MBEDTLS_SSL_ALERT_MSG_BAD_CERT);
    return;
  }
  if (!derive_keys()) return;
  const char* name = library->cipher();
  cipher = name == nullptr ? "" : name;
  state = State::connected;
}

/// Connected, and nothing of the datagram is left at mbedTLS.
void Session::Impl::leave_library() {
  std::unique_ptr<RecordLayer> layer = library->record_layer(options.role);
  forget_secrets();
  if (layer == nullptr) return;
  const std::size_t most = library->max_payload();
  // The server's flight is the last (RFC 6347 section 4.2.4); a client is done when it has come.
  std::vector<std::vector<std::uint8_t>> last_flight;
  if (options.role == Role::server) last_flight = flight_of_new_epoch(transmits);
  association = std::make_unique<Association>(std::move(layer), options.role == Role::client,
                                              std::move(last_flight), most);
  library.reset();
  reassembler = {};
  timer.final = kNever;
}

void Session::Impl::receive(Bytes datagram) {
  switch (association->receive(datagram, received, transmits)) {
    case Association::Outcome::open:
      return;
    case Association::Outcome::closed:
      state = State::closed;
      return;
    case Association::Outcome::failed:
      return fail("after the handshake: the peer's alert " + std::to_string(association->alert()));
  }
}

/// What mbedTLS knows after the handshake: takes application data, answers a retransmitted last flight
/// (mbedTLS sends its own again), notices close_notify.
void Session::Impl::read_on() {
  std::array<std::uint8_t, MBEDTLS_SSL_IN_CONTENT_LEN> data;  // a whole record, so that none comes in parts
  // One datagram holds at most so many records.
  for (std::size_t records = 0; records < kMaxDatagram / HelloReassembler::kRecordHeader; ++records) {
    const int status = mbedtls_ssl_read(&library->ssl, data.data(), data.size());
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
  if (s.association) return s.receive(datagram);
  if (s.state == State::handshaking && s.give_up == kNever) s.give_up = now + s.options.timeout;
  const bool shaking = s.state == State::handshaking;

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
  if (shaking && s.state == State::connected) s.leave_library();
}

void Session::close(Time now) {
  Impl& s = *impl_;
  s.timer.now = now;
  if (s.state == State::connected && s.association) s.association->close(s.transmits);
  if (s.state == State::connected && !s.association) mbedtls_ssl_close_notify(&s.library->ssl);
  if (s.state != State::failed) s.state = State::closed;
  s.timer.final = kNever;
  s.forget_secrets();
}

bool Session::send(Time now, Bytes data) {
  Impl& s = *impl_;
  s.timer.now = now;
  if (data.empty() || data.size() > max_payload()) return false;
  if (s.association) return s.association->send(data, s.transmits);
  return mbedtls_ssl_write(&s.library->ssl, data.data(), data.size()) == static_cast<int>(data.size());
}

std::size_t Session::max_payload() const {
  if (impl_->state != State::connected) return 0;
  if (impl_->association) return impl_->association->max_payload();
  return impl_->library->max_payload();
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
