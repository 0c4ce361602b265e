#include "rtp/vp9_descriptor.h"

#include <doctest/doctest.h>

#include "rtp/payload.h"
#include "support/shared_data.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;

// I, L, B, V; non-flexible; 15-bit picture id, layer bits, TL0PICIDX; a structure of three layers with sizes
// and a picture group of two pictures with one and two references.
constexpr const char* kKeyL3 = "aa 9234 00 56 58 0140 00b4 0280 0168 0500 02d0 02 04 01 38 02 03 83";

PayloadFacts facts_of_payload(std::string_view text) {
  const auto facts = parse_payload(Codec::vp9, hex(text));
  REQUIRE(facts);
  return *facts;
}

}  // namespace

TEST_CASE("VP9 descriptors of non-flexible mode") {
  const auto d = parse_vp9_descriptor(hex("ed 11 2b 56 aa"));
  REQUIRE(d);
  CHECK(d->size == 4);
  CHECK(d->inter_picture);
  CHECK_FALSE(d->flexible);
  CHECK(d->start_of_frame);
  CHECK(d->end_of_frame);
  CHECK(d->not_for_inter_layer);
  CHECK(d->picture_id == 0x11);
  CHECK_FALSE(d->picture_id_long);
  CHECK(d->picture_id_offset == 1);
  CHECK(d->layered);
  CHECK(d->temporal == 1);
  CHECK_FALSE(d->switching_up);
  CHECK(d->spatial == 5);
  CHECK(d->inter_layer);
  CHECK(d->tl0_picture_index == 0x56);
  CHECK(d->tl0_offset == 3);
  CHECK(d->reference_count == 0);
  CHECK(d->spatial_layers == 0);

  const auto bare = parse_vp9_descriptor(hex("0c aa"));
  REQUIRE(bare);
  CHECK(bare->size == 1);
  CHECK_FALSE(bare->picture_id);
  CHECK_FALSE(bare->layered);
  CHECK_FALSE(bare->tl0_picture_index);
}

TEST_CASE("VP9 descriptors of flexible mode list what they refer to") {
  const auto d = parse_vp9_descriptor(hex("f8 8123 52 03 05 fe aa"));
  REQUIRE(d);
  CHECK(d->size == 7);
  CHECK(d->flexible);
  CHECK(d->picture_id == 0x123);
  CHECK(d->temporal == 2);
  CHECK(d->switching_up);
  CHECK(d->spatial == 1);
  CHECK_FALSE(d->tl0_picture_index);  // flexible mode has none
  CHECK(d->reference_count == 3);
  CHECK(d->references == std::array<std::uint8_t, 3>{1, 2, 127});
  CHECK_FALSE(parse_vp9_descriptor(hex("f8 8123 52 03 05 ff 02 aa")));  // a fourth
  const auto key = parse_vp9_descriptor(hex("b8 8123 00 aa"));          // P is not set: no list
  REQUIRE(key);
  CHECK(key->size == 4);
}

TEST_CASE("a VP9 scalability structure gives the size of each layer") {
  const auto payload = hex(kKeyL3);
  const auto d = parse_vp9_descriptor(payload);
  REQUIRE(d);
  CHECK(d->size == payload.size() - 1);
  CHECK(d->spatial_layers == 3);
  CHECK(d->sizes[0] == PictureSize{320, 180});
  CHECK(d->sizes[1] == PictureSize{640, 360});
  CHECK(d->sizes[2] == PictureSize{1280, 720});
  CHECK(d->sizes[3] == PictureSize{});

  const PayloadFacts facts = facts_of_payload(kKeyL3);
  CHECK(facts.key_frame);
  CHECK(facts.frame_start);
  CHECK_FALSE(facts.frame_end);
  CHECK(facts.layered);
  CHECK_FALSE(facts.inter_picture);
  CHECK(facts.switch_to == kMaxTemporalLayer);
  CHECK(facts.width == 1280);
  CHECK(facts.height == 720);

  const auto unsized = parse_vp9_descriptor(hex("0a 20 aa"));  // two layers, neither sizes nor group
  REQUIRE(unsized);
  CHECK(unsized->size == 2);
  CHECK(unsized->spatial_layers == 2);
  CHECK(unsized->sizes[1] == PictureSize{});
}

TEST_CASE("a VP9 descriptor cut anywhere is refused, and so is one without data behind it") {
  for (const char* text : {kKeyL3, "f8 8123 52 03 05 fe aa"}) {
    const Buffer whole = hex(text);
    for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
      CAPTURE(size);
      CHECK_FALSE(parse_vp9_descriptor(Bytes{whole}.first(size)));
      CHECK_FALSE(parse_payload(Codec::vp9, Bytes{whole}.first(size)));
    }
    CHECK(parse_vp9_descriptor(Bytes{whole}.first(whole.size() - 1)));
    CHECK_FALSE(parse_payload(Codec::vp9, Bytes{whole}.first(whole.size() - 1)));
    CHECK(parse_payload(Codec::vp9, whole));
  }
}

TEST_CASE("a VP9 key frame begins where layer 0 begins without reference to another picture") {
  CHECK(facts_of_payload("88 01 aa").key_frame);
  CHECK_FALSE(facts_of_payload("80 01 aa").key_frame);        // not the beginning
  CHECK_FALSE(facts_of_payload("c8 01 aa").key_frame);        // P
  CHECK_FALSE(facts_of_payload("a8 01 03 56 aa").key_frame);  // layer 1 of a key picture
  CHECK_FALSE(facts_of_payload("a8 01 03 56 aa").inter_picture);
  CHECK(facts_of_payload("a8 01 03 56 aa").inter_layer);
  CHECK(facts_of_payload("a8 01 03 56 aa").spatial == 1);
  CHECK(facts_of_payload("e4 01 40 56 aa").frame_end);
  CHECK(facts_of_payload("e8 01 40 56 aa").temporal == 2);
  CHECK_FALSE(facts_of_payload("e8 01 40 56 aa").temporal_switch);
  CHECK(facts_of_payload("e8 01 50 56 aa").temporal_switch);
  CHECK(facts_of_payload("e8 01 50 56 aa").switch_to == 2);
  CHECK(facts_of_payload("e8 01 10 56 aa").switch_to == kMaxTemporalLayer);
  CHECK(facts_of_payload("e8 01 00 56 aa").switch_to == 0);
}

TEST_CASE("rewriting a VP9 descriptor keeps widths and everything else") {
  Buffer wide = hex("ad 9234 2b 56 aa");
  rewrite_vp9_descriptor(wide, *parse_vp9_descriptor(wide), 0x7fff, 0x99);
  CHECK(wide == hex("ad ffff 2b 99 aa"));
  Buffer narrow = hex("ad 12 2b 56 aa");
  rewrite_vp9_descriptor(narrow, *parse_vp9_descriptor(narrow), 0x1ff, 0x99);
  CHECK(narrow == hex("ad 7f 2b 99 aa"));
  Buffer flexible = hex("f8 8123 52 02 aa");
  rewrite_vp9_descriptor(flexible, *parse_vp9_descriptor(flexible), 1, 0x99);
  CHECK(flexible == hex("f8 8001 52 02 aa"));
  Buffer bare = hex("0c aa");
  rewrite_vp9_descriptor(bare, *parse_vp9_descriptor(bare), 1, 1);
  CHECK(bare == hex("0c aa"));
  Buffer cut = hex("ad 92");
  rewrite_vp9_descriptor(cut, *parse_vp9_descriptor(hex("ad 9234 2b 56 aa")), 1, 1);
  CHECK(cut == hex("ad 92"));
}

TEST_CASE("mediasoup's VP9 payload") {
  WEIR_NEEDS_SHARED_DATA(folder, "protocol_vectors/mediasoup_rtp_rtcp");
  const auto payload = test::read_file(*folder / "VP9_00_buffer.bin");
  const auto d = parse_vp9_descriptor(payload);
  REQUIRE(d);
  CHECK(d->size == 5);
  CHECK_FALSE(d->inter_picture);
  CHECK(d->start_of_frame);
  CHECK(d->end_of_frame);
  CHECK(d->not_for_inter_layer);
  CHECK(d->picture_id == 0);
  CHECK(d->picture_id_long);
  CHECK(d->spatial == 0);
  CHECK(d->temporal == 0);
  CHECK(d->tl0_picture_index == 0);
  CHECK(parse_payload(Codec::vp9, payload)->key_frame);
}

}  // namespace weir::rtp
