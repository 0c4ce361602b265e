#include "bwe/delay_trend.h"

#include <doctest/doctest.h>

namespace weir::bwe {
namespace {

constexpr Duration kGap = std::chrono::milliseconds{10};

/// `count` packets whose transit time grows by `growth` each; the time after the last.
Time feed(DelayTrend& trend, Time at, int count, Duration growth, Duration& transit) {
  for (int i = 0; i < count; ++i, at += kGap) {
    transit += growth;
    trend.on_packet(at, at + transit);
  }
  return at;
}

}  // namespace

TEST_CASE("a growing queue is overuse, a shrinking one underuse, a level one neither") {
  DelayTrend trend;
  Duration transit{50'000};
  Time at = feed(trend, Time{}, 100, Duration{0}, transit);
  CHECK(trend.usage() == Usage::normal);
  at = feed(trend, at, 40, Duration{1500}, transit);
  CHECK(trend.usage() == Usage::over);
  at = feed(trend, at, 40, Duration{-1500}, transit);
  CHECK(trend.usage() == Usage::under);
  feed(trend, at, 200, Duration{0}, transit);
  CHECK(trend.usage() == Usage::normal);
}

TEST_CASE("a receiver's clock that is off or drifts by 100 ppm is no queue") {
  DelayTrend trend;
  Duration transit{-3'600'000'000};
  feed(trend, Time{}, 3000, Duration{1}, transit);
  CHECK(trend.usage() == Usage::normal);
}

TEST_CASE("packets that come in the wrong order are passed over") {
  DelayTrend trend;
  Duration transit{50'000};
  const Time at = feed(trend, Time{}, 100, Duration{0}, transit);
  for (int i = 0; i < 30; ++i) trend.on_packet(at - 50 * kGap + i * kGap, at + 20 * kGap);
  CHECK(trend.usage() == Usage::normal);
}

TEST_CASE("jitter is the mean change of the transit time") {
  DelayTrend trend;
  for (int i = 0; i < 200; ++i) {
    const Time at = Time{} + i * kGap;
    trend.on_packet(at, at + Duration{i % 2 == 0 ? 50'000 : 54'000});
  }
  CHECK(milliseconds(trend.jitter()) == doctest::Approx(4).epsilon(0.05));
  trend.reset();
  CHECK(trend.usage() == Usage::normal);
  CHECK(milliseconds(trend.jitter()) > 3);
}

TEST_CASE("a queue that grows is no jitter") {
  DelayTrend trend;
  Duration transit{50'000};
  Time at = feed(trend, Time{}, 100, Duration{0}, transit);
  at = feed(trend, at, 20, Duration{30'000}, transit);
  CHECK(milliseconds(trend.jitter()) < 1);
  CHECK(trend.usage() == Usage::over);
}

TEST_CASE("the threshold follows a restless path and keeps its bounds") {
  DelayTrend trend;
  Duration transit{50'000};
  feed(trend, Time{}, 2000, Duration{0}, transit);
  CHECK(trend.threshold_ms() == doctest::Approx(6));
}

}  // namespace weir::bwe
