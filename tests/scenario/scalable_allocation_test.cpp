// Who gets which spatial layer of a scalable stream, and why: a link that narrows and widens, wishes, pauses,
// and what the publisher is told.
#include "scenario/layered_scene.h"
#include "sfu/demand.h"

using namespace weir;
using namespace weir::scenario;

namespace {

using enum InterLayer;
constexpr ScalabilityMode kModes[] = {
    {"VP9 L3T3", Codec::vp9, 3, 3, always, false},
    {"VP9 L3T3_KEY flexible", Codec::vp9, 3, 3, key_pictures, false, true},
    {"VP9 L3T3_KEY flexible, described", Codec::vp9, 3, 3, key_pictures, true, true},
    {"AV1 L3T3", Codec::av1, 3, 3, always, true},
    {"AV1 L3T3_KEY", Codec::av1, 3, 3, key_pictures, true},
};

std::uint64_t rate_of(Scene& scene, int spatial) {
  const Id track = scene.world().track(scene.sender(), "cam");
  const auto layers = scene.world().engine().track_layers(scene.world().now(), track);
  REQUIRE(layers);
  std::uint64_t rate = 0;
  for (const weir_track_layer& layer : *layers) {
    if (static_cast<int>(layer.spatial) == spatial) rate = std::max<std::uint64_t>(rate, layer.bitrate);
  }
  return rate;
}

std::int32_t reason(Scene& scene) {
  return line_info(scene.world(), scene.receiver(), 0).layer_reason;
}

}  // namespace

TEST_CASE("scalable streams: a cut budget is kept to at once, and all of it comes back with the budget") {
  for (const ScalabilityMode& mode : kModes) {
    CAPTURE(std::string{mode.name});
    Scene scene{mode};
    scene.reach(2, 2);
    scene.run(150);
    CHECK(reason(scene) == WEIR_LAYER_FULL);
    const std::uint64_t budget = rate_of(scene, 1);
    REQUIRE(budget > 0);
    REQUIRE(rate_of(scene, 2) > budget * 5 / 4);
    limit(scene.world(), scene.receiver(), budget);
    scene.world().run(30ms);
    const weir_subscription_info cut = line_info(scene.world(), scene.receiver(), 0);
    CHECK(cut.layer_reason == WEIR_LAYER_REDUCED_BANDWIDTH);
    CHECK(cut.target_bitrate <= budget);
    const StreamChecker::Seen seen = scene.run(10);
    CHECK(seen.pictures >= 2);
    CHECK(seen.highest_temporal <= cut.target_temporal);
    if (mode.inter_layer == always) CHECK(seen.highest_spatial <= cut.target_spatial);
    CHECK(scene.run(40).highest_spatial <= cut.target_spatial);
    CHECK(reason(scene) != WEIR_LAYER_FULL);
    limit(scene.world(), scene.receiver(), 0);
    scene.reach(2, 2, 360);
    scene.world().run(1s);
    CHECK(reason(scene) == WEIR_LAYER_FULL);
  }
}

TEST_CASE("scalable streams: the layer that fits the tile, nothing for a hidden one, and back") {
  for (const ScalabilityMode& mode : kModes) {
    CAPTURE(std::string{mode.name});
    Scene scene{mode};
    scene.reach(2, 2);
    scene.run(60);
    for (const int spatial : {0, 1, 2, 0, 2}) {
      CAPTURE(spatial);
      want(scene.world(), scene.receiver(), 0, at_most(180U << spatial));
      scene.reach(spatial, 2);
      scene.run(8);
      CHECK(scene.run(8).highest_spatial == spatial);
      CHECK(reason(scene) == (spatial == 2 ? WEIR_LAYER_FULL : WEIR_LAYER_REDUCED_SIZE));
    }
    want(scene.world(), scene.receiver(), 0, hidden());
    scene.run(4);
    CHECK(scene.run(60).pictures == 0);
    CHECK(reason(scene) == WEIR_LAYER_PAUSED_LAYOUT);
    want(scene.world(), scene.receiver(), 0, all());
    CHECK(scene.run(20).pictures >= 15);
    scene.reach(2, 2);
  }
}

TEST_CASE(
    "scalable streams: the publisher is told which spatial layers nobody wants, and when somebody does") {
  for (const ScalabilityMode& mode : kModes) {
    CAPTURE(std::string{mode.name});
    Scene scene{mode};
    const Id track = scene.world().track(scene.sender(), "cam");
    const auto told = [&](int spatial) {
      bool wanted = true;
      for (const weir_event& event : scene.world().events(WEIR_EVENT_TRACK_DEMAND)) {
        if (event.track != track.value) continue;
        wanted = (event.value & sfu::layer_bit(0, static_cast<std::uint8_t>(spatial))) != 0;
      }
      return wanted;
    };
    scene.reach(2, 2);
    want(scene.world(), scene.receiver(), 0, at_most(360));
    scene.run(300);
    CHECK(told(0));
    CHECK(told(1));
    CHECK_FALSE(told(2));
    scene.stream().set_spatial_layers(2);
    CHECK(scene.run(60).spatial == 1);
    want(scene.world(), scene.receiver(), 0, all());
    scene.run(30);
    CHECK(told(2));
    scene.stream().set_spatial_layers(3);
    scene.reach(2, 2);
  }
}
