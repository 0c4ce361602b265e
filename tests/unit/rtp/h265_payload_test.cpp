#include <doctest/doctest.h>

#include <string>

#include "rtp/payload.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::hex;

constexpr const char* kSps1080 =
    "4201 01 01600000 0300 90000003 00000300 78 a003c08010e596666924cae010000003001000000301e080";

PayloadFacts h265(std::string_view text) {
  const auto facts = parse_payload(Codec::h265, hex(text));
  REQUIRE(facts);
  return *facts;
}

}  // namespace

TEST_CASE("H.265 single units tell what they are") {
  const PayloadFacts sps = h265(kSps1080);
  CHECK(sps.key_frame);
  CHECK(sps.frame_start);
  CHECK(sps.width == 1920);
  CHECK(sps.height == 1080);
  CHECK(sps.layered);
  CHECK(sps.temporal == 0);
  CHECK(h265("4001 0c").key_frame);    // VPS
  CHECK(h265("4401 c1").frame_start);  // PPS
  CHECK_FALSE(h265("4401 c1").key_frame);
  CHECK(h265("4e01 05").frame_start);        // SEI before its picture
  CHECK_FALSE(h265("5001 05").frame_start);  // SEI behind it
  for (const char* irap :
       {"2001 80", "2601 80", "2801 80", "2a01 80"}) {  // BLA, IDR, IDR without leading, CRA
    CAPTURE(irap);
    CHECK(h265(irap).key_frame);
    CHECK(h265(irap).frame_start);
    CHECK_FALSE(h265(irap).inter_picture);
    CHECK(h265(irap).switch_to == kMaxTemporalLayer);
  }
  CHECK_FALSE(h265("2601 00").key_frame);  // another slice of the picture
  CHECK_FALSE(h265("2601 00").inter_picture);
  CHECK(h265("0201 80").frame_start);
  CHECK_FALSE(h265("0201 80").key_frame);
  CHECK(h265("0201 80").inter_picture);
  CHECK_FALSE(h265("0201 00").frame_start);
  CHECK_FALSE(h265("4a01").frame_start);  // end of bitstream: a header is all it has
}

TEST_CASE("H.265 temporal layers and where they may be taken up") {
  CHECK(h265("0203 80").temporal == 2);
  CHECK_FALSE(h265("0203 80").temporal_switch);
  CHECK(h265("0603 80").temporal_switch);  // TSA: this sub-layer and those above
  CHECK(h265("0603 80").switch_to == kMaxTemporalLayer);
  CHECK(h265("0a03 80").temporal_switch);  // STSA: this one
  CHECK(h265("0a03 80").switch_to == 2);
  CHECK(h265("6203 83 80").temporal_switch);
  CHECK(h265("6203 03 80").temporal_switch);
  CHECK_FALSE(h265("6203 81 80").temporal_switch);
}

TEST_CASE("H.265 aggregates and fragments") {
  const std::string sps = std::string{"002a"} + kSps1080;
  const std::string longer = std::string{"002b"} + kSps1080;
  const PayloadFacts key = h265("6001 0003 40010c " + sps + " 0003 4401c1");
  CHECK(key.key_frame);
  CHECK(key.width == 1920);
  CHECK_FALSE(parse_payload(Codec::h265, hex("6001 " + longer)));
  CHECK_FALSE(h265("6001 0003 4401c1 0003 020180").key_frame);
  CHECK(h265("6001 0003 4401c1 0003 260180").key_frame);

  CHECK(h265("6201 93 80").key_frame);        // start of an IDR slice
  CHECK_FALSE(h265("6201 93 00").key_frame);  // not the first slice
  CHECK_FALSE(h265("6201 13 80").key_frame);
  CHECK_FALSE(h265("6201 13 80").inter_picture);
  CHECK_FALSE(h265("6201 53 80").frame_start);
  CHECK(h265("6201 81 80").frame_start);
  CHECK(h265("6201 a1 01").key_frame);  // a fragmented SPS
  CHECK(h265("6201 a1 01").width == 0);
}

TEST_CASE("H.265 payloads behind a PACI header") {
  // cType 19, PHSsize 3, then the extension, then the slice without its NAL unit header.
  CHECK(h265("6401 2630 112233 80").key_frame);
  CHECK_FALSE(h265("6401 2630 112233 00").key_frame);
  CHECK(h265("6401 6200 93 80").key_frame);  // cType 49: a fragment
  CHECK(h265("6401 6000 0003 260180").key_frame);
  CHECK_FALSE(parse_payload(Codec::h265, hex("6401 2630 1122")));
  CHECK_FALSE(parse_payload(Codec::h265, hex("6401 2630 112233")));
  CHECK_FALSE(parse_payload(Codec::h265, hex("6401 6400 80")));  // PACI in PACI
  CHECK_FALSE(parse_payload(Codec::h265, hex("6401 26")));
}

TEST_CASE("malformed H.265 payloads are refused") {
  for (const std::string text :
       {"26", "a601 80", "2600 80", "6001", "6001 00", "6001 0000", "6001 0001 26", "6001 0004 260180",
        "6001 0003 260180 00", "6001 0003 600180", "6201", "6201 93", "6201 b0 80", "6601 80"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_payload(Codec::h265, hex(text)));
  }
}

}  // namespace weir::rtp
