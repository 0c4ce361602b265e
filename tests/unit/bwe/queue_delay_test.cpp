#include "bwe/queue_delay.h"

#include <doctest/doctest.h>

namespace weir::bwe {
namespace {

constexpr Duration kMs = std::chrono::milliseconds{1};

Time feed(QueueDelay& queue, Time at, Duration span, Duration transit) {
  for (const Time end = at + span; at < end; at += 10 * kMs) queue.on_packet(at, at + transit);
  return at;
}

}  // namespace

TEST_CASE("the wait is what comes on top of the shortest way") {
  QueueDelay queue;
  CHECK(queue.current() == Duration{0});
  Time at = feed(queue, Time{}, 1000 * kMs, -500 * kMs);  // another clock
  CHECK(queue.current() == Duration{0});
  at = feed(queue, at, 1000 * kMs, -400 * kMs);
  CHECK(milliseconds(queue.current()) == doctest::Approx(100).epsilon(0.01));
  feed(queue, at, 1000 * kMs, -500 * kMs);
  CHECK(milliseconds(queue.current()) < 1);
}

TEST_CASE("a longer way is the shortest one half a minute later") {
  QueueDelay queue;
  Time at = feed(queue, Time{}, 10'000 * kMs, 50 * kMs);
  at = feed(queue, at, 20'000 * kMs, 150 * kMs);
  CHECK(milliseconds(queue.current()) > 90);
  feed(queue, at, 15'000 * kMs, 150 * kMs);
  CHECK(milliseconds(queue.current()) < 1);
}

TEST_CASE("a burst that a narrow link spreads out is a queue at once") {
  QueueDelay queue;
  const Time at = feed(queue, Time{}, 1000 * kMs, 20 * kMs);
  for (int i = 1; i <= 5; ++i) queue.on_packet(at + i * kMs, at + (20 + 32 * i) * kMs);
  CHECK(milliseconds(queue.current()) > 60);
}

TEST_CASE("a stall that ends with all that waited is a short one") {
  QueueDelay queue;
  Time at = feed(queue, Time{}, 1000 * kMs, 20 * kMs);
  const Time end = at + 60 * kMs;
  for (; at < end; at += 10 * kMs) queue.on_packet(at, end + 20 * kMs);
  feed(queue, at, 30 * kMs, 20 * kMs);
  CHECK(milliseconds(queue.current()) < 25);
}

}  // namespace weir::bwe
