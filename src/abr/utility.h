// What a layer is worth to who looks at it. docs/allocation.md states the formula.
#pragma once

#include "abr/allocation.h"

namespace weir::abr {

/// Of a perfect picture for a weight of 1.
inline constexpr std::int64_t kFullUtility = 10'000;

/// The largest of what is sent and what is of use: what the layers of one subscription are measured against.
struct Reference {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t milli_fps = 0;
};
Reference reference_of(const Subscription& subscription, std::span<const Layer> layers);

/// weight * 10000 * resolution * frame rate * quality, each factor in (0, 1]; at least 1, 0 for a layer not
/// sent.
std::int64_t utility_of(const Subscription& subscription, const Reference& reference, const Layer& layer);

/// Whether a layer fills the useful size without being enlarged.
bool covers(const Reference& reference, const Layer& layer);

inline std::uint64_t pixels(const Layer& layer) {
  return std::uint64_t{layer.width} * layer.height;
}

}  // namespace weir::abr
