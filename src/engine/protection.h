// Packets that are written and wait to be protected: together it costs a fraction (SRTP of many sessions at
// once). They are in the egress arena already, with room for their tags, one behind the other without a gap;
// nothing of it may be sent before run().
#pragma once

#include <array>
#include <cstdint>

#include "base/drop_reason.h"
#include "base/egress.h"
#include "srtp/backend.h"

namespace weir::engine {

class Protection {
 public:
  // As many as a backend computes at once, and still in the processor's cache.
  static constexpr std::size_t kBurst = 64;

  Protection(srtp::Backend& backend, EgressBatch& egress, DropCounters& drops)
      : backend_(backend), egress_(egress), drops_(drops) {}

  /// The datagram that was committed last: `out`, of which the first `plain` bytes are written.
  void add(srtp::Session& session, MutableBytes out, std::size_t plain);
  /// Before the arena is sent, and before a session ends.
  void run();
  std::size_t waiting() const { return count_; }

 private:
  srtp::Backend& backend_;
  EgressBatch& egress_;
  DropCounters& drops_;
  std::array<srtp::Outgoing, kBurst> burst_{};
  std::array<std::uint32_t, kBurst> entries_{};
  std::size_t count_ = 0;
};

}  // namespace weir::engine
