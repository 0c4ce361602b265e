#include "abr/allocator.h"

#include <algorithm>
#include <limits>

#include "abr/utility.h"

namespace weir::abr {

namespace {

constexpr std::int64_t kPermille = 1000;

}  // namespace

Allocator::Allocator(const AllocatorOptions& options)
    : limits_(options), knapsack_(options.max_subscriptions, options.max_layers + 1, options.max_nodes) {
  const std::size_t all = std::size_t{options.max_subscriptions} * options.max_layers;
  layers_.reserve(all);
  options_.reserve(all);
  candidates_.reserve(options.max_subscriptions);
  by_id_.reserve(options.max_subscriptions);
  scratch_.resize(options.max_subscriptions);
  decisions_.reserve(options.max_subscriptions);
}

void Allocator::clear() {
  layers_.clear();
  options_.clear();
  candidates_.clear();
  decisions_.clear();
}

bool Allocator::add(const Subscription& subscription, std::span<const Layer> layers) {
  if (candidates_.size() >= limits_.max_subscriptions || layers.size() > limits_.max_layers) return false;
  Candidate candidate;
  candidate.subscription = subscription;
  candidate.first = static_cast<std::uint32_t>(layers_.size());
  candidate.count = static_cast<std::uint32_t>(layers.size());
  layers_.insert(layers_.end(), layers.begin(), layers.end());
  options_.resize(layers_.size());
  candidates_.push_back(candidate);
  decisions_.emplace_back();
  return true;
}

/// Everything is done in the order of ids, so that the order of adding decides nothing.
bool Allocator::prepare(std::uint32_t limit) {
  by_id_.clear();
  for (std::uint32_t i = 0; i < candidates_.size(); ++i) {
    Candidate fresh;
    fresh.subscription = candidates_[i].subscription;
    fresh.first = candidates_[i].first;
    fresh.count = candidates_[i].count;
    describe(fresh, std::span{layers_}.subspan(fresh.first, fresh.count),
             std::span{options_}.subspan(fresh.first, fresh.count), limits_.hold);
    candidates_[i] = fresh;
    by_id_.push_back(i);
  }
  const auto id = [this](std::uint32_t i) { return candidates_[i].subscription.id; };
  std::sort(by_id_.begin(), by_id_.end(), [&](auto a, auto b) { return id(a) < id(b); });
  const auto same = [&](auto a, auto b) { return id(a) == id(b); };
  if (std::adjacent_find(by_id_.begin(), by_id_.end(), same) != by_id_.end()) return false;
  limit_shown(candidates_, scratch_, limit);
  return true;
}

/// Whether the knapsack may choose this layer. Rising: nothing is too dear, so what changed lately stays as
/// it is. Not rising: something has to give, and nothing goes up meanwhile.
bool Allocator::offered(const Candidate& c, std::uint32_t layer, bool rising) const {
  const Option& it = option(c, layer);
  if (it.utility == 0) return false;
  if (rising) return !c.held || layer == c.current;
  if (layer == c.base || layer == c.current) return true;
  return c.current != kNoLayer && it.rate < option(c, c.current).rate;
}

/// Utility, less what it costs to take something away. Without that two nearly equal choices would take
/// turns. What rises needs no cost: the margin and the wait keep it from coming and going.
std::int64_t Allocator::objective(const Candidate& c, std::uint32_t layer) const {
  const std::int64_t utility = option(c, layer).utility;
  if (c.current == kNoLayer || layer == c.current || utility > option(c, c.current).utility) return utility;
  const std::int64_t cost = c.subscription.weight * kFullUtility * limits_.switch_cost_permille / kPermille;
  return utility - (c.held ? 2 * cost : cost);
}

/// Who is shown: base layers only, the largest sum of weights. With the room for those who are to come (back)
/// the margin must stay free, so that the next breath of the link does not pause somebody again.
void Allocator::solve_shown(bool pinned, std::int64_t budget, bool coming) {
  knapsack_.clear();
  for (const std::uint32_t i : by_id_) {
    const Candidate& c = candidates_[i];
    if (!member(c, pinned) || (c.coming && !coming)) continue;
    // Who is shown already counts twice: nobody goes for one or two of the same weight.
    const std::int64_t weight = std::int64_t{c.subscription.weight} * (c.current == kNoLayer ? 1 : 2);
    knapsack_.begin_class();
    knapsack_.add_item(0, 0, 0);
    knapsack_.add_item(option(c, c.base).rate, weight, 1);
  }
  const KnapsackOutcome outcome = knapsack_.solve(budget);
  shown_value_ = outcome.value;
  shown_bound_ = std::max(shown_bound_, outcome.bound);
  nodes_ += outcome.nodes;
}

void Allocator::mark_shown(bool pinned, bool coming) {
  std::uint32_t index = 0;
  for (const std::uint32_t i : by_id_) {
    Candidate& c = candidates_[i];
    if (!member(c, pinned)) continue;
    c.shown = (coming || !c.coming) && knapsack_.chosen(index++) == 1;
  }
}

/// Somebody new who finds others with more than their base layers is shown at once, at their cost. Everybody
/// else without a picture waits for the margin.
void Allocator::mark_coming(bool pinned) {
  bool room = false;
  for (const Candidate& c : candidates_) {
    if (member(c, pinned) && c.current != kNoLayer)
      room |= option(c, c.current).rate > option(c, c.base).rate;
  }
  for (Candidate& c : candidates_) {
    if (member(c, pinned)) c.coming = c.resuming || (!room && c.subscription.current_layer == kNoLayer);
  }
}

/// Answers the rate kept for those who will be shown again once they have been paused long enough; nobody
/// else may rise into it.
std::int64_t Allocator::settle_shown(bool pinned, Budget budget, Allocation& allocation) {
  mark_coming(pinned);
  shown_bound_ = 0;
  solve_shown(pinned, budget.all, false);
  mark_shown(pinned, false);
  const std::int64_t without = shown_value_;
  if (budget.rising >= 0) solve_shown(pinned, budget.rising, true);
  if (shown_value_ > without) mark_shown(pinned, true);
  allocation.shown_gap += shown_bound_ - std::max(shown_value_, without);
  std::int64_t reserved = 0;
  for (Candidate& c : candidates_) {
    if (!member(c, pinned) || !c.shown || !c.resuming || !c.held) continue;
    c.shown = false;
    reserved += option(c, c.base).rate;
  }
  rises_ = !somebody_waits(pinned, budget.all - reserved);
  return reserved;
}

/// Whether there is, or with the margin on top would be, room for the base layer of somebody who is not
/// shown. Then nobody else rises, or the room would come and go with the noise of the budget.
bool Allocator::somebody_waits(bool pinned, std::int64_t budget) const {
  std::int64_t bases = 0;
  std::int64_t waiting = std::numeric_limits<std::int64_t>::max();
  for (const Candidate& c : candidates_) {
    if (!member(c, pinned)) continue;
    const std::int64_t rate = option(c, c.base).rate;
    if (c.shown) {
      bases += rate;
    } else if (!(c.resuming && c.held)) {
      waiting = std::min(waiting, rate);
    }
  }
  return waiting <= budget + budget * limits_.margin_permille / kPermille - bases;
}

KnapsackOutcome Allocator::solve_layers(bool pinned, std::int64_t budget, bool rising) {
  knapsack_.clear();
  for (const std::uint32_t i : by_id_) {
    const Candidate& c = candidates_[i];
    if (!member(c, pinned) || !c.shown) continue;
    knapsack_.begin_class();
    for (std::uint32_t layer = 0; layer < c.count; ++layer) {
      if (offered(c, layer, rising)) knapsack_.add_item(option(c, layer).rate, objective(c, layer), layer);
    }
  }
  const KnapsackOutcome outcome = knapsack_.solve(budget);
  nodes_ += outcome.nodes;
  return outcome;
}

void Allocator::take_chosen(bool pinned) {
  std::uint32_t index = 0;
  for (const std::uint32_t i : by_id_) {
    Candidate& c = candidates_[i];
    if (member(c, pinned) && c.shown) c.chosen = knapsack_.chosen(index++);
  }
}

/// How well those are shown who are shown. When all can stay as they are, that is one answer, and the best
/// with the margin kept is the other; the better one wins. When they cannot, something goes down at once, and
/// nothing up.
void Allocator::settle_layers(bool pinned, Budget budget, Allocation& allocation) {
  std::int64_t staying = 0;
  std::int64_t value = 0;
  for (Candidate& c : candidates_) {
    if (!member(c, pinned) || !c.shown) continue;
    c.chosen = c.current != kNoLayer ? c.current : c.base;
    staying += option(c, c.chosen).rate;
    value += objective(c, c.chosen);
  }
  if (staying > budget.all) {
    const KnapsackOutcome outcome = solve_layers(pinned, budget.all, false);
    take_chosen(pinned);
    allocation.gap += outcome.bound - outcome.value;
    return;
  }
  if (!rises_) return;
  const KnapsackOutcome outcome = solve_layers(pinned, budget.rising, true);
  if (!outcome.feasible) return;
  if (outcome.value > value) take_chosen(pinned);
  allocation.gap += std::max<std::int64_t>(outcome.bound - std::max(outcome.value, value), 0);
}

void Allocator::settle_group(bool pinned, Budget& budget, Allocation& allocation) {
  const std::int64_t reserved = settle_shown(pinned, budget, allocation);
  budget.all -= reserved;
  budget.rising -= reserved;
  settle_layers(pinned, budget, allocation);
  for (const Candidate& c : candidates_) {
    if (!member(c, pinned) || c.chosen == kNoLayer) continue;
    budget.all -= option(c, c.chosen).rate;
    budget.rising -= option(c, c.chosen).rate;
  }
}

Reason Allocator::reason_of(const Candidate& c, std::int64_t left) const {
  if (c.chosen == kNoLayer) return c.paused;
  const Option& chosen = option(c, c.chosen);
  if (chosen.utility == option(c, c.top).utility) return c.cut_by_size ? Reason::reduced_size : Reason::full;
  for (std::uint32_t layer = 0; layer < c.count; ++layer) {
    const Option& better = option(c, layer);
    if (better.utility > chosen.utility && better.rate - chosen.rate <= left) {
      return Reason::reduced_hysteresis;
    }
  }
  return Reason::reduced_bandwidth;
}

void Allocator::explain(std::int64_t budget, Allocation& allocation) {
  for (const Candidate& c : candidates_) {
    if (c.chosen != kNoLayer) allocation.bitrate += option(c, c.chosen).rate;
  }
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const Candidate& c = candidates_[i];
    Decision& decision = decisions_[i];
    decision = {};
    decision.layer = c.chosen;
    decision.reason = reason_of(c, budget - allocation.bitrate);
    decision.changed = c.chosen != c.subscription.current_layer;
    allocation.changes += decision.changed ? 1 : 0;
    if (c.chosen == kNoLayer) continue;
    decision.bitrate = option(c, c.chosen).rate;
    decision.utility = option(c, c.chosen).utility;
    allocation.utility += decision.utility;
    ++allocation.shown;
  }
}

bool Allocator::decide(std::uint64_t budget, std::uint32_t limit, Allocation& allocation) {
  allocation = {};
  nodes_ = 0;
  if (!prepare(limit)) return false;
  const auto all =
      static_cast<std::int64_t>(std::min(budget, static_cast<std::uint64_t>(Knapsack::kMaxRate)));
  Budget left{all, all * kPermille / (kPermille + limits_.margin_permille)};
  settle_group(true, left, allocation);
  settle_group(false, left, allocation);
  allocation.nodes = nodes_;
  explain(all, allocation);
  return true;
}

}  // namespace weir::abr
