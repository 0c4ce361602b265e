#include "io/readable_signal.h"

#include <doctest/doctest.h>

#include <optional>
#include <thread>

using namespace std::chrono_literals;
using weir::Id;
using weir::IdKind;
using weir::io::ReadableSignal;

TEST_CASE("what arrived between looking and sleeping is not missed") {
  ReadableSignal signal;
  const Id line{IdKind::subscription, 0, 1, 3};
  const std::uint64_t seen = signal.count(line);
  signal.ring(line);
  CHECK(signal.wait(line, seen, std::nullopt));
  CHECK_FALSE(signal.wait(line, signal.count(line), 1ms));
}

TEST_CASE("a ring for another subscription does not wake, one for all does") {
  ReadableSignal signal;
  const Id line{IdKind::subscription, 0, 1, 3};
  const std::uint64_t seen = signal.count(line);
  signal.ring(Id{IdKind::subscription, 0, 1, 4});
  CHECK_FALSE(signal.wait(line, seen, 1ms));
  std::thread ringer{[&] { signal.ring_all(); }};
  CHECK(signal.wait(line, seen, std::nullopt));
  ringer.join();
}
