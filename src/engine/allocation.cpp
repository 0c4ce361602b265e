#include "engine/allocation.h"

#include <algorithm>
#include <limits>

namespace weir::engine {

namespace {

constexpr std::uint32_t kMaxLayers = sfu::Offer::kMaxLayers;
// Of a screen nothing above this many pictures a second makes text easier to read (in 1000 seconds).
constexpr std::uint32_t kScreenMilliFps = 5'000;
constexpr std::uint32_t kScreenQuality = 950;
constexpr std::uint64_t kLargePixels = 640 * 360;
constexpr std::uint32_t kStutterQuality = 700;

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

/// Of a camera, a larger picture that stutters is worth less than 360 lines in full motion.
void value_as_camera(abr::Layer& layer, std::uint32_t best_fps) {
  const bool large = std::uint64_t{layer.width} * layer.height > kLargePixels;
  if (large && std::uint64_t{layer.milli_fps} * 5 < std::uint64_t{best_fps} * 2)
    layer.quality = kStutterQuality;
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
  const auto least = std::min_element(layers.begin(), layers.end(),
                                      [](const auto& a, const auto& b) { return a.bitrate < b.bitrate; });
  return least == layers.end() ? abr::kNoLayer : static_cast<std::uint32_t>(least - layers.begin());
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

/// Notes a change of layer, and what it says of the rise before it.
void remember_change(Time now, sfu::LayerMemory& memory, std::uint64_t before, std::uint64_t after,
                     bool link_decided) {
  memory.changed = now;
  if (after > before) {
    memory.rose = now;
    return;
  }
  if (link_decided && memory.rose && now - *memory.rose < LayerAllocation::kTrial) {
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
  if (!added.spared) {
    subscription.since_change = now - memory.changed;
    // Failed rises make rises rare; a picture comes back as soon as ever.
    if (memory.target) subscription.hold = memory.hold;
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
    remember_change(now, memory, memory.bitrate, chosen != nullptr ? chosen->bitrate : 0, !added.spared);
  } else if (memory.rose && now - *memory.rose >= kTrial) {
    memory.rose.reset();
    memory.hold = Duration{};
  }
  memory.target = target;
  memory.reason = reason_of(decision.reason, added.beyond_wants);
  memory.bitrate = chosen != nullptr ? chosen->bitrate : 0;
  memory.width = chosen != nullptr ? chosen->width : 0;
  memory.height = chosen != nullptr ? chosen->height : 0;
  memory.track = candidate.track;
  memory.wants = *candidate.wants;
  memory.discoveries = candidate.discoveries;
}

std::uint64_t LayerAllocation::decide(Time now, const LayerBudget& budget,
                                      std::span<const LayerCandidate> candidates) {
  if (candidates.empty()) return 0;
  prepare(candidates.size());
  for (const LayerCandidate& candidate : candidates) add(now, candidate);
  abr::Allocation whole;
  const std::uint64_t bitrate = budget.bitrate.value_or(std::numeric_limits<std::uint64_t>::max());
  // Ids of subscriptions differ, so that this cannot fail.
  if (!allocator_->decide(bitrate, budget.max_video, whole)) return 0;
  std::uint64_t useful = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    take(now, candidates[i], added_[i], allocator_->decision(i));
    useful += added_[i].useful;
  }
  return useful;
}

}  // namespace weir::engine
