// The picture size in an H.264 sequence parameter set (ITU-T H.264 section 7.3.2.1.1 and 7.4.2.1.1).
#pragma once

#include <optional>

#include "base/bytes.h"
#include "rtp/picture_size.h"

namespace weir::rtp {

/// `nal` begins with the NAL unit header of an SPS. Nothing when it is malformed or its size is beyond 16384.
std::optional<PictureSize> parse_h264_sps(Bytes nal);

}  // namespace weir::rtp
