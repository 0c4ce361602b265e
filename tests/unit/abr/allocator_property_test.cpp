// Random meetings against exhaustive search, and what must hold of every decision.
#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "abr/allocator.h"
#include "material.h"

using namespace weir;
using namespace weir::abr;
using namespace weir::test;

namespace {

std::uint64_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

/// Options of one subscription, cheapest layer first as the rule of base layers has it.
struct Choices {
  std::int64_t weight;
  std::int64_t base;
  std::vector<Option> layers;
};

std::vector<Choices> choices(const std::vector<Asked>& all, bool pinned) {
  std::vector<Choices> result;
  for (const Asked& a : all) {
    Candidate c;
    c.subscription = a.subscription;
    std::vector<Option> options(a.layers.size());
    describe(c, a.layers, options, Duration{0});
    if (!competes(c) || a.subscription.pinned != pinned) continue;
    Choices own{a.subscription.weight, options[c.base].rate, {}};
    for (const Option& o : options) {
      if (o.utility > 0) own.layers.push_back(o);
    }
    result.push_back(own);
  }
  return result;
}

/// Exhaustive: the largest sum of weights whose base layers fit.
std::int64_t most_weight(const std::vector<Choices>& all, std::size_t from, std::int64_t budget) {
  if (from == all.size()) return 0;
  const std::int64_t without = most_weight(all, from + 1, budget);
  if (all[from].base > budget) return without;
  return std::max(without, all[from].weight + most_weight(all, from + 1, budget - all[from].base));
}

/// Exhaustive: the largest sum of utilities when all of them are shown.
std::int64_t most_utility(const std::vector<Choices>& all, std::size_t from, std::int64_t budget) {
  if (budget < 0) return -1'000'000'000;
  if (from == all.size()) return 0;
  std::int64_t best = -1'000'000'000;
  for (const Option& o : all[from].layers) {
    best = std::max(best, o.utility + most_utility(all, from + 1, budget - o.rate));
  }
  return best;
}

/// One group against exhaustive search; answers what it leaves of the budget.
std::int64_t judge(const Allocator& allocator, const std::vector<Asked>& all, bool pinned,
                   std::int64_t budget) {
  std::vector<Asked> shown;
  std::int64_t weight = 0;
  std::int64_t utility = 0;
  std::int64_t rate = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Decision& decision = allocator.decision(i);
    if (all[i].subscription.pinned != pinned || decision.layer == kNoLayer) continue;
    shown.push_back(all[i]);
    weight += all[i].subscription.weight;
    utility += decision.utility;
    rate += decision.bitrate;
  }
  REQUIRE(weight == most_weight(choices(all, pinned), 0, budget));
  REQUIRE(utility == most_utility(choices(shown, pinned), 0, budget));
  return budget - rate;
}

/// What holds of every decision, with hysteresis or without.
void check_laws(const Allocator& allocator, const std::vector<Asked>& all, const Allocation& allocation,
                std::uint64_t budget) {
  REQUIRE(static_cast<std::uint64_t>(allocation.bitrate) <= budget);
  REQUIRE(allocation.gap >= 0);
  REQUIRE(allocation.shown_gap >= 0);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Decision& decision = allocator.decision(i);
    const bool paused = decision.reason >= Reason::paused_bandwidth;
    REQUIRE(paused == (decision.layer == kNoLayer));
    if (paused) continue;
    REQUIRE(decision.layer < all[i].layers.size());
    REQUIRE(all[i].layers[decision.layer].bitrate > 0);
    REQUIRE(all[i].subscription.visible);
    sum += decision.bitrate;
  }
  REQUIRE(sum == allocation.bitrate);
}

}  // namespace

TEST_CASE("decisions equal exhaustive search in both stages of both groups") {
  Allocator allocator{bare()};
  SeededRandom random{42};
  for (int round = 0; round < 3000; ++round) {
    CAPTURE(round);
    std::vector<Asked> all;
    const std::size_t people = 1 + random.below(6);
    for (std::uint64_t id = 0; id < people; ++id) all.push_back(random_person(random, id, 4));
    const std::uint64_t budget = random.below(people * 700'000);
    const Allocation allocation = decide(allocator, all, budget);
    REQUIRE(allocation.gap == 0);
    REQUIRE(allocation.shown_gap == 0);
    check_laws(allocator, all, allocation, budget);
    const std::int64_t left = judge(allocator, all, true, static_cast<std::int64_t>(budget));
    judge(allocator, all, false, left);
  }
}

TEST_CASE("the laws hold of hostile input with hysteresis, and no decision allocates") {
  AllocatorOptions options;
  options.max_subscriptions = 40;
  options.max_layers = 20;
  options.max_nodes = 2000;
  Allocator allocator{options};
  SeededRandom random{99};
  for (int round = 0; round < 1500; ++round) {
    CAPTURE(round);
    std::vector<Asked> all;
    for (std::uint64_t id = 0; id < 1 + random.below(40); ++id) {
      Asked a = random_person(random, id * 0x9e3779b97f4a7c15U, 9);
      for (Layer& l : a.layers) {
        if (random.below(12) == 0) l.bitrate = random.u64() >> random.below(64);
        if (random.below(20) == 0) l.width = random.u32();
        if (random.below(20) == 0) l.milli_fps = random.u32();
        if (random.below(20) == 0) l.quality = random.u32();
      }
      a.subscription.current_layer =
          random.below(3) == 0 ? random.u32() : static_cast<std::uint32_t>(random.below(9));
      a.subscription.since_change = Duration{static_cast<std::int64_t>(random.u64() >> random.below(64))};
      all.push_back(a);
    }
    const std::uint64_t budget = random.u64() >> (20 + random.below(44));
    give(allocator, all);
    Allocation allocation;
    const std::uint64_t before = allocations;
    REQUIRE(allocator.decide(budget, static_cast<std::uint32_t>(random.below(3) * 10), allocation));
    REQUIRE(allocations == before);
    check_laws(allocator, all, allocation, budget);
  }
}
