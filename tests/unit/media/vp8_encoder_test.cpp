#include "media/vp8_encoder.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "vp8_decoder.h"

using namespace weir;
using namespace weir::media;

namespace {

std::unique_ptr<Vp8Encoder> encoder_of(std::uint32_t bitrate) {
  auto encoder = Vp8Encoder::make(160, 120, 15, bitrate);
  REQUIRE(encoder.ok());
  return std::move(*encoder);
}

// Something that no prediction helps with.
void draw_noise(Picture& picture, std::uint32_t& state) {
  for (int y = 0; y < picture.height(); y += 2) {
    for (int x = 0; x < picture.width(); x += 2) {
      state = state * 1664525 + 1013904223;
      picture.fill(x, y, 2, 2, {static_cast<std::uint8_t>(16 + (state >> 24) % 220), 128, 128});
    }
  }
}

}  // namespace

TEST_CASE("what is decoded looks like what was drawn") {
  const auto encoder = encoder_of(500'000);
  Picture picture{160, 120};
  picture.fill(0, 0, 80, 120, kBlack);
  picture.fill(80, 0, 80, 120, kWhite);
  const auto frame = encoder->encode(picture, false);
  REQUIRE(frame.has_value());
  CHECK(frame->key);
  test::Vp8Decoder decoder;
  const test::LumaView seen = decoder.decode(frame->data);
  CHECK(seen.width == 160);
  CHECK(seen.height == 120);
  CHECK(seen.at(20, 60) < 40);
  CHECK(seen.at(140, 60) > 210);
}

TEST_CASE("a picture too many is skipped, a wanted key frame is not") {
  const auto encoder = encoder_of(10'000);
  Picture picture{160, 120};
  std::uint32_t state = 1;
  int skipped = 0;
  for (int i = 0; i < 60; ++i) {
    draw_noise(picture, state);
    const bool key = i % 20 == 19;
    const auto frame = encoder->encode(picture, key);
    REQUIRE(frame.has_value());
    if (frame->data.empty()) {
      CHECK_FALSE(key);
      CHECK_FALSE(frame->key);
      ++skipped;
    } else {
      CHECK(frame->key == (key || i == 0));
    }
  }
  CHECK(skipped > 20);
}
