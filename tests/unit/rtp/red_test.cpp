#include "rtp/red.h"

#include <doctest/doctest.h>

#include <vector>

#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;

Buffer copy(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

Buffer written(std::span<const RedBlock> redundant, const RedBlock& primary) {
  Buffer out(red_size(redundant, primary));
  ByteWriter writer{out};
  write_red(writer, redundant, primary);
  REQUIRE(writer.ok());
  CHECK(writer.size() == out.size());
  return out;
}

}  // namespace

TEST_CASE("redundant blocks and the primary") {
  // Two earlier packets of 20 and 40 ms ago (48 kHz), of 3 and 2 bytes.
  const Buffer bytes = hex("ef 1e0003 ef 0f0002 6f 111213 2122 313233");
  const auto red = parse_red(bytes);
  REQUIRE(red);
  REQUIRE(red->count == 3);
  CHECK(red->redundant().size() == 2);
  CHECK(red->redundant()[0].payload_type == 111);
  CHECK(red->redundant()[0].timestamp_offset == 1920);
  CHECK(copy(red->redundant()[0].data) == hex("111213"));
  CHECK(red->redundant()[1].timestamp_offset == 960);
  CHECK(copy(red->redundant()[1].data) == hex("2122"));
  CHECK(red->primary().payload_type == 111);
  CHECK(copy(red->primary().data) == hex("313233"));
  CHECK(written(red->redundant(), red->primary()) == bytes);
}

TEST_CASE("a primary alone, and an empty one") {
  const auto alone = parse_red(hex("6f 01"));
  REQUIRE(alone);
  CHECK(alone->redundant().empty());
  CHECK(alone->primary().data.size() == 1);
  const auto empty = parse_red(hex("6f"));
  REQUIRE(empty);
  CHECK(empty->primary().data.empty());
  CHECK(parse_red(hex("ef 000001 6f 01"))->primary().data.empty());
}

TEST_CASE("malformed RED is refused") {
  for (const std::string text : {"", "ef", "ef 0000", "ef 000001", "ef 000001 6f", "ef 0003ff 6f 00"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_red(hex(text)));
  }
  const auto of = [](std::size_t redundant) {
    Buffer bytes;
    for (std::size_t i = 0; i < redundant; ++i) bytes.insert(bytes.end(), {0xef, 0, 0, 1});
    bytes.push_back(0x6f);
    bytes.resize(bytes.size() + redundant + 1);
    return parse_red(bytes);
  };
  CHECK(of(kMaxRedBlocks - 1));
  CHECK(of(kMaxRedBlocks - 1)->count == kMaxRedBlocks);
  CHECK_FALSE(of(kMaxRedBlocks));
}

TEST_CASE("blocks that the fields cannot tell are left out") {
  const Buffer longest(kMaxRedBlockSize, 7);
  const Buffer too_long(kMaxRedBlockSize + 1, 7);
  const Buffer one{9};
  const RedBlock primary{111, 0, one};
  const std::vector<RedBlock> blocks{{111, kMaxRedOffset, longest},
                                     {111, 1, too_long},
                                     {111, kMaxRedOffset + 1, one},
                                     {111, 5, {}},
                                     {111, 2, one}};
  const Buffer out = written(blocks, primary);
  const auto red = parse_red(out);
  REQUIRE(red);
  REQUIRE(red->count == 3);
  CHECK(red->redundant()[0].timestamp_offset == kMaxRedOffset);
  CHECK(red->redundant()[0].data.size() == kMaxRedBlockSize);
  CHECK(red->redundant()[1].timestamp_offset == 2);

  std::vector<RedBlock> many(kMaxRedBlocks + 3, RedBlock{111, 1, one});
  many.front().timestamp_offset = 99;
  const Buffer cut = written(many, primary);
  CHECK(parse_red(cut)->count == kMaxRedBlocks);  // the oldest go
  CHECK(parse_red(cut)->redundant()[0].timestamp_offset == 1);

  Buffer small(out.size() - 1);
  ByteWriter writer{small};
  write_red(writer, blocks, primary);
  CHECK_FALSE(writer.ok());
}

}  // namespace weir::rtp
