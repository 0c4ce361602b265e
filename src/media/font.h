// A bitmap font of 5 x 7 dots for printable ASCII, drawn for the test card.
#pragma once

#include <array>
#include <cstdint>

namespace weir::media {

inline constexpr int kGlyphWidth = 5;
inline constexpr int kGlyphHeight = 7;

/// Rows from top to bottom; bit 4 is the leftmost dot.
using Glyph = std::array<std::uint8_t, kGlyphHeight>;

/// The glyph of a character; an empty box for what is not printable ASCII.
const Glyph& glyph_of(char character);

}  // namespace weir::media
