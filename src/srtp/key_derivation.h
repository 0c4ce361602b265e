// Session keys from a master key and salt (RFC 3711 section 4.3, with a key derivation rate of 0; RFC 7714
// section 11): the key stream of AES-CM under the master key, from the counter block
//
//   |  master salt, 14 bytes (12-byte salts end in zeros), its byte 7 XOR label  | 0 0 |
#pragma once

#include <string.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace weir::srtp {

/// RFC 3711 section 4.3.1 and 4.3.2.
enum class KeyLabel : std::uint8_t {
  rtp_encryption = 0,
  rtp_authentication = 1,
  rtp_salt = 2,
  rtcp_encryption = 3,
  rtcp_authentication = 4,
  rtcp_salt = 5
};

using CounterBlock = std::array<std::uint8_t, 16>;

/// `keystream(block, out)` fills `out` with the key stream of AES in counter mode under the master key.
template <typename Keystream>
void derive(Keystream&& keystream, Bytes master_salt, KeyLabel label, MutableBytes out) {
  CounterBlock block{};
  std::copy(master_salt.begin(), master_salt.end(), block.begin());
  block[7] = static_cast<std::uint8_t>(block[7] ^ static_cast<std::uint8_t>(label));
  keystream(block, out);
}

/// Overwrites a secret; never left out by the compiler.
inline void wipe(MutableBytes secret) {
  explicit_bzero(secret.data(), secret.size());
}

}  // namespace weir::srtp
