// Records of DTLS 1.2 under an AEAD cipher, after the handshake: what protects application data and alerts.
//
// Record (RFC 6347 section 4.1), several in a datagram:
//    0       1               3               5                       11              13
//   +-------+---------------+---------------+-----------------------+---------------+----------
//   | type  |    version    |     epoch     |    sequence number    |    length     | fragment
//   +-------+---------------+---------------+-----------------------+---------------+----------
// Fragment (RFC 5246 section 6.2.3.3):
//   AES-GCM (RFC 5288 section 3)          explicit nonce (8) | ciphertext | tag (16)
//       nonce: fixed IV (4) | explicit nonce, which is epoch and sequence number
//   ChaCha20-Poly1305 (RFC 7905 section 2)                     ciphertext | tag (16)
//       nonce: fixed IV (12) xor (0 (4) | epoch and sequence number)
// Additional data: epoch and sequence number | type | version | length of the plaintext.
// The keys (RFC 5246 section 6.3): client's key | server's key | client's IV | server's IV.
#pragma once

#include <mbedtls/cipher.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace weir::dtls {

enum class RecordType : std::uint8_t {
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application_data = 23
};

/// As a datagram shows it.
struct RecordHeader {
  static constexpr std::size_t kSize = 13;

  RecordType type = RecordType::alert;
  std::uint16_t version = 0;
  std::uint64_t number = 0;  // epoch in the upper 16 bits
  std::size_t length = 0;    // of the fragment

  std::uint16_t epoch() const { return static_cast<std::uint16_t>(number >> 48U); }
  /// Of the record at the front; nothing when it is cut off.
  static std::optional<RecordHeader> read(Bytes datagram);
};

enum class RecordCipher : std::uint8_t { aes_128_gcm, aes_256_gcm, chacha20_poly1305 };

class RecordLayer {
 public:
  static constexpr std::size_t kTag = 16;
  static constexpr std::uint16_t kEpoch = 1;  // of the only handshake

  static std::size_t key_block_size(RecordCipher cipher);
  static constexpr std::size_t kMostKeys = 88;

  /// Where another stack stopped.
  struct Numbers {
    std::uint64_t next = 0;    // to be sent
    std::uint64_t newest = 0;  // that was received
    std::uint64_t window = 0;  // bit i: newest - i was received
  };
  /// nullptr when the library refuses, or `keys` has not key_block_size().
  static std::unique_ptr<RecordLayer> make(RecordCipher cipher, bool client, Bytes keys,
                                           const Numbers& numbers);
  ~RecordLayer();
  RecordLayer(const RecordLayer&) = delete;
  RecordLayer& operator=(const RecordLayer&) = delete;

  /// One record; empty when all numbers of the epoch were used (RFC 6347 section 4.1).
  std::vector<std::uint8_t> seal(RecordType type, Bytes plain);
  /// The plaintext of a whole record. Nothing when it is not authentic, not of this epoch, or came before.
  std::optional<std::vector<std::uint8_t>> open(Bytes record);
  /// How much longer a record is than its plaintext.
  std::size_t overhead() const { return RecordHeader::kSize + explicit_nonce_ + kTag; }

 private:
  struct Direction {
    Direction() { mbedtls_cipher_init(&cipher); }
    ~Direction() { mbedtls_cipher_free(&cipher); }
    Direction(const Direction&) = delete;
    Direction& operator=(const Direction&) = delete;

    mbedtls_cipher_context_t cipher;
    std::array<std::uint8_t, 12> iv{};
  };
  using Nonce = std::array<std::uint8_t, 12>;

  RecordLayer() = default;
  Nonce nonce_for(const Direction& direction, Bytes explicit_part) const;
  bool fresh(std::uint64_t number) const;
  void note(std::uint64_t number);

  std::size_t explicit_nonce_ = 0;
  Direction out_;
  Direction in_;
  Numbers numbers_;
};

}  // namespace weir::dtls
