// Kinds of media and codecs, as values of the C ABI.
#pragma once

#include <cstdint>

#include "weir/room.h"

namespace weir {

enum class MediaKind : std::int32_t { audio = WEIR_KIND_AUDIO, video = WEIR_KIND_VIDEO };

enum class Codec : std::int32_t {
  none = WEIR_CODEC_NONE,
  opus = WEIR_CODEC_OPUS,
  vp8 = WEIR_CODEC_VP8,
  h264 = WEIR_CODEC_H264,
};

constexpr MediaKind kind_of(Codec codec) {
  return codec == Codec::opus ? MediaKind::audio : MediaKind::video;
}

/// RTP clock rate in Hz (RFC 7587 section 4.1, RFC 7741 section 4.1, RFC 6184 section 5.1).
constexpr std::uint32_t clock_rate_of(Codec codec) {
  return codec == Codec::opus ? 48'000 : 90'000;
}

}  // namespace weir
