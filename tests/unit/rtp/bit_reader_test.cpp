#include "rtp/bit_reader.h"

#include <doctest/doctest.h>

#include "unit/rtp/bits.h"
#include "unit/rtp/material.h"

namespace weir::rtp {

using test::BitWriter;
using test::hex;

TEST_CASE("bits come from the front, high to low, and end for good") {
  const auto bytes = hex("a5 f0");
  BitReader reader{bytes};
  CHECK(reader.bit());
  CHECK(reader.bits(3) == 2);
  CHECK(reader.bits(8) == 0x5f);
  CHECK(reader.remaining() == 4);
  reader.skip(3);
  CHECK(reader.bits(1) == 0);
  CHECK(reader.ok());
  CHECK(reader.bits(1) == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.remaining() == 0);
  BitReader far{bytes};
  far.skip(17);
  CHECK_FALSE(far.ok());
  BitReader whole{bytes};
  whole.skip(16);
  CHECK(whole.ok());
}

TEST_CASE("Exp-Golomb codes") {
  BitWriter writer;
  for (const std::uint32_t value : {0U, 1U, 2U, 7U, 1920U, 65535U}) writer.ue(value);
  BitReader reader{writer.bytes()};
  for (const std::uint32_t value : {0U, 1U, 2U, 7U, 1920U, 65535U}) CHECK(reader.ue() == value);
  const auto signs = BitWriter{}.ue(0).ue(1).ue(2).ue(3).bytes();
  BitReader negative{signs};
  CHECK(negative.se() == 0);
  CHECK(negative.se() == 1);
  CHECK(negative.se() == -1);
  CHECK(negative.se() == 2);
  const auto endless = hex("00000000 00000000");
  BitReader zeros{endless};
  CHECK(zeros.ue() == 0);
  CHECK_FALSE(zeros.ok());
}

TEST_CASE("non-symmetric codes of five values, as the specification's table") {
  const auto bytes = BitWriter{}.bits(0b00'01'10'110'111, 12).bytes();
  BitReader reader{bytes};
  for (std::uint32_t value = 0; value < 5; ++value) CHECK(reader.ns(5) == value);
  CHECK(reader.remaining() == 4);
  CHECK(reader.ns(1) == 0);  // one value takes no bit
  CHECK(reader.remaining() == 4);
}

TEST_CASE("emulation prevention bytes go, and what is long is cut") {
  const auto plain = [](std::string_view text) {
    const auto nal = hex(text);
    const Rbsp rbsp{nal};
    return test::Buffer{rbsp.bytes().begin(), rbsp.bytes().end()};
  };
  CHECK(plain("000003 01 000003 000003") == hex("0000 01 0000 0000"));
  CHECK(plain("0003 000003") == hex("0003 0000"));
  const test::Buffer longer(Rbsp::kMax + 10, 0x11);
  CHECK(Rbsp{longer}.bytes().size() == Rbsp::kMax);
}

}  // namespace weir::rtp
