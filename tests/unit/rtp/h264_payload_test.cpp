// Layers and references in H.264 payloads; where frames begin is in payload_test.cpp.
#include <doctest/doctest.h>

#include "rtp/payload.h"
#include "support/shared_data.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::hex;

PayloadFacts h264(std::string_view text) {
  const auto facts = parse_payload(Codec::h264, hex(text));
  REQUIRE(facts);
  return *facts;
}

}  // namespace

TEST_CASE("a prefix or slice of an upper layer tells its layers") {
  const PayloadFacts prefix = h264("6e 80 80 47");  // R, N, TID 2
  CHECK(prefix.layered);
  CHECK(prefix.spatial == 0);
  CHECK(prefix.temporal == 2);
  CHECK_FALSE(prefix.inter_layer);
  CHECK(prefix.inter_picture);
  const PayloadFacts upper = h264("74 80 10 20");  // DID 1, TID 1, the layer below is used
  CHECK(upper.spatial == 1);
  CHECK(upper.temporal == 1);
  CHECK(upper.inter_layer);
  CHECK_FALSE(h264("74 80 90 20").inter_layer);
  CHECK_FALSE(h264("74 c0 10 20").inter_picture);  // I: of an IDR picture
  CHECK_FALSE(h264("6e 00 80 47").layered);        // multiview coding
  CHECK_FALSE(h264("6e 80 80").layered);           // cut
}

TEST_CASE("a prefix in an aggregate speaks for its slice") {
  const PayloadFacts facts = h264("78 0004 6e808027 0003 61e000");
  CHECK(facts.layered);
  CHECK(facts.temporal == 1);
  CHECK(facts.frame_start);
}

TEST_CASE("slices that nobody refers to are known by their NRI, whole or in fragments") {
  CHECK(h264("01 e0").non_reference);
  CHECK_FALSE(h264("21 e0").non_reference);
  CHECK_FALSE(h264("65 b8").non_reference);
  CHECK(h264("1c 81 e0").non_reference);
  CHECK(h264("1c 01 e0").non_reference);
  CHECK_FALSE(h264("7c 01 e0").non_reference);
  CHECK_FALSE(h264("1c 86 e0").non_reference);  // SEI has always 0
  CHECK_FALSE(h264("06 05").non_reference);
  CHECK(h264("61 e0").inter_picture);
  CHECK_FALSE(h264("65 b8").inter_picture);
  CHECK_FALSE(h264("7c 05 b8").inter_picture);
  CHECK(h264("65 b8").switch_to == kMaxTemporalLayer);
}

TEST_CASE("mediasoup's captured H.264 SVC packets") {
  WEIR_NEEDS_SHARED_DATA(folder, "media_captures/mediasoup/H264_SVC");
  const auto facts = [&](const char* name) {
    const auto bytes = test::read_file(*folder / name);
    const auto packet = Packet::parse(bytes);
    REQUIRE(packet);
    const auto parsed = parse_payload(Codec::h264, packet->payload());
    REQUIRE(parsed);
    return *parsed;
  };
  for (const char* name : {"2SL-I14.bin", "I0-14.bin"}) {
    CAPTURE(name);
    CHECK(facts(name).layered);
    CHECK(facts(name).spatial == 0);
    CHECK(facts(name).temporal == 0);
    CHECK_FALSE(facts(name).key_frame);
  }
  CHECK(facts("I0-5.bin").key_frame);
  CHECK(facts("I0-7.bin").key_frame);
  CHECK(facts("I0-8.bin").frame_start);
  CHECK_FALSE(facts("I0-8.bin").key_frame);
  CHECK(facts("I1-15.bin").frame_start);
  CHECK_FALSE(facts("I1-15.bin").key_frame);  // the subset SPS of the upper layer
}

TEST_CASE("mediasoup's H.264 SVC descriptor of an upper layer") {
  WEIR_NEEDS_SHARED_DATA(folder, "protocol_vectors/mediasoup_rtp_rtcp");
  const auto facts = parse_payload(Codec::h264, test::read_file(*folder / "H264_SVC_10_originalBuffer.bin"));
  REQUIRE(facts);
  CHECK(facts->layered);
  CHECK(facts->spatial == 1);
  CHECK(facts->temporal == 1);
  CHECK_FALSE(facts->inter_layer);
}

}  // namespace weir::rtp
