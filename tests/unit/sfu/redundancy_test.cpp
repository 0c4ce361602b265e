#include "sfu/redundancy.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::sfu;
using namespace std::chrono_literals;

TEST_CASE("redundancy begins above 2 % of loss, two frames above 10 %") {
  Redundancy redundancy;
  const Time now = time_from_us(0);
  redundancy.on_report(now, 0.02);
  CHECK(redundancy.frames() == 0);
  redundancy.on_report(now, 0.021);
  CHECK(redundancy.frames() == 1);
  redundancy.on_report(now, 0.10);
  CHECK(redundancy.frames() == 1);
  redundancy.on_report(now, 0.101);
  CHECK(redundancy.frames() == 2);
  redundancy.on_report(now, 0.03);  // less, but not quiet
  CHECK(redundancy.frames() == 2);
}

TEST_CASE("redundancy ends after ten seconds below 0.5 %, counted from the first quiet report") {
  Redundancy redundancy;
  Time now = time_from_us(0);
  redundancy.on_report(now, 0.05);
  redundancy.on_report(now, 0.004);
  redundancy.on_report(now + 9'999ms, 0);
  CHECK(redundancy.frames() == 1);
  redundancy.on_report(now + 9'999ms, 0.005);  // not below: begins anew
  redundancy.on_report(now + 10s, 0);
  redundancy.on_report(now + 19'999ms, 0);
  CHECK(redundancy.frames() == 1);
  redundancy.on_report(now + 20s, 0);
  CHECK(redundancy.frames() == 0);
  redundancy.on_report(now + 21s, 1);
  CHECK(redundancy.frames() == 2);
}
