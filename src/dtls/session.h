// One DTLS 1.2 association, as a rule with use_srtp (RFC 5764), over memory. mbedTLS 2.28 and 3.6; their
// differences are in one file. A session is used by one thread at a time; which thread may change between
// calls.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/certificate.h"

namespace weir::dtls {

enum class Role : std::uint8_t { client, server };

enum class SrtpProfile : std::uint16_t {
  none = 0,
  aes128_cm_sha1_80 = 1,
  aes128_cm_sha1_32 = 2,
  aead_aes_128_gcm = 7,
  aead_aes_256_gcm = 8
};

/// What RFC 5764 section 4.2 derives, as seen from here: keys with salt appended. Overwritten at its end.
struct SrtpKeys {
  SrtpKeys() = default;
  SrtpKeys(const SrtpKeys&) = default;
  SrtpKeys(SrtpKeys&&) = default;
  SrtpKeys& operator=(const SrtpKeys&) = default;
  SrtpKeys& operator=(SrtpKeys&&) = default;
  ~SrtpKeys();

  SrtpProfile profile = SrtpProfile::none;
  std::vector<std::uint8_t> send;
  std::vector<std::uint8_t> receive;
};

/// Whether keys for SRTP are agreed on. A peer that has data channels alone need not offer it.
enum class Srtp : std::uint8_t { required, optional, none };

struct SessionOptions {
  Role role = Role::server;
  std::shared_ptr<const crypto::Certificate> certificate;
  std::string remote_fingerprint_algorithm;  // "sha-256"
  std::vector<std::uint8_t> remote_fingerprint;
  std::array<std::uint8_t, 32> seed{};  // of this session's generator
  std::size_t mtu = 1200;
  Duration timeout = std::chrono::seconds{30};
  Srtp srtp = Srtp::required;
};

enum class State : std::uint8_t { handshaking, connected, closed, failed };

class Session {
 public:
  explicit Session(SessionOptions options);
  ~Session();

  /// Feeds one datagram (empty: only time passes; the client's first call sends the ClientHello). Never
  /// throws.
  void step(Time now, Bytes datagram);
  /// Sends close_notify; the state becomes closed.
  void close(Time now);

  /// Protects application data as one record in a datagram of its own. False when not connected, or longer
  /// than max_payload().
  bool send(Time now, Bytes data);
  /// Application data that came, record by record. Taken; an owner that takes it after every step() never
  /// finds more than one datagram held.
  std::vector<std::vector<std::uint8_t>> take_received();
  /// The longest data that send() takes; 0 before `connected`.
  std::size_t max_payload() const;

  State state() const;
  /// Datagrams to send, each at most mtu bytes. Taken.
  std::vector<std::vector<std::uint8_t>> take_transmits();
  /// When step() must be called again without a datagram.
  Time deadline() const;
  /// Once, after `connected`; nothing when no keys for SRTP were agreed on.
  std::optional<SrtpKeys> take_keys();
  /// Why it failed, for a log line; no secrets.
  const std::string& failure() const;
  std::string cipher() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::dtls
