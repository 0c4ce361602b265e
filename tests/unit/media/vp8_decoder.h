// libvpx's VP8 decoder, and a reader of the test card's clock for programs, for the tests of this folder.
#pragma once

#include <doctest/doctest.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "weir/media.h"

namespace weir::media::test {

struct LumaView {
  const std::uint8_t* samples;
  std::size_t stride;
  std::size_t width;
  std::size_t height;

  std::uint8_t at(std::size_t x, std::size_t y) const { return samples[y * stride + x]; }
};

/// The clock as weir/media.h lays it out; nothing when the rows contradict each other.
inline std::optional<std::uint32_t> read_clock_strip(const LumaView& luma) {
  const std::size_t block = luma.width / WEIR_CARD_CLOCK_BITS;
  const std::size_t row = luma.height / 16;
  std::uint32_t upper = 0;
  std::uint32_t lower = 0;
  for (std::size_t bit = 0; bit < WEIR_CARD_CLOCK_BITS; ++bit) {
    const std::size_t x = bit * block + block / 2;
    upper = (upper << 1) | (luma.at(x, luma.height - 2 * row + row / 2) > 128 ? 1U : 0U);
    lower = (lower << 1) | (luma.at(x, luma.height - row + row / 2) > 128 ? 1U : 0U);
  }
  if (upper != ~lower) return std::nullopt;
  return upper;
}

class Vp8Decoder {
 public:
  Vp8Decoder() { REQUIRE(vpx_codec_dec_init(&codec_, vpx_codec_vp8_dx(), nullptr, 0) == VPX_CODEC_OK); }
  ~Vp8Decoder() { vpx_codec_destroy(&codec_); }
  Vp8Decoder(const Vp8Decoder&) = delete;
  Vp8Decoder& operator=(const Vp8Decoder&) = delete;

  /// The picture of a frame, valid until the next call.
  LumaView decode(Bytes frame) {
    REQUIRE(vpx_codec_decode(&codec_, frame.data(), static_cast<unsigned>(frame.size()), nullptr, 0) ==
            VPX_CODEC_OK);
    vpx_codec_iter_t position = nullptr;
    const vpx_image_t* const image = vpx_codec_get_frame(&codec_, &position);
    REQUIRE(image != nullptr);
    return {image->planes[VPX_PLANE_Y], static_cast<std::size_t>(image->stride[VPX_PLANE_Y]), image->d_w,
            image->d_h};
  }

 private:
  vpx_codec_ctx_t codec_{};
};

}  // namespace weir::media::test
