#include "sfu/layer_selector.h"

#include <algorithm>

namespace weir::sfu {

namespace {

constexpr std::uint16_t kPatience = 60;  // pictures; then the stream has no place to join a temporal layer

}  // namespace

void LayerSelector::set_target(std::optional<Target> target) {
  if (!target) begun_ = false;
  target_ = target;
}

/// Of the encoding that is carried; on the way to a lower one its frame rate is what can be saved at once.
std::uint8_t LayerSelector::wanted_temporal() const {
  if (shed_ != 0) {
    const std::uint8_t kept =
        top_temporal_ > shed_ ? static_cast<std::uint8_t>(top_temporal_ - shed_) : std::uint8_t{0};
    return std::min(kept, target_temporal());
  }
  return target_temporal();
}

std::uint8_t LayerSelector::target_temporal() const {
  if (target_->layer.encoding == current_.encoding) return target_->layer.temporal;
  return target_->lower ? std::uint8_t{0} : current_.temporal;
}

std::uint8_t LayerSelector::wanted_spatial() const {
  return target_->layer.encoding == current_.encoding ? target_->layer.spatial : current_.spatial;
}

bool LayerSelector::may_begin(std::uint8_t encoding) const {
  if (encoding == target_->layer.encoding) return true;
  return !begun_ && encoding < kMaxEncodings && ((target_->entries >> encoding) & 1U) != 0;
}

LayerSelector::Decision LayerSelector::begin(std::uint8_t encoding, const LayerFacts& facts) {
  current_.encoding = encoding;
  current_.spatial = facts.spatial;
  top_temporal_ = facts.temporal;
  // After a key frame nothing refers to what was before it, whatever the temporal layer.
  const bool there = encoding == target_->layer.encoding;
  current_.temporal = there ? target_->layer.temporal : std::uint8_t{kTemporalLayers - 1};
  begun_ = true;
  missed_ = 0;
  independent_ = false;
  key_picture_ = climbing_ = true;
  picture_ = facts.timestamp;
  return {.verdict = Verdict::begin,
          .marker = facts.marker || (facts.frame_end && facts.spatial >= wanted_spatial()),
          .whole_picture = false};
}

/// What can be left with any picture.
void LayerSelector::begin_picture(const LayerFacts& facts) {
  picture_ = facts.timestamp;
  key_picture_ = climbing_ = facts.key_frame;
  current_.temporal = std::min(current_.temporal, wanted_temporal());
  if (key_picture_) {
    current_.spatial = facts.spatial;  // the higher ones of the picture follow it (climb)
    independent_ = false;
  } else if (!independent_) {
    current_.spatial = std::min(current_.spatial, wanted_spatial());
  }
}

/// Higher temporal layers, where the frame says that they can be joined.
void LayerSelector::rise(const LayerFacts& facts) {
  const std::uint8_t wanted = wanted_temporal();
  if (wanted > current_.temporal && facts.frame_start) {
    if (facts.key_frame) {
      current_.temporal = wanted;
    } else if (facts.temporal <= current_.temporal && facts.switch_to > current_.temporal) {
      current_.temporal = std::min(wanted, facts.switch_to);
    } else if (facts.sync && facts.temporal == current_.temporal + 1) {
      ++current_.temporal;
    } else if (facts.temporal > current_.temporal && facts.spatial == 0 && missed_ < kPatience) {
      ++missed_;
    }
  }
  if (wanted <= current_.temporal) missed_ = 0;
}

/// The next spatial layer of a key picture. In others a frame may also depend on its own picture alone, but
/// then the marker would be out already on the layer below, with which the receiver takes it for complete.
void LayerSelector::climb(const LayerFacts& facts) {
  if (!key_picture_ || !facts.frame_start || facts.spatial > wanted_spatial()) return;
  if (facts.spatial == current_.spatial + 1) current_.spatial = facts.spatial;
}

LayerSelector::Decision LayerSelector::decide(std::uint8_t encoding, const LayerFacts& facts) {
  if (!target_) return {};
  if (!begun_ || encoding != current_.encoding) {
    if (facts.key_frame && may_begin(encoding)) return begin(encoding, facts);
    return {.verdict = begun_ || !may_begin(encoding) ? Verdict::other_encoding : Verdict::await_keyframe};
  }
  top_temporal_ = std::max(top_temporal_, facts.temporal);
  if (is_newer(facts.timestamp, picture_)) begin_picture(facts);
  rise(facts);
  if (facts.temporal > current_.temporal) return {.verdict = Verdict::other_layer, .whole_picture = true};
  climb(facts);
  if (facts.spatial > current_.spatial) {
    climbing_ = false;
    return {.verdict = Verdict::other_layer};
  }
  if (facts.spatial < current_.spatial && independent_ && !key_picture_) {
    return {.verdict = Verdict::other_layer};
  }
  if (facts.spatial == current_.spatial && facts.spatial > 0 && facts.frame_start && facts.inter_picture) {
    independent_ = !facts.inter_layer;
  }
  // The top layer of a key picture is the wanted one: the present one is still climbing there.
  const std::uint8_t top = key_picture_ ? wanted_spatial() : current_.spatial;
  return {.verdict = Verdict::forward,
          .marker = facts.marker || (facts.frame_end && facts.spatial == top),
          .whole_picture = false};
}

bool LayerSelector::needs_keyframe() const {
  if (!target_) return false;
  if (!begun_ || target_->layer.encoding != current_.encoding) return true;
  // The key picture that leads there may be arriving: asking in the midst of it would begin with each again.
  if (target_->layer.spatial > current_.spatial) return !climbing_;
  if (missed_ == kPatience) return true;
  return independent_ && target_->layer.spatial < current_.spatial;
}

}  // namespace weir::sfu
