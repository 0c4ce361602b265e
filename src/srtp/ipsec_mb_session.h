// What the sessions of the intel-ipsec-mb backend have in common.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "srtp/ipsec_mb.h"
#include "srtp/packet_header.h"
#include "srtp/profile.h"
#include "srtp/session.h"
#include "srtp/stream.h"

namespace weir::srtp {

class IpsecMbSession : public Session {
 public:
  bool aead() const { return profile_.aead; }
  void end_sending(std::uint32_t ssrc) override { sent_.remove(ssrc); }
  bool may_protect_rtp(MutableBytes buffer, std::size_t size) const {
    return size <= kMaxPacket && buffer.size() >= size + profile_.rtp_tag_size;
  }

 protected:
  IpsecMbSession(MultiBuffer& machine, const Profile& profile) : machine_(machine), profile_(profile) {}

  MultiBuffer& machine_;
  const Profile profile_;
  StreamTable sent_{kMaxSentSsrcs};
  StreamTable received_{kMaxReceivedSsrcs};
};

inline bool may_protect_rtcp(MutableBytes buffer, std::size_t size) {
  return size <= kMaxPacket && buffer.size() >= size + kMaxOverhead;
}

/// XORs a number of `size` bytes into a counter block or nonce.
template <std::size_t kSize>
void xor_number(std::array<std::uint8_t, kSize>& block, std::size_t at, std::uint64_t number,
                std::size_t size) {
  for (std::size_t i = size; i-- > 0; number >>= 8) {
    block[at + i] = static_cast<std::uint8_t>(block[at + i] ^ (number & 0xff));
  }
}

/// In constant time.
inline bool same_tag(const std::uint8_t* a, const std::uint8_t* b, std::size_t size) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < size; ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace weir::srtp
