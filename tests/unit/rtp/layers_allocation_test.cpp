#include "rtp/layers_allocation.h"

#include <doctest/doctest.h>

#include "support/shared_data.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;

// Three streams with the same one spatial layer of 1, 2 and 3 temporal layers; bitrates of 1 and 2 bytes.
constexpr const char* kSimulcast = "61 18 32 64 c801 c801 a006 dc0b 013f 00b3 0f 027f 0167 1e 04ff 02cf 3c";

}  // namespace

TEST_CASE("three simulcast streams with sizes") {
  const auto a = parse_layers_allocation(hex(kSimulcast));
  REQUIRE(a);
  CHECK(a->stream == 1);
  CHECK(a->streams == 3);
  CHECK(a->sized);
  REQUIRE(a->layers().size() == 3);
  for (std::uint8_t i = 0; i < 3; ++i) {
    CHECK(a->layers()[i].stream == i);
    CHECK(a->layers()[i].spatial == 0);
    CHECK(a->layers()[i].temporal_layers == i + 1);
  }
  CHECK(a->layers()[0].kbps[0] == 50);
  CHECK(a->layers()[1].kbps[0] == 100);
  CHECK(a->layers()[1].kbps[1] == 200);
  CHECK(a->layers()[2].kbps[2] == 1500);
  CHECK(a->layers()[0].size == PictureSize{320, 180});
  CHECK(a->layers()[2].size == PictureSize{1280, 720});
  CHECK(a->layers()[2].frame_rate == 60);
}

TEST_CASE("spatial layers of one stream, without sizes") {
  const auto a = parse_layers_allocation(hex("07 54 0a 14 1e 28 32 3c"));
  REQUIRE(a);
  CHECK(a->stream == 0);
  CHECK(a->streams == 1);
  CHECK_FALSE(a->sized);
  REQUIRE(a->layers().size() == 3);
  CHECK(a->layers()[2].spatial == 2);
  CHECK(a->layers()[1].kbps[1] == 40);
  CHECK(a->layers()[2].kbps[1] == 60);
  CHECK(a->layers()[2].size == PictureSize{});
}

TEST_CASE("streams with different layers have a mask each") {
  // Three streams: layers 0 and 2, none, layer 1. One byte of temporal layers.
  const auto a = parse_layers_allocation(hex("20 50 20 00 01 02 03"));
  REQUIRE(a);
  CHECK(a->streams == 3);
  REQUIRE(a->layers().size() == 3);
  CHECK(a->layers()[0].spatial == 0);
  CHECK(a->layers()[1].spatial == 2);
  CHECK(a->layers()[1].stream == 0);
  CHECK(a->layers()[2].stream == 2);
  CHECK(a->layers()[2].spatial == 1);
  CHECK(a->layers()[2].kbps[0] == 3);
}

TEST_CASE("nothing is sent") {
  for (const std::string text : {"00", "00 00", "30 00 00"}) {
    CAPTURE(text);
    const auto a = parse_layers_allocation(hex(text));
    REQUIRE(a);
    CHECK(a->layers().empty());
  }
  CHECK(parse_layers_allocation(hex("30 00 00"))->streams == 4);
}

TEST_CASE("the most that can be allocated: 4 streams, 4 spatial and 4 temporal layers") {
  Buffer bytes = hex("ff ffffffff");
  for (int i = 0; i < 64; ++i) bytes.insert(bytes.end(), {0xff, 0xff, 0xff, 0xff, 0x0f});
  CHECK(parse_layers_allocation(bytes));
  for (int i = 0; i < 16; ++i) bytes.insert(bytes.end(), {0xff, 0xfe, 0x00, 0x00, 0x01});
  const auto a = parse_layers_allocation(bytes);
  REQUIRE(a);
  CHECK(a->layers().size() == 16);
  CHECK(a->layers()[15].kbps[3] == UINT32_MAX);
  CHECK(a->layers()[15].size == PictureSize{65535, 1});
  bytes[bytes.size() - 4] = 0xff;  // a width of 65536
  CHECK_FALSE(parse_layers_allocation(bytes));
}

TEST_CASE("an allocation cut anywhere is refused, or has no sizes when it ends before them") {
  const Buffer whole = hex(kSimulcast);
  const std::size_t unsized = whole.size() - 15;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const auto a = parse_layers_allocation(Bytes{whole}.first(size));
    CHECK(a.has_value() == (size == unsized));
    if (a) CHECK_FALSE(a->sized);
  }
  Buffer longer = whole;
  longer.push_back(0);
  CHECK_FALSE(parse_layers_allocation(longer));
  CHECK_FALSE(parse_layers_allocation(hex("01 00 ffffffff1f")));          // beyond 32 bits
  CHECK_FALSE(parse_layers_allocation(hex("01 00 808080808080808000")));  // longer than leb128 may be
}

TEST_CASE("WebRTC's allocation corpus") {
  WEIR_NEEDS_SHARED_DATA(folder, "hostile_corpora/webrtc_fuzz/video_layers_allocation-corpus");
  const Buffer bytes = test::read_file(*folder / "vla-0");
  // One stream of one temporal layer; what follows its bitrate is no size.
  CHECK_FALSE(parse_layers_allocation(bytes));
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto a = parse_layers_allocation(Bytes{bytes}.first(size));
    if (a) CHECK(a->layers().size() <= 16);
  }
}

}  // namespace weir::rtp
