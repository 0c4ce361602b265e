#include "sfu/repair_limiter.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::sfu;
using namespace std::chrono_literals;

TEST_CASE("a packet is not sent again while its answer is under way") {
  RepairLimiter limiter;
  const Time start = time_from_us(0);
  CHECK(limiter.allow(start, 5, 100ms));
  CHECK_FALSE(limiter.allow(start + 49ms, 5, 100ms));
  CHECK(limiter.allow(start + 50ms, 5, 100ms));
  CHECK(limiter.allow(start, 6, 0ms));
  CHECK_FALSE(limiter.allow(start + 9ms, 6, 0ms));  // round trip unknown: 10 ms
  CHECK(limiter.allow(start + 10ms, 6, 0ms));
}

TEST_CASE("and at most ten times") {
  RepairLimiter limiter;
  Time now = time_from_us(0);
  int sent = 0;
  for (int i = 0; i < 100; ++i, now += 1s) sent += limiter.allow(now, 9, 20ms) ? 1 : 0;
  CHECK(sent == RepairLimiter::kMaxRepeats);
}
