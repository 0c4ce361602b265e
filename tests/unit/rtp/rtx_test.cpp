#include "rtp/rtx.h"

#include <doctest/doctest.h>

#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;

Buffer unwrap(const Buffer& bytes) {
  const auto packet = Packet::parse(bytes);
  REQUIRE(packet);
  Buffer out(bytes.size());
  out.resize(unwrap_rtx(*packet, 0x0a0b0c0d, 96, out));
  return out;
}

}  // namespace

TEST_CASE("a retransmission becomes the original packet") {
  CHECK(unwrap(hex("80 e1 0001 00000002 00000003 1234 aabbcc")) ==
        hex("80 e0 1234 00000002 0a0b0c0d aabbcc"));
}

TEST_CASE("CSRCs, extension, marker and padding stay") {
  CHECK(unwrap(hex("b1 61 0001 00000002 00000003 99999999 bede0001 10550000 1234 aa 000003")) ==
        hex("b1 60 1234 00000002 0a0b0c0d 99999999 bede0001 10550000 aa 000003"));
}

TEST_CASE("an OSN alone is an original without payload; less is none") {
  CHECK(unwrap(hex("80 61 0001 00000002 00000003 1234")) == hex("80 60 1234 00000002 0a0b0c0d"));
  CHECK(unwrap(hex("80 61 0001 00000002 00000003 12")).empty());
  CHECK(unwrap(hex("80 61 0001 00000002 00000003")).empty());
  CHECK(unwrap(hex("a0 61 0001 00000002 00000003 000003")).empty());
}

TEST_CASE("a buffer that is one byte too small gets nothing") {
  const Buffer bytes = hex("80 61 0001 00000002 00000003 1234 aa");
  const auto packet = Packet::parse(bytes);
  Buffer out(13);
  CHECK(unwrap_rtx(*packet, 1, 96, out) == 13);
  CHECK(unwrap_rtx(*packet, 1, 96, MutableBytes{out}.first(12)) == 0);
}

}  // namespace weir::rtp
