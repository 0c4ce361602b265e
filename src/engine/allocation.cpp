#include "engine/allocation.h"

#include <algorithm>
#include <limits>

namespace weir::engine {

namespace {

constexpr std::uint32_t kMaxLayers = sfu::Offer::kMaxLayers;
// Of a screen nothing above this many pictures a second makes text easier to read (in 1000 seconds).
constexpr std::uint32_t kScreenMilliFps = 5'000;
constexpr std::uint32_t kScreenQuality = 950;
// A camera moves from so many pictures a second on (in 1000 seconds), and with two fifths of what is sent.
constexpr std::uint32_t kMovingMilliFps = 7'000;
// A sixteenth of the pixels in full motion is worth more (docs/allocation.md, What is maximised).
constexpr std::uint32_t kStutterQuality = 250;

abr::AllocatorOptions options_for(std::uint32_t subscriptions) {
  abr::AllocatorOptions options;
  options.max_subscriptions = subscriptions;
  options.max_layers = kMaxLayers;
  options.hold = LayerAllocation::kHold;
  return options;
}

/// Encodings of simulcast and spatial layers of one encoding count alike.
std::uint32_t size_number(sfu::LayerId id) {
  return std::uint32_t{id.encoding} + id.spatial;
}

/// More pictures a second than are wanted, clearly: measured rates are not round.
bool too_fast(const sfu::Wants& wants, const sfu::OfferedLayer& layer) {
  if (wants.max_milli_fps == 0 || layer.id.temporal == 0) return false;
  return layer.milli_fps > std::uint64_t{wants.max_milli_fps} * 6 / 5;
}

bool above_wants(const sfu::Wants& wants, const sfu::OfferedLayer& layer) {
  return size_number(layer.id) > wants.max_spatial || layer.id.temporal > wants.max_temporal ||
         too_fast(wants, layer);
}

/// A screen is wanted sharp first and fluent second: five pictures a second count in full, what is beyond
/// decides between equal sizes only.
void value_as_screen(abr::Layer& layer, std::uint32_t best_fps) {
  const std::uint32_t fps = layer.milli_fps;
  layer.milli_fps = std::min(fps, kScreenMilliFps);
  layer.quality = kScreenQuality;
  if (best_fps > 0) {
    layer.quality += static_cast<std::uint32_t>(std::uint64_t{fps} * (1000 - kScreenQuality) / best_fps);
  }
}

/// Of a camera, a picture that stutters is worth less than a smaller one in full motion. Where nothing better
/// is sent than what stutters, that is no reason against it.
void value_as_camera(abr::Layer& layer, std::uint32_t best_fps) {
  const std::uint32_t moving = std::min(std::max(kMovingMilliFps, best_fps / 5 * 2), best_fps - best_fps / 5);
  if (layer.milli_fps >= moving) return;
  // Not by one step: measured rates are not round.
  const std::uint32_t stutter = moving - moving / 7;
  const std::uint32_t above = std::max(layer.milli_fps, stutter) - stutter;
  layer.quality = kStutterQuality + (1000 - kStutterQuality) * above / std::max(moving - stutter, 1U);
}

/// What the path has to carry so that a layer of the present source does not begin with a key picture that
/// keeps it busy for too long; 0: it needs none. On the way down that one has to wait for what is on the path
/// already, too.
std::uint64_t entry_rate(sfu::LayerId present, const sfu::OfferedLayer& layer) {
  if (layer.id.encoding == present.encoding) {
    if (layer.id.spatial == present.spatial) return 0;
    if (layer.id.spatial < present.spatial && !layer.independent) return 0;
  }
  const bool rises = size_number(layer.id) > size_number(present);
  const Duration longest = rises ? LayerAllocation::kLongestEntry : LayerAllocation::kLongestEntry / 2;
  return layer.key_bytes * std::uint64_t{8'000'000} / static_cast<std::uint64_t>(longest.count());
}

/// The rate of the best layer of use: those larger than the smallest that fills the wanted size are not.
std::uint64_t useful_rate(const sfu::Wants& wants, std::span<const abr::Layer> layers) {
  std::uint64_t most_pixels = std::numeric_limits<std::uint64_t>::max();
  const auto pixels = [](const abr::Layer& layer) { return std::uint64_t{layer.width} * layer.height; };
  for (const abr::Layer& layer : layers) {
    const bool fills = (wants.max_width != 0 && layer.width >= wants.max_width) ||
                       (wants.max_height != 0 && layer.height >= wants.max_height);
    if (fills) most_pixels = std::min(most_pixels, pixels(layer));
  }
  std::uint64_t rate = 0;
  for (const abr::Layer& layer : layers) {
    if (wants.visible && pixels(layer) <= most_pixels) rate = std::max(rate, layer.bitrate);
  }
  return rate;
}

std::uint32_t index_of(sfu::LayerId id, std::span<const sfu::OfferedLayer> layers,
                       std::span<const std::uint32_t> kept) {
  for (std::uint32_t i = 0; i < kept.size(); ++i) {
    if (layers[kept[i]].id == id) return i;
  }
  return abr::kNoLayer;
}

std::uint32_t cheapest(std::span<const abr::Layer> layers) {
  std::uint32_t least = abr::kNoLayer;
  for (std::uint32_t i = 0; i < layers.size(); ++i) {
    if (layers[i].bitrate == 0) continue;
    if (least == abr::kNoLayer || layers[i].bitrate < layers[least].bitrate) least = i;
  }
  return least;
}

std::int32_t reason_of(abr::Reason reason, bool beyond_wants) {
  switch (reason) {
    case abr::Reason::full:
      return beyond_wants ? WEIR_LAYER_REDUCED_SIZE : WEIR_LAYER_FULL;
    case abr::Reason::reduced_bandwidth:
      return WEIR_LAYER_REDUCED_BANDWIDTH;
    case abr::Reason::reduced_size:
      return WEIR_LAYER_REDUCED_SIZE;
    case abr::Reason::reduced_hysteresis:
      return WEIR_LAYER_REDUCED_HYSTERESIS;
    case abr::Reason::paused_bandwidth:
      return WEIR_LAYER_PAUSED_BANDWIDTH;
    case abr::Reason::paused_layout:
      return WEIR_LAYER_PAUSED_LAYOUT;
    case abr::Reason::paused_publisher:
      return WEIR_LAYER_PAUSED_PUBLISHER;
    case abr::Reason::paused_limit:
      return WEIR_LAYER_PAUSED_LIMIT;
  }
  return WEIR_LAYER_UNDECIDED;
}

/// Notes a change of layer, and what it says of the rise before it: where not even what was before the rise
/// fits any more, the link has become another one, and the rise was no mistake.
void remember_change(Time now, sfu::LayerMemory& memory, std::uint64_t after, bool link_decided,
                     std::uint64_t budget) {
  memory.changed = now;
  if (after > memory.bitrate) {
    memory.rose = now;
    memory.rose_from = memory.bitrate;
    memory.budget = budget;
    return;
  }
  const bool failed = link_decided && memory.rose_from > 0 && budget >= memory.rose_from;
  if (failed && memory.rose && now - *memory.rose < LayerAllocation::kTrial) {
    const Duration hold = std::max(memory.hold, LayerAllocation::kHold);
    memory.hold = std::min(2 * hold, LayerAllocation::kLongestHold);
  }
  memory.rose.reset();
}

}  // namespace

void LayerAllocation::prepare(std::size_t candidates) {
  added_.clear();
  kept_.clear();
  if (allocator_ && candidates <= capacity_) {
    allocator_->clear();
    return;
  }
  // Rooms grow by doubling, and so does this: what one receiver needs is bounded by its lines.
  std::uint32_t capacity = std::max(capacity_, 16U);
  while (capacity < candidates) capacity *= 2;
  capacity_ = capacity;
  allocator_.emplace(options_for(capacity));
}

void LayerAllocation::keep(const LayerCandidate& candidate, Added& added) {
  std::uint32_t best_fps = 0;
  layers_.clear();
  added.first = static_cast<std::uint32_t>(kept_.size());
  for (std::uint32_t i = 0; i < candidate.layers.size() && layers_.size() < kMaxLayers; ++i) {
    const sfu::OfferedLayer& layer = candidate.layers[i];
    if (size_number(layer.id) < candidate.wants->min_spatial) continue;
    if (above_wants(*candidate.wants, layer)) {
      added.beyond_wants = true;
      continue;
    }
    kept_.push_back(i);
    layers_.push_back({.bitrate = layer.bitrate,
                       .width = layer.width,
                       .height = layer.height,
                       .milli_fps = layer.milli_fps});
    best_fps = std::max(best_fps, layer.milli_fps);
  }
  added.count = static_cast<std::uint32_t>(kept_.size()) - added.first;
  added.useful = useful_rate(*candidate.wants, layers_);
  leave_out_slow(candidate, added);
  for (abr::Layer& layer : layers_) {
    // What it sends at the moment says nothing of what it will send when it knows of less.
    if (candidate.min_bitrate != 0) layer.bitrate = std::min(layer.bitrate, candidate.min_bitrate);
    if (candidate.screen) {
      value_as_screen(layer, best_fps);
    } else {
      value_as_camera(layer, best_fps);
    }
  }
}

/// Layers that are beyond reach for now, as if they were not sent. The smallest is always in reach.
void LayerAllocation::leave_out_slow(const LayerCandidate& candidate, Added& added) {
  const sfu::LayerMemory& memory = *candidate.memory;
  if (!memory.target || memory.track != candidate.track) return;
  const std::uint32_t least = cheapest(layers_);
  if (least == abr::kNoLayer) return;
  const sfu::LayerId smallest = candidate.layers[kept_[added.first + least]].id;
  const std::uint64_t best = added.useful;
  for (std::uint32_t i = 0; i < added.count; ++i) {
    const sfu::OfferedLayer& layer = candidate.layers[kept_[added.first + i]];
    if (size_number(layer.id) <= size_number(smallest)) continue;
    const std::uint64_t needed = entry_rate(*memory.target, layer);
    if (needed <= budget_) continue;
    // Else nobody would ever find out whether the path carries it.
    if (layer.bitrate <= best) added.useful = std::max(added.useful, needed);
    layers_[i].bitrate = 0;
    added.slow = true;
  }
}

void LayerAllocation::add(Time now, const LayerCandidate& candidate) {
  Added& added = added_.emplace_back();
  keep(candidate, added);
  sfu::LayerMemory& memory = *candidate.memory;
  abr::Subscription subscription{.id = candidate.subscription.value,
                                 .weight = candidate.wants->priority,
                                 .visible = candidate.wants->visible,
                                 .pinned = candidate.wants->pinned,
                                 .max_width = candidate.wants->max_width,
                                 .max_height = candidate.wants->max_height};
  added.spared = memory.track != candidate.track || !(memory.wants == *candidate.wants) ||
                 memory.discoveries != candidate.discoveries || memory.reason == WEIR_LAYER_PAUSED_LAYOUT ||
                 memory.reason == WEIR_LAYER_PAUSED_PUBLISHER || memory.reason == WEIR_LAYER_PAUSED_LIMIT ||
                 memory.reason == WEIR_LAYER_UNDECIDED;
  if (memory.target) {
    const std::span<const std::uint32_t> kept{kept_.data() + added.first, added.count};
    if (memory.track == candidate.track) {
      subscription.current_layer = index_of(*memory.target, candidate.layers, kept);
    }
    // The place was somebody else's, or its layer is gone: it stays a place that is shown.
    if (subscription.current_layer == abr::kNoLayer) {
      subscription.current_layer = cheapest(layers_);
      added.spared = true;
    }
  }
  // A link that carries half as much again as at the last rise is another one: there is nothing to wait for,
  // and rises that failed before count no more.
  const bool tried = memory.target && (memory.rose || memory.hold != Duration{});
  const bool news = tried && budget_ / 3 > memory.budget / 2;
  if (news) memory.hold = Duration{};
  if (!added.spared && !news) {
    subscription.since_change = now - memory.changed;
    // Failed rises make rises rare; a picture comes back as soon as ever.
    subscription.hold = memory.target ? memory.hold : kPause;
  }
  allocator_->add(subscription, layers_);
}

void LayerAllocation::take(Time now, const LayerCandidate& candidate, const Added& added,
                           const abr::Decision& decision) {
  sfu::LayerMemory& memory = *candidate.memory;
  const sfu::OfferedLayer* chosen =
      decision.layer == abr::kNoLayer ? nullptr : &candidate.layers[kept_[added.first + decision.layer]];
  const auto target = chosen != nullptr ? std::optional{chosen->id} : std::nullopt;
  if (target != memory.target || memory.track != candidate.track) {
    remember_change(now, memory, chosen != nullptr ? chosen->bitrate : 0, !added.spared, budget_);
  } else if (memory.rose && now - *memory.rose >= kTrial) {
    memory.rose.reset();
    memory.hold = Duration{};
  }
  memory.target = target;
  const bool reduced = added.slow && decision.reason == abr::Reason::full;
  memory.reason = reason_of(reduced ? abr::Reason::reduced_bandwidth : decision.reason, added.beyond_wants);
  memory.bitrate = chosen != nullptr ? chosen->bitrate : 0;
  memory.width = chosen != nullptr ? chosen->width : 0;
  memory.height = chosen != nullptr ? chosen->height : 0;
  memory.track = candidate.track;
  memory.wants = *candidate.wants;
  memory.discoveries = candidate.discoveries;
}

/// The budget; for a while no less than the smallest pictures of those who are shown.
std::uint64_t LayerAllocation::spendable(Time now, const LayerBudget& budget,
                                         std::span<const LayerCandidate> candidates) {
  constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t estimate = budget.bitrate.value_or(kAny);
  const auto shown = [](const LayerCandidate& candidate) {
    return candidate.wants->visible && candidate.memory->target && !candidate.layers.empty();
  };
  std::uint64_t least = 0;
  for (const LayerCandidate& candidate : candidates) {
    if (!shown(candidate)) continue;
    const auto rate = [](const sfu::OfferedLayer& layer) { return layer.bitrate; };
    const std::uint64_t cheapest_rate = std::ranges::min(candidate.layers, {}, rate).bitrate;
    least += candidate.min_bitrate != 0 ? std::min(cheapest_rate, candidate.min_bitrate) : cheapest_rate;
  }
  const bool enough = least <= estimate;
  bool spared = false;
  for (const LayerCandidate& candidate : candidates) {
    auto& since = candidate.memory->short_since;
    if (enough || !shown(candidate)) {
      since.reset();
    } else {
      if (!since) since = now;
      spared = spared || now - *since < kGrace;
    }
  }
  return std::min(spared ? least : estimate, budget.limit.value_or(kAny));
}

std::uint64_t LayerAllocation::decide(Time now, const LayerBudget& budget,
                                      std::span<const LayerCandidate> candidates) {
  if (candidates.empty()) return 0;
  prepare(candidates.size());
  budget_ = spendable(now, budget, candidates);
  for (const LayerCandidate& candidate : candidates) add(now, candidate);
  abr::Allocation whole;
  // Ids of subscriptions differ, so that this cannot fail.
  if (!allocator_->decide(budget_, budget.max_video, whole)) return 0;
  std::uint64_t useful = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    take(now, candidates[i], added_[i], allocator_->decision(i));
    useful += added_[i].useful;
  }
  return useful;
}

}  // namespace weir::engine
