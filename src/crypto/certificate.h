// The node's certificate: self-signed ECDSA P-256, as WebRTC expects (RFC 8827 section 6.5).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"

namespace weir::crypto {

using Sha256 = std::array<std::uint8_t, 32>;
Sha256 sha256(Bytes data);
/// "AB:CD:..." (RFC 8122 section 5).
std::string fingerprint_text(Bytes digest);
/// Digest of `data` by the name SDP uses ("sha-256", "sha-384", "sha-512"); empty for other names.
std::vector<std::uint8_t> digest(std::string_view algorithm, Bytes data);
/// Compares in constant time.
bool equal(Bytes a, Bytes b);

/// Immutable after make(); shared by threads.
class Certificate {
 public:
  /// `now_unix` in seconds: valid from a day before to 30 days after it.
  static Result<std::shared_ptr<const Certificate>> make(Random& random, std::int64_t now_unix);
  ~Certificate();

  const Sha256& fingerprint() const { return fingerprint_; }
  /// DER of certificate and private key, for dtls/.
  Bytes certificate_der() const { return certificate_; }
  Bytes key_der() const { return key_; }

 private:
  Certificate() = default;
  std::vector<std::uint8_t> certificate_;
  std::vector<std::uint8_t> key_;
  Sha256 fingerprint_{};
};

/// The operating system's generator. An instance is an argument like any Random; safe to use from several
/// threads.
class SystemRandom final : public Random {
 public:
  void fill(MutableBytes out) override;
};

}  // namespace weir::crypto
