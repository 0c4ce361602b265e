// The picture size in an H.265 sequence parameter set (ITU-T H.265 section 7.3.2.2.1 and 7.4.3.2.1).
#pragma once

#include <optional>

#include "base/bytes.h"
#include "rtp/picture_size.h"

namespace weir::rtp {

/// `nal` begins with the two bytes of NAL unit header of an SPS. Nothing when it is malformed or its size is
/// beyond kMaxSide.
std::optional<PictureSize> parse_h265_sps(Bytes nal);

}  // namespace weir::rtp
