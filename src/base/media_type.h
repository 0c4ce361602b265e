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
  vp9 = WEIR_CODEC_VP9,
  av1 = WEIR_CODEC_AV1,
  h265 = WEIR_CODEC_H265,
  pcmu = WEIR_CODEC_PCMU,
  pcma = WEIR_CODEC_PCMA,
  telephone_event = WEIR_CODEC_TELEPHONE_EVENT,
};

/// G.711 and the events that go along with it.
constexpr bool is_narrowband(Codec codec) {
  return codec == Codec::pcmu || codec == Codec::pcma || codec == Codec::telephone_event;
}

constexpr MediaKind kind_of(Codec codec) {
  return codec == Codec::opus || is_narrowband(codec) ? MediaKind::audio : MediaKind::video;
}

/// RTP clock rate in Hz: Opus always 48000 (RFC 7587 section 4.1), G.711 and telephone events 8000 (RFC 3551
/// section 6; beside Opus, RFC 4733 section 2.4.1 wants Opus's rate, which is a matter of the line), video
/// 90000.
constexpr std::uint32_t clock_rate_of(Codec codec) {
  if (is_narrowband(codec)) return 8'000;
  return codec == Codec::opus ? 48'000 : 90'000;
}

}  // namespace weir
