// Width and height of a picture in pixels.
#pragma once

#include <cstdint>

namespace weir::rtp {

struct PictureSize {
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  bool operator==(const PictureSize&) const = default;
};

/// The longest side that parsers of parameter sets believe.
inline constexpr std::uint32_t kMaxSide = 16384;

}  // namespace weir::rtp
