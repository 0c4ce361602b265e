#include "rtp/frame_marking.h"

#include <doctest/doctest.h>

#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;

FrameMarking marking_of(std::string_view text) {
  const auto marking = parse_frame_marking(hex(text));
  REQUIRE(marking);
  return *marking;
}

PayloadFacts facts(std::string_view text, Codec codec = Codec::h264) {
  return facts_of(marking_of(text), codec);
}

}  // namespace

TEST_CASE("a marking with layers has all its fields") {
  const FrameMarking m = marking_of("da 30 07");
  CHECK(m.start);
  CHECK(m.end);
  CHECK_FALSE(m.independent);
  CHECK(m.discardable);
  CHECK(m.base_sync);
  CHECK(m.temporal == 2);
  CHECK(m.layer_id == 0x30);
  CHECK(m.tl0_picture_index == 7);
  const FrameMarking shorter = marking_of("25 30");
  CHECK_FALSE(shorter.start);
  CHECK(shorter.independent);
  CHECK(shorter.temporal == 5);
  CHECK(shorter.layer_id == 0x30);
  CHECK_FALSE(shorter.tl0_picture_index);
  CHECK_FALSE(marking_of("80").layer_id);
}

TEST_CASE("a marking is one to three bytes") {
  CHECK_FALSE(parse_frame_marking({}));
  CHECK_FALSE(parse_frame_marking(hex("80 00 00 00")));
  for (unsigned flags = 0; flags < 256; ++flags) {
    CHECK(parse_frame_marking(Buffer{static_cast<std::uint8_t>(flags)}));
  }
}

TEST_CASE("decoding begins where an independent frame of the lowest layer does") {
  const PayloadFacts first = facts("a0 00 01");
  CHECK(first.key_frame);
  CHECK(first.frame_start);
  CHECK_FALSE(first.frame_end);
  CHECK_FALSE(first.inter_picture);
  CHECK(first.switch_to == kMaxTemporalLayer);
  CHECK_FALSE(facts("20 00 01").key_frame);  // not its first packet
  CHECK_FALSE(facts("a0 10 01").key_frame);  // of an upper spatial layer
  CHECK_FALSE(facts("80 00 01").key_frame);
  CHECK(facts("a0").key_frame);
}

TEST_CASE("an upper temporal layer is joined where the frame depends on the lowest alone") {
  const PayloadFacts synced = facts("8a 00 01");
  CHECK(synced.layered);
  CHECK(synced.temporal == 2);
  CHECK(synced.temporal_switch);
  CHECK(synced.switch_to == 2);
  const PayloadFacts other = facts("92 00 01");
  CHECK_FALSE(other.temporal_switch);
  CHECK(other.switch_to == 0);
  CHECK(other.non_reference);
  // An independent frame of an upper layer says nothing of those that follow in it.
  CHECK_FALSE(facts("a1 00 01").temporal_switch);
  // In the lowest layer the bit means nothing.
  CHECK_FALSE(facts("88 00 01").temporal_switch);
  CHECK(facts("88 00 01").switch_to == 0);
}

TEST_CASE("without layer ids there are no layers") {
  CHECK_FALSE(facts("80").layered);
  CHECK_FALSE(facts("90").layered);
  CHECK(facts("90").non_reference);
  CHECK(facts("81").layered);  // short, but with a temporal layer
}

TEST_CASE("the spatial layer lies where the codec has it") {
  CHECK(facts("80 10", Codec::h264).spatial == 1);  // DID 1, QID 0
  CHECK(facts("80 7f", Codec::h264).spatial == 7);
  CHECK(facts("80 02", Codec::h264).spatial == 0);  // a quality layer of the lowest
  CHECK(facts("80 02", Codec::vp9).spatial == 2);
  CHECK(facts("80 02", Codec::h265).spatial == 2);
  CHECK(facts("80 3f", Codec::h265).spatial == 7);
  CHECK(facts("80 02", Codec::vp8).spatial == 0);
  CHECK(facts("80 10").inter_layer);
  CHECK_FALSE(facts("80 00").inter_layer);
}

TEST_CASE("the index is shifted where there is one") {
  Buffer full = hex("80 00 fe");
  shift_frame_marking(full, 3);
  CHECK(full == hex("80 00 01"));
  Buffer shorter = hex("80 fe");
  shift_frame_marking(shorter, 3);
  CHECK(shorter == hex("80 fe"));
}

}  // namespace weir::rtp
