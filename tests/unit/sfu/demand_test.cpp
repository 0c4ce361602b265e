#include "sfu/demand.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/random.h"

using namespace weir;
using namespace weir::sfu;
using namespace std::chrono_literals;

namespace {

constexpr LayerMask kLow = layer_bit(0, 0);
constexpr LayerMask kMiddle = layer_bit(1, 0);
constexpr LayerMask kHigh = layer_bit(2, 0);
constexpr LayerMask kAll = kLow | kMiddle | kHigh;
constexpr Time kStart = time_from_us(1'000'000);

}  // namespace

TEST_CASE("a publisher that everybody watches in full is told nothing") {
  Demand demand;
  for (Duration t{}; t < 10s; t += 100ms) CHECK_FALSE(demand.update(kStart + t, kAll, kAll));
  CHECK(demand.deadline() == kNever);
}

TEST_CASE("less is told after the patience, more at once") {
  Demand demand;
  CHECK_FALSE(demand.update(kStart, kAll, kLow));
  CHECK(demand.deadline() == kStart + Demand::kPatience);
  CHECK_FALSE(demand.update(kStart + Demand::kPatience - 1us, kAll, kLow));
  CHECK(demand.update(kStart + Demand::kPatience, kAll, kLow) == kLow);
  CHECK_FALSE(demand.asked_for(2, 0));
  CHECK_FALSE(demand.asked_back(2, 0));
  CHECK(demand.deadline() == kNever);
  const Time again = kStart + 60s;
  CHECK(demand.update(again, kAll, kLow | kHigh) == (kLow | kHigh));
  CHECK(demand.asked_for(2, 0));
  CHECK(demand.asked_back(2, 0) == again);
}

TEST_CASE("what is wanted again within the patience is never given up") {
  Demand demand;
  for (int i = 0; i < 20; ++i) {
    CHECK_FALSE(demand.update(kStart + i * 3s, kAll, kLow));
    CHECK_FALSE(demand.update(kStart + i * 3s + 1900ms, kAll, kAll));
  }
}

TEST_CASE("nothing is told sooner than half a second after what was told before") {
  Demand demand;
  CHECK_FALSE(demand.update(kStart, kAll, kLow));
  CHECK(demand.update(kStart + 2s, kAll, kLow) == kLow);
  CHECK_FALSE(demand.update(kStart + 2100ms, kAll, kAll));
  CHECK(demand.deadline() == kStart + 2500ms);
  CHECK(demand.update(kStart + 2500ms, kAll, kAll) == kAll);
}

TEST_CASE("a layer that begins to exist was encoded without being asked for, and is given up when unwanted") {
  Demand demand;
  CHECK_FALSE(demand.update(kStart, kLow, kLow));
  CHECK_FALSE(demand.update(kStart + 10s, kAll, kLow));
  CHECK(demand.update(kStart + 12s, kAll, kLow) == kLow);
}

TEST_CASE("layers that do not exist are neither told nor wanted") {
  Demand demand;
  CHECK_FALSE(demand.update(kStart, kLow, kAll));
  CHECK_FALSE(demand.update(kStart + 1s, kLow, 0));
  CHECK(demand.update(kStart + 3s, kLow, 0) == LayerMask{0});
}

TEST_CASE("whatever is wanted when: the publisher learns it in the end, and never too often") {
  SeededRandom random{3};
  for (int round = 0; round < 50; ++round) {
    Demand demand;
    LayerMask told = kAll;
    Time now = kStart;
    Time last_telling = kStart - 10s;
    LayerMask wanted = kAll;
    const auto look = [&] {
      if (const auto mask = demand.update(now, kAll, wanted)) {
        CHECK(now - last_telling >= Demand::kInterval);
        CHECK(*mask != told);
        told = *mask;
        last_telling = now;
      }
    };
    for (int i = 0; i < 100; ++i) {
      wanted = random.below(8) == 0 ? 0 : layer_bit(static_cast<std::uint8_t>(random.below(3)), 0);
      look();
      const Time until = now + Duration{static_cast<std::int64_t>(random.below(3'000'000))};
      while (demand.deadline() <= until) {
        now = demand.deadline();
        look();
      }
      now = until;
    }
    now += 1s;
    look();
    now += 3s;
    look();
    CHECK(told == wanted);
  }
}
