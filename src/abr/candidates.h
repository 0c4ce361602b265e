// Who can be shown at all, and in which layers: layout, publisher and limit are asked before bandwidth is.
#pragma once

#include "abr/allocation.h"

namespace weir::abr {

/// A layer as the knapsack sees it.
struct Option {
  std::int64_t rate = 0;
  std::int64_t utility = 0;  ///< 0: cannot be chosen (not sent, or larger than of use).
};

struct Candidate {
  Subscription subscription;
  std::uint32_t first = 0;  ///< Of its layers among all layers.
  std::uint32_t count = 0;
  std::uint32_t base = kNoLayer;     ///< The cheapest layer; kNoLayer: none is sent.
  std::uint32_t current = kNoLayer;  ///< As told, unless that layer is gone or no longer of use.
  std::uint32_t top = kNoLayer;      ///< The most useful one.
  bool cut_by_size = false;          ///< Larger layers are sent than are of use.
  bool held = false;                 ///< Changed so recently that it shall not rise.
  bool resuming = false;             ///< Was paused by bandwidth.
  bool coming = false;               ///< Not shown, and to be shown only with the margin.
  bool shown = false;
  std::uint32_t chosen = kNoLayer;
  Reason paused = Reason::paused_bandwidth;
};

/// Fills in what the layers say. `options` has an element for each layer.
void describe(Candidate& candidate, std::span<const Layer> layers, std::span<Option> options, Duration hold);

/// Whether it takes part in sharing the budget.
inline bool competes(const Candidate& candidate) {
  return candidate.paused == Reason::paused_bandwidth;
}

/// Lets no more than `limit` compete: pinned before others, then by weight, then who is shown already, then
/// by id. `order` is scratch.
void limit_shown(std::span<Candidate> candidates, std::span<std::uint32_t> order, std::uint32_t limit);

}  // namespace weir::abr
