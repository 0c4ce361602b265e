#include "sfu/clock_map.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::sfu;
using namespace std::chrono_literals;

TEST_CASE("the report with the least delay tells the offset") {
  ClockOffset offset;
  CHECK_FALSE(offset.known());
  offset.observe(time_from_us(1'050'000), 9'000'000);  // 50 ms late
  CHECK(offset.sender_us(time_from_us(1'050'000)) == 9'000'000);
  offset.observe(time_from_us(2'010'000), 10'000'000);  // 10 ms late: better
  CHECK(offset.sender_us(time_from_us(2'010'000)) == 10'000'000);
  offset.observe(time_from_us(3'500'000), 11'000'000);  // 500 ms late: ignored
  CHECK(offset.sender_us(time_from_us(3'010'000)) == 11'000'000);
}

TEST_CASE("an old offset gives way to a drifting clock, and to one that was set") {
  ClockOffset offset;
  offset.observe(time_from_us(0), 0);
  // The sender's clock loses 100 us a second: within the allowance it is followed.
  for (std::int64_t second = 1; second <= 100; ++second) {
    offset.observe(time_from_us(second * 1'000'000), second * 1'000'000 - second * 100);
  }
  CHECK(offset.sender_us(time_from_us(100'000'000)) == 100'000'000 - 10'000);
  offset.observe(time_from_us(101'000'000), 50'000'000);  // set back by 51 s
  CHECK(offset.sender_us(time_from_us(101'000'000)) == 50'000'000);
}

TEST_CASE("a timestamp is extrapolated from the last report, also over its wrap") {
  ClockOffset offset;
  RtpClock clock;
  CHECK_FALSE(clock.at(time_from_us(0), offset, 90'000));
  offset.observe(time_from_us(1'000'000), 5'000'000);
  clock = {.sender_us = 5'000'000, .timestamp = 0xffff'fff0U, .known = true};
  CHECK(clock.at(time_from_us(1'000'000), offset, 90'000) == 0xffff'fff0U);
  CHECK(clock.at(time_from_us(2'000'000), offset, 90'000) == 0xffff'fff0U + 90'000U);
  CHECK(clock.at(time_from_us(500'000), offset, 90'000) == 0xffff'fff0U - 45'000U);
}
