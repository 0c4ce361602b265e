#include "media/picture.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace weir;
using namespace weir::media;

namespace {

std::size_t count_luma(const Picture& picture, std::uint8_t value) {
  const Bytes luma = picture.bytes().first(static_cast<std::size_t>(picture.width()) *
                                           static_cast<std::size_t>(picture.height()));
  return static_cast<std::size_t>(std::count(luma.begin(), luma.end(), value));
}

}  // namespace

TEST_CASE("colours follow BT.601") {
  const Colour red = colour_from_hsv(0, 1, 1);
  CHECK(red.y == 81);
  CHECK(red.u == 90);
  CHECK(red.v == 240);
  const Colour green = colour_from_hsv(120, 1, 1);
  CHECK(green.y == 145);
  CHECK(green.u == 54);
  CHECK(green.v == 34);
  const Colour blue = colour_from_hsv(240, 1, 1);
  CHECK(blue.y == 41);
  CHECK(blue.u == 240);
  CHECK(blue.v == 110);
  CHECK(colour_from_hsv(77, 0, 1).y == kWhite.y);
  CHECK(colour_from_hsv(77, 0, 0).y == kBlack.y);
  CHECK(colour_from_hsv(360, 1, 1).v == red.v);
}

TEST_CASE("a fill covers its rectangle in all planes and is clipped at every edge") {
  Picture picture{16, 8};
  picture.fill(0, 0, 16, 8, kBlack);
  picture.fill(4, 2, 6, 4, {200, 10, 20});
  CHECK(count_luma(picture, 200) == 24);
  const Bytes bytes = picture.bytes();
  CHECK(std::count(bytes.begin() + 128, bytes.begin() + 160, 10) == 6);
  CHECK(std::count(bytes.begin() + 160, bytes.end(), 20) == 6);

  picture.fill(0, 0, 16, 8, kBlack);
  picture.fill(-3, -3, 5, 5, kWhite);
  CHECK(count_luma(picture, kWhite.y) == 4);
  picture.fill(15, 7, 100, 100, kWhite);
  CHECK(count_luma(picture, kWhite.y) == 5);
  picture.fill(16, 0, 1, 1, kWhite);
  picture.fill(0, 8, 1, 1, kWhite);
  picture.fill(4, 4, 0, 3, kWhite);
  picture.fill(4, 4, -2, 3, kWhite);
  CHECK(count_luma(picture, kWhite.y) == 5);
}

TEST_CASE("a disc is round and may leave the picture") {
  Picture picture{64, 64};
  picture.fill(0, 0, 64, 64, kBlack);
  picture.disc(32, 32, 20, kWhite);
  const double area = static_cast<double>(count_luma(picture, kWhite.y));
  CHECK(area == doctest::Approx(3.14159 * 20.5 * 20.5).epsilon(0.05));
  picture.disc(-5, 70, 30, kWhite);
  CHECK(count_luma(picture, kWhite.y) > static_cast<std::size_t>(area));
}

TEST_CASE("text is as wide as it says") {
  CHECK(Picture::text_width(0, 3) == 0);
  CHECK(Picture::text_width(1, 1) == 5);
  CHECK(Picture::text_width(2, 3) == 33);
  Picture picture{64, 16};
  picture.fill(0, 0, 64, 16, kBlack);
  picture.text(0, 0, 2, "|", kWhite);
  CHECK(count_luma(picture, kWhite.y) == 7 * 4);
}
