#include "media/test_card.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "media/font.h"
#include "weir/media.h"

namespace weir::media {
namespace {

constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::uint64_t kCrossingMs = 2000;  // the disc goes there and comes back in twice this time
constexpr int kBars = 8;
constexpr std::size_t kClockCharacters = 12;      // 12:34:56.789
constexpr std::size_t kShortClockCharacters = 8;  // 12:34:56, where the card is too narrow

const char* fault_of(const TestCardOptions& options) {
  const auto within = [](std::uint32_t value, std::uint32_t low, std::uint32_t high) {
    return value >= low && value <= high;
  };
  if (!within(options.width, 64, 3840) || options.width % 2 != 0)
    return "width is not an even number from 64 to 3840";
  if (!within(options.height, 64, 2160) || options.height % 2 != 0)
    return "height is not an even number from 64 to 2160";
  if (!within(options.frame_rate, 1, 60)) return "frame_rate is not from 1 to 60";
  if (!within(options.bitrate, 10'000, 20'000'000)) return "bitrate is not from 10000 to 20000000";
  if (options.hue > 359) return "hue is not from 0 to 359";
  return nullptr;
}

// The largest scale, at least 1, at which text fits a box.
int scale_for(std::size_t characters, int width, int height) {
  const int by_width = characters == 0 ? height : width / Picture::text_width(characters, 1);
  return std::max(1, std::min(by_width, height / kGlyphHeight));
}

}  // namespace

Result<std::unique_ptr<TestCard>> TestCard::make(const TestCardOptions& options) {
  if (const char* fault = fault_of(options)) return Error{WEIR_ERR_INVALID, fault};
  auto encoder = Vp8Encoder::make(options.width, options.height, options.frame_rate, options.bitrate);
  if (!encoder) return encoder.error();
  return std::unique_ptr<TestCard>{new TestCard{options, std::move(*encoder)}};
}

TestCard::TestCard(const TestCardOptions& options, std::unique_ptr<Vp8Encoder> encoder)
    : hue_(options.hue),
      background_(options.width, options.height),
      picture_(options.width, options.height),
      encoder_(std::move(encoder)) {
  // A narrow card shows what fits of the name.
  const auto fitting = static_cast<std::size_t>((picture_.width() + 1) / (kGlyphWidth + 1));
  const std::string name = options.name.substr(0, std::min(kMaxName, fitting));
  layout_ = layout_of(picture_.width(), picture_.height(), name.size());
  draw_background(name);
}

TestCard::Layout TestCard::layout_of(int width, int height, std::size_t name_length) {
  Layout layout{};
  layout.strip_row = height / 16;
  layout.bars_height = height / 12;
  const int free = height - 2 * layout.strip_row - layout.bars_height;
  layout.name_scale = scale_for(name_length, width * 2 / 3, free * 3 / 10);
  layout.name_y = free / 8;
  layout.clock_scale = scale_for(kClockCharacters, width * 2 / 3, free / 5);
  layout.clock_y = layout.name_y + kGlyphHeight * layout.name_scale + free / 12;
  layout.disc_radius = std::max(2, std::min(width, free) / 14);
  layout.disc_y = free - layout.disc_radius - free / 20;
  return layout;
}

void TestCard::draw_background(const std::string& name) {
  const int width = background_.width();
  const int height = background_.height();
  const int bars_y = height - 2 * layout_.strip_row - layout_.bars_height;
  // Steps of 16 lines: smooth enough for the eye, and even blocks are what a video encoder codes for next to
  // nothing.
  for (int y = 0; y < bars_y; y += 16) {
    const double depth = static_cast<double>(y) / bars_y;
    background_.fill(0, y, width, std::min(16, bars_y - y), colour_from_hsv(hue_, 0.75, 0.7 - 0.45 * depth));
  }
  for (int bar = 0; bar < kBars; ++bar) {
    const int x = width * bar / kBars;
    const auto hue = static_cast<std::uint32_t>(static_cast<int>(hue_) + 360 * bar / kBars);
    background_.fill(x, bars_y, width * (bar + 1) / kBars - x, layout_.bars_height,
                     colour_from_hsv(hue, 0.9, 0.9));
  }
  const int x = (width - Picture::text_width(name.size(), layout_.name_scale)) / 2;
  const int shadow = std::max(1, layout_.name_scale / 3);
  background_.text(x + shadow, layout_.name_y + shadow, layout_.name_scale, name, kBlack);
  background_.text(x, layout_.name_y, layout_.name_scale, name, kWhite);
}

void TestCard::draw_day_time(std::uint64_t clock_ms) {
  const auto ms = static_cast<unsigned>(clock_ms % kDayMs);
  std::array<char, kClockCharacters + 1> text{};
  std::snprintf(text.data(), text.size(), "%02u:%02u:%02u.%03u", ms / 3'600'000 % 24, ms / 60'000 % 60,
                ms / 1000 % 60, ms % 1000);
  std::string_view shown{text.data(), kClockCharacters};
  if (Picture::text_width(shown.size(), layout_.clock_scale) > picture_.width()) {
    shown = shown.substr(0, kShortClockCharacters);
  }
  const int x = (picture_.width() - Picture::text_width(shown.size(), layout_.clock_scale)) / 2;
  picture_.text(x, layout_.clock_y, layout_.clock_scale, shown, kWhite);
}

void TestCard::draw_disc(std::uint64_t clock_ms) {
  const auto phase = static_cast<std::int64_t>(clock_ms % (2 * kCrossingMs));
  const auto crossing = static_cast<std::int64_t>(kCrossingMs);
  const std::int64_t along = phase < crossing ? phase : 2 * crossing - phase;
  const std::int64_t room = picture_.width() - 2 * layout_.disc_radius;
  picture_.disc(layout_.disc_radius + static_cast<int>(room * along / crossing), layout_.disc_y,
                layout_.disc_radius, colour_from_hsv(hue_ + 180, 0.8, 1.0));
}

void TestCard::draw_strip(std::uint64_t clock_ms) {
  const auto value = static_cast<std::uint32_t>(clock_ms);
  const int block = picture_.width() / WEIR_CARD_CLOCK_BITS;
  const int row = layout_.strip_row;
  const int top = picture_.height() - 2 * row;
  picture_.fill(0, top, picture_.width(), 2 * row, kBlack);
  for (int bit = 0; bit < WEIR_CARD_CLOCK_BITS; ++bit) {
    const bool one = (value >> (WEIR_CARD_CLOCK_BITS - 1 - bit) & 1) != 0;
    picture_.fill(bit * block, one ? top : top + row, block, row, kWhite);
  }
}

Bytes TestCard::draw(std::uint64_t clock_ms) {
  picture_.copy_from(background_);
  draw_day_time(clock_ms);
  draw_disc(clock_ms);
  draw_strip(clock_ms);
  return picture_.bytes();
}

std::optional<Vp8Encoder::Frame> TestCard::encode(std::uint64_t clock_ms, bool key) {
  draw(clock_ms);
  return encoder_->encode(picture_, key);
}

}  // namespace weir::media
