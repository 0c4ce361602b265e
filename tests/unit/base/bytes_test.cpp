#include "base/bytes.h"

#include <doctest/doctest.h>

#include <array>
#include <vector>

namespace weir {

TEST_CASE("fields are stored in network order and load back") {
  std::array<std::uint8_t, 8> b{};
  store_u16(b.data(), 0x0102);
  CHECK(b[0] == 1);
  CHECK(b[1] == 2);
  CHECK(load_u16(b.data()) == 0x0102);
  store_u24(b.data(), 0xfedcba);
  CHECK(b[0] == 0xfe);
  CHECK(load_u24(b.data()) == 0xfedcba);
  store_u32(b.data(), 0xffeeddcc);
  CHECK(b[3] == 0xcc);
  CHECK(load_u32(b.data()) == 0xffeeddcc);
  store_u64(b.data(), 0x8899aabbccddeeffU);
  CHECK(b[0] == 0x88);
  CHECK(load_u64(b.data()) == 0x8899aabbccddeeffU);
}

TEST_CASE("a reader reads up to the last byte and no further") {
  const std::array<std::uint8_t, 18> b{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
  ByteReader reader{b};
  CHECK(reader.u8() == 1);
  CHECK(reader.u16() == 0x0203);
  CHECK(reader.u24() == 0x040506);
  CHECK(reader.u32() == 0x0708090a);
  CHECK(reader.u64() == 0x0b0c0d0e0f101112U);
  CHECK(reader.ok());
  CHECK(reader.remaining() == 0);
  CHECK(reader.bytes(0).empty());
  CHECK(reader.ok());
  CHECK(reader.u8() == 0);
  CHECK_FALSE(reader.ok());
}

TEST_CASE("a read past the end fails the reader for good, though less would have fitted") {
  const std::array<std::uint8_t, 3> b{1, 2, 3};
  ByteReader reader{b};
  CHECK(reader.u32() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.remaining() == 0);
  CHECK(reader.u8() == 0);
  CHECK(reader.bytes(1).empty());

  ByteReader huge{b};
  huge.skip(SIZE_MAX);
  CHECK_FALSE(huge.ok());
}

TEST_CASE("a writer fills its buffer and then refuses") {
  std::array<std::uint8_t, 10> b{};
  ByteWriter writer{b};
  CHECK(writer.remaining() == 10);
  writer.u8(1);
  writer.u16(0x0203);
  writer.u24(0x040506);
  writer.u32(0x0708090a);
  CHECK(writer.ok());
  CHECK(writer.size() == 10);
  CHECK(writer.remaining() == 0);
  writer.zeros(0);
  writer.bytes({});
  CHECK(writer.ok());
  writer.u8(0xff);
  CHECK_FALSE(writer.ok());
  CHECK(writer.size() == 10);
  CHECK(writer.written()[9] == 0x0a);
}

TEST_CASE("a write that does not fit writes nothing and fails the writer for good") {
  std::array<std::uint8_t, 3> b{0xee, 0xee, 0xee};
  ByteWriter writer{b};
  writer.u32(0x01020304);
  CHECK_FALSE(writer.ok());
  CHECK(writer.remaining() == 0);
  writer.u8(1);
  CHECK(writer.size() == 0);
  CHECK(b[0] == 0xee);
}

TEST_CASE("text and bytes are views of one another") {
  const Bytes bytes = as_bytes("ab");
  CHECK(bytes.size() == 2);
  CHECK(bytes[1] == 'b');
  CHECK(as_text(bytes) == "ab");
}

}  // namespace weir
