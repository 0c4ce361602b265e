#include "bwe/squeeze.h"

#include <doctest/doctest.h>

namespace weir::bwe {
namespace {

class Clock {
 public:
  Squeeze squeeze;
  Time now = time_from_us(1'000'000);

  /// Every 100 ms; the seconds until a trial begins, or all of them.
  double run(double seconds, bool low, bool over, double queue_ms) {
    const Time start = now;
    const Time end = now + from_ms(seconds * 1000);
    while (now < end && !squeeze.trying(now)) step(low, over, queue_ms);
    return bwe::seconds(now - start);
  }
  void step(bool low, bool over, double queue_ms) {
    now += from_ms(100);
    squeeze.update(now, low, over, queue_ms);
  }
};

}  // namespace

TEST_CASE("more is tried when cuts to the least rates have not helped for 4 s") {
  Clock clock;
  CHECK(clock.run(60, true, true, 30) == doctest::Approx(4.1));
  // The trial ends by itself.
  for (int i = 0; i < 199; ++i) clock.step(false, true, 30);
  CHECK(clock.squeeze.trying(clock.now));
  clock.step(false, true, 30);
  CHECK_FALSE(clock.squeeze.trying(clock.now));
}

TEST_CASE("nothing is tried above the least rates, nor where cuts helped") {
  Clock fast;
  CHECK(fast.run(60, false, true, 30) == doctest::Approx(60));
  Clock helped;
  for (int i = 0; i < 20; ++i) {
    CHECK(helped.run(1, true, true, 30) == doctest::Approx(1));
    CHECK(helped.run(5, true, false, 5) == doctest::Approx(5));
  }
  // Again and again, with less than 5 s between, is not helped.
  Clock again;
  for (int i = 0; i < 4 && !again.squeeze.trying(again.now); ++i) {
    again.run(0.1, true, true, 30);
    again.run(2, true, false, 5);
  }
  CHECK(again.squeeze.trying(again.now));
}

TEST_CASE("a queue that grows ends the trial, and the next ones wait longer, at most 80 s") {
  Clock clock;
  clock.run(60, true, true, 30);
  for (const double pause : {10, 20, 40, 80, 80}) {
    REQUIRE(clock.squeeze.trying(clock.now));
    clock.step(true, true, 59);
    CHECK(clock.squeeze.trying(clock.now));
    clock.step(true, true, 61);
    CHECK_FALSE(clock.squeeze.trying(clock.now));
    CHECK(clock.run(200, true, true, 30) == doctest::Approx(pause).epsilon(0.02));
  }
}

}  // namespace weir::bwe
