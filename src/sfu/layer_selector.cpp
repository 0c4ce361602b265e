#include "sfu/layer_selector.h"

#include <algorithm>

namespace weir::sfu {

namespace {

constexpr std::uint16_t kPatience = 60;  // pictures; then the stream has no place to join a temporal layer
constexpr std::uint8_t kAbsent = 15;     // pictures without a layer; encoders skip single frames to save bits

}  // namespace

void LayerSelector::set_target(std::optional<Target> target) {
  if (!target) begun_ = false;
  target_ = target;
}

void LayerSelector::widen(std::uint8_t encoding, std::uint8_t temporal) {
  if (!target_ || target_->layer.encoding != encoding) return;
  target_->layer.temporal = std::max(target_->layer.temporal, temporal);
  if (begun_ && current_.encoding == encoding) current_.temporal = std::max(current_.temporal, temporal);
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
  const LayerId& target = target_->layer;
  const bool at_once = target.spatial >= current_.spatial || intact(target.spatial);
  if (target.encoding == current_.encoding && (at_once || !target_->lower)) return target.temporal;
  return target_->lower ? std::uint8_t{0} : current_.temporal;
}

std::uint8_t LayerSelector::wanted_spatial() const {
  return target_->layer.encoding == current_.encoding ? target_->layer.spatial : current_.spatial;
}

bool LayerSelector::may_begin(std::uint8_t encoding) const {
  if (encoding == target_->layer.encoding) return true;
  return !begun_ && encoding < kMaxEncodings && ((target_->entries >> encoding) & 1U) != 0;
}

/// The sender produces it at present.
bool LayerSelector::present(std::uint8_t spatial) const {
  return idle_[spatial] <= kAbsent;
}

/// A picture that has come to the present layer may go on with a higher one that is sent too: nothing that is
/// left out lies above.
bool LayerSelector::may_grow() const {
  for (std::uint8_t s = current_.spatial + 1; s < kSpatialIds; ++s) {
    if (present(s) && !(s <= top_ && intact(s))) return false;
  }
  return current_.spatial < top_;
}

LayerSelector::Decision LayerSelector::begin(std::uint8_t encoding, const LayerFacts& facts) {
  current_ = {.encoding = encoding, .spatial = facts.spatial, .temporal = 0};
  top_temporal_ = facts.temporal;
  begun_ = true;
  missed_ = 0;
  idle_.fill(kAbsent + 1);
  begin_picture(facts);
  // After a key frame nothing refers to what was before it, whatever the temporal layer.
  const bool there = encoding == target_->layer.encoding;
  current_.temporal = there ? target_->layer.temporal : std::uint8_t{kTemporalLayers - 1};
  return send(facts, Verdict::begin);
}

/// What can be left with any picture.
void LayerSelector::begin_picture(const LayerFacts& facts) {
  picture_ = facts.timestamp;
  first_frame_ = facts.frame_number;
  described_ = facts.described;
  lacking_ = 0;
  ended_ = false;
  for (std::uint8_t& pictures : idle_) pictures = std::min<std::uint8_t>(pictures, kAbsent) + 1;
  key_picture_ = facts.key_frame;
  top_ = wanted_spatial();
  if (key_picture_) {
    intact_ = 0xff;
    current_.spatial = facts.spatial;  // the higher ones of the picture follow it (climb)
  } else if (intact(top_)) {
    current_.spatial = std::min(current_.spatial, top_);
  }
  current_.temporal = std::min(current_.temporal, wanted_temporal());
}

/// Higher temporal layers, where the frame says that they can be joined.
void LayerSelector::rise(const LayerFacts& facts) {
  const std::uint8_t wanted = wanted_temporal();
  const bool of_carried = facts.spatial <= current_.spatial && ((facts.needed >> current_.spatial) & 1U) != 0;
  if (wanted > current_.temporal && facts.frame_start) {
    if (facts.key_frame) {
      current_.temporal = wanted;
    } else if (of_carried && facts.temporal <= current_.temporal && facts.switch_to > current_.temporal) {
      current_.temporal = std::min(wanted, facts.switch_to);
    } else if (of_carried && facts.sync && facts.temporal == current_.temporal + 1) {
      ++current_.temporal;
    } else if (facts.temporal > current_.temporal && facts.spatial == current_.spatial &&
               missed_ < kPatience) {
      ++missed_;
    }
  }
  if (wanted <= current_.temporal) missed_ = 0;
}

/// Whether a higher spatial layer can be decoded from this packet on.
bool LayerSelector::joins(const LayerFacts& facts) const {
  // With the marker the receiver has taken the picture for complete. What was left out does not come again.
  if (facts.timestamp != picture_ || ended_ || ((lacking_ >> facts.spatial) & 1U) != 0) return false;
  if (key_picture_) return true;
  const auto within = static_cast<std::uint16_t>(facts.frame_number - first_frame_);
  const bool alone = facts.described ? described_ && facts.reach <= within : !facts.inter_picture;
  if (!alone || !facts.frame_start) return false;
  // After what its layer had before, a frame that refers to its own picture must speak for later ones too.
  return intact(facts.spatial) || (!present(facts.spatial) && facts.opens > current_.temporal);
}

void LayerSelector::climb(const LayerFacts& facts) {
  if (facts.spatial <= current_.spatial || facts.spatial > top_ || !joins(facts)) return;
  current_.spatial = facts.spatial;
  intact_ = static_cast<std::uint8_t>(intact_ | (1U << facts.spatial));
}

LayerSelector::Decision LayerSelector::leave_out(const LayerFacts& facts) {
  Decision decision{.verdict = Verdict::other_layer};
  const bool wanted = facts.spatial <= top_ && facts.spatial > current_.spatial;
  decision.stuck = wanted && (intact(facts.spatial) || !present(facts.spatial));
  const auto lacks =
      static_cast<std::uint8_t>((facts.needed & (0xffU << facts.spatial)) | (1U << facts.spatial));
  intact_ = static_cast<std::uint8_t>(intact_ & ~lacks);
  if (facts.timestamp == picture_) lacking_ |= lacks;
  idle_[facts.spatial % kSpatialIds] = 0;
  return decision;
}

LayerSelector::Decision LayerSelector::send(const LayerFacts& facts, Verdict verdict) {
  idle_[facts.spatial % kSpatialIds] = 0;
  const bool marker = facts.marker || (facts.frame_end && facts.spatial == last_layer());
  if (marker && facts.timestamp == picture_) ended_ = true;
  return {.verdict = verdict, .marker = marker};
}

std::uint8_t LayerSelector::whole_layers() const {
  const unsigned last = std::min<unsigned>(last_layer(), kSpatialIds - 1);
  return static_cast<std::uint8_t>(intact_ & ((2U << last) - 1));
}

LayerSelector::Decision LayerSelector::decide(std::uint8_t encoding, const LayerFacts& facts) {
  if (!target_) return {};
  if (!begun_ || encoding != current_.encoding) {
    if (facts.key_frame && may_begin(encoding)) return begin(encoding, facts);
    return {.verdict = begun_ || !may_begin(encoding) ? Verdict::other_encoding : Verdict::await_keyframe};
  }
  top_temporal_ = std::max(top_temporal_, facts.temporal);
  if (is_newer(facts.timestamp, picture_)) {
    begin_picture(facts);
  } else if (facts.key_frame && facts.timestamp == picture_ && lacking_ == 0) {
    key_picture_ = true;  // it begins with a packet that others overtook
    intact_ = 0xff;
  }
  rise(facts);
  if (facts.temporal > current_.temporal) return {.verdict = Verdict::other_layer, .whole_picture = true};
  climb(facts);
  const bool needed = key_picture_ || ((facts.needed >> current_.spatial) & 1U) != 0;
  if (facts.spatial > current_.spatial || !needed) return leave_out(facts);
  return send(facts, Verdict::forward);
}

bool LayerSelector::needs_keyframe() const {
  if (!target_) return false;
  if (!begun_ || target_->layer.encoding != current_.encoding || missed_ == kPatience) return true;
  if (target_->layer.spatial < current_.spatial) return !intact(target_->layer.spatial);
  // A layer that is not sent is waited for: it can come with a frame that refers to its own picture alone.
  const std::uint8_t top = std::min<std::uint8_t>(target_->layer.spatial, kSpatialIds - 1);
  for (std::uint8_t s = current_.spatial + 1; s <= top; ++s) {
    if (present(s) && !intact(s)) return true;
  }
  return false;
}

}  // namespace weir::sfu
