// AES-CM with HMAC-SHA1 (RFC 3711 section 4) over intel-ipsec-mb.
//
//   SRTP    | header | payload, encrypted | tag |                 the tag also covers the rollover counter
//   SRTCP   | 8 bytes | rest, encrypted | E and index | tag |     section 3.4
#pragma once

#include <array>
#include <cstdint>

#include "dtls/session.h"
#include "srtp/backend.h"
#include "srtp/ipsec_mb_session.h"

namespace weir::srtp {

struct CmKeys {
  AesKey cipher;
  HmacKey hash;
  std::array<std::uint8_t, 14> salt;
};

class CmSession;

/// RTP packets of any CmSessions, gathered and protected together.
class CmProtection {
 public:
  explicit CmProtection(MultiBuffer& machine) : machine_(machine) {}
  void add(Outgoing& packet);
  void run();

 private:
  struct Staged {
    Outgoing* packet;
    const CmSession* session;
    std::uint64_t index;
    std::size_t size;  // without tag
  };
  MultiBuffer& machine_;
  std::array<Staged, MultiBuffer::kBurst> staged_{};
  std::size_t count_ = 0;
};

/// Received packets, likewise. Tags are computed together; then each is judged in its turn, since what came
/// before moves its stream on; then those that passed are decrypted together.
class CmUnprotection {
 public:
  explicit CmUnprotection(MultiBuffer& machine) : machine_(machine) {}
  void add(Incoming& packet);
  void run();

 private:
  struct Staged {
    Incoming* packet;
    CmSession* session;
    std::uint32_t ssrc;
    std::uint64_t index;
    std::size_t header;
    std::size_t size;  // what the tag covers, without rollover counter
    std::size_t digest;
    std::array<std::uint8_t, 10> tag;
  };
  void add_rtp(Incoming& packet, CmSession& session);
  void add_rtcp(Incoming& packet, CmSession& session);
  void stage(Staged staged);
  const std::uint8_t* digest_of(Staged& staged, std::uint64_t index);
  void judge(Staged& staged);

  MultiBuffer& machine_;
  std::array<Staged, MultiBuffer::kBurst> staged_{};
  std::size_t count_ = 0;
};

/// Of a backend; single packets go through them as well.
struct CmBursts {
  explicit CmBursts(MultiBuffer& machine) : protection(machine), unprotection(machine) {}
  CmProtection protection;
  CmUnprotection unprotection;
};

class CmSession final : public IpsecMbSession {
 public:
  /// `keys` fit the profile.
  CmSession(CmBursts& bursts, MultiBuffer& machine, const Profile& profile, const dtls::SrtpKeys& keys);
  ~CmSession() override;

  std::size_t protect_rtp(MutableBytes buffer, std::size_t size) override;
  std::size_t protect_rtcp(MutableBytes buffer, std::size_t size) override;
  Unprotected unprotect_rtp(MutableBytes packet) override;
  Unprotected unprotect_rtcp(MutableBytes packet) override;

 private:
  friend class CmProtection;
  friend class CmUnprotection;

  CmBursts& bursts_;
  CmKeys send_rtp_;
  CmKeys send_rtcp_;
  CmKeys receive_rtp_;
  CmKeys receive_rtcp_;
};

}  // namespace weir::srtp
