#include "abr/candidates.h"

#include <algorithm>
#include <limits>

#include "abr/knapsack.h"
#include "abr/utility.h"

namespace weir::abr {

namespace {

bool cheaper(const Option& a, const Option& b) {
  return a.rate != b.rate ? a.rate < b.rate : a.utility > b.utility;
}

/// Pixels of the smallest layer that covers the useful size. Larger ones cost without being seen.
std::uint64_t useful_pixels(const Reference& reference, std::span<const Layer> layers) {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (const Layer& layer : layers) {
    if (layer.bitrate > 0 && covers(reference, layer)) least = std::min(least, pixels(layer));
  }
  return least;
}

}  // namespace

void describe(Candidate& candidate, std::span<const Layer> layers, std::span<Option> options, Duration hold) {
  const Subscription& subscription = candidate.subscription;
  const Reference reference = reference_of(subscription, layers);
  const std::uint64_t useful = useful_pixels(reference, layers);
  for (std::uint32_t i = 0; i < layers.size(); ++i) {
    options[i] = {};
    if (layers[i].bitrate == 0) continue;
    if (pixels(layers[i]) > useful) {
      candidate.cut_by_size = true;
      continue;
    }
    constexpr auto most = static_cast<std::uint64_t>(Knapsack::kMaxRate) + 1;  // beyond every budget
    options[i].rate = static_cast<std::int64_t>(std::min(layers[i].bitrate, most));
    options[i].utility = utility_of(subscription, reference, layers[i]);
    if (candidate.base == kNoLayer || cheaper(options[i], options[candidate.base])) candidate.base = i;
    if (candidate.top == kNoLayer || options[i].utility > options[candidate.top].utility) candidate.top = i;
  }
  const std::uint32_t told = subscription.current_layer;
  if (told < options.size() && options[told].utility > 0) candidate.current = told;
  // A layer that went away is no decision of ours: its successor need not wait.
  const bool spared =
      subscription.since_change >= Duration{0} && (candidate.current != kNoLayer || told == kNoLayer);
  const Duration wait = subscription.hold > Duration{0} ? subscription.hold : hold;
  candidate.held = spared && subscription.since_change < wait;
  candidate.resuming = spared && told == kNoLayer;
  candidate.paused = !subscription.visible        ? Reason::paused_layout
                     : candidate.base == kNoLayer ? Reason::paused_publisher
                                                  : Reason::paused_bandwidth;
}

void limit_shown(std::span<Candidate> candidates, std::span<std::uint32_t> order, std::uint32_t limit) {
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < candidates.size(); ++i) {
    if (competes(candidates[i])) order[count++] = i;
  }
  if (limit == 0 || count <= limit) return;
  const auto before = [&](std::uint32_t left, std::uint32_t right) {
    const Candidate& a = candidates[left];
    const Candidate& b = candidates[right];
    if (a.subscription.pinned != b.subscription.pinned) return a.subscription.pinned;
    if (a.subscription.weight != b.subscription.weight) return a.subscription.weight > b.subscription.weight;
    const bool a_shown = a.current != kNoLayer;
    const bool b_shown = b.current != kNoLayer;
    return a_shown != b_shown ? a_shown : a.subscription.id < b.subscription.id;
  };
  std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), before);
  for (std::size_t i = limit; i < count; ++i) candidates[order[i]].paused = Reason::paused_limit;
}

}  // namespace weir::abr
