#include "base/timer_queue.h"

#include <doctest/doctest.h>

using namespace weir;

namespace {

Id id(std::uint32_t index) {
  return Id{IdKind::participant, 0, 1, index};
}

}  // namespace

TEST_CASE("the earliest deadline asked for counts") {
  TimerQueue timers;
  CHECK(timers.deadline() == kNever);
  timers.wake(id(1), time_from_us(300));
  timers.wake(id(1), time_from_us(100));
  timers.wake(id(1), time_from_us(200));  // later than what is set: ignored
  timers.wake(id(2), time_from_us(150));
  CHECK(timers.deadline() == time_from_us(100));
  CHECK_FALSE(timers.pop_due(time_from_us(99)));
  CHECK(timers.pop_due(time_from_us(400)) == id(1));
  CHECK(timers.pop_due(time_from_us(400)) == id(2));
  CHECK_FALSE(timers.pop_due(time_from_us(400)));  // the overtaken entry of 1 does not fire again
  CHECK(timers.deadline() == kNever);
}

TEST_CASE("a forgotten id does not fire, and may be set again") {
  TimerQueue timers;
  timers.wake(id(1), time_from_us(100));
  timers.forget(id(1));
  CHECK(timers.deadline() == kNever);
  timers.wake(id(1), time_from_us(500));
  CHECK(timers.deadline() == time_from_us(500));
  CHECK(timers.pop_due(time_from_us(500)) == id(1));
}

TEST_CASE("never is no deadline; equal times fire in the order of ids") {
  TimerQueue timers;
  timers.wake(id(1), kNever);
  CHECK(timers.deadline() == kNever);
  for (const std::uint32_t i : {3U, 1U, 2U}) timers.wake(id(i), time_from_us(10));
  for (const std::uint32_t i : {1U, 2U, 3U}) CHECK(timers.pop_due(time_from_us(10)) == id(i));
}
