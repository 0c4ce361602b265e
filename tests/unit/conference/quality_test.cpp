#include "quality.h"

#include <doctest/doctest.h>

using conference::quality_score;

TEST_CASE("marks fall with loss and delay") {
  CHECK(quality_score(0, 0, true) == 5);
  CHECK(quality_score(0.01, 0.15, true) == 5);
  CHECK(quality_score(0.05, 0, true) == 4);
  CHECK(quality_score(0.11, 0, true) == 2);
  CHECK(quality_score(0, 0.65, true) == 2);
  CHECK(quality_score(1, 10, true) == 1);
  CHECK(quality_score(0, 0, false) == 0);
}
