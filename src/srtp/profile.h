// What the SRTP protection profiles are made of (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
#pragma once

#include <cstddef>
#include <optional>

#include "dtls/session.h"

namespace weir::srtp {

struct Profile {
  std::size_t key_size;
  std::size_t salt_size;
  std::size_t rtp_tag_size;
  std::size_t rtcp_tag_size;
  bool aead;

  std::size_t material_size() const { return key_size + salt_size; }
};

/// Nothing for a profile that is none.
constexpr std::optional<Profile> profile_of(dtls::SrtpProfile profile) {
  switch (profile) {
    case dtls::SrtpProfile::aes128_cm_sha1_80:
      return Profile{16, 14, 10, 10, false};
    case dtls::SrtpProfile::aes128_cm_sha1_32:
      return Profile{16, 14, 4, 10, false};  // the shorter tag is RTP's only
    case dtls::SrtpProfile::aead_aes_128_gcm:
      return Profile{16, 12, 16, 16, true};
    case dtls::SrtpProfile::aead_aes_256_gcm:
      return Profile{32, 12, 16, 16, true};
    case dtls::SrtpProfile::none:
      break;
  }
  return std::nullopt;
}

/// What protection adds to a packet of RTP.
constexpr std::size_t rtp_tag_size(dtls::SrtpProfile profile) {
  const auto parts = profile_of(profile);
  return parts ? parts->rtp_tag_size : 0;
}

}  // namespace weir::srtp
