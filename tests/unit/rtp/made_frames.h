// Frames of made-up encoders: as much of them as packetizers and depacketizers look at.
#pragma once

#include <doctest/doctest.h>

#include "base/media_type.h"
#include "unit/rtp/material.h"

namespace weir::test {

/// H.265: parameter sets and an IDR slice, or another slice. AV1: a sequence header and a key frame, or
/// another.
inline Buffer make_layered_frame(Codec codec, Buffer body, bool key) {
  Buffer frame;
  if (codec == Codec::h265) {
    frame = key ? hex("00000001 40010c01 00000001 42010101 00000001 4401c0f2 00000001 260180")
                : hex("00000001 020180");
  } else {
    REQUIRE(body.size() == 250);
    body[0] = key ? 0x10 : 0x30;
    frame = key ? hex("1200 0a05 082627fb38 32fa01") : hex("1200 32fa01");
  }
  frame.insert(frame.end(), body.begin(), body.end());
  return frame;
}

/// A frame of a made-up encoder. VP8: the frame tag's key bit; H.264: parameter sets and an IDR slice, or
/// another slice.
inline Buffer make_frame(Codec codec, int number, bool key, std::size_t size) {
  Buffer body(size, static_cast<std::uint8_t>(number | 1));
  if (kind_of(codec) == MediaKind::audio) return body;
  if (codec == Codec::vp9) {
    body[0] = key ? 0x80 : 0x84;
    return body;
  }
  if (codec == Codec::vp8) {
    body[0] = key ? 0x10 : 0x11;
    return body;
  }
  if (codec == Codec::h265 || codec == Codec::av1) return make_layered_frame(codec, std::move(body), key);
  Buffer frame = key ? hex("00000001 6742c01f8c8d40501e900f08846a 00000001 68ce3c80 00000001 65b8")
                     : hex("00000001 61e0");
  frame.insert(frame.end(), body.begin(), body.end());
  return frame;
}

}  // namespace weir::test
