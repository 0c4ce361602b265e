#include "rtp/av1_frames.h"

#include <doctest/doctest.h>

#include "base/random.h"
#include "rtp/payload.h"
#include "support/shared_data.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;

constexpr const char* kDelimiter = "1200";
constexpr const char* kSequence = "0a05 002627fb38";

Buffer joined(std::initializer_list<Buffer> parts) {
  Buffer all;
  for (const Buffer& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

void append_leb128(Buffer& out, std::size_t value) {
  for (; value > 0x7f; value >>= 7U) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

/// A frame OBU whose payload has `size` bytes and begins with `first`; with `layers` when they are not 0.
Buffer frame_obu(std::uint8_t first, std::size_t size, std::uint8_t layers = 0) {
  Buffer obu{static_cast<std::uint8_t>(layers == 0 ? 0x32 : 0x36)};
  if (layers != 0) obu.push_back(layers);
  append_leb128(obu, size);
  obu.push_back(first);
  obu.resize(obu.size() + size - 1, 0xaa);
  return obu;
}

/// The temporal unit that payloads make; nothing when they make none.
std::optional<AssembledFrame> join(const std::vector<Buffer>& payloads) {
  Av1Joiner joiner;
  for (const Buffer& payload : payloads) {
    if (!joiner.add(payload)) return std::nullopt;
  }
  AssembledFrame frame;
  return joiner.finish(frame) ? std::optional{frame} : std::nullopt;
}

std::optional<AssembledFrame> join(const std::vector<Packetizer::Payload>& payloads) {
  std::vector<Buffer> parts;
  for (const auto& payload : payloads) parts.push_back(payload.bytes);
  return join(parts);
}

}  // namespace

TEST_CASE("an AV1 key frame that fits is one payload of two elements without sizes, and no delimiter") {
  const Buffer unit = joined({hex(kDelimiter), hex(kSequence), frame_obu(0x10, 4)});
  const auto payloads = split_av1(unit, 100);
  REQUIRE(payloads.size() == 1);
  CHECK(payloads[0].bytes == hex("28 06 08002627fb38 30 10aaaaaa"));  // W 2, N
  CHECK(payloads[0].marker);
  const auto frame = join(payloads);
  REQUIRE(frame);
  CHECK(frame->bytes == unit);
  CHECK(frame->key_frame);
}

TEST_CASE("an AV1 sequence begins with its header and a key frame that is shown, in one unit") {
  const auto begins = [](const Buffer& unit) {
    const auto payloads = split_av1(unit, 100);
    REQUIRE(payloads.size() == 1);
    return (payloads[0].bytes[0] & 0x08) != 0;
  };
  CHECK(begins(joined({hex(kSequence), frame_obu(0x10, 4)})));
  CHECK(begins(joined({hex(kSequence), hex("1a01 10")})));  // a frame header by itself
  CHECK_FALSE(begins(frame_obu(0x10, 4)));
  CHECK_FALSE(begins(joined({hex(kSequence), frame_obu(0x30, 4)})));  // inter
  CHECK_FALSE(begins(joined({hex(kSequence), frame_obu(0x00, 4)})));  // not shown
  CHECK_FALSE(begins(joined({hex(kSequence), frame_obu(0x90, 4)})));  // shown again
  CHECK_FALSE(begins(hex(kSequence)));
  // A still picture says nothing in its frame header.
  CHECK(begins(joined({hex("0a05 182627fb38"), frame_obu(0x30, 4)})));
}

TEST_CASE("AV1 OBUs that are too large go on in the next payload, about equal in size") {
  const Buffer unit = joined({hex(kDelimiter), hex(kSequence), frame_obu(0x10, 3000)});
  const auto payloads = split_av1(unit, 1000);
  REQUIRE(payloads.size() == 4);
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    const std::uint8_t head = payloads[i].bytes[0];
    CHECK(payloads[i].bytes.size() <= 770);
    CHECK(payloads[i].bytes.size() >= 720);
    CHECK(((head & 0x80) != 0) == (i > 0));
    CHECK(((head & 0x40) != 0) == (i < 3));
    CHECK(((head & 0x08) != 0) == (i == 0));
    CHECK(payloads[i].marker == (i == 3));
    const auto facts = parse_payload(Codec::av1, payloads[i].bytes);
    REQUIRE(facts);
    CHECK(facts->key_frame == (i == 0));
    CHECK(facts->frame_start == (i == 0));
  }
  CHECK(join(payloads)->bytes == unit);
}

TEST_CASE("an AV1 payload has OBUs of one layer only") {
  const Buffer unit =
      joined({hex(kDelimiter), hex(kSequence), frame_obu(0x10, 40, 0x20), frame_obu(0x30, 40, 0x28)});
  const auto payloads = split_av1(unit, 1000);
  REQUIRE(payloads.size() == 2);
  CHECK(parse_payload(Codec::av1, payloads[0].bytes)->spatial == 0);
  CHECK(parse_payload(Codec::av1, payloads[1].bytes)->spatial == 1);
  CHECK(parse_payload(Codec::av1, payloads[1].bytes)->temporal == 1);
  CHECK_FALSE(payloads[0].marker);
  CHECK(join(payloads)->bytes == unit);
}

TEST_CASE("more AV1 elements than W counts all have their lengths") {
  const Buffer unit =
      joined({hex(kDelimiter), hex("2a01 01"), hex("2a01 02"), hex("2a01 03"), hex("2a01 04")});
  const auto payloads = split_av1(unit, 1000);
  REQUIRE(payloads.size() == 1);
  CHECK(payloads[0].bytes == hex("00 022801 022802 022803 022804"));
  CHECK(join(payloads)->bytes == unit);
}

TEST_CASE("AV1 delimiters, tile lists and padding are not sent, and ignored when they come") {
  const Buffer unit = joined({hex(kDelimiter), hex("4201 11"), frame_obu(0x30, 4), hex("7a02 0000")});
  const auto payloads = split_av1(unit, 100);
  REQUIRE(payloads.size() == 1);
  CHECK(payloads[0].bytes == hex("10 30 30aaaaaa"));
  CHECK(split_av1(hex(kDelimiter), 100).empty());
  CHECK(join({hex("30 01 10 02 4011 30 30aaaaaa")})->bytes == joined({hex(kDelimiter), frame_obu(0x30, 4)}));
  CHECK_FALSE(join({hex("10 10")}));
}

TEST_CASE("what is no AV1 temporal unit gives no payloads") {
  CHECK(split_av1({}, 100).empty());
  CHECK(split_av1(hex("b200"), 100).empty());                                   // the forbidden bit
  CHECK(split_av1(hex("3205 10"), 100).empty());                                // cut
  CHECK(split_av1(hex("36"), 100).empty());                                     // no extension
  CHECK(split_av1(hex("32ffffffffffffffffff"), 100).empty());                   // no length
  CHECK(split_av1(frame_obu(0x30, 4), 4).empty());                              // no room
  CHECK(split_av1(hex("30 30aaaaaa"), 100)[0].bytes == hex("10 30 30aaaaaa"));  // the last without its size
}

TEST_CASE("AV1 payloads that do not follow one another are no unit") {
  CHECK(join({hex("50 30 30"), hex("d0 11"), hex("90 22")})->bytes == hex("1200 3203 301122"));
  CHECK_FALSE(join({hex("50 30 30"), hex("10 30 30")}));           // the rest is missing
  CHECK_FALSE(join({hex("90 22")}));                               // the beginning is
  CHECK_FALSE(join({hex("50 30 30"), hex("d0 11")}));              // the end is
  CHECK_FALSE(join({hex("20 05 30")}));                            // cut
  CHECK_FALSE(join({hex("10 32 05 30")}));                         // a size that is not its own
  CHECK_FALSE(join({hex("50 b0 30"), hex("90 22")}));              // the forbidden bit, found at the end
  CHECK(join({hex("10 32 01 30")})->bytes == hex("1200 320130"));  // a size that is
}

TEST_CASE("any AV1 OBUs come out as they went in, whatever the size of a payload") {
  SeededRandom random{9};
  constexpr std::uint8_t kTypes[] = {1, 3, 4, 5, 6, 7, 9, 14};
  for (int round = 0; round < 300; ++round) {
    Buffer unit = hex(kDelimiter);
    for (std::uint64_t i = 0; i <= random.below(8); ++i) {
      const bool layered = random.below(2) == 0;
      unit.push_back(static_cast<std::uint8_t>(kTypes[random.below(8)] << 3 | (layered ? 0x06 : 0x02)));
      if (layered) unit.push_back(static_cast<std::uint8_t>(random.below(3) << 5 | random.below(3) << 3));
      const std::size_t size = random.below(random.below(3) == 0 ? 2000 : 10);
      append_leb128(unit, size);
      for (std::size_t k = 0; k < size; ++k) unit.push_back(static_cast<std::uint8_t>(random.u32()));
    }
    const std::size_t limit = 5 + random.below(1200);
    const auto payloads = split_av1(unit, limit);
    REQUIRE_FALSE(payloads.empty());
    for (const auto& payload : payloads) {
      CHECK(payload.bytes.size() <= limit);
      CHECK(payload.marker == (&payload == &payloads.back()));
      CHECK(parse_payload(Codec::av1, payload.bytes));
    }
    const auto frame = join(payloads);
    REQUIRE(frame);
    CHECK(frame->bytes == unit);
  }
}

TEST_CASE("a recorded AV1 stream makes units that are the same after being sent again") {
  WEIR_NEEDS_SHARED_DATA(folder, "media_captures/str0m");
  Depacketizer depacketizer{Codec::av1};
  std::vector<AssembledFrame> frames;
  for (const Buffer& bytes : test::pcap_payloads(test::read_file(*folder / "av1.pcap"))) {
    const auto packet = Packet::parse(bytes);
    REQUIRE(packet);
    depacketizer.push(*packet);
    while (auto frame = depacketizer.pop()) frames.push_back(std::move(*frame));
  }
  // As the listing beside the capture counts them, but for the last one, which it cuts.
  CHECK(frames.size() == 44);
  CHECK(depacketizer.lost_frames() == 0);
  Packetizer packetizer{Codec::av1, 500};
  std::size_t keys = 0;
  for (const AssembledFrame& frame : frames) {
    const auto payloads = packetizer.split(frame.bytes);
    REQUIRE_FALSE(payloads.empty());
    CHECK(parse_payload(Codec::av1, payloads[0].bytes)->key_frame == frame.key_frame);
    const auto again = join(payloads);
    REQUIRE(again);
    CHECK(again->bytes == frame.bytes);
    CHECK(again->key_frame == frame.key_frame);
    keys += frame.key_frame ? 1 : 0;
  }
  CHECK(keys == 1);
}

}  // namespace weir::rtp
