#include "engine/choice.h"

#include "engine/departure.h"
#include "engine/sound.h"

namespace weir::engine {

namespace {

/// How much later a packet was captured than what the subscription sent last, when both are of one sender
/// whose reports tell.
std::optional<Duration> captured_after(const sfu::Subscription& subscription, const sfu::Track& track,
                                       const sfu::Encoding& encoding, std::uint32_t timestamp) {
  const sfu::Origin before = subscription.rewriter.origin();
  if (!subscription.rewriter.begun() || before.track != track.id) return std::nullopt;
  if (before.encoding >= track.encodings.size()) return std::nullopt;
  const std::uint32_t rate = clock_rate_of(track.codec);
  const auto last =
      track.encodings[before.encoding].clock.captured_us(subscription.rewriter.last_source_timestamp(), rate);
  const auto first = encoding.clock.captured_us(timestamp, rate);
  if (!last || !first) return std::nullopt;
  const Duration elapsed{*first - *last};
  constexpr Duration kMost = std::chrono::seconds{10};
  return elapsed < -kMost || elapsed > kMost ? std::nullopt : std::optional{elapsed};
}

void begin_source(Core& core, Time now, sfu::Subscription& subscription, const sfu::Track& track,
                  const sfu::Encoding& encoding, const PacketFacts& facts) {
  if (track.kind == MediaKind::audio) {
    subscription.rewriter.set_clock_rate(clock_rate_of(track.expected_codec()));
  } else {
    make_way(core, subscription);
  }
  subscription.rewriter.begin(now, {track.id, encoding.index}, facts.numbers,
                              captured_after(subscription, track, encoding, facts.numbers.timestamp),
                              facts.age);
  if (subscription.current != &track) core.sfu.switched(now, subscription);
}

/// A key picture of what is carried already: the decoder needs nothing before it.
void enter_key_picture(Core& core, sfu::Subscription& subscription, const sfu::SourceNumbers& first) {
  // Only its first packet: parameter sets before a key frame belong to it.
  if (!is_newer(first.timestamp, subscription.rewriter.last_source_timestamp())) return;
  if (make_way(core, subscription)) {
    subscription.rewriter.resume(first);
  } else {
    subscription.rewriter.enter(first);
  }
}

/// Which layers of a picture a receiver gets.
Choice choose_layer(Core& core, Time now, sfu::Subscription& subscription, const sfu::Track& track,
                    const sfu::Encoding& encoding, const PacketFacts& facts) {
  using enum sfu::LayerSelector::Verdict;
  sfu::LayerSelector& selector = subscription.current == &track ? subscription.selector : subscription.next;
  const auto before = selector.current();
  const sfu::LayerSelector::Decision decision = selector.decide(encoding.index, facts.layer);
  switch (decision.verdict) {
    case paused:
      return {.drop = DropReason::PAUSED};
    case await_keyframe:
      return {.drop = DropReason::AWAIT_KEYFRAME};
    case other_encoding:
      return {.drop = DropReason::OTHER_ENCODING};
    case other_layer:
      if (selector.current() != before) core.sfu.tell_layer(now, subscription);
      if (decision.stuck) core.sfu.want_keyframe(now, subscription);
      return {.drop = DropReason::OTHER_LAYER,
              .close = true,
              .close_picture = decision.whole_picture && facts.codec == Codec::vp8};
    case begin:
      begin_source(core, now, subscription, track, encoding, facts);
      break;
    case forward:
      if (facts.layer.key_frame) enter_key_picture(core, subscription, facts.numbers);
      break;
  }
  if (selector.current() != before) core.sfu.tell_layer(now, subscription);
  return {.drop = std::nullopt, .marker = decision.marker};
}

}  // namespace

Choice decide(Core& core, Time now, sfu::Subscription& subscription, const sfu::Track& track,
              const sfu::Encoding& encoding, const PacketFacts& facts) {
  if (!subscription.receiver.connected) return {.drop = DropReason::NOT_CONNECTED};
  if (track.kind == MediaKind::video) {
    return choose_layer(core, now, subscription, track, encoding, facts);
  }
  // Who did not negotiate a codec of the track (telephone events, as a rule) shall not miss its packets.
  if (receiver_codec(subscription, track, facts) == nullptr) {
    return {.drop = DropReason::CODEC, .close = subscription.current == &track};
  }
  if (subscription.current != &track) begin_source(core, now, subscription, track, encoding, facts);
  return {.drop = std::nullopt, .marker = facts.layer.marker};
}

std::optional<std::uint32_t> targets_told(sfu::Subscription& subscription, const sfu::Encoding& encoding,
                                          const PacketFacts& facts) {
  const auto carried = subscription.selector.current();
  if (!facts.layer.described || facts.structure == nullptr || !carried) return std::nullopt;
  const std::uint32_t active =
      rtp::targets_of(*facts.structure, subscription.selector.whole_layers(), carried->temporal);
  return subscription.targets.tell({.active = active & encoding.active_targets,
                                    .says = facts.active_targets,
                                    .ends_chained = facts.layer.frame_end && facts.layer.temporal == 0 &&
                                                    facts.layer.spatial == carried->spatial});
}

}  // namespace weir::engine
