// Compound RTCP packets to one participant: filled, protected and sent one datagram after another. Each
// begins with a report (RFC 3550 section 6.1); an empty receiver report does where there is none.
#pragma once

#include <array>

#include "base/bytes.h"
#include "engine/core.h"
#include "rtp/rtcp.h"
#include "srtp/session.h"

namespace weir::engine {

class RtcpDatagram {
 public:
  RtcpDatagram(Core& core, Peer& peer) : core_(core), peer_(peer) {}
  RtcpDatagram(const RtcpDatagram&) = delete;
  RtcpDatagram& operator=(const RtcpDatagram&) = delete;

  /// Appends what `write(ByteWriter&)` writes; when it does not fit behind what is there, in the next
  /// datagram.
  template <typename F>
  void add(F&& write) {
    if (try_add(write)) return;
    flush();
    try_add(write);
  }

  void flush() {
    if (used_ == 0) return;
    const MutableBytes out = core_.egress.reserve(used_ + srtp::kMaxOverhead);
    srtp::Session* srtp = peer_.transport->srtp();
    if (srtp == nullptr) {
      core_.drops.count(DropReason::SRTP_NO_KEYS);
    } else if (out.empty()) {
      core_.drops.count(DropReason::SEND_BUFFER);
    } else {
      std::memcpy(out.data(), bytes_.data(), used_);
      const std::size_t size = srtp->protect_rtcp(out, used_);
      if (size == 0) core_.drops.count(DropReason::SRTP_PROTECT);
      if (size != 0) core_.send(peer_, size);
    }
    used_ = 0;
  }

 private:
  template <typename F>
  bool try_add(F&& write) {
    if (used_ == 0) {
      ByteWriter head{bytes_};
      rtp::write_receiver_report(head, peer_.ssrc, {});
      used_ = head.size();
    }
    ByteWriter writer{MutableBytes{bytes_}.subspan(used_)};
    write(writer);
    if (!writer.ok()) return false;
    used_ += writer.size();
    return true;
  }

  static constexpr std::size_t kPlainSize = 1180;
  Core& core_;
  Peer& peer_;
  std::array<std::uint8_t, kPlainSize> bytes_;
  std::size_t used_ = 0;
};

}  // namespace weir::engine
