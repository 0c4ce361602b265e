// One continuous stream for a receiver, whatever source it carries: sequence number, timestamp, VP8 picture
// id and TL0PICIDX go on where the last source stopped. An epoch is the time between two switches; within it
// all differences are constant, so that a packet asked for again gets the numbers it had.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/sequence.h"
#include "base/slots.h"
#include "base/time.h"

namespace weir::sfu {

/// Numbers of a packet as its source counts them; the sequence is unwrapped.
struct SourceNumbers {
  std::int64_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint16_t picture_id = 0;
  std::uint8_t tl0_picture_index = 0;
  bool picture = true;  // false: the packet has no picture id (padding alone, another codec)
};

/// The same as the receiver sees them.
struct EgressNumbers {
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint16_t picture_id = 0;
  std::uint8_t tl0_picture_index = 0;
};

class Rewriter {
 public:
  Rewriter(std::uint16_t first_sequence, std::uint32_t first_timestamp, std::uint32_t clock_rate)
      : highest_(first_sequence - std::int64_t{1}),
        last_timestamp_(first_timestamp),
        clock_rate_(clock_rate) {}

  /// A new source begins with this packet.
  void begin(Time now, Id track, const SourceNumbers& first);

  /// Numbers of a packet of the present source; nothing when it is older than the switch.
  std::optional<EgressNumbers> rewrite(Time now, const SourceNumbers& packet);

  /// Where a sent packet came from.
  struct Origin {
    Id track;
    std::int64_t sequence = 0;
    std::size_t epoch = 0;
  };
  std::optional<Origin> origin(std::uint16_t egress_sequence) const;
  /// The numbers that a packet had when it was sent.
  EgressNumbers again(const Origin& origin, const SourceNumbers& packet) const;

  /// Difference between the receiver's and the present source's timestamps.
  std::uint32_t timestamp_delta() const { return newest().timestamp_delta; }
  Id track() const { return epochs_used_ == 0 ? Id{} : newest().track; }

 private:
  struct Epoch {
    Id track;
    std::int64_t first_source = 0;
    std::int64_t first_egress = 0;
    std::int64_t sequence_delta = 0;
    std::uint32_t timestamp_delta = 0;
    std::uint16_t picture_id_delta = 0;
    std::uint8_t tl0_delta = 0;
  };
  static constexpr std::size_t kEpochs = 8;  // switches within the reach of repair

  const Epoch& newest() const { return epochs_[(epochs_used_ + kEpochs - 1) % kEpochs]; }
  static EgressNumbers apply(const Epoch& epoch, const SourceNumbers& packet);

  std::array<Epoch, kEpochs> epochs_{};
  std::size_t epochs_used_ = 0;  // counts up
  std::int64_t highest_;
  std::uint32_t last_timestamp_;
  Time last_time_{};
  std::uint16_t last_picture_id_ = 0;
  std::uint8_t last_tl0_ = 0;
  std::uint32_t clock_rate_;
  bool sent_ = false;
};

}  // namespace weir::sfu
