#include "load/distribution.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

using namespace weir;
using load::Distribution;
using std::chrono::microseconds;

TEST_CASE("without values every percentile is zero") {
  const Distribution none;
  CHECK(none.count() == 0);
  CHECK(none.percentile(0.5) == Duration::zero());
}

TEST_CASE("small values are exact, and a percentile is the least value that so many do not exceed") {
  Distribution d;
  for (int us = 1; us <= 100; ++us) d.add(microseconds{us <= 63 ? us : 63});
  CHECK(d.count() == 100);
  CHECK(d.percentile(0.01) == microseconds{1});
  CHECK(d.percentile(0.5) == microseconds{50});
  CHECK(d.percentile(0.99) == microseconds{63});
  CHECK(d.percentile(0) == microseconds{1});
  CHECK(d.percentile(1) == microseconds{63});
}

TEST_CASE("percentiles lie within 1/64 above those of the sorted values") {
  SeededRandom random{7};
  Distribution d;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<std::int64_t>(std::exp(random.unit() * 20)));
    d.add(microseconds{values.back()});
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.001, 0.1, 0.5, 0.95, 0.99, 1.0}) {
    CAPTURE(share);
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
    const std::int64_t exact = values[rank - 1];
    const std::int64_t found = to_us(d.percentile(share));
    CHECK(found >= exact);
    CHECK(static_cast<double>(found) <= static_cast<double>(exact) * 65.0 / 64.0);
  }
}

TEST_CASE("times out of range count at its ends") {
  Distribution d;
  d.add(microseconds{-5});
  CHECK(d.percentile(1) == Duration::zero());
  d.add(Duration::max());
  CHECK(d.count() == 2);
  CHECK(d.percentile(1) > std::chrono::hours{18});
  d.clear();
  CHECK(d.count() == 0);
  CHECK(d.percentile(1) == Duration::zero());
}
