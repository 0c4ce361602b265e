// What an allocation is made of. The words are those of weir/abr.h, which says what each means to a caller.
#pragma once

#include <cstdint>
#include <span>

#include "base/time.h"

namespace weir::abr {

struct Layer {
  std::uint64_t bitrate = 0;  ///< Measured, bit/s; 0: not sent at present.
  std::uint32_t width = 0;    ///< 0: not known.
  std::uint32_t height = 0;
  std::uint32_t milli_fps = 0;
  std::uint32_t quality = 0;  ///< 1 to 1000; 0: 1000.
};

inline constexpr std::uint32_t kNoLayer = 0xffffffffU;
inline constexpr std::uint32_t kMaxWeight = 10'000;

struct Subscription {
  std::uint64_t id = 0;
  std::uint32_t weight = 1;  ///< 1 to kMaxWeight.
  bool visible = true;
  bool pinned = false;
  std::uint32_t max_width = 0;  ///< Of use; 0: any.
  std::uint32_t max_height = 0;
  std::uint32_t current_layer = kNoLayer;
  Duration since_change{-1};  ///< Negative: no decision has to be spared.
  Duration hold{0};           ///< 0: the allocator's.
};

/// Values are those of WEIR_ALLOCATION_*.
enum class Reason : std::uint32_t {
  full = 0,
  reduced_bandwidth = 1,
  reduced_size = 2,
  reduced_hysteresis = 3,
  paused_bandwidth = 4,
  paused_layout = 5,
  paused_publisher = 6,
  paused_limit = 7,
};

struct Decision {
  std::uint32_t layer = kNoLayer;
  Reason reason = Reason::paused_publisher;
  bool changed = false;
  std::int64_t bitrate = 0;
  std::int64_t utility = 0;
};

struct Allocation {
  std::int64_t bitrate = 0;
  std::int64_t utility = 0;
  std::int64_t gap = 0;  ///< No choice of layers for those shown is worth more than this above the chosen.
  std::int64_t shown_gap = 0;  ///< The same for who is shown: weights, of those already shown twice.
  std::uint32_t shown = 0;
  std::uint32_t changes = 0;
  std::uint32_t nodes = 0;
};

struct AllocatorOptions {
  std::uint32_t max_subscriptions = 64;
  std::uint32_t max_layers = 16;
  std::uint32_t max_nodes = 20'000;
  std::uint32_t margin_permille = 150;
  std::uint32_t switch_cost_permille = 50;
  Duration hold{5'000'000};
};

}  // namespace weir::abr
