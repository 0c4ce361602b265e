#include "rtp/av1_sequence_header.h"

#include <doctest/doctest.h>

#include "unit/rtp/bits.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::BitWriter;
using test::Buffer;

struct Shape {
  bool reduced = false;
  bool timing = false;
  bool equal_interval = false;
  bool decoder_model = false;
  bool display_delay = false;
  std::uint32_t points = 1;
  std::uint32_t level = 8;  // above 7 a tier follows
  std::uint32_t side_bits = 16;
  std::uint32_t width = 1280;
  std::uint32_t height = 720;
};

void write_timing(BitWriter& w, const Shape& shape) {
  w.bits(shape.timing ? 1 : 0, 1);
  if (!shape.timing) return;
  w.bits(1, 32).bits(30, 32).bits(shape.equal_interval ? 1 : 0, 1);
  if (shape.equal_interval) w.ue(4);
  w.bits(shape.decoder_model ? 1 : 0, 1);
  if (shape.decoder_model) w.bits(9, 5).bits(1, 32).bits(3, 5).bits(4, 5);
}

void write_points(BitWriter& w, const Shape& shape) {
  w.bits(shape.display_delay ? 1 : 0, 1).bits(shape.points - 1, 5);
  for (std::uint32_t i = 0; i < shape.points; ++i) {
    w.bits(0x101, 12).bits(shape.level, 5);
    if (shape.level > 7) w.bits(0, 1);
    const bool model = i % 2 == 0;
    if (shape.timing && shape.decoder_model) {
      w.bits(model ? 1 : 0, 1);
      if (model) w.bits(0x155, 10).bits(0x2aa, 10).bits(1, 1);
    }
    if (shape.display_delay) {
      w.bits(model ? 1 : 0, 1);
      if (model) w.bits(5, 4);
    }
  }
}

Buffer write(const Shape& shape) {
  BitWriter w;
  w.bits(0, 3).bits(0, 1).bits(shape.reduced ? 1 : 0, 1);
  if (shape.reduced) {
    w.bits(shape.level, 5);
  } else {
    write_timing(w, shape);
    write_points(w, shape);
  }
  w.bits(shape.side_bits - 1, 4).bits(shape.side_bits - 1, 4);
  w.bits(shape.width - 1, shape.side_bits).bits(shape.height - 1, shape.side_bits);
  return w.bytes();
}

}  // namespace

TEST_CASE("AV1 sizes behind every optional part") {
  const PictureSize size{1280, 720};
  CHECK(parse_av1_sequence_header(write({})) == size);
  CHECK(parse_av1_sequence_header(write({.reduced = true})) == size);
  CHECK(parse_av1_sequence_header(write({.level = 5})) == size);
  CHECK(parse_av1_sequence_header(write({.timing = true})) == size);
  CHECK(parse_av1_sequence_header(write({.timing = true, .equal_interval = true})) == size);
  CHECK(parse_av1_sequence_header(write({.timing = true, .decoder_model = true})) == size);
  CHECK(parse_av1_sequence_header(write({.display_delay = true, .points = 9})) == size);
  CHECK(parse_av1_sequence_header(
            write({.timing = true, .decoder_model = true, .display_delay = true, .points = 32})) == size);
}

TEST_CASE("AV1 sizes at and beyond the limit") {
  CHECK(parse_av1_sequence_header(write({.width = 16384, .height = 1})) == PictureSize{16384, 1});
  CHECK_FALSE(parse_av1_sequence_header(write({.width = 16385})));
  CHECK_FALSE(parse_av1_sequence_header(write({.height = 65536})));
  CHECK(parse_av1_sequence_header(write({.side_bits = 1, .width = 2, .height = 1})) == PictureSize{2, 1});
}

TEST_CASE("an AV1 sequence header that is cut is refused") {
  const Buffer whole = write({.timing = true, .decoder_model = true, .points = 3});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse_av1_sequence_header(Bytes{whole}.first(size)));
  }
  CHECK(parse_av1_sequence_header(whole));
}

}  // namespace weir::rtp
