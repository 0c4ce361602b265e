#include "base/random.h"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <vector>

namespace weir {

TEST_CASE("SplitMix64 gives its published numbers") {
  // The first outputs for seed 1234567 (reference implementation by Sebastiano Vigna).
  SeededRandom random{1234567};
  CHECK(random.u64() == 6457827717110365317U);
  CHECK(random.u64() == 3203168211198807973U);
}

TEST_CASE("a seed decides everything") {
  SeededRandom a{1};
  SeededRandom b{1};
  SeededRandom c{2};
  bool differs = false;
  for (int i = 0; i < 10; ++i) {
    const std::uint64_t x = a.u64();
    CHECK(x == b.u64());
    differs |= x != c.u64();
  }
  CHECK(differs);
}

TEST_CASE("fill reaches the last byte of every length and no further") {
  for (std::size_t size : {0U, 1U, 7U, 8U, 9U, 33U}) {
    CAPTURE(size);
    std::vector<std::uint8_t> bytes(size + 1, 0);
    std::set<std::uint8_t> last;
    SeededRandom random{42};
    for (int i = 0; i < 20; ++i) {
      random.fill(MutableBytes{bytes}.first(size));
      CHECK(bytes[size] == 0);
      if (size > 0) last.insert(bytes[size - 1]);
    }
    if (size > 0) CHECK(last.size() > 5);
  }
}

TEST_CASE("below and unit stay in their ranges and use them") {
  SeededRandom random{7};
  std::set<std::uint64_t> seen;
  double lowest = 1;
  double highest = 0;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(random.below(10));
    CHECK(random.below(1) == 0);
    const double unit = random.unit();
    CHECK(unit >= 0);
    CHECK(unit < 1);
    lowest = std::min(lowest, unit);
    highest = std::max(highest, unit);
  }
  CHECK(seen.size() == 10);
  CHECK(*seen.rbegin() == 9);
  CHECK(lowest < 0.05);
  CHECK(highest > 0.95);
}

}  // namespace weir
