// What a receiver wants of a video subscription, and how much it wants in all. The words are those of
// weir/layers.h.
#pragma once

#include <cstdint>

#include "weir/layers.h"

namespace weir::sfu {

struct Wants {
  std::uint32_t priority = 1;   ///< 1 to 10000.
  std::uint32_t max_width = 0;  ///< 0: any.
  std::uint32_t max_height = 0;
  std::uint32_t max_milli_fps = 0;  ///< 0: any.
  bool pinned = false;
  bool visible = true;
  std::uint32_t min_spatial = 0;
  std::uint32_t max_spatial = WEIR_LAYER_ANY;
  std::uint32_t max_temporal = WEIR_LAYER_ANY;

  bool operator==(const Wants&) const = default;
};

struct ReceiveLimits {
  std::uint32_t max_video = 0;    ///< 0: none.
  std::uint64_t max_bitrate = 0;  ///< 0: none.

  bool operator==(const ReceiveLimits&) const = default;
};

}  // namespace weir::sfu
