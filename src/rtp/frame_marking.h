// Video frame marking (RFC 9626): what a packet is to its frame and the frame to others, told beside a
// payload that need not be readable.
//
//   |S|E|I|D|B| TID |   alone, or with |   LID (8)   |, or with that and | TL0PICIDX (8) |   (section 3.1)
//   |S|E|I|D|0 0 0 0|   of a stream without layers (section 3.2)
//
// Where the identifier of the spatial layer lies within LID the codec says (section 3.3).
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/media_type.h"
#include "rtp/payload.h"

namespace weir::rtp {

inline constexpr std::size_t kMaxFrameMarking = 3;

struct FrameMarking {
  bool start = false;        // S: first packet of its frame
  bool end = false;          // E: last
  bool independent = false;  // I: decoded without earlier frames
  bool discardable = false;  // D: nothing is missing without the frame
  bool base_sync = false;    // B: depends on the lowest temporal layer only
  std::uint8_t temporal = 0;
  std::optional<std::uint8_t> layer_id;           // LID
  std::optional<std::uint8_t> tl0_picture_index;  // TL0PICIDX; only with a LID
};

/// Nothing when the extension is malformed.
std::optional<FrameMarking> parse_frame_marking(Bytes extension);
/// The same facts as a payload tells.
PayloadFacts facts_of(const FrameMarking& marking, Codec codec);
/// Adds to the index of a marking that has one.
void shift_frame_marking(MutableBytes extension, std::uint8_t tl0_shift);

}  // namespace weir::rtp
