#include "meeting.h"

#include <algorithm>
#include <stdexcept>

namespace weir::bench {

namespace {

struct Choice {
  std::int64_t rate;
  std::int64_t utility;
};

struct Person {
  std::int64_t weight;
  std::int64_t base;
  std::vector<Choice> choices;
};

constexpr std::int64_t kImpossible = -1'000'000'000'000;

std::uint32_t below(std::mt19937_64& random, std::uint32_t bound) {
  return static_cast<std::uint32_t>(random() % bound);
}

Person describe(Viewer& viewer) {
  Person person{viewer.subscription.weight, 0, {}};
  viewer.subscription.layers = viewer.layers.data();
  for (std::uint32_t i = 0; i < viewer.layers.size(); ++i) {
    std::int64_t utility = 0;
    if (weir_allocator_utility(&viewer.subscription, i, &utility) != WEIR_OK) {
      throw std::runtime_error("utility");
    }
    person.choices.push_back({static_cast<std::int64_t>(viewer.layers[i].bitrate), utility});
  }
  const auto cheaper = [](const Choice& a, const Choice& b) { return a.rate < b.rate; };
  person.base = std::min_element(person.choices.begin(), person.choices.end(), cheaper)->rate;
  return person;
}

std::int64_t most_weight(const std::vector<Person>& all, std::size_t from, std::int64_t budget) {
  if (from == all.size()) return 0;
  const std::int64_t without = most_weight(all, from + 1, budget);
  if (all[from].base > budget) return without;
  return std::max(without, all[from].weight + most_weight(all, from + 1, budget - all[from].base));
}

std::int64_t most_utility(const std::vector<Person>& all, std::size_t from, std::int64_t budget) {
  if (budget < 0) return kImpossible;
  if (from == all.size()) return 0;
  std::int64_t best = kImpossible;
  for (const Choice& choice : all[from].choices) {
    best = std::max(best, choice.utility + most_utility(all, from + 1, budget - choice.rate));
  }
  return best;
}

}  // namespace

std::vector<Viewer> meeting(std::mt19937_64& random, std::size_t people, std::size_t layers) {
  constexpr std::uint32_t kRates[] = {7'500, 15'000, 30'000};
  std::vector<Viewer> viewers(people);
  for (std::size_t i = 0; i < people; ++i) {
    weir_allocator_subscription& s = viewers[i].subscription;
    weir_allocator_subscription_init(&s, sizeof s);
    s.id = i + 1;
    s.weight = below(random, 10) == 0 ? 4 : 1 + below(random, 2);
    s.pinned = below(random, 25) == 0 ? 1 : 0;
    // Three sizes with up to three frame rates each; every encoder has its own idea of what that costs.
    const std::uint64_t unit = 60'000 + below(random, 60'000);
    for (std::size_t k = 0; k < layers; ++k) {
      const auto size = static_cast<std::uint32_t>(k / 3 % 3);
      const std::uint64_t rate = unit * (std::uint64_t{1} << (2 * size)) * (4 + 3 * (k % 3)) / 10;
      viewers[i].layers.push_back(
          {rate * (90 + below(random, 21)) / 100, 320U << size, 180U << size, kRates[k % 3], 0});
    }
  }
  return viewers;
}

void add(weir_allocator* allocator, std::vector<Viewer>& viewers) {
  weir_allocator_clear(allocator);
  for (Viewer& viewer : viewers) {
    viewer.subscription.layers = viewer.layers.data();
    viewer.subscription.layer_count = static_cast<std::uint32_t>(viewer.layers.size());
    if (weir_allocator_add(allocator, &viewer.subscription) != WEIR_OK) throw std::runtime_error("add");
  }
}

Gap exhaustive_gap(const weir_allocator* allocator, std::vector<Viewer>& viewers, std::uint64_t budget) {
  Gap gap;
  auto left = static_cast<std::int64_t>(budget);
  for (const std::uint32_t pinned : {1U, 0U}) {
    std::vector<Person> all;
    std::vector<Person> shown;
    std::int64_t weight = 0;
    std::int64_t utility = 0;
    std::int64_t rate = 0;
    for (std::uint32_t i = 0; i < viewers.size(); ++i) {
      if (viewers[i].subscription.pinned != pinned) continue;
      all.push_back(describe(viewers[i]));
      weir_allocator_decision decision;
      weir_allocator_decision_init(&decision, sizeof decision);
      if (weir_allocator_decision_get(allocator, i, &decision) != WEIR_OK)
        throw std::runtime_error("decision");
      if (decision.layer == WEIR_NO_LAYER) continue;
      shown.push_back(all.back());
      weight += all.back().weight;
      utility += decision.utility;
      rate += static_cast<std::int64_t>(decision.bitrate);
    }
    gap.weight += most_weight(all, 0, left) - weight;
    gap.utility += most_utility(shown, 0, left) - utility;
    left -= rate;
  }
  return gap;
}

}  // namespace weir::bench
