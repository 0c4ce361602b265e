#include "sfu/reference_pattern.h"

#include <doctest/doctest.h>

#include "base/random.h"

using namespace weir;
using namespace weir::sfu;

namespace {

constexpr std::uint32_t kStep = 3000;

/// Pictures one after the other, across the end of the timestamps.
struct Stream {
  ReferencePattern pattern;
  std::uint32_t timestamp = UINT32_MAX - 5 * kStep;

  bool picture(bool unreferenced) {
    timestamp += kStep;
    return pattern.on_packet(timestamp, unreferenced);
  }
  /// Of `period` pictures the last is referred to by none.
  int run(int pictures, int period) {
    int began = 0;
    for (int i = 1; i <= pictures; ++i) began += picture(i % period == 0) ? 1 : 0;
    return began;
  }
};

}  // namespace

TEST_CASE("every other picture without a reference is a layer, from the fourth such picture on") {
  Stream s;
  for (int i = 1; i <= 8; ++i) {
    CHECK_FALSE(s.pattern.layered());
    CHECK(s.picture(i % 2 == 0) == (i == 8));
  }
  CHECK(s.pattern.layered());
  CHECK(s.pattern.temporal_of(s.timestamp, true) == 1);
  CHECK(s.pattern.temporal_of(s.timestamp - kStep, false) == 0);
  CHECK(s.run(200, 2) == 0);  // begins once
  CHECK(s.pattern.layered());
}

TEST_CASE("a quarter makes a layer, what an encoder skips now and then does not") {
  Stream quarter;
  CHECK(quarter.run(100, 4) == 1);
  CHECK(quarter.pattern.layered());
  for (const int period : {6, 8, 30}) {
    Stream rare;
    CHECK(rare.run(300, period) == 0);
    CHECK_FALSE(rare.pattern.layered());
  }
  Stream none;
  CHECK(none.run(300, 1000) == 0);
}

TEST_CASE("a layer ends when hardly any picture is of it, and begins again") {
  Stream s;
  CHECK(s.run(64, 2) == 1);
  CHECK(s.run(64, 8) == 0);
  CHECK(s.pattern.layered());  // 4 of 32
  s.run(64, 16);
  CHECK_FALSE(s.pattern.layered());
  CHECK(s.pattern.temporal_of(s.timestamp + kStep, true) == 0);
  CHECK(s.run(16, 2) == 1);
}

TEST_CASE("a picture is of the layer that its first packet said, also for late packets") {
  Stream s;
  s.run(32, 2);
  // A delimiter says nothing, the slice behind it that nobody refers to it.
  s.picture(false);
  CHECK_FALSE(s.pattern.on_packet(s.timestamp, true));
  CHECK(s.pattern.temporal_of(s.timestamp, true) == 0);
  const std::uint32_t before = s.timestamp;
  s.run(ReferencePattern::kPictures - 1, 2);
  CHECK(s.pattern.temporal_of(before, true) == 0);
  // Forgotten: it counts what the packet says.
  s.run(1, 2);
  CHECK(s.pattern.temporal_of(before, true) == 1);
}

TEST_CASE("late packets change nothing, and a stream that begins again is another") {
  Stream s;
  s.run(32, 2);
  for (std::uint32_t back = 1; back < 200; ++back) {
    CHECK_FALSE(s.pattern.on_packet(s.timestamp - back * kStep, false));
  }
  CHECK(s.pattern.layered());
  s.pattern.reset();
  CHECK_FALSE(s.pattern.layered());
  CHECK(s.pattern.on_packet(1, true) == false);
}

TEST_CASE("whatever comes: only pictures without references are above the lowest layer") {
  SeededRandom random{5};
  ReferencePattern pattern;
  std::uint32_t timestamp = 0;
  for (int i = 0; i < 20'000; ++i) {
    timestamp += static_cast<std::uint32_t>(random.below(4)) * kStep - kStep;
    const bool unreferenced = random.below(3) == 0;
    const bool was = pattern.layered();
    CHECK((pattern.on_packet(timestamp, unreferenced) == (pattern.layered() && !was)));
    if (!pattern.layered()) CHECK(pattern.temporal_of(timestamp, unreferenced) == 0);
    CHECK(pattern.temporal_of(timestamp + 100 * kStep, false) == 0);
  }
}
