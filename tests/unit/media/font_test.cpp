#include "media/font.h"

#include <doctest/doctest.h>

using namespace weir::media;

TEST_CASE("every printable character has a glyph of its own, everything else the box") {
  const Glyph box = glyph_of('\x7f');
  for (int a = ' '; a <= '~'; ++a) {
    const Glyph& glyph = glyph_of(static_cast<char>(a));
    CHECK(glyph != box);
    for (const std::uint8_t row : glyph) CHECK(row < 32);
    for (int b = a + 1; b <= '~'; ++b) CHECK(glyph != glyph_of(static_cast<char>(b)));
  }
  for (const int other : {-128, -1, 0, 10, 31, 127}) CHECK(glyph_of(static_cast<char>(other)) == box);
}
