// Sender clocks. Each sender's NTP clock is mapped to the node's, once for all its tracks, so that the sender
// reports that the node writes keep a person's lips in sync whatever source a subscription switches to (RFC
// 3550 section 6.4.1).
#pragma once

#include <cstdint>
#include <optional>

#include "base/sequence.h"
#include "base/time.h"

namespace weir::sfu {

/// Offset of one sender's clock to the node's. Of all reports the one with the least delay tells best; it
/// ages by more than clocks drift, so that a new one takes over.
class ClockOffset {
 public:
  static constexpr double kDrift = 2e-4;  // seconds a second

  void observe(Time arrival, std::int64_t sender_us) {
    const std::int64_t sample = sender_us - to_us(arrival);
    const auto aged =
        known_ ? offset_ - static_cast<std::int64_t>(kDrift * static_cast<double>(to_us(arrival - when_)))
               : sample;
    // A jump of more than a second either way is a clock that was set.
    const bool jumped = known_ && (sample > aged + 1'000'000 || sample < aged - 1'000'000);
    if (!known_ || jumped || sample >= aged) {
      offset_ = sample;
      when_ = arrival;
      known_ = true;
    }
  }
  bool known() const { return known_; }
  /// The sender's clock at the node's time, in us.
  std::int64_t sender_us(Time now) const { return to_us(now) + offset_; }

 private:
  bool known_ = false;
  std::int64_t offset_ = 0;
  Time when_{};
};

/// RTP timestamp of a track as a function of its sender's clock, from the last sender report.
struct RtpClock {
  std::int64_t sender_us = 0;
  std::uint32_t timestamp = 0;
  bool known = false;

  /// When a packet was captured, on the sender's clock; nothing before the first report.
  std::optional<std::int64_t> captured_us(std::uint32_t of, std::uint32_t clock_rate) const {
    if (!known) return std::nullopt;
    const std::int64_t ticks = sequence_distance(of, timestamp);
    return sender_us + ticks * 1'000'000 / std::int64_t{clock_rate};
  }
  /// The timestamp of what is captured at the node's time `now`; nothing before the first report.
  std::optional<std::uint32_t> at(Time now, const ClockOffset& offset, std::uint32_t clock_rate) const {
    if (!known || !offset.known()) return std::nullopt;
    const std::int64_t elapsed = offset.sender_us(now) - sender_us;
    return timestamp + ticks_from_us(elapsed, clock_rate);
  }
};

}  // namespace weir::sfu
