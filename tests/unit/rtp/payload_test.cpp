#include "rtp/payload.h"

#include <doctest/doctest.h>

#include "support/shared_data.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;

// Baseline, level 3.1, 640 x 480 without cropping; as Chrome's encoder sends it.
constexpr const char* kSps640x480 = "6742c01f8c8d40501e900f08846a";

PayloadFacts h264(std::string_view text) {
  const auto facts = parse_payload(Codec::h264, hex(text));
  REQUIRE(facts);
  return *facts;
}

}  // namespace

TEST_CASE("VP8 descriptors of every shape") {
  const auto bare = parse_vp8_descriptor(hex("10 aa"));
  REQUIRE(bare);
  CHECK(bare->size == 1);
  CHECK(bare->start_of_partition);
  CHECK_FALSE(bare->non_reference);
  CHECK_FALSE(bare->picture_id);
  CHECK_FALSE(bare->temporal_layer);

  const auto short_id = parse_vp8_descriptor(hex("a3 80 11 aa"));
  REQUIRE(short_id);
  CHECK(short_id->size == 3);
  CHECK(short_id->non_reference);
  CHECK_FALSE(short_id->start_of_partition);
  CHECK(short_id->partition == 3);
  CHECK(short_id->picture_id == 17);
  CHECK_FALSE(short_id->picture_id_long);

  const auto full = parse_vp8_descriptor(hex("90 f0 9234 56 a5 aa"));
  REQUIRE(full);
  CHECK(full->size == 6);
  CHECK(full->picture_id == 0x1234);
  CHECK(full->picture_id_long);
  CHECK(full->picture_id_offset == 2);
  CHECK(full->tl0_picture_index == 0x56);
  CHECK(full->tl0_offset == 4);
  CHECK(full->temporal_layer == 2);
  CHECK(full->layer_sync);

  const auto key_index = parse_vp8_descriptor(hex("90 10 1f aa"));
  REQUIRE(key_index);
  CHECK(key_index->size == 3);
  CHECK_FALSE(key_index->temporal_layer);
}

TEST_CASE("a VP8 descriptor cut anywhere is refused, and so is one without data behind it") {
  const Buffer whole = hex("90 f0 9234 56 a5");
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(parse_vp8_descriptor(Bytes{whole}.first(size)));
  CHECK(parse_vp8_descriptor(whole));
  CHECK_FALSE(parse_payload(Codec::vp8, whole));
  CHECK_FALSE(parse_payload(Codec::vp8, {}));
}

TEST_CASE("rewriting a VP8 descriptor keeps widths and everything else") {
  Buffer full = hex("90 f0 9234 56 a5 aa");
  rewrite_vp8_descriptor(full, *parse_vp8_descriptor(full), 0x7fff, 0x99);
  CHECK(full == hex("90 f0 ffff 99 a5 aa"));
  Buffer wide = hex("90 80 8001 aa");
  rewrite_vp8_descriptor(wide, *parse_vp8_descriptor(wide), 5, 0x99);
  CHECK(wide == hex("90 80 8005 aa"));
  Buffer short_id = hex("90 80 11 aa");
  rewrite_vp8_descriptor(short_id, *parse_vp8_descriptor(short_id), 0x1ff, 0x99);
  CHECK(short_id == hex("90 80 7f aa"));
  Buffer bare = hex("10 aa");
  rewrite_vp8_descriptor(bare, *parse_vp8_descriptor(bare), 1, 1);
  CHECK(bare == hex("10 aa"));
  Buffer cut = hex("90 f0");
  rewrite_vp8_descriptor(cut, *parse_vp8_descriptor(hex("90 f0 9234 56 a5 aa")), 1, 1);
  CHECK(cut == hex("90 f0"));
}

TEST_CASE("a VP8 key frame tells its size") {
  const auto key = parse_payload(Codec::vp8, hex("90 80 8001 500200 9d012a 8042 e081"));
  REQUIRE(key);
  CHECK(key->frame_start);
  CHECK(key->key_frame);
  CHECK(key->width == 0x280);  // 640, the scale in the upper two bits left out
  CHECK(key->height == 0x1e0);
  CHECK(key->vp8.picture_id == 1);

  const auto delta = parse_payload(Codec::vp8, hex("90 80 8001 510200 9d012a 8042 e081"));
  CHECK(delta->frame_start);
  CHECK_FALSE(delta->key_frame);
  CHECK(delta->width == 0);

  const auto continuation = parse_payload(Codec::vp8, hex("80 80 8001 500200 9d012a 8042 e081"));
  CHECK_FALSE(continuation->frame_start);
  CHECK_FALSE(continuation->key_frame);
  CHECK_FALSE(parse_payload(Codec::vp8, hex("91 80 8001 50"))->frame_start);  // another partition

  const auto cut = parse_payload(Codec::vp8, hex("90 80 8001 500200 9d012a 8042 e0"));
  CHECK(cut->key_frame);
  CHECK(cut->width == 0);
  const auto other_code = parse_payload(Codec::vp8, hex("90 80 8001 500200 9d012b 8042 e081"));
  CHECK(other_code->key_frame);
  CHECK(other_code->height == 0);
}

TEST_CASE("H.264 single units tell what they are") {
  CHECK(h264(kSps640x480).key_frame);
  CHECK(h264(kSps640x480).frame_start);
  CHECK(h264(kSps640x480).width == 640);
  CHECK(h264(kSps640x480).height == 480);
  CHECK(h264("68 ce3c80").frame_start);
  CHECK_FALSE(h264("68 ce3c80").key_frame);
  CHECK(h264("65 b8").key_frame);
  CHECK(h264("65 b8").frame_start);
  CHECK_FALSE(h264("65 40").key_frame);  // first_mb_in_slice is not 0
  CHECK_FALSE(h264("65 40").frame_start);
  CHECK(h264("61 e0").frame_start);
  CHECK_FALSE(h264("61 e0").key_frame);
  CHECK_FALSE(h264("61 40").frame_start);
  CHECK(h264("09 f0").frame_start);
  CHECK(h264("06 05").frame_start);
  CHECK_FALSE(h264("0a").frame_start);
  CHECK_FALSE(h264("65").key_frame);
}

TEST_CASE("H.264 aggregates tell of all their units") {
  const std::string sps = std::string{"000e"} + kSps640x480;
  const PayloadFacts key = h264("78 " + sps + " 0004 68ce3c80 0002 65b8");
  CHECK(key.key_frame);
  CHECK(key.frame_start);
  CHECK(key.width == 640);
  CHECK_FALSE(h264("78 0004 68ce3c80 0002 61e0").key_frame);
  CHECK(h264("78 0004 68ce3c80 0002 65b8").key_frame);
}

TEST_CASE("H.264 fragments tell at their start") {
  CHECK(h264("7c 85 b8").key_frame);
  CHECK_FALSE(h264("7c 05 b8").key_frame);
  CHECK_FALSE(h264("7c 45 b8").frame_start);
  CHECK_FALSE(h264("7c 85 40").key_frame);
  CHECK(h264("7c 81 e0").frame_start);
  const PayloadFacts sps = h264(std::string{"7c 87 "} + (kSps640x480 + 2));
  CHECK(sps.key_frame);
  CHECK(sps.height == 480);
  CHECK(h264("7c 87 42c0").width == 0);  // the rest comes with the next fragment
}

TEST_CASE("malformed H.264 payloads are refused") {
  for (const std::string text : {"", "00 11", "19 0002 65b8", "1a 00", "1b 00", "1d 85 b8", "1e 00", "1f 00",
                                 "78", "78 00", "78 0000", "78 0003 65b8", "78 0002 65b8 00",
                                 "78 0002 65b8 0000", "7c", "7c 85", "7c 80 b8", "7c 98 b8", "7c 9c b8"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_payload(Codec::h264, hex(text)));
  }
}

TEST_CASE("every Opus packet is a frame to begin with; an unknown codec tells nothing") {
  CHECK(parse_payload(Codec::opus, hex("78"))->frame_start);
  CHECK(parse_payload(Codec::opus, hex("78"))->key_frame);
  CHECK_FALSE(parse_payload(Codec::opus, {}));
  CHECK_FALSE(parse_payload(Codec::none, hex("78"))->frame_start);
}

TEST_CASE("H.264 packets of other implementations") {
  WEIR_NEEDS_SHARED_DATA(folder, "hostile_corpora/aiortc_packets");
  const auto facts = [&](const char* name) {
    return *parse_payload(Codec::h264, test::read_file(*folder / name));
  };
  CHECK(facts("h264_0000.bin").key_frame);
  CHECK(facts("h264_0000.bin").width == 640);
  CHECK(facts("h264_0000.bin").height == 480);
  CHECK(facts("h264_0001.bin").key_frame);  // the IDR slice that the SPS was for
  CHECK_FALSE(facts("h264_0002.bin").frame_start);
  CHECK(facts("h264_0003.bin").frame_start);
  CHECK_FALSE(facts("h264_0003.bin").key_frame);
}

TEST_CASE("mediasoup's payload descriptors") {
  WEIR_NEEDS_SHARED_DATA(folder, "protocol_vectors/mediasoup_rtp_rtcp");
  const auto vp8 = parse_payload(Codec::vp8, test::read_file(*folder / "VP8_00_originalBuffer.bin"));
  REQUIRE(vp8);
  CHECK(vp8->vp8.picture_id == 17);
  CHECK_FALSE(vp8->vp8.picture_id_long);
  CHECK(vp8->key_frame);
  CHECK(parse_payload(Codec::h264, test::read_file(*folder / "H264_SVC_00_originalBuffer.bin"))->key_frame);
  CHECK_FALSE(
      parse_payload(Codec::h264, test::read_file(*folder / "H264_SVC_04_originalBuffer.bin"))->key_frame);
  CHECK(parse_payload(Codec::h264, test::read_file(*folder / "H264_SVC_06_originalBuffer.bin"))->key_frame);
}

TEST_CASE("VP9: a frame that no higher layer depends on, and one that opens its layer") {
  const auto facts = [](std::uint8_t first, std::uint8_t layers) {
    const std::uint8_t payload[] = {first, layers, 9, 1, 2, 3};
    const auto parsed = parse_payload(Codec::vp9, payload);
    REQUIRE(parsed);
    return *parsed;
  };
  // L, B, E; then P and Z. Layers: temporal (3 bits), U, spatial (3), D.
  CHECK(facts(0x2c, 0x02).needed == 0xff);
  CHECK(facts(0x2d, 0x02).needed == 0x02);
  CHECK(facts(0x2d, 0x0e).needed == 0x80);  // spatial layer 7
  CHECK(facts(0x2c, 0x03).opens == kMaxTemporalLayer + 1);
  CHECK(facts(0x6c, 0x03).opens == 0);
  CHECK(facts(0x2c, 0x23).opens == 0);
}

}  // namespace weir::rtp
