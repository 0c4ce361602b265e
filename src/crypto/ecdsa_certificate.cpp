// Certificate (RFC 5280 section 4.1), DER:
//
//   SEQUENCE { SEQUENCE tbs { [0] version, serial, algorithm, issuer, ... }, algorithm, BIT STRING signature
//   } algorithm: SEQUENCE { OID ecdsa-with-SHA256 }, from mbedTLS 2.28: SEQUENCE { OID, NULL }
#include "crypto/ecdsa_certificate.h"

#include <algorithm>
#include <array>

#include "crypto/certificate.h"
#include "crypto/mbedtls_compat.h"

namespace weir::crypto {
namespace {

constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kBitString = 0x03;
constexpr std::array<std::uint8_t, 14> kWithNull{0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                                 0xce, 0x3d, 0x04, 0x03, 0x02, 0x05, 0x00};
constexpr std::array<std::uint8_t, 12> kWithout{0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                                0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

using Der = std::vector<std::uint8_t>;

Der element(std::uint8_t tag, const Der& content) {
  Der out;
  out.reserve(content.size() + 4);
  out.push_back(tag);
  if (content.size() >= 256) {
    out.push_back(0x82);
    out.push_back(static_cast<std::uint8_t>(content.size() >> 8));
  } else if (content.size() >= 128) {
    out.push_back(0x81);
  }
  out.push_back(static_cast<std::uint8_t>(content.size()));
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

/// Content of the SEQUENCE at the front; empty when there is none.
Bytes content_of(Bytes der) {
  ByteReader reader{der};
  if (reader.u8() != kSequence) return {};
  std::size_t size = reader.u8();
  if (size == 0x81) size = reader.u8();
  if (size == 0x82) size = reader.u16();
  return reader.bytes(size);
}

}  // namespace

std::vector<std::uint8_t> without_algorithm_parameters(Bytes certificate, mbedtls_pk_context& key,
                                                       Random& random) {
  const Bytes tbs = content_of(content_of(certificate));
  if (tbs.empty()) return {};
  const auto found = std::search(tbs.begin(), tbs.end(), kWithNull.begin(), kWithNull.end());
  if (found == tbs.end()) return {certificate.begin(), certificate.end()};

  Der content{tbs.begin(), found};
  content.insert(content.end(), kWithout.begin(), kWithout.end());
  content.insert(content.end(), found + kWithNull.size(), tbs.end());
  Der all = element(kSequence, content);

  std::array<std::uint8_t, MBEDTLS_PK_SIGNATURE_MAX_SIZE> signature{};
  std::size_t size = 0;
  if (compat::sign(key, sha256(all), signature, size, random) != 0) return {};
  Der bits(1 + size);  // the first octet: no unused bits
  std::copy_n(signature.begin(), size, bits.begin() + 1);
  all.insert(all.end(), kWithout.begin(), kWithout.end());
  const Der string = element(kBitString, bits);
  all.insert(all.end(), string.begin(), string.end());
  return element(kSequence, all);
}

}  // namespace weir::crypto
