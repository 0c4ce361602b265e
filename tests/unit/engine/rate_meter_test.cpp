#include "engine/rate_meter.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::engine;

TEST_CASE("a steady flow is measured in a few seconds, and forgotten in as many") {
  RateMeter meter;
  CHECK(meter.rate(Time{}) == 0);
  Time now = time_from_us(1'000'000);
  for (int i = 0; i < 500; ++i, now += std::chrono::milliseconds{10}) meter.on_packet(now, 125);
  CHECK(meter.rate(now) == doctest::Approx(100'000).epsilon(0.02));
  CHECK(meter.rate(now + std::chrono::seconds{5}) < 1'000);
  CHECK(meter.rate(now - std::chrono::seconds{5}) > 0);  // a time that goes back does no harm
}
