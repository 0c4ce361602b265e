#include "base/sequence.h"

#include <doctest/doctest.h>

namespace weir {

TEST_CASE("distance on the circle is signed and wraps") {
  CHECK(sequence_distance<std::uint16_t>(5, 3) == 2);
  CHECK(sequence_distance<std::uint16_t>(3, 5) == -2);
  CHECK(sequence_distance<std::uint16_t>(1, 0xffff) == 2);
  CHECK(sequence_distance<std::uint16_t>(0x7fff, 0) == 32767);
  CHECK(sequence_distance<std::uint16_t>(0x8000, 0) == -32768);
  CHECK(sequence_distance<std::uint32_t>(0, 0xffffffff) == 1);
}

TEST_CASE("newer means up to half the circle ahead") {
  CHECK(is_newer<std::uint16_t>(0, 0xffff));
  CHECK_FALSE(is_newer<std::uint16_t>(0xffff, 0));
  CHECK_FALSE(is_newer<std::uint16_t>(7, 7));
  CHECK(is_newer<std::uint16_t>(0x7fff, 0));
  CHECK_FALSE(is_newer<std::uint16_t>(0x8000, 0));
}

TEST_CASE("an unwrapper counts on over the wrap, in both directions") {
  Unwrapper<std::uint16_t> u;
  CHECK_FALSE(u.newest());
  CHECK(u.peek(65535) == 65535);
  CHECK(u.unwrap(65534) == 65534);
  CHECK(u.unwrap(1) == 65537);
  CHECK(u.unwrap(65535) == 65535);
  CHECK(u.newest() == 65537);
  CHECK(u.peek(2) == 65538);
  CHECK(u.newest() == 65537);
  CHECK(u.unwrap(2) == 65538);
}

TEST_CASE("an unwrapper keeps its newest value over many turns of the circle") {
  Unwrapper<std::uint16_t> u;
  std::int64_t expected = 0;
  for (int i = 0; i < 20; ++i) {
    CHECK(u.unwrap(static_cast<std::uint16_t>(expected)) == expected);
    expected += 20'000;
  }
}

TEST_CASE("values before the first become negative, and a reset forgets") {
  Unwrapper<std::uint32_t> u;
  u.unwrap(5);
  CHECK(u.unwrap(0xffffffff) == -1);
  CHECK(u.newest() == 5);
  u.reset();
  CHECK(u.unwrap(0xffffffff) == 0xffffffff);
}

}  // namespace weir
