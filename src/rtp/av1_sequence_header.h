// The picture size in an AV1 sequence header OBU (AV1 section 5.5).
#pragma once

#include <optional>

#include "base/bytes.h"
#include "rtp/picture_size.h"

namespace weir::rtp {

/// `body` follows the OBU's header and size. Nothing when it is malformed or its size is beyond kMaxSide.
std::optional<PictureSize> parse_av1_sequence_header(Bytes body);

}  // namespace weir::rtp
