#include <doctest/doctest.h>

#include <string>

#include "rtp/payload.h"
#include "support/shared_data.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::hex;

// Reduced header, 640 x 360 in 10 and 9 bits.
constexpr const char* kSequence = "08 08 26 27 fb 38";

PayloadFacts av1(std::string_view text) {
  const auto facts = parse_payload(Codec::av1, hex(text));
  REQUIRE(facts);
  return *facts;
}

}  // namespace

TEST_CASE("the first packet of an AV1 sequence begins a key frame") {
  const PayloadFacts key = av1("28 06 " + std::string{kSequence} + " 30 10");
  CHECK(key.key_frame);
  CHECK(key.frame_start);
  CHECK_FALSE(key.inter_picture);
  CHECK_FALSE(key.layered);
  CHECK(key.switch_to == kMaxTemporalLayer);
  CHECK(key.width == 640);
  CHECK(key.height == 360);
}

TEST_CASE("AV1 elements with and without lengths") {
  for (const std::string text :
       {"20 02 3000 30 00", "00 02 3000 02 3000", "30 01 30 01 30 30 00", "10 30 00"}) {
    CAPTURE(text);
    CHECK(parse_payload(Codec::av1, hex(text)));
  }
  // An OBU that has its own size field.
  CHECK(av1("10 32 02 10 00").frame_start);
}

TEST_CASE("an AV1 frame begins with what may come first in it") {
  CHECK(av1("10 30 20").frame_start);        // frame
  CHECK(av1("10 18 20").frame_start);        // frame header
  CHECK(av1("10 28 01").frame_start);        // metadata
  CHECK(av1("10 10").frame_start);           // temporal delimiter
  CHECK_FALSE(av1("10 20 00").frame_start);  // tile group
  CHECK_FALSE(av1("90 30 20").frame_start);  // the rest of one
  CHECK_FALSE(av1("a0 01 30 30 20").frame_start);
  CHECK_FALSE(av1("10 30 20").key_frame);
  CHECK(av1("10 30 20").inter_picture);
  CHECK_FALSE(av1("10 30 40").inter_picture);  // intra only
  CHECK(av1("10 18 80").inter_picture);        // shown again
}

TEST_CASE("AV1 layers stand in the OBU header's extension") {
  const PayloadFacts upper = av1("10 34 48 20");
  CHECK(upper.layered);
  CHECK(upper.temporal == 2);
  CHECK(upper.spatial == 1);
  CHECK(upper.inter_layer);
  CHECK_FALSE(av1("10 34 40 20").inter_layer);
  CHECK(av1("10 34").frame_start);  // cut before the extension
  CHECK_FALSE(av1("10 34").layered);
  CHECK(av1("a0 01 ff 34 20 20").temporal == 1);  // behind the rest of another
}

TEST_CASE("malformed AV1 payloads are refused") {
  for (const std::string text : {"10", "88 30", "20 03 3000", "20 02 3000", "00 02 30", "00 00 01 30",
                                 "00 80", "00 ffffffffffffffff01", "00 ffffffff7f 30", "30 01 30 05 30"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_payload(Codec::av1, hex(text)));
  }
}

TEST_CASE("WebRTC's AV1 corpus costs no more than its bytes") {
  WEIR_NEEDS_SHARED_DATA(folder, "hostile_corpora/webrtc_fuzz/rtp-depacketizer-av1-assemble-frame-corpus");
  const auto bytes = test::read_file(*folder / "av1-assemble-frame-0");
  REQUIRE_FALSE(bytes.empty());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const auto facts = parse_payload(Codec::av1, Bytes{bytes}.subspan(at));
    if (facts) CHECK(facts->spatial <= 3);
  }
}

}  // namespace weir::rtp
