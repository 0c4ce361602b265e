#include "abr/knapsack.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/random.h"

using namespace weir;
using namespace weir::abr;

namespace {

struct Item {
  std::int64_t rate;
  std::int64_t value;
};
using Classes = std::vector<std::vector<Item>>;

constexpr std::int64_t kImpossible = -1'000'000'000'000;

std::int64_t exhaustive(const Classes& classes, std::size_t from, std::int64_t budget) {
  if (budget < 0) return kImpossible;
  if (from == classes.size()) return 0;
  std::int64_t best = kImpossible;
  for (const Item& item : classes[from]) {
    best = std::max(best, item.value + exhaustive(classes, from + 1, budget - item.rate));
  }
  return best;
}

void fill(Knapsack& knapsack, const Classes& classes) {
  knapsack.clear();
  for (const auto& items : classes) {
    knapsack.begin_class();
    for (std::uint32_t i = 0; i < items.size(); ++i) knapsack.add_item(items[i].rate, items[i].value, i);
  }
}

/// What was chosen is worth what was said, and fits.
void check_answer(const Knapsack& knapsack, const Classes& classes, std::int64_t budget,
                  const KnapsackOutcome& outcome) {
  std::int64_t rate = 0;
  std::int64_t value = 0;
  for (std::uint32_t i = 0; i < classes.size(); ++i) {
    const Item& item = classes[i].at(knapsack.chosen(i));
    rate += item.rate;
    value += item.value;
  }
  CHECK(rate <= budget);
  CHECK(value == outcome.value);
  CHECK(outcome.bound >= outcome.value);
}

Classes random_classes(SeededRandom& random, std::size_t count, std::size_t most_items, std::int64_t rates,
                       std::int64_t values, bool correlated) {
  Classes classes(count);
  for (auto& items : classes) {
    const std::size_t n = 1 + random.below(most_items);
    for (std::size_t i = 0; i < n; ++i) {
      const auto rate = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(rates)));
      const auto noise = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(values)));
      items.push_back({rate, correlated ? rate + noise / 50 : noise - values / 10});
    }
  }
  return classes;
}

}  // namespace

TEST_CASE("the knapsack equals exhaustive search") {
  Knapsack knapsack{8, 10, 100'000};
  SeededRandom random{20261122};
  for (int round = 0; round < 4000; ++round) {
    CAPTURE(round);
    const std::int64_t rates = round % 3 == 0 ? 6 : 100'000;
    const Classes classes =
        random_classes(random, 1 + random.below(5), 6, rates, round % 5 == 0 ? 4 : 1000, round % 7 == 0);
    const auto budget = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(rates) * 4));
    const std::int64_t best = exhaustive(classes, 0, budget);
    fill(knapsack, classes);
    const KnapsackOutcome outcome = knapsack.solve(budget);
    REQUIRE(outcome.feasible == (best > kImpossible / 2));
    if (!outcome.feasible) continue;
    REQUIRE(outcome.value == best);
    REQUIRE(outcome.bound == best);
    check_answer(knapsack, classes, budget, outcome);
  }
}

TEST_CASE("at, below and above the rate of an item") {
  const Classes classes{{{100, 1}, {300, 5}}, {{100, 1}, {200, 2}}};
  Knapsack knapsack{2, 2, 100};
  fill(knapsack, classes);
  CHECK_FALSE(knapsack.solve(199).feasible);
  CHECK(knapsack.solve(200).value == 2);
  CHECK(knapsack.solve(299).value == 2);
  CHECK(knapsack.solve(300).value == 3);
  CHECK(knapsack.solve(399).value == 3);
  CHECK(knapsack.solve(400).value == 6);
  CHECK(knapsack.solve(500).value == 7);
  CHECK(knapsack.solve(Knapsack::kMaxRate).value == 7);
  check_answer(knapsack, classes, 500, knapsack.solve(500));
}

TEST_CASE("what greedy choice by slope misses") {
  // The steepest increment leaves room that nothing fills.
  const Classes classes{{{0, 0}, {60, 61}}, {{0, 0}, {50, 50}}, {{0, 0}, {50, 50}}};
  Knapsack knapsack{3, 2, 100};
  fill(knapsack, classes);
  const KnapsackOutcome outcome = knapsack.solve(100);
  CHECK(outcome.value == 100);
  CHECK(outcome.bound == 100);
}

TEST_CASE("items off the hull are chosen when they fit better") {
  const Classes classes{{{0, 0}, {50, 10}, {100, 100}}};
  Knapsack knapsack{1, 3, 100};
  fill(knapsack, classes);
  CHECK(knapsack.solve(99).value == 10);
}

TEST_CASE("no classes, one item, equal items, items in any order") {
  Knapsack knapsack{4, 4, 100};
  CHECK(knapsack.solve(0).feasible);
  CHECK(knapsack.solve(0).value == 0);
  CHECK_FALSE(knapsack.solve(-1).feasible);
  fill(knapsack, {{{7, -3}}});
  CHECK(knapsack.solve(7).value == -3);
  CHECK_FALSE(knapsack.solve(6).feasible);
  fill(knapsack, {{{5, 5}, {5, 5}, {5, 4}}, {{9, 9}, {1, 1}, {4, 4}}});
  CHECK(knapsack.solve(9).value == 9);
  CHECK(knapsack.chosen(0) == 0);
  CHECK(knapsack.chosen(1) == 2);
}

TEST_CASE("the largest rates and values do not overflow") {
  constexpr std::int64_t most = Knapsack::kMaxRate;
  Classes classes(64);
  for (auto& items : classes) items = {{0, 0}, {1, 1}, {most - 1, 100'000'000}, {most, 200'000'000}};
  Knapsack knapsack{64, 4, 20'000};
  fill(knapsack, classes);
  const KnapsackOutcome outcome = knapsack.solve(most);
  CHECK(outcome.value == 200'000'000);
  CHECK(outcome.bound == outcome.value);
  check_answer(knapsack, classes, most, outcome);
}

TEST_CASE("the limit of nodes ends the search, and the gap is stated and true") {
  SeededRandom random{7};
  int stopped = 0;
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    // Rates and values nearly proportional: the hard kind (strongly correlated).
    const Classes classes = random_classes(random, 12, 8, 1'000'000, 20'000, true);
    const auto budget = static_cast<std::int64_t>(2'000'000 + random.below(4'000'000));
    Knapsack exact{12, 8, 1'000'000};
    fill(exact, classes);
    const KnapsackOutcome truth = exact.solve(budget);
    Knapsack hasty{12, 8, 100};
    fill(hasty, classes);
    const KnapsackOutcome outcome = hasty.solve(budget);
    REQUIRE(outcome.feasible == truth.feasible);
    CHECK(outcome.nodes <= 100);
    if (!truth.feasible || truth.bound != truth.value) continue;
    CHECK(outcome.value <= truth.value);
    CHECK(outcome.bound >= truth.value);
    check_answer(hasty, classes, budget, outcome);
    stopped += outcome.bound > outcome.value ? 1 : 0;
  }
  CHECK(stopped > 20);
}

TEST_CASE("equal input, equal answer") {
  SeededRandom random{11};
  const Classes classes = random_classes(random, 30, 9, 1000, 10, false);
  Knapsack first{30, 9, 20'000};
  Knapsack second{30, 9, 20'000};
  fill(first, classes);
  fill(second, classes);
  CHECK(first.solve(9000).value == second.solve(9000).value);
  CHECK(first.solve(9000).value == second.solve(9000).value);
  for (std::uint32_t i = 0; i < 30; ++i) CHECK(first.chosen(i) == second.chosen(i));
}
