// SRTP and SRTCP of one peer, both directions (RFC 3711, RFC 7714), over libsrtp2.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/drop_reason.h"
#include "base/result.h"
#include "dtls/session.h"

namespace weir::srtp {

/// What protection adds at most: a 16-byte tag, for RTCP 4 bytes more.
inline constexpr std::size_t kMaxOverhead = 20;
/// SSRCs that one peer may send with; packets of further ones are dropped as STREAM_LIMIT.
inline constexpr std::size_t kMaxReceivedSsrcs = 256;

class Session {
 public:
  static Result<std::unique_ptr<Session>> make(const dtls::SrtpKeys& keys);
  ~Session();

  /// In place. `size` is the packet's; the buffer must have kMaxOverhead bytes more. Returns the new size, 0
  /// on refusal.
  std::size_t protect_rtp(MutableBytes buffer, std::size_t size);
  std::size_t protect_rtcp(MutableBytes buffer, std::size_t size);
  /// Nothing will be sent with this SSRC again: frees what is kept for it.
  void end_sending(std::uint32_t ssrc);

  struct Unprotected {
    std::size_t size = 0;  // 0: dropped
    DropReason reason = DropReason::SRTP_FAILED;
  };
  Unprotected unprotect_rtp(MutableBytes packet);
  Unprotected unprotect_rtcp(MutableBytes packet);

 private:
  Session() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::srtp
