// Types of OBUs (AV1 section 6.2.2), as far as somebody here asks.
#pragma once

#include <cstdint>

namespace weir::rtp {

enum ObuType : std::uint8_t {
  kSequenceHeader = 1,
  kTemporalDelimiter = 2,
  kFrameHeader = 3,
  kMetadata = 5,
  kFrame = 6,
  kTileList = 8,
  kPadding = 15,
};

}  // namespace weir::rtp
