// A picture in I420 (planes Y, U, V without gaps; chroma halved both ways) and what the test card draws with.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace weir::media {

/// BT.601 with luma from 16 to 235, as VP8 decoders expect (RFC 6386 section 2).
struct Colour {
  std::uint8_t y;
  std::uint8_t u;
  std::uint8_t v;
};

inline constexpr Colour kBlack{16, 128, 128};
inline constexpr Colour kWhite{235, 128, 128};

/// Hue in degrees; saturation and value from 0 to 1.
Colour colour_from_hsv(std::uint32_t hue, double saturation, double value);

/// Coordinates are in luma samples from the upper left; whatever lies outside is clipped. Width and height
/// are even.
class Picture {
 public:
  Picture(std::uint32_t width, std::uint32_t height);

  int width() const { return width_; }
  int height() const { return height_; }
  Bytes bytes() const { return samples_; }
  std::uint8_t* data() { return samples_.data(); }

  /// Takes the samples of a picture of the same size.
  void copy_from(const Picture& other) { samples_ = other.samples_; }

  void fill(int x, int y, int width, int height, Colour colour);
  void disc(int centre_x, int centre_y, int radius, Colour colour);
  /// Each dot of the font is scale x scale samples; one dot lies between characters.
  void text(int x, int y, int scale, std::string_view text, Colour colour);

  static int text_width(std::size_t characters, int scale);

 private:
  void fill_plane(std::uint8_t* plane, int stride, int x0, int y0, int x1, int y1, std::uint8_t value);

  int width_;
  int height_;
  std::vector<std::uint8_t> samples_;
};

}  // namespace weir::media
