#include "rtp/extensions.h"

#include <doctest/doctest.h>

#include <array>
#include <set>

namespace weir::rtp {

TEST_CASE("URIs and meanings map to one another") {
  std::set<std::string_view> uris;
  for (std::size_t i = 0; i < kExtensionCount; ++i) {
    const auto extension = static_cast<Extension>(i);
    CHECK(extension_of(uri_of(extension)) == extension);
    uris.insert(uri_of(extension));
  }
  CHECK(uris.size() == kExtensionCount);
  CHECK(uri_of(Extension::mid) == "urn:ietf:params:rtp-hdrext:sdes:mid");
  CHECK(uri_of(Extension::dependency_descriptor) ==
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension");
  CHECK(uri_of(Extension::video_layers_allocation) ==
        "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00");
  CHECK(uri_of(Extension::frame_marking) == "urn:ietf:params:rtp-hdrext:framemarking");
  CHECK(uri_of(Extension::color_space) == "http://www.webrtc.org/experiments/rtp-hdrext/color-space");
  CHECK(uri_of(Extension::count).empty());
  CHECK_FALSE(extension_of("urn:ietf:params:rtp-hdrext:toffset"));
  CHECK_FALSE(extension_of(""));
  CHECK_FALSE(extension_of("URN:ietf:params:rtp-hdrext:sdes:mid"));
}

TEST_CASE("a map knows what was negotiated") {
  ExtensionMap map;
  CHECK_FALSE(map.has(Extension::mid));
  map.set(Extension::mid, 9);
  CHECK(map.has(Extension::mid));
  CHECK(map.id(Extension::mid) == 9);
  CHECK_FALSE(map.has(Extension::rid));
  map.set(Extension::mid, 0);
  CHECK(map == ExtensionMap{});
}

TEST_CASE("audio levels") {
  const std::array<std::uint8_t, 2> bytes{0xff, 0x05};
  CHECK(parse_audio_level(Bytes{bytes}.first(1))->voice);
  CHECK(parse_audio_level(Bytes{bytes}.first(1))->level == 127);
  CHECK_FALSE(parse_audio_level(Bytes{bytes}.subspan(1))->voice);
  CHECK(parse_audio_level(Bytes{bytes}.subspan(1))->level == 5);
  CHECK_FALSE(parse_audio_level(bytes));
  CHECK_FALSE(parse_audio_level({}));
  CHECK(write_audio_level({.voice = true, .level = 0}) == 0x80);
  CHECK(write_audio_level({.voice = false, .level = 127}) == 0x7f);
  CHECK(write_audio_level({.voice = false, .level = 200}) == 0x7f);
}

TEST_CASE("capture times, with and without the offset of clocks") {
  std::array<std::uint8_t, CaptureTime::kSize> room{};
  const Bytes both = write_capture_time(room, {.at = NtpTime{0x0102030405060708U}, .clock_offset = -2});
  REQUIRE(both.size() == 16);
  CHECK(both[0] == 1);
  CHECK(both[15] == 0xfe);
  CHECK(parse_capture_time(both)->at.value == 0x0102030405060708U);
  CHECK(parse_capture_time(both)->clock_offset == -2);
  CHECK_FALSE(parse_capture_time(both.first(8))->clock_offset);
  for (const std::size_t size : {0U, 1U, 7U, 9U, 15U}) CHECK_FALSE(parse_capture_time(both.first(size)));
  CHECK(write_capture_time(room, {.at = NtpTime{1}, .clock_offset = std::nullopt}).size() == 8);
  CHECK(clock_offset_from_us(0) == 0);
  CHECK(clock_offset_from_us(1'500'000) == 0x1'8000'0000);
  CHECK(clock_offset_from_us(-500'000) == -0x8000'0000LL);
  CHECK(clock_offset_from_us(-2'000'000) == -0x2'0000'0000LL);
}

}  // namespace weir::rtp
