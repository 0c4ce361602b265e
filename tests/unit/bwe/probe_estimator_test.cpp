#include "bwe/probe_estimator.h"

#include <doctest/doctest.h>

namespace weir::bwe {
namespace {

constexpr ProbeCluster kCluster{.id = 3, .rate = 2e6, .bytes = 10'000, .packets = 5};
constexpr std::uint32_t kSize = 1000;

/// Ten packets sent and received with such gaps; what the probe tells.
std::optional<ProbeResult> probe(Duration sent_gap, Duration received_gap, int count = 10) {
  ProbeEstimator estimator;
  estimator.on_cluster(kCluster);
  std::optional<ProbeResult> result;
  for (int i = 0; i < count; ++i) {
    const auto told = estimator.on_packet(
        {Time{} + i * sent_gap, Time{} + Duration{90'000} + i * received_gap, kSize, kCluster.id, false});
    CHECK_FALSE((told && result));
    if (told) result = told;
  }
  return result;
}

}  // namespace

TEST_CASE("a probe that passes unhindered shows its own rate") {
  const auto result = probe(Duration{4000}, Duration{4000});
  REQUIRE(result);
  CHECK(result->rate == doctest::Approx(2e6));
  CHECK_FALSE(result->saturated);
}

TEST_CASE("a probe that is slowed shows the capacity, a little less") {
  const auto result = probe(Duration{4000}, Duration{8000});
  REQUIRE(result);
  CHECK(result->rate == doctest::Approx(0.95e6));
  CHECK(result->saturated);
}

TEST_CASE("too few, too fast, too slow and unknown tell nothing") {
  CHECK_FALSE(probe(Duration{4000}, Duration{4000}, 7));
  CHECK_FALSE(probe(Duration{4000}, Duration{1000}));
  CHECK_FALSE(probe(Duration{4000}, Duration{200'000}));
  CHECK_FALSE(probe(Duration{0}, Duration{0}));
  ProbeEstimator estimator;
  CHECK_FALSE(estimator.on_packet({Time{}, Time{}, kSize, 9, false}));
  CHECK_FALSE(estimator.on_packet({Time{}, Time{}, kSize, 0, false}));
}

}  // namespace weir::bwe
