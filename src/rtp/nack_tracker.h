// Receiver side of loss repair: which sequence numbers are missing and when to ask for them (RFC 4585
// section 6.2.1).
//
// A gap is asked for when three later packets have come (the one that showed the gap is the first), or 5 ms
// after it was seen: networks swap neighbours, and asking for those would double them. It is asked for again
// after a round trip.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/sequence.h"
#include "base/time.h"

namespace weir::rtp {

class NackTracker {
 public:
  static constexpr std::size_t kMaxMissing = 1000;  // beyond it repair is hopeless: the list is dropped
  static constexpr int kMaxRequests = 10;           // per packet, then it is given up
  static constexpr std::size_t kMaxAtOnce = 250;    // numbers of one due()
  static constexpr std::int64_t kWindow = 4096;     // how far back duplicates are told from late packets
  static constexpr std::int64_t kLaterPackets = 3;
  static constexpr Duration kReorderDelay = std::chrono::milliseconds{5};
  static constexpr Duration kMinRetry = std::chrono::milliseconds{20};

  /// `repaired`: was missing and had been asked for. What only came out of order is `fresh`.
  enum class Arrival { fresh, repaired, duplicate };

  /// Notes a packet. `duplicate` when the number was received before or is too old to tell.
  Arrival on_packet(Time now, std::uint16_t sequence);
  /// Forgets what is missing before the key frame that begins at `sequence`.
  void on_keyframe(std::uint16_t sequence);
  /// Numbers to ask for now, ascending, at most 250 at a time; they are asked for again after max(rtt, 20
  /// ms).
  std::vector<std::uint16_t> due(Time now, Duration rtt);
  /// When to call due(); kNever without missing packets. Can be early, when what it was for has arrived
  /// since.
  Time deadline() const;
  std::size_t missing() const { return missing_.size(); }
  /// True once after the list overflowed: only a key frame helps.
  bool take_overflow();

 private:
  struct Missing {
    std::int64_t sequence;
    Time next_request;
    int requests;
    std::int64_t seen_at;  // advances_ when the gap showed
  };
  void note_gap(Time now, std::int64_t from, std::int64_t to);
  void hurry(Time now);
  std::uint64_t& received_word(std::int64_t sequence);
  bool received(std::int64_t sequence);
  void set_received(std::int64_t sequence, bool value);

  Unwrapper<std::uint16_t> unwrapper_;
  std::vector<Missing> missing_;                        // ascending
  std::array<std::uint64_t, kWindow / 64> received_{};  // a bit for each of the last kWindow numbers
  std::int64_t advances_ = 0;                           // packets that were newer than all before
  Time deadline_ = kNever;
  bool overflow_ = false;
};

}  // namespace weir::rtp
