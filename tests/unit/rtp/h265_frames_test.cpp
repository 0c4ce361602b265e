#include "rtp/h265_frames.h"

#include <doctest/doctest.h>

#include "base/random.h"
#include "rtp/payload.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;

Buffer joined(std::initializer_list<Buffer> parts) {
  Buffer all;
  for (const Buffer& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// A unit of `size` bytes behind a start code, without zeros inside.
Buffer unit(std::string_view header, std::size_t size) {
  Buffer bytes = joined({hex("00000001"), hex(header)});
  bytes.resize(bytes.size() + size - 2, 0xaa);
  return bytes;
}

/// The frame that payloads make; empty when they make none.
AssembledFrame join(const std::vector<Buffer>& payloads) {
  AssembledFrame frame;
  bool in_fragments = false;
  for (const Buffer& payload : payloads) {
    if (!append_h265(frame, payload, in_fragments)) return {};
  }
  return in_fragments ? AssembledFrame{} : frame;
}

AssembledFrame join(const std::vector<Packetizer::Payload>& payloads) {
  std::vector<Buffer> parts;
  for (const auto& payload : payloads) parts.push_back(payload.bytes);
  return join(parts);
}

}  // namespace

TEST_CASE("H.265 units that fit share a payload, whose layer and temporal id are the lowest in it") {
  const Buffer frame = joined({unit("4001", 5), unit("4209", 6), unit("270b", 20)});
  const auto payloads = split_h265(frame, 1200);
  REQUIRE(payloads.size() == 1);
  const Buffer& bytes = payloads[0].bytes;
  CHECK(payloads[0].marker);
  CHECK(bytes.size() == 2 + 2 + 5 + 2 + 6 + 2 + 20);
  CHECK(bytes[0] == 0x60);  // type 48, and the highest bit of LayerId: 0
  CHECK(bytes[1] == 0x01);  // LayerId 0, TID 1
  CHECK(load_u16(&bytes[2]) == 5);
  CHECK(join(payloads).bytes == frame);
  const auto upper = split_h265(joined({unit("030b", 5), unit("030c", 5)}), 1200);
  REQUIRE(upper.size() == 1);
  CHECK(upper[0].bytes[0] == 0x61);  // LayerId 33
  CHECK(upper[0].bytes[1] == 0x0b);  // and TID 3
}

TEST_CASE("an aggregation packet of H.265 is as large as allowed and no larger") {
  const Buffer frame = joined({unit("4001", 10), unit("4201", 4), unit("2601", 30)});
  CHECK(split_h265(frame, 2 + 12 + 6 + 32).size() == 1);
  const auto payloads = split_h265(frame, 2 + 12 + 6 + 32 - 1);
  REQUIRE(payloads.size() == 2);
  CHECK((payloads[0].bytes[0] >> 1) == 48);
  CHECK((payloads[1].bytes[0] >> 1) == 19);
  CHECK_FALSE(payloads[0].marker);
  CHECK(payloads[1].marker);
}

TEST_CASE("a large unit of H.265 is cut into equal fragments with its layers") {
  const Buffer frame = unit("270c", 252);
  const auto payloads = split_h265(frame, 100);
  REQUIRE(payloads.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const Buffer& bytes = payloads[i].bytes;
    CHECK(bytes.size() >= 86);
    CHECK(bytes.size() <= 87);
    CHECK(bytes[0] == 0x63);  // type 49, the rest as it was
    CHECK(bytes[1] == 0x0c);
    CHECK(bytes[2] == (i == 0 ? 0x93 : i == 2 ? 0x53 : 0x13));
    const auto facts = parse_payload(Codec::h265, bytes);
    REQUIRE(facts);
    CHECK(facts->temporal == 3);
  }
  CHECK(join(payloads).bytes == frame);
  CHECK(join(payloads).key_frame);
  CHECK(split_h265(unit("0201", 100), 100).size() == 1);
  CHECK(split_h265(unit("0201", 101), 100).size() == 2);
  CHECK(split_h265(unit("0201", 10), 4).size() == 8);
}

TEST_CASE("what is no unit of H.265 is left out, and nothing else gives no payloads") {
  CHECK(split_h265({}, 1200).empty());
  CHECK(split_h265(hex("0201aa"), 1200).empty());         // no start code
  CHECK(split_h265(hex("00000001"), 1200).empty());       // nothing behind it
  CHECK(split_h265(hex("00000001 02"), 1200).empty());    // half a header
  CHECK(split_h265(hex("000001 0208aa"), 1200).empty());  // TID 0
  CHECK(split_h265(hex("000001 8201aa"), 1200).empty());  // F
  CHECK(split_h265(hex("000001 6201aa"), 1200).empty());  // type 49
  CHECK(split_h265(hex("000001 0201aa"), 3).empty());     // no room for a fragment
  CHECK(split_h265(hex("000001 6001aa 000001 0201bb"), 1200)[0].bytes == hex("0201bb"));
}

TEST_CASE("H.265 fragments that do not follow one another are no frame") {
  CHECK(join({hex("6201 93 80"), hex("6201 13 11"), hex("6201 53 22")}).bytes ==
        hex("00000001 2601 80 11 22"));
  CHECK(join({hex("6201 93 80"), hex("6201 93 80"), hex("6201 53 22")}).bytes.empty());  // begins twice
  CHECK(join({hex("6201 13 80"), hex("6201 53 22")}).bytes.empty());                     // never begins
  CHECK(join({hex("6201 93 80"), hex("6201 13 22")}).bytes.empty());                     // never ends
  CHECK(join({hex("6201 93 80"), hex("0201 80"), hex("6201 53 22")}).bytes.empty());     // a unit inside
  CHECK(join({hex("6001 0009 0201")}).bytes.empty());                                    // cut
  CHECK(join({hex("6001 0001 02")}).bytes.empty());  // a unit without its header
  CHECK(join({hex("6001")}).bytes.empty());
}

TEST_CASE("H.265 in PACI structures is put together as without them") {
  // PACI header: A 0, cType, PHSsize 1, no flags; then a byte of extension.
  const std::uint16_t size = 1 << 4;
  const auto paci = [&](std::uint8_t type, std::string_view rest) {
    Buffer bytes = hex("6401 0000 ff");
    store_u16(&bytes[2], static_cast<std::uint16_t>(type << 9 | size));
    const Buffer inner = hex(rest);
    bytes.insert(bytes.end(), inner.begin(), inner.end());
    return bytes;
  };
  CHECK(join({paci(19, "80 11")}).bytes == hex("00000001 2601 80 11"));
  CHECK(join({paci(19, "80 11")}).key_frame);
  CHECK(join({paci(49, "93 80"), paci(49, "53 22")}).bytes == hex("00000001 2601 80 22"));
  CHECK(join({paci(48, "0003 0201 80")}).bytes == hex("00000001 0201 80"));
  CHECK(join({paci(50, "0003 0201 80")}).bytes.empty());
}

TEST_CASE("an access unit begins for sure with a parameter set of the stream, or a delimiter") {
  for (const char* text : {"4001 0c", "4201 01", "4601 50", "6001 0003 40010c 0003 260180"}) {
    CHECK(begins_h265_access_unit(hex(text)));
  }
  for (const char* text : {"4401 c0", "2601 80", "4e01 05", "6001 0003 260180", "6201 a0 01"}) {
    CHECK_FALSE(begins_h265_access_unit(hex(text)));
  }
}

TEST_CASE("any units of H.265 come out as they went in, whatever the size of a payload") {
  SeededRandom random{7};
  for (int round = 0; round < 300; ++round) {
    Buffer frame;
    for (std::uint64_t i = 0; i <= random.below(6); ++i) {
      const auto type = static_cast<std::uint8_t>(random.below(48) << 1 | random.below(2));
      const auto layers = static_cast<std::uint8_t>(random.below(32) << 3 | (1 + random.below(7)));
      Buffer one = hex("00000001");
      one.push_back(type);
      one.push_back(layers);
      one.resize(one.size() + 1 + random.below(400), static_cast<std::uint8_t>(1 + random.below(255)));
      frame.insert(frame.end(), one.begin(), one.end());
    }
    const std::size_t limit = 4 + random.below(300);
    const auto payloads = split_h265(frame, limit);
    REQUIRE_FALSE(payloads.empty());
    for (const auto& payload : payloads) {
      CHECK(payload.bytes.size() <= limit);
      CHECK(payload.marker == (&payload == &payloads.back()));
    }
    CHECK(join(payloads).bytes == frame);
  }
}

}  // namespace weir::rtp
