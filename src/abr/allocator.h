// Which layer each subscription gets of a budget. A pure object: the answer follows from the input alone;
// what it keeps between calls is memory.
#pragma once

#include <vector>

#include "abr/candidates.h"
#include "abr/knapsack.h"

namespace weir::abr {

/// Pinned subscriptions come first, then all others. In each group who is shown is settled before how well,
/// and both are settled exactly (Knapsack). Nothing is allocated after construction.
class Allocator {
 public:
  explicit Allocator(const AllocatorOptions& options);

  void clear();
  /// False: one more subscription, or one with that many layers, is beyond the options.
  bool add(const Subscription& subscription, std::span<const Layer> layers);
  /// False: two subscriptions have one id. `limit`: how many may be shown; 0: any number.
  bool decide(std::uint64_t budget, std::uint32_t limit, Allocation& allocation);
  /// In the order of adding.
  std::size_t size() const { return candidates_.size(); }
  const Decision& decision(std::size_t index) const { return decisions_[index]; }

 private:
  struct Budget {
    std::int64_t all;     ///< What there is.
    std::int64_t rising;  ///< What may be used when anything rises.
  };

  bool prepare(std::uint32_t limit);
  void settle_group(bool pinned, Budget& budget, Allocation& allocation);
  std::int64_t settle_shown(bool pinned, Budget budget, Allocation& allocation);
  bool somebody_waits(bool pinned, std::int64_t budget) const;
  void mark_coming(bool pinned);
  void solve_shown(bool pinned, std::int64_t budget, bool coming);
  void mark_shown(bool pinned, bool coming);
  void settle_layers(bool pinned, Budget budget, Allocation& allocation);
  KnapsackOutcome solve_layers(bool pinned, std::int64_t budget, bool rising);
  void take_chosen(bool pinned);
  void explain(std::int64_t budget, Allocation& allocation);
  Reason reason_of(const Candidate& candidate, std::int64_t left) const;

  const Option& option(const Candidate& c, std::uint32_t layer) const { return options_[c.first + layer]; }
  bool offered(const Candidate& c, std::uint32_t layer, bool rising) const;
  std::int64_t objective(const Candidate& c, std::uint32_t layer) const;
  bool member(const Candidate& c, bool pinned) const {
    return competes(c) && c.subscription.pinned == pinned;
  }

  AllocatorOptions limits_;
  Knapsack knapsack_;
  std::int64_t shown_value_ = 0;
  std::int64_t shown_bound_ = 0;
  bool rises_ = true;
  std::uint32_t nodes_ = 0;
  std::vector<Layer> layers_;
  std::vector<Option> options_;
  std::vector<Candidate> candidates_;
  std::vector<std::uint32_t> by_id_;
  std::vector<std::uint32_t> scratch_;
  std::vector<Decision> decisions_;
};

}  // namespace weir::abr
