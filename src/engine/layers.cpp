#include "engine/layers.h"

#include <algorithm>
#include <array>
#include <optional>

#include "rtp/layers_allocation.h"

#include "engine/departure.h"
#include "engine/replay.h"

namespace weir::engine {

namespace {

// New routes and wishes are answered at once, but for what comes in a burst; what only moved a rate waits for
// the next turn.
constexpr Duration kUrgentPause = std::chrono::milliseconds{20};
constexpr Duration kPause = std::chrono::milliseconds{100};
/// Measured rates move, waits end: everybody is looked at this often.
constexpr Duration kTurn = std::chrono::milliseconds{500};
/// What was seen of a track so lately is seen well enough.
constexpr Duration kFresh = std::chrono::milliseconds{50};

sfu::Track* source_of(const sfu::Subscription& subscription) {
  return subscription.pending != nullptr ? subscription.pending : subscription.current;
}

void refresh(Time now, sfu::Track& track) {
  if (track.looked_at && now - *track.looked_at < kFresh) return;
  look_at_layers(now, track);
}

LayerBudget video_budget(Time now, const sfu::Participant& receiver, Peer* peer) {
  LayerBudget budget;
  budget.max_video = receiver.receive_limits.max_video;
  if (peer != nullptr) budget.bitrate = static_cast<std::uint64_t>(peer->downlink.available(now).bitrate);
  if (receiver.receive_limits.max_bitrate != 0) budget.limit = receiver.receive_limits.max_bitrate;
  return budget;
}

/// Encodings that cost no more than the target: a receiver that sees nothing may begin with one of them.
std::uint8_t entries_for(const sfu::Track& track, const sfu::LayerMemory& memory) {
  unsigned entries = 0;
  for (const sfu::OfferedLayer& layer : track.offer.layers()) {
    // The costliest of an encoding is its last.
    const unsigned bit = 1U << layer.id.encoding;
    entries = layer.bitrate <= memory.bitrate ? entries | bit : entries & ~bit;
  }
  return static_cast<std::uint8_t>(entries | 1U << memory.target->encoding);
}

/// What only a key frame leads to: one of a moment ago, or else one that its sender is asked for.
void ask_for_picture(Core& core, Time now, sfu::Subscription& subscription) {
  if (!subscription.receiver.connected) return;
  const auto waits = [&] {
    return (subscription.pending != nullptr ? subscription.next : subscription.selector).needs_keyframe();
  };
  if (waits()) replay_key_frame(core, now, subscription);
  if (waits()) core.sfu.want_keyframe(now, subscription);
}

/// Who gets the best there is gets what its sender adds above it too, from the first frame on, which may be
/// the only one to join it with. `roomy`: there is room for a layer as costly as they are.
sfu::LayerId open_above(const sfu::LayerMemory& memory, bool roomy) {
  sfu::LayerId layer = *memory.target;
  if (roomy && memory.reason == WEIR_LAYER_FULL) layer.spatial = sfu::kSpatialLayers - 1;
  return layer;
}

/// What is about to be left for less needs no repair; the key frame of what comes then does not wait for it.
void drop_repairs(Core& core, const sfu::Subscription& subscription) {
  if (Peer* peer = core.peer(subscription.receiver.id)) {
    core.drops.count(DropReason::OBSOLETE, peer->downlink.drop_repairs(subscription.id));
  }
}

void apply(Core& core, Time now, sfu::Subscription& subscription, const sfu::LayerMemory& before,
           bool roomy) {
  sfu::Track& track = *source_of(subscription);
  const sfu::LayerMemory& memory = subscription.layers;
  sfu::LayerSelector& selector = subscription.pending != nullptr ? subscription.next : subscription.selector;
  if (memory.target) {
    const bool same_place = before.track == memory.track && before.target;
    const sfu::LayerSelector::Target target{.layer = open_above(memory, roomy),
                                            .entries = entries_for(track, memory),
                                            .lower = same_place && memory.bitrate < before.bitrate};
    if (!selector.target() || !(selector.target()->layer == target.layer)) {
      selector.set_target(target);
      if (target.lower && selector.needs_keyframe()) drop_repairs(core, subscription);
    }
  } else if (track.offer.layers().empty()) {
    // The target stays what it was, so that the first packet that comes finds one.
    if (!selector.target()) {
      selector.set_target(sfu::LayerSelector::Target{
          .layer = {.encoding = 0, .spatial = 0, .temporal = sfu::kTemporalLayers - 1}});
    }
  } else {
    selector.set_target(std::nullopt);
    if (subscription.pending != nullptr) subscription.selector.set_target(std::nullopt);
  }
  ask_for_picture(core, now, subscription);
  if (memory.target != before.target || memory.track != before.track) core.timers.wake(track.id, now);
  core.sfu.tell_layer(now, subscription);
}

/// A video line that shows nobody.
void forget_layers(Core& core, Time now, sfu::Subscription& subscription) {
  const std::int32_t reason =
      subscription.idle == WEIR_IDLE_MUTED ? WEIR_LAYER_PAUSED_PUBLISHER : WEIR_LAYER_UNDECIDED;
  const std::uint64_t told = subscription.layers.told;
  subscription.layers = {};
  subscription.layers.told = told;
  subscription.layers.reason = reason;
  core.sfu.tell_layer(now, subscription);
}

/// Its path is probed for what the receiver could use and no more.
void want_bitrate(Core& core, Time now, Peer& peer, bool steps) {
  // Something rises only when it fits with a margin.
  constexpr double kMargin = 1.25;
  const sfu::Participant& receiver = peer.participant;
  const std::uint64_t limit = receiver.receive_limits.max_bitrate;
  const std::uint64_t wanted = limit != 0 ? std::min(receiver.video_wanted, limit) : receiver.video_wanted;
  peer.downlink.set_wanted(now, kMargin * static_cast<double>(wanted), steps);
  wake_downlink(core, now, peer);
}

/// Each spatial layer takes about three times what the one below takes.
bool has_room_above(std::optional<std::uint64_t> budget,
                    const std::vector<sfu::Subscription*>& subscriptions) {
  std::uint64_t total = 0;
  for (const sfu::Subscription* subscription : subscriptions) total += subscription->layers.bitrate;
  return !budget || *budget / 4 >= total;
}

void decide_layers(Core& core, Time now, sfu::Participant& receiver) {
  receiver.layers_pending = receiver.layers_urgent = false;
  receiver.layers_decided = now;
  std::vector<sfu::Subscription*> subscriptions;
  std::vector<LayerCandidate> candidates;
  std::vector<sfu::LayerMemory> before;
  for (sfu::Subscription* subscription : receiver.subscriptions) {
    if (subscription->kind != MediaKind::video) continue;
    sfu::Track* track = source_of(*subscription);
    if (track == nullptr) {
      forget_layers(core, now, *subscription);
      continue;
    }
    refresh(now, *track);
    subscriptions.push_back(subscription);
    before.push_back(subscription->layers);
    candidates.push_back({.subscription = subscription->id,
                          .track = track->id,
                          .screen = track->content == WEIR_CONTENT_SCREEN,
                          .min_bitrate = track->min_bitrate,
                          .wants = &subscription->wants,
                          .layers = track->offer.layers(),
                          .discoveries = track->offer.discoveries(),
                          .memory = &subscription->layers});
  }
  if (candidates.empty()) {
    receiver.layers_due = kNever;
    receiver.video_wanted = 0;
    return;
  }
  Peer* peer = core.peer(receiver.id);
  const LayerBudget budget = video_budget(now, receiver, peer);
  receiver.video_wanted = core.layer_allocation.decide(now, budget, candidates);
  bool steps = true;
  for (const LayerCandidate& candidate : candidates) {
    // What follows the receiver could send more than it does.
    if (candidate.min_bitrate == 0 || !candidate.wants->visible) continue;
    steps = false;
    receiver.video_wanted =
        std::max<std::uint64_t>(receiver.video_wanted, core.options.default_publish_bitrate);
  }
  const bool unknown = std::any_of(candidates.begin(), candidates.end(), [](const LayerCandidate& candidate) {
    return candidate.wants->visible && candidate.layers.empty();
  });
  // Of a track that shows nothing yet what was wanted before holds.
  if (peer != nullptr && (receiver.video_wanted != 0 || !unknown)) want_bitrate(core, now, *peer, steps);
  const bool roomy = has_room_above(budget.least(), subscriptions);
  for (std::size_t i = 0; i < subscriptions.size(); ++i)
    apply(core, now, *subscriptions[i], before[i], roomy);
  receiver.layers_due = now + kTurn;
  core.timers.wake(receiver.id, receiver.layers_due);
}

/// The highest spatial layer of each encoding that somebody gets or is to get; -1: none.
using Heights = std::array<int, sfu::kMaxEncodings>;

void raise(Heights& wanted, sfu::LayerId id) {
  if (id.encoding < wanted.size()) wanted[id.encoding] = std::max(wanted[id.encoding], int{id.spatial});
}

constexpr int kEverything = sfu::kSpatialLayers - 1;

/// What the receivers of a track want of it; nothing when there are none. Who waits for a sender that offers
/// nothing wants everything.
std::optional<Heights> wanted_by_receivers(const sfu::Track& track) {
  Heights wanted;
  wanted.fill(-1);
  bool watched = false;
  for (const sfu::Subscription* subscription : track.routes) {
    if (!subscription->receiver.connected) continue;
    watched = true;
    const sfu::LayerMemory& memory = subscription->layers;
    const bool decided = memory.track == track.id && memory.reason != WEIR_LAYER_UNDECIDED;
    const bool waits =
        decided ? memory.reason == WEIR_LAYER_PAUSED_PUBLISHER : source_of(*subscription) == &track;
    if (waits) wanted.fill(kEverything);
    if (decided && memory.target) raise(wanted, *memory.target);
    if (subscription->current == &track) {
      if (const auto carried = subscription->carried()) raise(wanted, *carried);
    }
  }
  return watched ? std::optional{wanted} : std::nullopt;
}

/// As bits. While anybody watches, a layer is not given up before it is known what it costs. With the highest
/// spatial layer that ever came goes whatever the sender may put above it.
sfu::LayerMask wanted_of(const sfu::Track& track) {
  std::optional<Heights> wanted = wanted_by_receivers(track);
  if (!wanted) return 0;
  Heights known;
  known.fill(-1);
  for (const sfu::Offer::Known& each : track.offer.known()) {
    raise(known, each.layer.id);
    if (!each.measured) raise(*wanted, each.layer.id);
  }
  sfu::LayerMask mask = 0;
  for (const sfu::Encoding& encoding : track.encodings) {
    const int height =
        (*wanted)[encoding.index] >= known[encoding.index] ? kEverything : (*wanted)[encoding.index];
    for (int spatial = 0; spatial <= height; ++spatial) {
      mask |= sfu::layer_bit(encoding.index, static_cast<std::uint8_t>(spatial));
    }
  }
  return mask;
}

sfu::LayerMask layers_of(const sfu::Track& track) {
  sfu::LayerMask mask = 0;
  for (const sfu::Encoding& encoding : track.encodings) {
    for (std::uint8_t spatial = 0; spatial < sfu::kSpatialLayers; ++spatial) {
      mask |= sfu::layer_bit(encoding.index, spatial);
    }
  }
  return mask;
}

}  // namespace

void take_announcement(sfu::Track& track, Bytes extension) {
  const auto allocation = rtp::parse_layers_allocation(extension);
  if (!allocation || track.local) return;
  std::array<sfu::SeenLayer, sfu::Offer::kMaxLayers> told;
  std::size_t count = 0;
  for (const rtp::AllocatedLayer& layer : allocation->layers()) {
    if (layer.stream >= track.encodings.size()) continue;
    for (std::uint8_t t = 0; t < layer.temporal_layers && count < told.size(); ++t) {
      // Each temporal layer doubles the frame rate.
      const auto slower = static_cast<unsigned>(layer.temporal_layers - 1 - t);
      told[count++] = {.id = {layer.stream, layer.spatial, t},
                       .bitrate = std::uint64_t{layer.kbps[t]} * 1000,
                       .width = layer.size.width,
                       .height = layer.size.height,
                       .milli_fps = std::uint32_t{layer.frame_rate} * 1000 >> slower};
    }
  }
  track.offer.announce(std::span{told}.first(count));
}

void look_at_layers(Time now, sfu::Track& track) {
  std::array<sfu::SeenLayer, sfu::Offer::kMaxLayers> seen;
  std::size_t count = 0;
  for (const sfu::Encoding& encoding : track.encodings) {
    for (std::uint8_t spatial = 0; spatial < sfu::kSpatialLayers; ++spatial) {
      for (std::uint8_t temporal = 0; temporal < sfu::kTemporalLayers && count < seen.size(); ++temporal) {
        if (!encoding.meter.active(now, spatial, temporal)) continue;
        const sfu::LayerMeter::Measured measured = encoding.meter.measure(now, spatial, temporal);
        seen[count++] = {.id = {encoding.index, spatial, temporal},
                         .bitrate = measured.bitrate,
                         .width = measured.width,
                         .height = measured.height,
                         .milli_fps = measured.milli_fps,
                         .key_bytes = measured.key_bytes,
                         .independent = encoding.meter.independent()};
      }
    }
  }
  track.looked_at = now;
  track.offer.update(now, std::span{seen}.first(count), track.demand);
}

void split_layer(sfu::Track& track, std::uint8_t encoding) {
  constexpr std::uint8_t kUpper = 1;
  for (sfu::Subscription* subscription : track.routes) {
    sfu::LayerMemory& memory = subscription->layers;
    if (memory.track == track.id && memory.target && memory.target->encoding == encoding) {
      memory.target->temporal = std::max(memory.target->temporal, kUpper);
    }
    sfu::LayerSelector& selector =
        subscription->current == &track ? subscription->selector : subscription->next;
    selector.widen(encoding, kUpper);
  }
}

void settle_layers(Core& core, Time now) {
  for (const Id id : core.sfu.take_undecided()) {
    sfu::Participant* receiver = core.sfu.participants().find(id);
    if (receiver == nullptr || !receiver->layers_pending) continue;
    const Time at = receiver->layers_decided + (receiver->layers_urgent ? kUrgentPause : kPause);
    if (at <= now || receiver->layers_decided == Time{}) {
      decide_layers(core, now, *receiver);
    } else if (at < receiver->layers_due) {
      receiver->layers_due = at;
      core.timers.wake(id, at);
    }
  }
}

void service_layers(Core& core, Time now, sfu::Participant& receiver) {
  if (receiver.layers_due <= now) {
    decide_layers(core, now, receiver);
  } else {
    core.timers.wake(receiver.id, receiver.layers_due);
  }
}

void service_demand(Core& core, Time now, sfu::Track& track) {
  if (track.kind != MediaKind::video) return;
  look_at_layers(now, track);
  if (track.offer.take_changed()) {
    for (const sfu::Subscription* subscription : track.routes) core.sfu.touch_layers(subscription->receiver);
  }
  if (const auto told = track.demand.update(now, layers_of(track), wanted_of(track))) {
    weir_event& event = core.sfu.emit(now, WEIR_EVENT_TRACK_DEMAND, track.participant);
    event.track = track.id.value;
    event.value = *told;
    // What can be had for the asking depends on what was asked for.
    look_at_layers(now, track);
  }
  // Without a receiver nobody has to learn that a layer came or went.
  const Time turn = track.routes.empty() ? kNever : now + kTurn;
  core.timers.wake(track.id, std::min(turn, std::max(track.demand.deadline(), now)));
}

}  // namespace weir::engine
