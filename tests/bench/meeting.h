// Random meetings for the allocator, and the judge that tries every choice.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "weir/abr.h"

namespace weir::bench {

struct Viewer {
  weir_allocator_subscription subscription;
  std::vector<weir_allocator_layer> layers;
};

/// What a receiver asks for: so many people with so many layers each, weights, sizes and pins as they occur.
std::vector<Viewer> meeting(std::mt19937_64& random, std::size_t people, std::size_t layers);

/// Gives the meeting to the allocator.
void add(weir_allocator* allocator, std::vector<Viewer>& viewers);

/// How far a decision lies from the best, found by trying everything. Both 0: it is the best.
struct Gap {
  std::int64_t utility = 0;
  std::int64_t weight = 0;
};
Gap exhaustive_gap(const weir_allocator* allocator, std::vector<Viewer>& viewers, std::uint64_t budget);

}  // namespace weir::bench
