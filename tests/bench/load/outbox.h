// Where a client's packets go: written plain into the batch, protected in place.
#pragma once

#include "base/egress.h"
#include "srtp/session.h"

namespace weir::load {

class Outbox {
 public:
  static constexpr std::size_t kMaxPacket = 1400;

  Outbox(EgressBatch& batch, const FiveTuple& path, srtp::Session& srtp)
      : batch_(batch), path_(path), srtp_(srtp) {}

  /// Room for a plain packet, until send_rtp() or send_rtcp(); empty when the batch is full.
  MutableBytes room() {
    room_ = batch_.reserve(kMaxPacket + srtp::kMaxOverhead);
    return room_.empty() ? room_ : room_.first(kMaxPacket);
  }
  /// False where it could not be protected.
  bool send_rtp(std::size_t size) { return commit(srtp_.protect_rtp(room_, size)); }
  bool send_rtcp(std::size_t size) { return commit(srtp_.protect_rtcp(room_, size)); }

 private:
  // All of a batch go to one receiver: one flow, so that equal packets leave as one message.
  static constexpr std::uint32_t kFlow = 0;

  bool commit(std::size_t size) {
    if (size > 0) batch_.commit(path_, size, kFlow);
    return size > 0;
  }

  EgressBatch& batch_;
  FiveTuple path_;
  srtp::Session& srtp_;
  MutableBytes room_;
};

}  // namespace weir::load
