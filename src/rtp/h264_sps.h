// The picture size in an H.264 sequence parameter set (ITU-T H.264 section 7.3.2.1.1 and 7.4.2.1.1).
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace weir::rtp {

struct PictureSize {
  std::uint16_t width = 0;
  std::uint16_t height = 0;
};

/// `nal` begins with the NAL unit header of an SPS. Nothing when it is malformed or its size is beyond 16384.
std::optional<PictureSize> parse_h264_sps(Bytes nal);

}  // namespace weir::rtp
