// SRTP and SRTCP of one peer, both directions (RFC 3711, RFC 7714). A backend makes sessions (backend.h) and
// also takes packets of many sessions at once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/drop_reason.h"

namespace weir::srtp {

/// What protection adds at most: a 16-byte tag, for RTCP 4 bytes more.
inline constexpr std::size_t kMaxOverhead = 20;
/// SSRCs that one peer may send with; packets of further ones are dropped as STREAM_LIMIT.
inline constexpr std::size_t kMaxReceivedSsrcs = 256;
/// SSRCs that may be sent with; packets of further ones are refused until end_sending() makes room.
inline constexpr std::size_t kMaxSentSsrcs = 4096;
/// Late packets still come through RTX and jitter; at 500 packets a second this is one second.
inline constexpr std::size_t kReplayWindow = 512;

/// What became of a received packet.
struct Unprotected {
  std::size_t size = 0;  // 0: dropped
  DropReason reason = DropReason::SRTP_FAILED;
};

/// Belongs to the thread of its backend, and ends before it.
class Session {
 public:
  virtual ~Session() = default;

  /// In place. `size` is the packet's; the buffer must have room for what the profile adds, kMaxOverhead at
  /// most. Returns the new size, 0
  /// on refusal. With AES-CM a packet may be protected twice unchanged, where RTX was not negotiated; with an
  /// AEAD not: the header is authenticated under the same nonce, and one rewritten at departure would make
  /// the nonce's second use a different message.
  virtual std::size_t protect_rtp(MutableBytes buffer, std::size_t size) = 0;
  virtual std::size_t protect_rtcp(MutableBytes buffer, std::size_t size) = 0;
  /// Nothing will be sent with this SSRC again: frees what is kept for it.
  virtual void end_sending(std::uint32_t ssrc) = 0;

  /// In place. A packet that is dropped is no longer what it was.
  virtual Unprotected unprotect_rtp(MutableBytes packet) = 0;
  virtual Unprotected unprotect_rtcp(MutableBytes packet) = 0;

 protected:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
};

}  // namespace weir::srtp
