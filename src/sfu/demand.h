// What a publisher is told: which layers of its track anybody wants.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace weir::sfu {

/// Bit 8 * encoding + spatial, as WEIR_EVENT_TRACK_DEMAND has it.
using LayerMask = std::uint64_t;

constexpr std::size_t layer_place(std::uint8_t encoding, std::uint8_t spatial) {
  return std::size_t{8} * (encoding & 7U) + (spatial & 7U);
}
constexpr LayerMask layer_bit(std::uint8_t encoding, std::uint8_t spatial) {
  return LayerMask{1} << layer_place(encoding, spatial);
}

/// More is asked for at once, less only after a while: beginning to encode a layer costs a key frame, so what
/// may come back soon is not given up. Nothing is told sooner than kInterval after what was told before.
class Demand {
 public:
  static constexpr Duration kInterval = std::chrono::milliseconds{500};
  static constexpr Duration kPatience = std::chrono::seconds{2};

  /// `exists`: the layers that the track has. `wanted`: those that somebody gets or is to get. Answers what
  /// the publisher has to be told now, if anything.
  std::optional<LayerMask> update(Time now, LayerMask exists, LayerMask wanted);
  /// When update() will have something to say though nothing changes; kNever: not at all.
  Time deadline() const;

  /// As the publisher knows it. One that was told nothing yet encodes everything.
  bool asked_for(std::uint8_t encoding, std::uint8_t spatial) const {
    return (told_ & layer_bit(encoding, spatial)) != 0;
  }
  /// Since when, for a layer that had been given up; nothing for one that never was.
  std::optional<Time> asked_back(std::uint8_t encoding, std::uint8_t spatial) const {
    return asked_back_[layer_place(encoding, spatial)];
  }

 private:
  LayerMask told_ = ~LayerMask{0};
  LayerMask exists_ = 0;
  LayerMask wanted_ = 0;
  Time next_telling_{};
  std::array<Time, 64> unwanted_since_{};
  std::array<std::optional<Time>, 64> asked_back_{};
};

}  // namespace weir::sfu
