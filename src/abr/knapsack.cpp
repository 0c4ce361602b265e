#include "abr/knapsack.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir::abr {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// A product of slope and rate is off by a few units of 2^-53; both margins are far above that.
constexpr double kRelative = 1e-12;
constexpr double kAbsolute = 1e-6;
constexpr std::int64_t kHighest = std::int64_t{1} << 60;

}  // namespace

Knapsack::Knapsack(std::uint32_t max_classes, std::uint32_t max_items, std::uint32_t max_nodes)
    : max_nodes_(max_nodes) {
  const std::size_t all = std::size_t{max_classes} * max_items;
  items_.reserve(all);
  increments_.reserve(all);
  hull_.reserve(max_items);
  classes_.reserve(max_classes);
  core_.reserve(max_classes);
  states_.reserve(std::size_t{max_nodes} + 1);
}

void Knapsack::clear() {
  items_.clear();
  classes_.clear();
}

void Knapsack::begin_class() {
  const auto at = static_cast<std::uint32_t>(items_.size());
  classes_.push_back({at, at, at, at, at, false});
}

void Knapsack::add_item(std::int64_t rate, std::int64_t value, std::uint32_t tag) {
  items_.push_back({rate, value, tag});
  ++classes_.back().end;
}

double Knapsack::slope(std::uint32_t from, std::uint32_t to) const {
  return static_cast<double>(items_[to].value - items_[from].value) /
         static_cast<double>(items_[to].rate - items_[from].rate);
}

/// Cheapest first, and nothing that costs more without being worth more.
void Knapsack::prepare(Class& entry) {
  const auto begin = items_.begin() + entry.first;
  const auto end = items_.begin() + entry.end;
  std::sort(begin, end, [](const Item& a, const Item& b) {
    if (a.rate != b.rate) return a.rate < b.rate;
    return a.value != b.value ? a.value > b.value : a.tag < b.tag;
  });
  auto kept = begin;
  for (auto item = begin + 1; item < end; ++item) {
    if (item->value > kept->value) *++kept = *item;
  }
  entry.end = static_cast<std::uint32_t>(kept - items_.begin()) + 1;
  entry.start = entry.first;
  entry.in_core = false;
}

/// The items that no mixture of two others beats; the steps between them have falling slopes.
void Knapsack::make_hull(std::uint32_t index) {
  const Class& entry = classes_[index];
  hull_.clear();
  for (std::uint32_t item = entry.first; item < entry.fits; ++item) {
    while (hull_.size() > 1 && slope(hull_.back(), item) >= slope(hull_[hull_.size() - 2], hull_.back())) {
      hull_.pop_back();
    }
    hull_.push_back(item);
  }
  for (std::size_t i = 1; i < hull_.size(); ++i) {
    increments_.push_back({slope(hull_[i - 1], hull_[i]), index, hull_[i - 1], hull_[i]});
  }
}

/// Takes increments, the steepest first, until one does not fit. Answers which; the number of all when all
/// fit.
std::size_t Knapsack::relax() {
  std::sort(increments_.begin(), increments_.end(), [](const Increment& a, const Increment& b) {
    if (a.slope != b.slope) return a.slope > b.slope;
    return a.owner != b.owner ? a.owner < b.owner : a.from < b.from;
  });
  std::size_t at = 0;
  for (; at < increments_.size(); ++at) {
    const Increment& step = increments_[at];
    const std::int64_t more = items_[step.to].rate - items_[step.from].rate;
    if (start_rate_ + more > budget_) break;
    start_rate_ += more;
    start_value_ += items_[step.to].value - items_[step.from].value;
    classes_[step.owner].start = step.to;
  }
  return at;
}

/// A first solution: the relaxation's whole part, and every later increment that still fits.
void Knapsack::fill(std::size_t from) {
  for (Class& entry : classes_) entry.answer = entry.start;
  std::int64_t rate = start_rate_;
  best_ = start_value_;
  best_level_ = 0;
  for (std::size_t at = from; at < increments_.size(); ++at) {
    const Increment& step = increments_[at];
    const std::int64_t more = items_[step.to].rate - items_[step.from].rate;
    Class& entry = classes_[step.owner];
    if (entry.answer != step.from || rate + more > budget_) continue;
    rate += more;
    best_ += items_[step.to].value - items_[step.from].value;
    entry.answer = step.to;
  }
}

std::int64_t Knapsack::bound_of(std::int64_t rate, std::int64_t value, Slopes rest) const {
  const auto left = static_cast<double>(budget_ - rate);
  if (left >= 0) {
    const double more = rest.up * left * (1 + kRelative) + kAbsolute;
    return more < static_cast<double>(kHighest) ? value + static_cast<std::int64_t>(more) : kHighest;
  }
  const double less = rest.down * -left * (1 - kRelative) - kAbsolute;
  return less < static_cast<double>(kHighest) ? value - static_cast<std::int64_t>(std::ceil(less))
                                              : -kHighest;
}

/// The next class outside the core that can go up from its start, by its steepest step.
std::size_t Knapsack::next_up(std::size_t from) const {
  while (from < increments_.size()) {
    const Class& entry = classes_[increments_[from].owner];
    if (!entry.in_core && entry.start == increments_[from].from) break;
    ++from;
  }
  return from;
}

/// The same downwards, by its flattest step. One is added to the index: 0 says that there is none.
std::size_t Knapsack::next_down(std::size_t from) const {
  while (from > 0) {
    const Class& entry = classes_[increments_[from - 1].owner];
    if (!entry.in_core && entry.start == increments_[from - 1].to) break;
    --from;
  }
  return from;
}

/// One more class in the core: every state with every item of it. False: the limit of nodes came first.
bool Knapsack::expand(std::uint32_t index, Slopes rest, std::uint32_t& nodes) {
  const Class& entry = classes_[index];
  const std::size_t end = states_.size();
  const std::uint32_t items = entry.fits - entry.first;
  const Item start = items_[entry.start];
  for (std::size_t at = list_; at < end; ++at) {
    if (nodes + items > max_nodes_) return false;
    nodes += items;
    const State state = states_[at];
    for (std::uint32_t item = entry.first; item < entry.fits; ++item) {
      const std::int64_t rate = state.rate + items_[item].rate - start.rate;
      const std::int64_t value = state.value + items_[item].value - start.value;
      if (rate <= budget_ && value > best_) {
        best_ = value;
        best_parent_ = static_cast<std::uint32_t>(at);
        best_item_ = item;
        best_level_ = core_.size();
      }
      if (bound_of(rate, value, rest) > best_) {
        states_.push_back({rate, value, static_cast<std::uint32_t>(at), item});
      }
    }
  }
  drop_dominated(end, rest);
  list_ = end;
  return true;
}

void Knapsack::drop_dominated(std::size_t begin, Slopes rest) {
  const auto first = states_.begin() + static_cast<std::ptrdiff_t>(begin);
  std::sort(first, states_.end(), [](const State& a, const State& b) {
    if (a.rate != b.rate) return a.rate < b.rate;
    if (a.value != b.value) return a.value > b.value;
    return a.parent != b.parent ? a.parent < b.parent : a.item < b.item;
  });
  auto kept = first;
  std::int64_t highest = std::numeric_limits<std::int64_t>::min();
  for (auto state = first; state < states_.end(); ++state) {
    // The best solution may have grown since the state was made.
    if (state->value <= highest || bound_of(state->rate, state->value, rest) <= best_) continue;
    highest = state->value;
    *kept++ = *state;
  }
  states_.erase(kept, states_.end());
}

void Knapsack::search(std::size_t broken, KnapsackOutcome& outcome) {
  core_.clear();
  states_.clear();
  states_.push_back({start_rate_, start_value_, 0, 0});
  list_ = 0;
  Slopes rest{increments_[broken].slope, kInfinity};
  outcome.bound = bound_of(start_rate_, start_value_, rest);
  std::size_t up = broken;
  std::size_t down = next_down(broken);
  bool upward = true;
  while (list_ < states_.size() && outcome.bound > best_) {
    const bool go_up = up < increments_.size() && (upward || down == 0);
    if (!go_up && down == 0) break;
    const std::uint32_t index = go_up ? increments_[up].owner : increments_[down - 1].owner;
    const Slopes before = {up < increments_.size() ? increments_[up].slope : 0,
                           down > 0 ? increments_[down - 1].slope : kInfinity};
    classes_[index].in_core = true;
    core_.push_back(index);
    up = next_up(up);
    down = next_down(down);
    rest = {up < increments_.size() ? increments_[up].slope : 0,
            down > 0 ? increments_[down - 1].slope : kInfinity};
    const std::size_t end = states_.size();
    if (!expand(index, rest, outcome.nodes)) {
      std::int64_t highest = best_;
      for (std::size_t at = list_; at < end; ++at) {
        highest = std::max(highest, bound_of(states_[at].rate, states_[at].value, before));
      }
      outcome.bound = std::min(outcome.bound, highest);
      return;
    }
    upward = !go_up;
  }
  outcome.bound = best_;
}

/// Writes the best solution that the search found into the classes.
void Knapsack::restore() {
  if (best_level_ == 0) return;
  for (Class& entry : classes_) entry.answer = entry.start;
  std::uint32_t item = best_item_;
  std::uint32_t at = best_parent_;
  for (std::size_t level = best_level_; level-- > 0;) {
    classes_[core_[level]].answer = item;
    item = states_[at].item;
    at = states_[at].parent;
  }
}

KnapsackOutcome Knapsack::solve(std::int64_t budget) {
  budget_ = budget;
  start_rate_ = 0;
  start_value_ = 0;
  increments_.clear();
  for (Class& entry : classes_) {
    prepare(entry);
    start_rate_ += items_[entry.first].rate;
    start_value_ += items_[entry.first].value;
  }
  if (start_rate_ > budget_) return {};
  const std::int64_t spare = budget_ - start_rate_;
  for (std::uint32_t index = 0; index < classes_.size(); ++index) {
    Class& entry = classes_[index];
    entry.fits = entry.end;
    while (items_[entry.fits - 1].rate - items_[entry.first].rate > spare) --entry.fits;
    make_hull(index);
  }
  const std::size_t broken = relax();
  fill(broken);
  KnapsackOutcome outcome{true, best_, best_, 0};
  if (broken < increments_.size()) {
    search(broken, outcome);
    restore();
    outcome.value = best_;
  }
  return outcome;
}

}  // namespace weir::abr
