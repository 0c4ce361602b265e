// A synthetic camera: a card with a name, a clock for people, something that moves, and a clock for programs.
//
//   +--------------------------------+
//   |  gradient of one hue           |
//   |         Ada (bot)              |
//   |       12:34:56.789             |
//   |    o  ->                       |   a disc crosses the card once in two seconds
//   |##|##|##|##|##|##|##|##|##|##|##|   colour bars
//   |#  ## # #   ## ... 32 blocks    |   milliseconds modulo 2^32, most significant bit left
//   | ##  # # ###  #                 |   its complement
//   +--------------------------------+
//
// The two lower rows are laid out in weir/media.h. Every picture depends only on the options and the clock
// that is given.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "media/picture.h"
#include "media/vp8_encoder.h"

namespace weir::media {

struct TestCardOptions {
  std::uint32_t width = 320;
  std::uint32_t height = 180;
  std::uint32_t frame_rate = 15;
  std::uint32_t bitrate = 150'000;
  std::uint32_t hue = 200;
  std::string name;
};

class TestCard {
 public:
  static constexpr std::size_t kMaxName = 24;

  /// WEIR_ERR_INVALID names the option that is out of its range.
  static Result<std::unique_ptr<TestCard>> make(const TestCardOptions& options);

  /// The next picture as I420; valid until the next call.
  Bytes draw(std::uint64_t clock_ms);
  /// Draws and encodes the next picture. Nothing when the encoder failed.
  std::optional<Vp8Encoder::Frame> encode(std::uint64_t clock_ms, bool key);

 private:
  struct Layout {
    int name_scale;
    int name_y;
    int clock_scale;
    int clock_y;
    int disc_radius;
    int disc_y;
    int bars_height;
    int strip_row;  ///< Height of one row of the clock for programs.
  };

  TestCard(const TestCardOptions& options, std::unique_ptr<Vp8Encoder> encoder);

  static Layout layout_of(int width, int height, std::size_t name_length);
  void draw_background(const std::string& name);
  void draw_day_time(std::uint64_t clock_ms);
  void draw_disc(std::uint64_t clock_ms);
  void draw_strip(std::uint64_t clock_ms);

  Layout layout_;
  std::uint32_t hue_;
  Picture background_;
  Picture picture_;
  std::unique_ptr<Vp8Encoder> encoder_;
};

}  // namespace weir::media
