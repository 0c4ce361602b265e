#include "abr/utility.h"

#include <doctest/doctest.h>

#include <vector>

using namespace weir::abr;

namespace {

const std::vector<Layer> kCamera{
    {100'000, 320, 180, 15'000, 0}, {400'000, 640, 360, 30'000, 0}, {1'500'000, 1280, 720, 30'000, 0}};

std::int64_t worth(const Subscription& s, const std::vector<Layer>& layers, std::size_t index) {
  return utility_of(s, reference_of(s, layers), layers[index]);
}

}  // namespace

TEST_CASE("the best layer is worth the weight, smaller ones less") {
  Subscription s;
  s.weight = 3;
  CHECK(worth(s, kCamera, 2) == 3 * kFullUtility);
  CHECK(worth(s, kCamera, 1) == 3 * 6250);  // 1.25 * 0.25 / (0.25 + 0.25)
  CHECK(worth(s, kCamera, 0) == 3 * 2142);  // 1.25 / 16 / (1 / 16 + 1 / 4) = 0.25, times 1.2 * 0.5 / 0.7
}

TEST_CASE("the useful size decides what counts") {
  Subscription s;
  s.max_width = 640;
  s.max_height = 360;
  CHECK(worth(s, kCamera, 1) == kFullUtility);
  CHECK(worth(s, kCamera, 2) == kFullUtility);
  // A picture fits a tile of another shape by its tighter side.
  s.max_width = 640;
  s.max_height = 640;
  CHECK(worth(s, kCamera, 1) == kFullUtility);
  s.max_width = 641;
  CHECK(worth(s, kCamera, 1) < kFullUtility);
}

TEST_CASE("frame rates are measured against the best that is sent, at most 30") {
  const std::vector<Layer> screen{{200'000, 1920, 1080, 5'000, 0}};
  CHECK(worth({}, screen, 0) == kFullUtility);
  const std::vector<Layer> game{{1, 640, 360, 30'000, 0}, {2, 640, 360, 60'000, 0}};
  CHECK(worth({}, game, 0) == kFullUtility);
}

TEST_CASE("unknown and extreme numbers") {
  const std::vector<Layer> bare{{1, 0, 0, 0, 0}, {0, 640, 360, 30'000, 0}};
  CHECK(worth({}, bare, 0) == kFullUtility);
  CHECK(worth({}, bare, 1) == 0);
  constexpr std::uint32_t most = 0xffffffffU;
  const std::vector<Layer> huge{{~std::uint64_t{0}, most, most, most, most}, {1, 1, 1, 1, 1}};
  CHECK(worth({}, huge, 0) == kFullUtility);
  CHECK(worth({}, huge, 1) == 1);  // never nothing
  Subscription wall;
  wall.weight = kMaxWeight;
  wall.max_width = most;
  wall.max_height = most;
  CHECK(worth(wall, kCamera, 2) == kMaxWeight);
}

TEST_CASE("quality in thousandths; none told is the best") {
  const std::vector<Layer> snr{
      {1, 640, 360, 30'000, 400}, {2, 640, 360, 30'000, 1000}, {3, 640, 360, 30'000, 0}};
  CHECK(worth({}, snr, 0) == 4000);
  CHECK(worth({}, snr, 1) == kFullUtility);
  CHECK(worth({}, snr, 2) == kFullUtility);
}
