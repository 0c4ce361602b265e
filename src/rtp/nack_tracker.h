// Receiver side of loss repair: which sequence numbers are missing and when to ask for them (RFC 4585 section 6.2.1).
#pragma once

#include <cstdint>
#include <vector>

#include "base/sequence.h"
#include "base/time.h"

namespace weir::rtp {

class NackTracker {
 public:
  static constexpr std::size_t kMaxMissing = 1000;  // beyond it repair is hopeless: the list is dropped
  static constexpr int kMaxRequests = 10;           // per packet

  enum class Arrival { fresh, repaired, duplicate };

  /// Notes a packet. `duplicate` when the number was received before or is too old to tell.
  Arrival on_packet(Time now, std::uint16_t sequence);
  /// Forgets what is missing before the key frame that begins at `sequence`.
  void on_keyframe(std::uint16_t sequence);
  /// Numbers to ask for now, ascending, at most 250 at a time; they are asked for again after max(rtt, 20 ms).
  std::vector<std::uint16_t> due(Time now, Duration rtt);
  /// When due() has something; kNever without missing packets.
  Time deadline() const;
  std::size_t missing() const { return missing_.size(); }
  /// True once after the list overflowed: only a key frame helps.
  bool take_overflow();

 private:
  struct Missing {
    std::int64_t sequence;
    Time next_request;
    int requests;
  };
  Unwrapper<std::uint16_t> unwrapper_;
  std::vector<Missing> missing_;  // ascending
  bool started_ = false;
  bool overflow_ = false;
};

}  // namespace weir::rtp
