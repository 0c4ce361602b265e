#include "base/ring.h"

#include <doctest/doctest.h>

#include <deque>
#include <memory>

#include "base/random.h"

namespace weir {

TEST_CASE("a ring is a queue, whatever is put in and taken out in between") {
  SeededRandom random{7};
  Ring<std::uint32_t> ring;
  std::deque<std::uint32_t> queue;
  for (int step = 0; step < 20'000; ++step) {
    const bool grows = (step / 1000) % 2 == 0;
    if (queue.empty() || random.below(10) < (grows ? 6U : 4U)) {
      const std::uint32_t value = random.u32();
      ring.push_back(value);
      queue.push_back(value);
    } else {
      CHECK(ring.front() == queue.front());
      ring.pop_front();
      queue.pop_front();
    }
    REQUIRE(ring.size() == queue.size());
    CHECK(ring.empty() == queue.empty());
    if (queue.empty()) continue;
    CHECK(ring.back() == queue.back());
    const std::size_t place = random.below(queue.size());
    CHECK(ring[place] == queue[place]);
  }
}

TEST_CASE("what is taken out of the middle leaves the rest in order, also around the end of the memory") {
  for (std::size_t turned = 0; turned < 8; ++turned) {
    Ring<int> ring;
    for (std::size_t i = 0; i < turned; ++i) ring.push_back(0);
    for (std::size_t i = 0; i < turned; ++i) ring.pop_front();
    for (int i = 0; i < 8; ++i) ring.push_back(i);
    CHECK(ring.erase_if([](int value) { return value % 3 == 0; }) == 3);
    REQUIRE(ring.size() == 5);
    for (const int expected : {1, 2, 4, 5, 7}) {
      CHECK(ring.front() == expected);
      ring.pop_front();
    }
    CHECK(ring.erase_if([](int) { return true; }) == 0);
  }
}

TEST_CASE("what has left a ring is let go of") {
  const auto counted = std::make_shared<int>(1);
  Ring<std::shared_ptr<int>> ring;
  for (int i = 0; i < 6; ++i) ring.push_back(counted);
  ring.pop_front();
  CHECK(counted.use_count() == 6);
  int asked = 0;
  CHECK(ring.erase_if([&](const auto&) { return ++asked <= 2; }) == 2);
  CHECK(counted.use_count() == 4);
  ring.clear();
  CHECK(counted.use_count() == 1);
  CHECK(ring.empty());
}

}  // namespace weir
