#include "media/test_card.h"

#include <doctest/doctest.h>

#include <vector>

#include "vp8_decoder.h"

using namespace weir;
using namespace weir::media;
using weir::media::test::LumaView;
using weir::media::test::read_clock_strip;
using weir::media::test::Vp8Decoder;

namespace {

constexpr std::uint64_t kNoon = 1'700'049'600'000;  // a Unix time in milliseconds, above 2^32
constexpr std::uint64_t kFrameMs = 67;

std::unique_ptr<TestCard> card_of(const TestCardOptions& options) {
  auto card = TestCard::make(options);
  REQUIRE(card.ok());
  return std::move(*card);
}

weir_status status_of(const TestCardOptions& options) {
  auto card = TestCard::make(options);
  return card.ok() ? WEIR_OK : card.error().status;
}

TestCardOptions size_of(std::uint32_t width, std::uint32_t height) {
  TestCardOptions options;
  options.width = width;
  options.height = height;
  options.name = "Ada (bot)";
  return options;
}

LumaView drawn(TestCard& card, const TestCardOptions& options, std::uint64_t clock_ms) {
  const Bytes picture = card.draw(clock_ms);
  REQUIRE(picture.size() == std::size_t{options.width} * options.height * 3 / 2);
  return {picture.data(), options.width, options.width, options.height};
}

// Encodes `frames` pictures and reads the clock in every one that the encoder did not skip.
struct Reading {
  int shown = 0;
  int right = 0;
  std::size_t bytes = 0;
};

Reading read_back(const TestCardOptions& options, int frames) {
  const auto card = card_of(options);
  Vp8Decoder decoder;
  Reading reading;
  for (int i = 0; i < frames; ++i) {
    const std::uint64_t clock = kNoon + static_cast<std::uint64_t>(i) * kFrameMs;
    const auto frame = card->encode(clock, false);
    REQUIRE(frame.has_value());
    CHECK(frame->key == (i == 0));
    if (frame->data.empty()) continue;
    const LumaView picture = decoder.decode(frame->data);
    REQUIRE(picture.width == options.width);
    REQUIRE(picture.height == options.height);
    ++reading.shown;
    reading.right += read_clock_strip(picture) == static_cast<std::uint32_t>(clock) ? 1 : 0;
    reading.bytes += frame->data.size();
  }
  return reading;
}

}  // namespace

TEST_CASE("the drawn clock strip carries the clock modulo 2^32 and its complement") {
  for (const auto& options :
       {size_of(320, 180), size_of(64, 64), size_of(66, 70), size_of(180, 320), size_of(3840, 2160)}) {
    const auto card = card_of(options);
    for (const std::uint64_t clock :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x55555555}, std::uint64_t{0xffffffff},
          std::uint64_t{0x100000000}, kNoon, ~std::uint64_t{0}}) {
      CHECK(read_clock_strip(drawn(*card, options, clock)) == static_cast<std::uint32_t>(clock));
    }
  }
}

TEST_CASE("the strip has the blocks and rows that media.h lays out") {
  const TestCardOptions options;
  const auto card = card_of(options);
  const LumaView picture = drawn(*card, options, 0x80000001);
  // 320 / 32 = 10 wide, 180 / 16 = 11 high: the upper row is lines 158 to 168, the lower 169 to 179.
  for (const std::size_t y : {158U, 168U}) {
    CHECK(picture.at(0, y) == 235);
    CHECK(picture.at(9, y) == 235);
    CHECK(picture.at(10, y) == 16);
    CHECK(picture.at(309, y) == 16);
    CHECK(picture.at(310, y) == 235);
    CHECK(picture.at(319, y) == 235);
  }
  for (const std::size_t y : {169U, 179U}) {
    CHECK(picture.at(9, y) == 16);
    CHECK(picture.at(10, y) == 235);
    CHECK(picture.at(309, y) == 235);
    CHECK(picture.at(310, y) == 16);
  }
}

TEST_CASE("a damaged strip is not taken for a clock") {
  const TestCardOptions options;
  const auto card = card_of(options);
  const Bytes picture = card->draw(kNoon);
  std::vector<std::uint8_t> damaged{picture.begin(), picture.end()};
  damaged[163 * 320 + 5] = damaged[163 * 320 + 5] > 128 ? 16 : 235;
  CHECK_FALSE(read_clock_strip({damaged.data(), 320, 320, 180}).has_value());
}

TEST_CASE("the clock survives encoding at the default bitrate") {
  for (const auto& options :
       {size_of(320, 180), size_of(64, 64), size_of(66, 70), size_of(180, 320), size_of(640, 360)}) {
    CAPTURE(options.width);
    const Reading reading = read_back(options, 90);
    CHECK(reading.shown == 90);
    CHECK(reading.right == reading.shown);
  }
}

TEST_CASE("what a starved encoder shows is still right") {
  for (const std::uint32_t bitrate : {10'000U, 50'000U}) {
    TestCardOptions options = size_of(320, 180);
    options.bitrate = bitrate;
    const Reading reading = read_back(options, 150);
    CAPTURE(bitrate);
    CHECK(reading.shown >= 2);
    CHECK(reading.right == reading.shown);
  }
}

TEST_CASE("the encoder keeps to its bitrate") {
  const Reading reading = read_back(size_of(320, 180), 150);  // 10 s
  CHECK(reading.bytes * 8 / 10 > 75'000);
  CHECK(reading.bytes * 8 / 10 < 180'000);
}

TEST_CASE("a key frame comes where it is asked for and starts a decoder") {
  const auto card = card_of(TestCardOptions{});
  for (int i = 0; i < 40; ++i) {
    const std::uint64_t clock = kNoon + static_cast<std::uint64_t>(i) * kFrameMs;
    const bool asked = i == 7 || i == 8 || i == 30;
    const auto frame = card->encode(clock, asked);
    REQUIRE(frame.has_value());
    CHECK(frame->key == (i == 0 || asked));
    if (!asked) continue;
    Vp8Decoder late;
    CHECK(read_clock_strip(late.decode(frame->data)) == static_cast<std::uint32_t>(clock));
  }
}

TEST_CASE("the same clocks give the same frames") {
  const auto first = card_of(size_of(320, 180));
  const auto second = card_of(size_of(320, 180));
  for (std::uint64_t i = 0; i < 30; ++i) {
    const auto a = first->encode(kNoon + i * kFrameMs, i == 9);
    const auto b = second->encode(kNoon + i * kFrameMs, i == 9);
    REQUIRE(a.has_value());
    REQUIRE(b.has_value());
    CHECK(std::equal(a->data.begin(), a->data.end(), b->data.begin(), b->data.end()));
  }
}

TEST_CASE("name, hue, clock and disc are seen in the picture") {
  TestCardOptions options = size_of(320, 180);
  const auto card = card_of(options);
  const Bytes now = card->draw(kNoon);
  const std::vector<std::uint8_t> before{now.begin(), now.end()};
  const auto differs_above_strip = [&](Bytes other) {
    return !std::equal(before.begin(), before.begin() + 320 * 158, other.begin());
  };
  CHECK_FALSE(differs_above_strip(card->draw(kNoon)));
  CHECK(differs_above_strip(card->draw(kNoon + 200)));
  // A day later: the same day time and the same place of the disc, but another number in the strip.
  CHECK_FALSE(differs_above_strip(card->draw(kNoon + 86'400'000)));
  options.name = "Bob (bot)";
  CHECK(differs_above_strip(card_of(options)->draw(kNoon)));
  options = size_of(320, 180);
  options.hue = 20;
  CHECK(differs_above_strip(card_of(options)->draw(kNoon)));
}

TEST_CASE("names of any length and with any bytes can be drawn") {
  for (const std::string& name :
       {std::string{}, std::string(1000, 'W'), std::string{"\xff\x80\x01\n\t\x7f"}, std::string(24, 'm')}) {
    for (auto options : {size_of(64, 64), size_of(3840, 64), size_of(64, 2160)}) {
      options.name = name;
      const auto card = card_of(options);
      CHECK(read_clock_strip(drawn(*card, options, kNoon)) == static_cast<std::uint32_t>(kNoon));
    }
  }
  TestCardOptions longer = size_of(640, 360);
  longer.name = std::string(24, 'm') + "x";
  TestCardOptions exact = size_of(640, 360);
  exact.name = std::string(24, 'm');
  const auto card = card_of(longer);
  const Bytes cut = card->draw(0);
  const auto other = card_of(exact);
  const Bytes whole = other->draw(0);
  CHECK(std::equal(cut.begin(), cut.end(), whole.begin(), whole.end()));
}

TEST_CASE("options of a test card outside their limits are refused") {
  const auto with = [](auto change) {
    TestCardOptions options;
    change(options);
    return status_of(options);
  };
  CHECK(with([](TestCardOptions&) {}) == WEIR_OK);
  for (const std::uint32_t width : {64U, 3840U}) CHECK(with([&](auto& o) { o.width = width; }) == WEIR_OK);
  for (const std::uint32_t width : {0U, 62U, 63U, 65U, 3841U, 3842U, 0xffffffffU}) {
    CHECK(with([&](auto& o) { o.width = width; }) == WEIR_ERR_INVALID);
  }
  for (const std::uint32_t height : {64U, 2160U}) CHECK(with([&](auto& o) { o.height = height; }) == WEIR_OK);
  for (const std::uint32_t height : {0U, 62U, 63U, 65U, 2161U, 2162U}) {
    CHECK(with([&](auto& o) { o.height = height; }) == WEIR_ERR_INVALID);
  }
  for (const std::uint32_t rate : {1U, 60U}) CHECK(with([&](auto& o) { o.frame_rate = rate; }) == WEIR_OK);
  for (const std::uint32_t rate : {0U, 61U})
    CHECK(with([&](auto& o) { o.frame_rate = rate; }) == WEIR_ERR_INVALID);
  for (const std::uint32_t bitrate : {10'000U, 20'000'000U})
    CHECK(with([&](auto& o) { o.bitrate = bitrate; }) == WEIR_OK);
  for (const std::uint32_t bitrate : {0U, 9'999U, 20'000'001U}) {
    CHECK(with([&](auto& o) { o.bitrate = bitrate; }) == WEIR_ERR_INVALID);
  }
  for (const std::uint32_t hue : {0U, 359U}) CHECK(with([&](auto& o) { o.hue = hue; }) == WEIR_OK);
  CHECK(with([](auto& o) { o.hue = 360; }) == WEIR_ERR_INVALID);
}
