#include "sfu/offer.h"

#include <algorithm>

namespace weir::sfu {

namespace {

bool asked_back_within(Time now, Duration time, const Demand& demand, LayerId id) {
  const auto since = demand.asked_back(id.encoding, id.spatial);
  return since && now - *since < time;
}

/// Not sent because nobody wanted it, and to be had for the asking.
bool at_hand(Time now, const Demand& demand, LayerId id) {
  return !demand.asked_for(id.encoding, id.spatial) || asked_back_within(now, Offer::kReturn, demand, id);
}

bool same_ids(std::span<const OfferedLayer> a, std::span<const OfferedLayer> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const OfferedLayer& left, const OfferedLayer& right) { return left.id == right.id; });
}

/// A rate rises at once and falls slowly: a second holds seven pictures of the lowest temporal layer or
/// eight, and what swings like that is no news.
std::uint64_t smoothed(std::uint64_t before, std::uint64_t seen, Duration elapsed) {
  if (seen >= before) return seen;
  const Duration part = std::min(elapsed, Offer::kForget);
  const std::uint64_t step =
      (before - seen) * static_cast<std::uint64_t>(part.count()) / Offer::kForget.count();
  return before - step;
}

}  // namespace

Offer::Known* Offer::find_or_add(LayerId id) {
  const auto at = std::lower_bound(known_.begin(), known_.end(), id,
                                   [](const Known& known, LayerId key) { return known.layer.id < key; });
  if (at != known_.end() && at->layer.id == id) return &*at;
  if (known_.size() == kMaxLayers) return nullptr;
  return &*known_.insert(at, Known{.layer = {.id = id}});
}

/// What such a layer takes when nothing was measured; 0: nobody knows.
std::uint64_t Offer::usual(const Known& known) {
  if (known.announced != 0) return known.announced;
  return std::uint64_t{known.layer.width} * known.layer.height * kGuessNumerator / kGuessDenominator;
}

/// The rate of a layer that is not sent.
std::uint64_t Offer::remembered(Time now, const Known& known) {
  const std::uint64_t measured = known.layer.bitrate;
  const Duration old = now - known.updated - known.remember;
  if (measured == 0 || old <= Duration{}) return measured;
  const std::uint64_t usually = usual(known);
  const std::uint64_t in_the_end = std::min(measured, usually != 0 ? usually : measured / 2);
  const auto forgotten = static_cast<std::uint64_t>(std::min(old, known.remember) / kSettling);
  return measured -
         (measured - in_the_end) * forgotten / static_cast<std::uint64_t>(known.remember / kSettling);
}

/// A layer comes, for the first time or again.
void Offer::begin(Time now, Known& known) {
  known.since = now;
  const std::uint64_t rate = remembered(now, known);
  if (rate == known.layer.bitrate) return;
  known.doubted = std::max(known.doubted, known.layer.bitrate);
  known.remember = std::min(2 * known.remember, kRememberMost);
  known.layer.bitrate = rate;
}

/// Its rate is known again. Where it has become less, the next doubt is as good as the first.
void Offer::settle(Known& known, std::uint64_t seen) {
  if (known.doubted != 0 && seen < known.doubted - known.doubted / 4) known.remember = kRemember;
  known.doubted = 0;
}

void Offer::note(Time now, const SeenLayer& seen, const Demand& demand) {
  Known* known = seen.bitrate > 0 ? find_or_add(seen.id) : nullptr;
  if (known == nullptr) return;
  OfferedLayer& layer = known->layer;
  if (known->since == kNever) begin(now, *known);
  layer.active = true;
  if (seen.width != 0) layer.width = seen.width;
  if (seen.height != 0) layer.height = seen.height;
  layer.independent = seen.independent;
  if (seen.key_bytes != 0) layer.key_bytes = seen.key_bytes;
  // What has just begun, or was told to end, measures less than it will be again.
  const bool unsettled =
      now - known->since < kSettling || !demand.asked_for(seen.id.encoding, seen.id.spatial);
  std::uint64_t before = layer.bitrate;
  if (before == 0) before = usual(*known);
  if (unsettled) {
    layer.bitrate = std::max(seen.bitrate, before);
  } else {
    layer.bitrate = known->measured ? smoothed(before, seen.bitrate, now - known->updated) : seen.bitrate;
    known->measured = true;
    settle(*known, seen.bitrate);
  }
  known->updated = now;
  // Pictures are counted over five seconds, the pause before them included.
  const bool counted = !unsettled && now - known->since >= kForget;
  layer.milli_fps = counted ? seen.milli_fps : std::max(seen.milli_fps, layer.milli_fps);
}

void Offer::announce(std::span<const SeenLayer> told) {
  for (const SeenLayer& each : told) {
    Known* known = find_or_add(each.id);
    if (known == nullptr) continue;
    known->announced = each.bitrate;
    if (known->measured || each.width == 0) continue;
    known->layer.width = each.width;
    known->layer.height = each.height;
    known->layer.milli_fps = each.milli_fps;
  }
}

/// Of what the publisher was asked for long enough ago, nothing comes.
bool Offer::silent(Time now, const Demand& demand) const {
  bool asked = false;
  for (const Known& known : known_) {
    if (known.layer.active) return false;
    asked = asked || !at_hand(now, demand, known.layer.id);
  }
  return asked;
}

void Offer::update(Time now, std::span<const SeenLayer> seen, const Demand& demand) {
  for (Known& known : known_) known.layer.active = false;
  for (const SeenLayer& layer : seen) note(now, layer, demand);
  for (Known& known : known_) {
    if (!known.layer.active) known.since = kNever;
  }
  std::vector<OfferedLayer> offered;
  if (!silent(now, demand)) {
    for (const Known& known : known_) {
      if (!known.layer.active && !at_hand(now, demand, known.layer.id)) continue;
      offered.push_back(known.layer);
      if (!known.layer.active) offered.back().bitrate = remembered(now, known);
      if (known.layer.bitrate == 0) offered.back().bitrate = known.announced;
      if (offered.back().bitrate == 0) offered.pop_back();
    }
  }
  changed_ = changed_ || !same_ids(offered, offered_);
  offered_ = std::move(offered);
}

void Offer::clear() {
  changed_ = changed_ || !offered_.empty();
  known_.clear();
  offered_.clear();
}

std::size_t Offer::discoveries() const {
  const auto measured =
      std::count_if(known_.begin(), known_.end(), [](const Known& known) { return known.measured; });
  return known_.size() + static_cast<std::size_t>(measured);
}

}  // namespace weir::sfu
