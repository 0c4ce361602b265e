#include "rtp/h265_sps.h"

#include <doctest/doctest.h>

#include "unit/rtp/bits.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::BitWriter;
using test::Buffer;
using test::hex;

// x265's, main profile, level 4, 1920 x 1080, with emulation prevention bytes.
constexpr const char* kSps1080 =
    "4201 01 01600000 0300 90000003 00000300 78 a003c08010e596666924cae010000003001000000301e080";

struct Sps {
  std::uint32_t sub_layers_minus1 = 0;
  std::uint32_t chroma = 1;
  std::uint32_t width = 640;
  std::uint32_t height = 360;
  bool window = false;
  std::uint32_t right = 0;
  std::uint32_t bottom = 0;
};

/// Values without long runs of zeros, so that no emulation prevention is due.
Buffer write(const Sps& sps) {
  BitWriter w;
  w.bits(0x4201, 16).bits(0, 4).bits(sps.sub_layers_minus1, 3).bits(1, 1);
  for (int i = 0; i < 12; ++i) w.bits(0x55, 8);
  for (std::uint32_t i = 0; i < sps.sub_layers_minus1; ++i) w.bits(i == 0 ? 3 : 1, 2);
  if (sps.sub_layers_minus1 > 0) w.bits(0xffff, 2 * (8 - sps.sub_layers_minus1));
  for (std::uint32_t i = 0; i < sps.sub_layers_minus1; ++i) {
    for (int byte = 0; byte < (i == 0 ? 12 : 1); ++byte) w.bits(0x55, 8);
  }
  w.ue(0).ue(sps.chroma);
  if (sps.chroma == 3) w.bits(0, 1);
  w.ue(sps.width).ue(sps.height).bits(sps.window ? 1 : 0, 1);
  if (sps.window) w.ue(0).ue(sps.right).ue(0).ue(sps.bottom);
  w.bits(1, 1);
  return w.bytes();
}

}  // namespace

TEST_CASE("an encoder's H.265 SPS tells its size") {
  CHECK(parse_h265_sps(hex(kSps1080)) == PictureSize{1920, 1080});
}

TEST_CASE("H.265 sizes behind sub-layers and within windows") {
  CHECK(parse_h265_sps(write({})) == PictureSize{640, 360});
  for (std::uint32_t sub_layers = 0; sub_layers <= 6; ++sub_layers) {
    CAPTURE(sub_layers);
    CHECK(parse_h265_sps(write({.sub_layers_minus1 = sub_layers})) == PictureSize{640, 360});
  }
  CHECK_FALSE(parse_h265_sps(write({.sub_layers_minus1 = 7})));
  const auto windowed = [](std::uint32_t chroma) {
    return parse_h265_sps(write({.chroma = chroma, .height = 368, .window = true, .right = 3, .bottom = 4}));
  };
  CHECK(windowed(0) == PictureSize{637, 364});
  CHECK(windowed(1) == PictureSize{634, 360});
  CHECK(windowed(2) == PictureSize{634, 364});
  CHECK(windowed(3) == PictureSize{637, 364});
  CHECK_FALSE(windowed(4));
}

TEST_CASE("H.265 sizes that cannot be are refused") {
  CHECK(parse_h265_sps(write({.width = 16384, .height = 16384})) == PictureSize{16384, 16384});
  CHECK_FALSE(parse_h265_sps(write({.width = 16385})));
  CHECK_FALSE(parse_h265_sps(write({.height = 16385})));
  CHECK_FALSE(parse_h265_sps(write({.width = 0})));
  CHECK_FALSE(parse_h265_sps(write({.window = true, .right = 320})));
  CHECK(parse_h265_sps(write({.window = true, .right = 319})) == PictureSize{2, 360});
  CHECK_FALSE(parse_h265_sps(write({.window = true, .bottom = 180})));
}

TEST_CASE("an H.265 SPS cut before its size, or another unit, is refused") {
  const Buffer whole = write({.window = true, .right = 1, .bottom = 1});
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse_h265_sps(Bytes{whole}.first(size)));
  }
  Buffer other = whole;
  other[0] = 0x40;
  CHECK_FALSE(parse_h265_sps(other));
}

}  // namespace weir::rtp
