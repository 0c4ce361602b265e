// Packets, keys and both backends, for the tests of this folder.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <utility>
#include <vector>

#include "base/random.h"
#include "srtp/backend.h"
#include "srtp/profile.h"
#include "unit/srtp/reference.h"

namespace weir::test {

using dtls::SrtpKeys;
using dtls::SrtpProfile;
using srtp::BackendKind;
using srtp::kMaxOverhead;
using srtp::Session;

constexpr SrtpProfile kProfiles[] = {SrtpProfile::aes128_cm_sha1_80, SrtpProfile::aes128_cm_sha1_32,
                                     SrtpProfile::aead_aes_128_gcm, SrtpProfile::aead_aes_256_gcm};

/// Says so where it has not.
inline bool has_ipsec_mb() {
  const bool available = srtp::available(BackendKind::ipsec_mb);
  if (!available) MESSAGE("skipped: intel-ipsec-mb is not built in or this processor lacks AES instructions");
  return available;
}

inline std::vector<BackendKind> backends() {
  std::vector<BackendKind> kinds{BackendKind::libsrtp};
  if (has_ipsec_mb()) kinds.push_back(BackendKind::ipsec_mb);
  return kinds;
}

inline SrtpKeys keys_of(SrtpProfile profile, bool other_side = false, std::uint64_t seed = 0) {
  SrtpKeys keys;
  keys.profile = profile;
  SeededRandom random{static_cast<std::uint64_t>(profile) + 100 * seed};
  const std::size_t size = srtp::profile_of(profile)->material_size();
  keys.send.resize(size);
  keys.receive.resize(size);
  random.fill(keys.send);
  random.fill(keys.receive);
  if (other_side) std::swap(keys.send, keys.receive);
  return keys;
}

inline Buffer rtp(std::uint16_t sequence, std::uint32_t ssrc = 7, std::size_t payload = 100) {
  Buffer packet(12 + payload);
  packet[0] = 0x80;
  packet[1] = 96;
  store_u16(&packet[2], sequence);
  store_u32(&packet[4], 90'000);
  store_u32(&packet[8], ssrc);
  for (std::size_t i = 12; i < packet.size(); ++i) packet[i] = static_cast<std::uint8_t>(i);
  return packet;
}

inline Buffer rtcp(std::uint32_t ssrc = 7) {
  Buffer packet(8);
  packet[0] = 0x80;
  packet[1] = 201;
  packet[3] = 1;
  store_u32(&packet[4], ssrc);
  return packet;
}

/// CSRCs, header extension, payload: all of random length.
inline Buffer random_rtp(Random& random, std::uint16_t sequence, std::uint32_t ssrc) {
  const std::size_t csrcs = random.below(16);
  const bool extended = random.below(2) != 0;
  const std::size_t words = random.below(8);
  const std::size_t payload = random.below(8) == 0 ? 0 : random.below(1300);
  Buffer packet(12 + 4 * csrcs + (extended ? 4 + 4 * words : 0) + payload);
  random.fill(packet);
  packet[0] = static_cast<std::uint8_t>(0x80 | (extended ? 0x10 : 0) | csrcs);
  packet[1] = static_cast<std::uint8_t>(packet[1] | 0x60);  // payload types that are not taken for RTCP's
  store_u16(&packet[2], sequence);
  store_u32(&packet[8], ssrc);
  if (extended) store_u16(&packet[12 + 4 * csrcs + 2], static_cast<std::uint16_t>(words));
  return packet;
}

inline Buffer protect_rtp(Session& session, const Buffer& plain) {
  Buffer out = plain;
  out.resize(plain.size() + kMaxOverhead);
  out.resize(session.protect_rtp(out, plain.size()));
  return out;
}

inline Buffer protect_rtcp(Session& session, const Buffer& plain) {
  Buffer out = plain;
  out.resize(plain.size() + kMaxOverhead);
  out.resize(session.protect_rtcp(out, plain.size()));
  return out;
}

/// One side: a backend and a session of it.
struct End {
  std::unique_ptr<srtp::Backend> backend;
  std::unique_ptr<Session> session;

  End(BackendKind kind, const SrtpKeys& keys)
      : backend(srtp::make_backend(kind)), session(std::move(*backend->open(keys))) {}
  Session* operator->() const { return session.get(); }
  Session& operator*() const { return *session; }
};

/// Two sides of one association, both by one backend.
struct Ends {
  End a;
  End b;
  explicit Ends(BackendKind kind, SrtpProfile profile = SrtpProfile::aes128_cm_sha1_80)
      : a(kind, keys_of(profile)), b(kind, keys_of(profile, true)) {}

  srtp::Unprotected take(Buffer packet) const { return b->unprotect_rtp(packet); }
};

}  // namespace weir::test
