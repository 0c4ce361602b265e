#include "bwe/acked_rate.h"

#include <doctest/doctest.h>

namespace weir::bwe {
namespace {

constexpr Duration kMs = std::chrono::milliseconds{1};

Time feed(AckedRate& acked, Time at, int count, Duration gap) {
  for (int i = 0; i < count; ++i, at += gap) acked.on_packet(at, 1250);
  return at;
}

}  // namespace

TEST_CASE("few packets tell nothing") {
  AckedRate acked;
  feed(acked, Time{}, 7, 20 * kMs);
  CHECK_FALSE(acked.rate());
  feed(acked, Time{} + 140 * kMs, 1, kMs);
  CHECK(acked.rate());
}

TEST_CASE("the rate at which packets come") {
  AckedRate acked;
  feed(acked, Time{}, 100, 10 * kMs);
  CHECK(*acked.rate() == doctest::Approx(1e6).epsilon(0.001));
}

TEST_CASE("one stall is not the rate of the link") {
  AckedRate acked;
  Time at = feed(acked, Time{}, 100, 10 * kMs);
  feed(acked, at + 200 * kMs, 10, 10 * kMs);
  CHECK(*acked.rate() == doctest::Approx(1e6).epsilon(0.05));
}

TEST_CASE("the recent rate shows a fall sooner") {
  AckedRate acked;
  const Time at = feed(acked, Time{}, 100, 5 * kMs);
  feed(acked, at, 12, 20 * kMs);
  CHECK(*acked.recent() == doctest::Approx(0.5e6).epsilon(0.05));
  CHECK(*acked.rate() > 0.9e6);
}

TEST_CASE("order does not matter, memory is bounded") {
  AckedRate acked;
  for (int i = 0; i < 2000; i += 2) {
    acked.on_packet(Time{} + (i + 1) * 5 * kMs, 1250);
    acked.on_packet(Time{} + i * 5 * kMs, 1250);
  }
  CHECK(*acked.rate() == doctest::Approx(2e6).epsilon(0.02));
  for (int i = 0; i < 100'000; ++i) acked.on_packet(Time{} + 20'000 * kMs, 1250);
  CHECK_FALSE(acked.rate());  // all at one time
}

}  // namespace weir::bwe
