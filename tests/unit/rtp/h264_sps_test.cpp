#include "rtp/h264_sps.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;

/// Writes bits, exp-Golomb codes among them, for SPSs made to measure.
class BitWriter {
 public:
  BitWriter& bits(std::uint32_t value, unsigned count) {
    for (unsigned i = count; i > 0; --i) {
      if (used_++ % 8 == 0) bytes_.push_back(0);
      if ((value >> (i - 1)) & 1U)
        bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | (0x80U >> ((used_ - 1) % 8)));
    }
    return *this;
  }
  BitWriter& ue(std::uint32_t value) {
    unsigned length = 0;
    while (((std::uint64_t{value} + 1) >> (length + 1)) != 0) ++length;
    bits(0, length);
    bits(1, 1);
    return bits(static_cast<std::uint32_t>(value + 1 - (std::uint64_t{1} << length)), length);
  }
  /// The NAL unit, emulation prevention included.
  Buffer nal() const {
    Buffer out{0x67};
    int zeros = 0;
    for (const std::uint8_t byte : bytes_) {
      if (zeros >= 2 && byte <= 3) {
        out.push_back(3);
        zeros = 0;
      }
      zeros = byte == 0 ? zeros + 1 : 0;
      out.push_back(byte);
    }
    return out;
  }

 private:
  Buffer bytes_;
  unsigned used_ = 0;
};

struct SpsShape {
  std::uint32_t profile = 66;
  std::uint32_t chroma = 1;
  bool separate_planes = false;
  bool scaling_lists = false;
  std::uint32_t order_type = 2;
  std::uint32_t width_mbs = 40;
  std::uint32_t height_units = 30;
  bool frame_mbs_only = true;
  bool cropped = false;
  std::uint32_t crop = 0;  // right and bottom, in the SPS's units
};

Buffer make_sps(const SpsShape& s) {
  BitWriter w;
  w.bits(s.profile, 8).bits(0, 8).bits(31, 8).ue(0);
  if (s.profile == 100 || s.profile == 244) {
    w.ue(s.chroma);
    if (s.chroma == 3) w.bits(s.separate_planes ? 1 : 0, 1);
    w.ue(0).ue(0).bits(0, 1).bits(s.scaling_lists ? 1 : 0, 1);
    if (s.scaling_lists) {
      w.bits(1, 1);
      for (int i = 0; i < 16; ++i) w.ue(0);  // delta 0 each: 16 equal values
      w.bits(1, 1).ue(16);                   // delta -8: the default list, nothing follows
      w.bits(0, s.chroma == 3 ? 10 : 6);
    }
  }
  w.ue(0).ue(s.order_type);
  if (s.order_type == 0) w.ue(2);
  if (s.order_type == 1) w.bits(0, 1).ue(1).ue(2).ue(2).ue(3).ue(4);
  w.ue(1).bits(0, 1).ue(s.width_mbs - 1).ue(s.height_units - 1).bits(s.frame_mbs_only ? 1 : 0, 1);
  if (!s.frame_mbs_only) w.bits(0, 1);
  w.bits(1, 1).bits(s.cropped ? 1 : 0, 1);
  if (s.cropped) w.ue(0).ue(s.crop).ue(0).ue(s.crop);
  w.bits(0, 1).bits(1, 1);
  return w.nal();
}

void check_size(const SpsShape& shape, int width, int height) {
  const auto size = parse_h264_sps(make_sps(shape));
  REQUIRE(size);
  CHECK(size->width == width);
  CHECK(size->height == height);
}

}  // namespace

TEST_CASE("an SPS tells the picture's size in every profile and shape") {
  check_size({}, 640, 480);
  check_size({.order_type = 0}, 640, 480);
  check_size({.order_type = 1}, 640, 480);
  check_size({.profile = 100}, 640, 480);
  check_size({.profile = 100, .scaling_lists = true}, 640, 480);
  check_size({.profile = 244, .chroma = 3, .scaling_lists = true}, 640, 480);
  check_size({.height_units = 15, .frame_mbs_only = false}, 640, 480);
  check_size({.width_mbs = 120, .height_units = 68, .cropped = true, .crop = 4}, 1912, 1080);
  check_size({.profile = 244, .chroma = 3, .cropped = true, .crop = 4}, 636, 476);
  check_size({.profile = 244, .chroma = 3, .separate_planes = true, .cropped = true, .crop = 4}, 636, 476);
  check_size({.profile = 244, .chroma = 2, .cropped = true, .crop = 4}, 632, 476);
  check_size({.height_units = 34, .frame_mbs_only = false, .cropped = true, .crop = 2}, 636, 1080);
}

TEST_CASE("emulation prevention in an SPS is taken out") {
  const auto zeros = hex("000003");
  BitWriter low;
  low.bits(66, 8)
      .bits(0, 8)
      .bits(0, 8)
      .ue(255)
      .ue(0)
      .ue(2)
      .ue(1)
      .bits(0, 1)
      .ue(39)
      .ue(29)
      .bits(1, 1)
      .bits(1, 1)
      .bits(0, 1);
  low.bits(0, 1).bits(1, 1);
  const Buffer escaped = low.nal();
  CHECK(std::search(escaped.begin(), escaped.end(), zeros.begin(), zeros.end()) != escaped.end());
  REQUIRE(parse_h264_sps(escaped));
  CHECK(parse_h264_sps(escaped)->width == 640);
}

TEST_CASE("sizes up to 16384 pass, larger ones and cropping to nothing do not") {
  check_size({.width_mbs = 1024, .height_units = 1024}, 16384, 16384);
  CHECK_FALSE(parse_h264_sps(make_sps({.width_mbs = 1025})));
  CHECK_FALSE(parse_h264_sps(make_sps({.height_units = 1025})));
  CHECK_FALSE(parse_h264_sps(make_sps({.height_units = 513, .frame_mbs_only = false})));
  CHECK_FALSE(parse_h264_sps(make_sps({.width_mbs = 0xfffffff0})));
  CHECK_FALSE(parse_h264_sps(make_sps({.cropped = true, .crop = 240})));
  CHECK_FALSE(parse_h264_sps(make_sps({.cropped = true, .crop = 0x7ffffffe})));
}

TEST_CASE("a cut SPS, a run of zeros and what is no SPS are refused in bounded time") {
  const Buffer whole = make_sps({.profile = 100, .scaling_lists = true});
  for (std::size_t size = 0; size + 2 < whole.size(); ++size)
    CHECK_FALSE(parse_h264_sps(Bytes{whole}.first(size)));
  CHECK_FALSE(parse_h264_sps(hex("68ce3c80")));
  Buffer zeros(100'000, 0);
  zeros[0] = 0x67;
  CHECK_FALSE(parse_h264_sps(zeros));
  // A picture order count cycle of two thousand million entries.
  BitWriter w;
  w.bits(66, 8).bits(0, 16).ue(0).ue(0).ue(1).bits(0, 1).ue(0).ue(0).ue(0x7ffffffe);
  CHECK_FALSE(parse_h264_sps(w.nal()));
}

}  // namespace weir::rtp
