#include "rtp/frame_marking.h"

#include <algorithm>

namespace weir::rtp {
namespace {

/// RFC 9626 section 3.3. H.264 has DID above four bits of QID, H.265 its layer id, VP9 its SID; VP8 has no
/// spatial layers. What lies above all that anybody sends is the highest.
std::uint8_t spatial_of(std::uint8_t layer_id, Codec codec) {
  switch (codec) {
    case Codec::h264:
      return (layer_id >> 4) & 7;
    case Codec::h265:
      return std::min<std::uint8_t>(layer_id & 0x3f, 7);
    case Codec::vp9:
    case Codec::av1:
      return layer_id & 7;
    default:
      return 0;
  }
}

}  // namespace

std::optional<FrameMarking> parse_frame_marking(Bytes extension) {
  if (extension.empty() || extension.size() > kMaxFrameMarking) return std::nullopt;
  const std::uint8_t flags = extension[0];
  FrameMarking marking;
  marking.start = (flags & 0x80) != 0;
  marking.end = (flags & 0x40) != 0;
  marking.independent = (flags & 0x20) != 0;
  marking.discardable = (flags & 0x10) != 0;
  marking.base_sync = (flags & 0x08) != 0;
  marking.temporal = flags & 7;
  if (extension.size() > 1) marking.layer_id = extension[1];
  if (extension.size() > 2) marking.tl0_picture_index = extension[2];
  return marking;
}

PayloadFacts facts_of(const FrameMarking& marking, Codec codec) {
  PayloadFacts facts;
  facts.frame_start = marking.start;
  facts.frame_end = marking.end;
  facts.layered = marking.layer_id.has_value() || marking.temporal != 0;
  facts.spatial = spatial_of(marking.layer_id.value_or(0), codec);
  facts.temporal = marking.temporal;
  facts.key_frame = marking.start && marking.independent && facts.spatial == 0;
  facts.inter_picture = !marking.independent;
  facts.inter_layer = facts.spatial > 0;
  facts.non_reference = marking.discardable;
  // Of the lowest layer B says nothing, and must not be set (section 3.1).
  facts.temporal_switch = marking.base_sync && marking.temporal > 0;
  if (facts.temporal_switch) facts.switch_to = marking.temporal;
  if (facts.key_frame) facts.switch_to = kMaxTemporalLayer;
  return facts;
}

void shift_frame_marking(MutableBytes extension, std::uint8_t tl0_shift) {
  if (extension.size() == kMaxFrameMarking) {
    extension[2] = static_cast<std::uint8_t>(extension[2] + tl0_shift);
  }
}

}  // namespace weir::rtp
