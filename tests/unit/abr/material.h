// Cameras, receivers and an exhaustive judge.
#pragma once

#include <algorithm>
#include <vector>

#include "abr/allocator.h"
#include "abr/utility.h"
#include "base/random.h"

namespace weir::test {

struct Asked {
  abr::Subscription subscription;
  std::vector<abr::Layer> layers;
};

/// 180p, 360p, 720p at 15 and 30 pictures a second.
inline std::vector<abr::Layer> camera() {
  return {{80'000, 320, 180, 15'000, 0},     {120'000, 320, 180, 30'000, 0},
          {300'000, 640, 360, 15'000, 0},    {450'000, 640, 360, 30'000, 0},
          {1'000'000, 1280, 720, 15'000, 0}, {1'500'000, 1280, 720, 30'000, 0}};
}

inline Asked person(std::uint64_t id, std::uint32_t weight = 1) {
  Asked asked{{}, camera()};
  asked.subscription.id = id;
  asked.subscription.weight = weight;
  return asked;
}

inline void give(abr::Allocator& allocator, const std::vector<Asked>& all) {
  allocator.clear();
  for (const Asked& a : all) allocator.add(a.subscription, a.layers);
}

/// No hysteresis at all: what is left is the bare problem.
inline abr::AllocatorOptions bare() {
  abr::AllocatorOptions options;
  options.margin_permille = 0;
  options.switch_cost_permille = 0;
  options.hold = Duration{0};
  return options;
}

inline abr::Allocation decide(abr::Allocator& allocator, const std::vector<Asked>& all, std::uint64_t budget,
                              std::uint32_t limit = 0) {
  give(allocator, all);
  abr::Allocation allocation;
  allocator.decide(budget, limit, allocation);
  return allocation;
}

/// Layers of any size, order and rate, some not sent, some twice.
inline Asked random_person(SeededRandom& random, std::uint64_t id, std::size_t most_layers) {
  Asked asked;
  asked.subscription.id = id;
  asked.subscription.weight = static_cast<std::uint32_t>(1 + random.below(4));
  asked.subscription.visible = random.below(8) != 0;
  asked.subscription.pinned = random.below(6) == 0;
  if (random.below(2) == 0) {
    asked.subscription.max_width = static_cast<std::uint32_t>(160 + random.below(1200));
    asked.subscription.max_height = asked.subscription.max_width * 9 / 16;
  }
  const std::size_t layers = random.below(most_layers + 1);
  for (std::size_t i = 0; i < layers; ++i) {
    const auto scale = static_cast<std::uint32_t>(1 + random.below(4));
    asked.layers.push_back({random.below(10) == 0 ? 0 : 30'000 + random.below(500'000) * scale, 320 * scale,
                            180 * scale, static_cast<std::uint32_t>(5'000 * (1 + random.below(6))), 0});
    if (random.below(6) == 0) asked.layers.push_back(asked.layers.back());
  }
  return asked;
}

}  // namespace weir::test
