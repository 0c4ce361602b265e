#include "media/picture.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "media/font.h"

namespace weir::media {
namespace {

std::uint8_t rounded(double value) {
  return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

}  // namespace

Colour colour_from_hsv(std::uint32_t hue, double saturation, double value) {
  const double sector = static_cast<double>(hue % 360) / 60.0;
  const double chroma = value * saturation;
  const double second = chroma * (1.0 - std::abs(std::fmod(sector, 2.0) - 1.0));
  const double base = value - chroma;
  double r = 0;
  double g = 0;
  double b = 0;
  switch (static_cast<int>(sector)) {
    case 0:
      r = chroma, g = second;
      break;
    case 1:
      r = second, g = chroma;
      break;
    case 2:
      g = chroma, b = second;
      break;
    case 3:
      g = second, b = chroma;
      break;
    case 4:
      r = second, b = chroma;
      break;
    default:
      r = chroma, b = second;
      break;
  }
  r += base;
  g += base;
  b += base;
  return {rounded(16 + 65.481 * r + 128.553 * g + 24.966 * b),
          rounded(128 - 37.797 * r - 74.203 * g + 112.0 * b),
          rounded(128 + 112.0 * r - 93.786 * g - 18.214 * b)};
}

Picture::Picture(std::uint32_t width, std::uint32_t height)
    : width_(static_cast<int>(width)),
      height_(static_cast<int>(height)),
      samples_(std::size_t{width} * height * 3 / 2, std::uint8_t{128}) {}

void Picture::fill_plane(std::uint8_t* plane, int stride, int x0, int y0, int x1, int y1,
                         std::uint8_t value) {
  for (int y = y0; y < y1; ++y) {
    std::memset(plane + std::ptrdiff_t{y} * stride + x0, value, static_cast<std::size_t>(x1 - x0));
  }
}

void Picture::fill(int x, int y, int width, int height, Colour colour) {
  const int x0 = std::clamp(x, 0, width_);
  const int y0 = std::clamp(y, 0, height_);
  const int x1 = std::clamp(x + width, 0, width_);
  const int y1 = std::clamp(y + height, 0, height_);
  if (x0 >= x1 || y0 >= y1) return;
  std::uint8_t* const luma = samples_.data();
  std::uint8_t* const u = luma + std::ptrdiff_t{width_} * height_;
  std::uint8_t* const v = u + std::ptrdiff_t{width_ / 2} * (height_ / 2);
  fill_plane(luma, width_, x0, y0, x1, y1, colour.y);
  fill_plane(u, width_ / 2, x0 / 2, y0 / 2, (x1 + 1) / 2, (y1 + 1) / 2, colour.u);
  fill_plane(v, width_ / 2, x0 / 2, y0 / 2, (x1 + 1) / 2, (y1 + 1) / 2, colour.v);
}

void Picture::disc(int centre_x, int centre_y, int radius, Colour colour) {
  for (int dy = -radius; dy <= radius; ++dy) {
    const int half = static_cast<int>(std::sqrt(static_cast<double>(radius * radius - dy * dy)));
    fill(centre_x - half, centre_y + dy, 2 * half + 1, 1, colour);
  }
}

void Picture::text(int x, int y, int scale, std::string_view text, Colour colour) {
  for (const char character : text) {
    const Glyph& glyph = glyph_of(character);
    for (int row = 0; row < kGlyphHeight; ++row) {
      for (int column = 0; column < kGlyphWidth; ++column) {
        if ((glyph[static_cast<std::size_t>(row)] >> (kGlyphWidth - 1 - column) & 1) == 0) continue;
        fill(x + column * scale, y + row * scale, scale, scale, colour);
      }
    }
    x += (kGlyphWidth + 1) * scale;
  }
}

int Picture::text_width(std::size_t characters, int scale) {
  return characters == 0 ? 0 : (static_cast<int>(characters) * (kGlyphWidth + 1) - 1) * scale;
}

}  // namespace weir::media
