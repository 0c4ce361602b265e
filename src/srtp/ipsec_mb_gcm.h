// AEAD_AES_128_GCM and AEAD_AES_256_GCM (RFC 7714) over intel-ipsec-mb, one packet after the other.
//
//   SRTP    | header | payload, encrypted | tag |                           section 8
//   SRTCP   | 8 bytes | rest, encrypted | tag | E and index |               section 9: the word is
//   authenticated, too
#pragma once

#include <array>
#include <cstdint>

#include "dtls/session.h"
#include "srtp/backend.h"
#include "srtp/ipsec_mb_session.h"

namespace weir::srtp {

struct GcmKeys {
  gcm_key_data rtp;  // round keys and powers of the hash key
  std::array<std::uint8_t, 12> rtp_salt;
  std::array<std::uint8_t, 12> rtcp_salt;
  std::array<std::uint8_t, 32> rtcp;  // as it is, and expanded (70 to 110 ns) for each of the few packets
};

class alignas(64) GcmSession final : public IpsecMbSession {
 public:
  /// `keys` fit the profile.
  GcmSession(MultiBuffer& machine, const Profile& profile, const dtls::SrtpKeys& keys);
  ~GcmSession() override;

  std::size_t protect_rtp(MutableBytes buffer, std::size_t size) override;
  std::size_t protect_rtcp(MutableBytes buffer, std::size_t size) override;
  Unprotected unprotect_rtp(MutableBytes packet) override;
  Unprotected unprotect_rtcp(MutableBytes packet) override;

  void protect(Outgoing& packet);

 private:
  void derive_keys(Bytes master, GcmKeys& out);
  void expand_rtcp(const GcmKeys& keys, gcm_key_data& out);

  alignas(64) GcmKeys send_;
  alignas(64) GcmKeys receive_;
};

}  // namespace weir::srtp
