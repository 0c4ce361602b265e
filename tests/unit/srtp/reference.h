// SRTP from the text of RFC 3711 and RFC 7714, with nothing but AES and HMAC: slow, short, and independent of
// libsrtp. Itself checked against the vectors of both RFCs.
#pragma once

#include <mbedtls/aes.h>
#include <mbedtls/gcm.h>
#include <mbedtls/md.h>

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace weir::test {

using Buffer = std::vector<std::uint8_t>;

inline Buffer from_hex(std::string_view hex) {
  const auto digit = [](char c) {
    return static_cast<std::uint8_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  };
  Buffer out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>((digit(hex[i]) << 4) | digit(hex[i + 1])));
  }
  return out;
}

/// AES in counter mode from a 16-byte counter block (RFC 3711 section 4.1.1).
inline Buffer aes_cm(Bytes key, std::array<std::uint8_t, 16> counter, Bytes data) {
  mbedtls_aes_context aes;
  mbedtls_aes_init(&aes);
  mbedtls_aes_setkey_enc(&aes, key.data(), static_cast<unsigned>(key.size() * 8));
  std::size_t offset = 0;
  std::uint8_t block[16] = {};
  Buffer out(data.size());
  mbedtls_aes_crypt_ctr(&aes, data.size(), &offset, counter.data(), block, data.data(), out.data());
  mbedtls_aes_free(&aes);
  return out;
}

/// Session keys of a master key and salt (section 4.3.1, key derivation rate 0). 12-byte salts are padded
/// (RFC 7714 section 11).
inline Buffer derive(Bytes master_key, Bytes master_salt, std::uint8_t label, std::size_t size) {
  std::array<std::uint8_t, 16> x{};
  for (std::size_t i = 0; i < master_salt.size(); ++i) x[i] = master_salt[i];
  x[7] = static_cast<std::uint8_t>(x[7] ^ label);
  return aes_cm(master_key, x, Buffer(size, 0));
}

inline Buffer hmac_sha1(Bytes key, Bytes data) {
  Buffer out(20);
  mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA1), key.data(), key.size(), data.data(),
                  data.size(), out.data());
  return out;
}

/// Of an RTP packet with a 12-byte header and rollover counter 0 (section 4.1.1 and 4.2).
inline Buffer protect_cm(Bytes master, Bytes packet, std::size_t tag_size) {
  const Bytes key = master.first(16);
  const Bytes salt = master.subspan(16);
  const Buffer session_salt = derive(key, salt, 2, 14);
  std::array<std::uint8_t, 16> counter{};
  std::copy(session_salt.begin(), session_salt.end(), counter.begin());
  for (std::size_t i = 0; i < 4; ++i)
    counter[4 + i] = static_cast<std::uint8_t>(counter[4 + i] ^ packet[8 + i]);
  for (std::size_t i = 0; i < 2; ++i)
    counter[12 + i] = static_cast<std::uint8_t>(counter[12 + i] ^ packet[2 + i]);
  Buffer out(packet.begin(), packet.begin() + 12);
  const Buffer payload = aes_cm(derive(key, salt, 0, 16), counter, packet.subspan(12));
  out.insert(out.end(), payload.begin(), payload.end());
  Buffer signed_part = out;
  signed_part.insert(signed_part.end(), 4, 0);  // the rollover counter
  const Buffer tag = hmac_sha1(derive(key, salt, 1, 20), signed_part);
  out.insert(out.end(), tag.begin(), tag.begin() + static_cast<std::ptrdiff_t>(tag_size));
  return out;
}

/// With session key and salt (RFC 7714 section 8).
inline Buffer protect_gcm_session(Bytes key, Bytes salt, Bytes packet) {
  std::array<std::uint8_t, 12> iv{};
  std::copy(packet.begin() + 8, packet.begin() + 12, iv.begin() + 2);
  std::copy(packet.begin() + 2, packet.begin() + 4, iv.begin() + 10);
  for (std::size_t i = 0; i < iv.size(); ++i) iv[i] = static_cast<std::uint8_t>(iv[i] ^ salt[i]);
  mbedtls_gcm_context gcm;
  mbedtls_gcm_init(&gcm);
  mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key.data(), static_cast<unsigned>(key.size() * 8));
  Buffer out(packet.begin(), packet.end());
  out.resize(packet.size() + 16);
  mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, packet.size() - 12, iv.data(), iv.size(),
                            packet.data(), 12, packet.data() + 12, out.data() + 12, 16,
                            out.data() + packet.size());
  mbedtls_gcm_free(&gcm);
  return out;
}

inline Buffer protect_gcm(Bytes master, Bytes packet) {
  const Bytes key = master.first(master.size() - 12);
  const Bytes salt = master.subspan(key.size());
  return protect_gcm_session(derive(key, salt, 0, key.size()), derive(key, salt, 2, 12), packet);
}

}  // namespace weir::test
