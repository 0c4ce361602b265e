#include "rtp/packetizer.h"

#include <doctest/doctest.h>

#include <numeric>

#include "rtp/payload.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;

Buffer counted(std::size_t size) {
  Buffer bytes(size);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
  return bytes;
}

/// A unit of `size` bytes behind a start code, without zeros inside.
Buffer unit(std::uint8_t header, std::size_t size, bool long_code = true) {
  Buffer bytes = long_code ? hex("00000001") : hex("000001");
  bytes.push_back(header);
  bytes.resize(bytes.size() + size - 1, 0xaa);
  return bytes;
}

Buffer joined(std::initializer_list<Buffer> parts) {
  Buffer all;
  for (const Buffer& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

TEST_CASE("a VP8 frame becomes payloads of equal size with one picture id") {
  Packetizer packetizer{Codec::vp8, 104};
  const Buffer frame = counted(250);
  const auto payloads = packetizer.split(frame);
  REQUIRE(payloads.size() == 3);
  Buffer whole;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto descriptor = parse_vp8_descriptor(payloads[i].bytes);
    REQUIRE(descriptor);
    CHECK(descriptor->size == 4);
    CHECK(descriptor->start_of_partition == (i == 0));
    CHECK(descriptor->partition == 0);
    CHECK(descriptor->picture_id == 0);
    CHECK(descriptor->picture_id_long);
    CHECK(payloads[i].marker == (i == 2));
    CHECK(payloads[i].bytes.size() >= 87);
    CHECK(payloads[i].bytes.size() <= 88);
    whole.insert(whole.end(), payloads[i].bytes.begin() + 4, payloads[i].bytes.end());
  }
  CHECK(whole == frame);
}

TEST_CASE("VP8 picture ids count frames and wrap at 15 bits") {
  Packetizer packetizer{Codec::vp8, 1200};
  const Buffer frame = counted(10);
  for (std::uint32_t i = 0; i <= 0x8000; ++i) {
    const auto payloads = packetizer.split(frame);
    REQUIRE(payloads.size() == 1);
    REQUIRE(parse_vp8_descriptor(payloads[0].bytes)->picture_id == (i & 0x7fff));
  }
}

TEST_CASE("a frame that just fits is one payload, one byte more makes two") {
  CHECK(Packetizer{Codec::vp8, 100}.split(counted(96)).size() == 1);
  CHECK(Packetizer{Codec::vp8, 100}.split(counted(97)).size() == 2);
  CHECK(Packetizer{Codec::opus, 100}.split(counted(100)).size() == 1);
  CHECK(Packetizer{Codec::opus, 100}.split(counted(101)).empty());
  CHECK(Packetizer{Codec::h264, 100}.split(unit(0x61, 100)).size() == 1);
  CHECK(Packetizer{Codec::h264, 100}.split(unit(0x61, 101)).size() == 2);
}

TEST_CASE("what is no frame gives no payloads, and a size too small for headers neither") {
  for (const Codec codec : {Codec::vp8, Codec::h264, Codec::opus, Codec::none})
    CHECK(Packetizer{codec, 1200}.split({}).empty());
  CHECK(Packetizer{Codec::none, 1200}.split(counted(3)).empty());
  CHECK(Packetizer{Codec::h264, 1200}.split(counted(100)).empty());
  CHECK(Packetizer{Codec::h264, 1200}.split(hex("00000001")).empty());
  CHECK(Packetizer{Codec::h264, 1200}.split(hex("000001 000001 00000001")).empty());
  CHECK(
      Packetizer{Codec::h264, 1200}.split(hex("000001 7c8565")).empty());  // no unit of a stream has type 28
  CHECK(Packetizer{Codec::vp8, 4}.split(counted(3)).empty());
  CHECK(Packetizer{Codec::vp8, 5}.split(counted(3)).size() == 3);
  CHECK(Packetizer{Codec::h264, 2}.split(unit(0x61, 10)).empty());
  CHECK(Packetizer{Codec::h264, 3}.split(unit(0x61, 10)).size() == 9);
}

TEST_CASE("an Opus frame is its payload, without a marker") {
  const auto payloads = Packetizer{Codec::opus, 1200}.split(counted(80));
  REQUIRE(payloads.size() == 1);
  CHECK(payloads[0].bytes == counted(80));
  CHECK_FALSE(payloads[0].marker);
}

TEST_CASE("a VP9 frame says whether it is a key frame, where it begins and where it ends") {
  for (const int profile : {0x00, 0x20, 0x10}) {
    for (const bool key : {true, false}) {
      Packetizer packetizer{Codec::vp9, 103};
      Buffer frame(250, 7);
      frame[0] = static_cast<std::uint8_t>(0x80 | profile | (key ? 0 : 0x04));
      const auto payloads = packetizer.split(frame);
      REQUIRE(payloads.size() == 3);
      for (std::size_t i = 0; i < 3; ++i) {
        const auto facts = parse_payload(Codec::vp9, payloads[i].bytes);
        REQUIRE(facts);
        CHECK(facts->frame_start == (i == 0));
        CHECK(facts->frame_end == (i == 2));
        CHECK(facts->key_frame == (key && i == 0));
        CHECK(facts->inter_picture == !key);
        CHECK(facts->vp9.picture_id == 0);
        CHECK(payloads[i].marker == (i == 2));
        CHECK(payloads[i].bytes.size() <= 103);
      }
      CHECK(parse_payload(Codec::vp9, packetizer.split(frame)[0].bytes)->vp9.picture_id == 1);
    }
  }
  // Profile 3 has a bit more before the type; a frame that only shows another is no key frame.
  for (const auto& [first, key] : {std::pair{0xb0, true}, {0xb2, false}, {0x88, false}, {0xb4, false}}) {
    Buffer frame(10, 7);
    frame[0] = static_cast<std::uint8_t>(first);
    const auto payloads = Packetizer{Codec::vp9, 100}.split(frame);
    REQUIRE(payloads.size() == 1);
    CHECK(parse_payload(Codec::vp9, payloads[0].bytes)->key_frame == key);
  }
  CHECK(Packetizer{Codec::vp9, 100}.split(Buffer(10, 0x44)).empty());  // no frame marker
  CHECK(Packetizer{Codec::vp9, 3}.split(Buffer(10, 0x80)).empty());
}

TEST_CASE("G.711 samples are their payload, as many as fit") {
  for (const Codec codec : {Codec::pcmu, Codec::pcma}) {
    Packetizer packetizer{codec, 160};
    const auto payloads = packetizer.split(Buffer(160, 0xd5));
    REQUIRE(payloads.size() == 1);
    CHECK(payloads[0].bytes == Buffer(160, 0xd5));
    CHECK_FALSE(payloads[0].marker);
    CHECK(packetizer.split(Buffer(161, 0xd5)).empty());
  }
}

TEST_CASE("start codes of three and four bytes and trailing zeros are no part of a unit") {
  const auto payloads = Packetizer{Codec::h264, 9}.split(
      hex("00000001 65aabbccddeeff11 0000 000001 61aabbccddeeff 00000001 61a0000003a0a0a0 00"));
  REQUIRE(payloads.size() == 3);
  CHECK(payloads[0].bytes == hex("65aabbccddeeff11"));
  CHECK(payloads[1].bytes == hex("61aabbccddeeff"));
  CHECK(payloads[2].bytes == hex("61a0000003a0a0a0"));
  CHECK_FALSE(payloads[1].marker);
  CHECK(payloads[2].marker);
}

TEST_CASE("parameter sets share a payload with the slice when it fits") {
  const auto payloads = Packetizer{Codec::h264, 1200}.split(
      joined({hex("00000001 6742c01f"), hex("00000001 48ce3c80"), hex("000001 65b80011")}));
  REQUIRE(payloads.size() == 1);
  CHECK(payloads[0].bytes == hex("78 0004 6742c01f 0004 48ce3c80 0004 65b80011"));
  CHECK(payloads[0].marker);
}

TEST_CASE("a STAP-A is as large as allowed and no larger") {
  const Buffer frame = joined({unit(0x67, 10), unit(0x68, 4), unit(0x65, 30)});
  CHECK(Packetizer{Codec::h264, 1 + 12 + 6 + 32}.split(frame).size() == 1);
  const auto payloads = Packetizer{Codec::h264, 1 + 12 + 6 + 32 - 1}.split(frame);
  REQUIRE(payloads.size() == 2);
  CHECK((payloads[0].bytes[0] & 0x1f) == 24);
  CHECK((payloads[1].bytes[0] & 0x1f) == 5);
  CHECK(payloads[1].marker);
}

TEST_CASE("a large unit is cut into equal fragments") {
  const auto payloads = Packetizer{Codec::h264, 100}.split(joined({unit(0x67, 10), unit(0x65, 250)}));
  REQUIRE(payloads.size() == 4);
  CHECK((payloads[0].bytes[0] & 0x1f) == 7);
  Buffer whole;
  for (std::size_t i = 1; i < 4; ++i) {
    const Buffer& bytes = payloads[i].bytes;
    CHECK(bytes.size() == 85);
    CHECK(bytes[0] == 0x7c);
    CHECK(bytes[1] == (i == 1 ? 0x85 : i == 3 ? 0x45 : 0x05));
    CHECK(payloads[i].marker == (i == 3));
    whole.insert(whole.end(), bytes.begin() + 2, bytes.end());
  }
  CHECK(whole == Buffer(249, 0xaa));
}

}  // namespace weir::rtp
