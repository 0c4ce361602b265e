#include "abr/allocator.h"

#include <doctest/doctest.h>

#include "material.h"

using namespace weir;
using namespace weir::abr;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

Reason reason(const Allocator& allocator, std::size_t i) {
  return allocator.decision(i).reason;
}

std::uint32_t layer(const Allocator& allocator, std::size_t i) {
  return allocator.decision(i).layer;
}

}  // namespace

TEST_CASE("nothing to share, nothing to share it with") {
  Allocator allocator{bare()};
  CHECK(decide(allocator, {}, 1'000'000).shown == 0);
  CHECK(decide(allocator, {person(1)}, 0).shown == 0);
  CHECK(reason(allocator, 0) == Reason::paused_bandwidth);
  CHECK(layer(allocator, 0) == kNoLayer);
}

TEST_CASE("one person at, below and above the rate of every layer") {
  Allocator allocator{bare()};
  const std::vector<Asked> all{person(1)};
  const auto layers = camera();
  for (std::uint32_t i = 0; i < layers.size(); ++i) {
    CAPTURE(i);
    decide(allocator, all, layers[i].bitrate - 1);
    CHECK(layer(allocator, 0) == (i == 0 ? kNoLayer : i - 1));
    decide(allocator, all, layers[i].bitrate);
    CHECK(layer(allocator, 0) == i);
    CHECK(reason(allocator, 0) == (i == 5 ? Reason::full : Reason::reduced_bandwidth));
    decide(allocator, all, layers[i].bitrate + 1);
    CHECK(layer(allocator, 0) == i);
  }
  decide(allocator, all, ~std::uint64_t{0});
  CHECK(layer(allocator, 0) == 5);
}

TEST_CASE("each reason") {
  Allocator allocator{bare()};
  std::vector<Asked> all;
  for (std::uint64_t id = 1; id <= 6; ++id) all.push_back(person(id, 10));
  all[0].subscription.visible = false;
  all[1].layers.clear();
  all[2].subscription.max_width = 320;
  all[2].subscription.max_height = 180;
  all[5].subscription.weight = 1;
  const Allocation allocation = decide(allocator, all, 120'000 + 1'500'000 + 450'000 + 10'000, 3);
  CHECK(reason(allocator, 0) == Reason::paused_layout);
  CHECK(reason(allocator, 1) == Reason::paused_publisher);
  CHECK(reason(allocator, 2) == Reason::reduced_size);
  CHECK(layer(allocator, 2) == 1);
  CHECK((reason(allocator, 3) == Reason::full) != (reason(allocator, 4) == Reason::full));
  CHECK((reason(allocator, 3) == Reason::reduced_bandwidth) !=
        (reason(allocator, 4) == Reason::reduced_bandwidth));
  CHECK(reason(allocator, 5) == Reason::paused_limit);
  CHECK(allocation.bitrate == 120'000 + 1'500'000 + 450'000);
  CHECK(allocation.shown == 3);
  CHECK(allocation.changes == 3);
  CHECK(allocation.gap == 0);
}

TEST_CASE("every base layer comes before any second layer") {
  Allocator allocator{bare()};
  std::vector<Asked> all{person(1, kMaxWeight), person(2), person(3)};
  decide(allocator, all, 3 * 80'000 + 39'999);
  for (std::size_t i = 0; i < 3; ++i) CHECK(layer(allocator, i) == 0);
  decide(allocator, all, 3 * 80'000 + 40'000);
  CHECK(layer(allocator, 0) == 1);
  CHECK(layer(allocator, 1) == 0);
  // Pinned: the second layer, and every other, comes before the base layers of those who are not.
  all[0].subscription.pinned = true;
  decide(allocator, all, 1'500'000 + 80'000);
  CHECK(layer(allocator, 0) == 5);
  CHECK(layer(allocator, 1) == 0);
  CHECK(reason(allocator, 2) == Reason::paused_bandwidth);
  // Among the pinned the rule holds again.
  all[1].subscription.pinned = true;
  decide(allocator, all, 1'500'000 + 79'999);
  CHECK(layer(allocator, 0) == 4);
  CHECK(layer(allocator, 1) == 3);
}

TEST_CASE("the same decision in whatever order they were added") {
  SeededRandom random{3};
  Allocator forth{bare()};
  Allocator back{bare()};
  for (int round = 0; round < 300; ++round) {
    std::vector<Asked> all;
    for (std::uint64_t id = 0; id < 12; ++id)
      all.push_back(person(id, 1 + static_cast<std::uint32_t>(id % 2)));
    const std::uint64_t budget = random.below(6'000'000);
    const std::uint32_t limit = static_cast<std::uint32_t>(random.below(14));
    decide(forth, all, budget, limit);
    std::reverse(all.begin(), all.end());
    decide(back, all, budget, limit);
    for (std::size_t i = 0; i < 12; ++i) REQUIRE(layer(forth, i) == layer(back, 11 - i));
  }
}

TEST_CASE("two of one id are refused, the limits of the options hold") {
  AllocatorOptions options;
  options.max_subscriptions = 2;
  options.max_layers = 6;
  Allocator allocator{options};
  Asked many = person(1);
  many.layers.emplace_back();
  CHECK_FALSE(allocator.add(many.subscription, many.layers));
  CHECK(allocator.add(person(1).subscription, camera()));
  CHECK(allocator.add(person(1).subscription, camera()));
  CHECK_FALSE(allocator.add(person(2).subscription, camera()));
  Allocation allocation;
  CHECK_FALSE(allocator.decide(1, 0, allocation));
  allocator.clear();
  CHECK(allocator.add(person(2).subscription, camera()));
  CHECK(allocator.decide(92'000, 0, allocation));
  CHECK(allocation.shown == 1);
}

TEST_CASE("a quarter of the budget: down at once, held or not, and nothing goes up") {
  Allocator allocator{{}};
  std::vector<Asked> all;
  for (std::uint64_t id = 1; id <= 4; ++id) {
    all.push_back(person(id));
    all.back().subscription.current_layer = 3;
    all.back().subscription.since_change = 100ms;
  }
  const Allocation allocation = decide(allocator, all, 450'000);
  CHECK(allocation.bitrate <= 450'000);
  CHECK(allocation.shown == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(layer(allocator, i) < 3);
  CHECK(decide(allocator, all, 4 * 450'000).changes == 0);
  // One bit too little: one of them goes down, by one step.
  CHECK(decide(allocator, all, 4 * 450'000 - 1).changes == 1);
}

TEST_CASE("rising needs the margin and the wait, and says so") {
  Allocator allocator{{}};
  std::vector<Asked> all{person(1)};
  Subscription& s = all[0].subscription;
  s.current_layer = 3;
  s.since_change = 5s;
  decide(allocator, all, 1'149'999);
  CHECK(layer(allocator, 0) == 3);
  CHECK(reason(allocator, 0) == Reason::reduced_hysteresis);
  decide(allocator, all, 1'150'000);
  CHECK(layer(allocator, 0) == 4);
  s.since_change = 5s - 1us;
  decide(allocator, all, 100'000'000);
  CHECK(layer(allocator, 0) == 3);
  CHECK(reason(allocator, 0) == Reason::reduced_hysteresis);
  s.hold = 1s;
  decide(allocator, all, 100'000'000);
  CHECK(layer(allocator, 0) == 5);
}

TEST_CASE("who was paused comes back with margin and wait; meanwhile nobody takes the room") {
  Allocator allocator{{}};
  std::vector<Asked> all{person(1), person(2)};
  all[0].subscription.current_layer = 0;
  all[0].subscription.since_change = 60s;
  all[1].subscription.since_change = 60s;
  decide(allocator, all, 183'999);
  CHECK(layer(allocator, 1) == kNoLayer);
  decide(allocator, all, 184'000);  // 160'000 and 15 %
  CHECK(layer(allocator, 1) == 0);
  all[1].subscription.since_change = 1s;
  // Room for the second layer of the first, were it not for the base layer of the second.
  decide(allocator, all, 200'000);
  CHECK(layer(allocator, 0) == 0);
  CHECK(layer(allocator, 1) == kNoLayer);
  CHECK(reason(allocator, 1) == Reason::paused_bandwidth);
  CHECK(decide(allocator, all, 10'000'000).shown == 1);
}

TEST_CASE("a new one is shown at once at the cost of somebody's second layer") {
  Allocator allocator{{}};
  std::vector<Asked> all{person(1), person(2)};
  all[0].subscription.current_layer = 3;
  all[0].subscription.since_change = 0s;
  decide(allocator, all, 460'000);
  CHECK(layer(allocator, 0) == 2);
  CHECK(layer(allocator, 1) == 0);
}

TEST_CASE("two nearly equal choices do not take turns") {
  Allocator allocator{{}};
  std::vector<Asked> all{person(1), person(2)};
  all[0].subscription.current_layer = 3;
  all[1].subscription.current_layer = 2;
  for (Asked& a : all) a.subscription.since_change = 60s;
  all[1].layers[3].bitrate = 440'000;  // a little cheaper now
  CHECK(decide(allocator, all, 870'000).changes == 0);
  all[1].subscription.weight = 3;  // but a real gain is taken
  CHECK(decide(allocator, all, 870'000).changes == 2);
}
