#include <doctest/doctest.h>

#include "engine/allocation.h"

using namespace weir;
using namespace weir::engine;

TEST_CASE("a sender that follows its receiver is not paused while its least rate fits") {
  const sfu::OfferedLayer only{
      .id = {}, .bitrate = 1'500'000, .width = 1280, .height = 720, .milli_fps = 30'000, .active = true};
  const sfu::Wants wants;
  sfu::LayerMemory follows;
  sfu::LayerMemory steady;
  const LayerCandidate candidates[] = {
      {.subscription = Id{1},
       .track = Id{11},
       .min_bitrate = 200'000,
       .wants = &wants,
       .layers = {&only, 1},
       .memory = &follows},
      {.subscription = Id{2}, .track = Id{12}, .wants = &wants, .layers = {&only, 1}, .memory = &steady}};
  LayerAllocation allocation;
  Time now = time_from_us(1'000'000);
  // What both could use is what they send.
  CHECK(allocation.decide(now, {.bitrate = 1'000'000, .limit = std::nullopt, .max_video = 0}, candidates) ==
        3'000'000);
  CHECK(follows.target == only.id);
  CHECK(follows.reason == WEIR_LAYER_FULL);
  CHECK_FALSE(steady.target);
  CHECK(steady.reason == WEIR_LAYER_PAUSED_BANDWIDTH);
  now += std::chrono::seconds{10};
  const LayerBudget too_little{.bitrate = 199'999, .limit = std::nullopt, .max_video = 0};
  allocation.decide(now, too_little, candidates);
  CHECK(follows.target == only.id);  // for a moment
  now += LayerAllocation::kGrace;
  allocation.decide(now, too_little, candidates);
  CHECK_FALSE(follows.target);
  CHECK(follows.reason == WEIR_LAYER_PAUSED_BANDWIDTH);
}
