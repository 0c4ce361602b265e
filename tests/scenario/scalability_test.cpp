// Every scalability mode through the whole engine: up only where it can be decoded, down at once where the
// mode allows it. The receiver checks of each frame that all it refers to came before it.
#include <algorithm>

#include "scenario/layered_scene.h"

using namespace weir;
using namespace weir::scenario;

namespace {

using enum InterLayer;
constexpr ScalabilityMode kModes[] = {
    {"VP8 L1T2", Codec::vp8, 1, 2, always, false},
    {"VP8 L1T3", Codec::vp8, 1, 3, always, false},
    {"VP8 L1T3 described", Codec::vp8, 1, 3, always, true},
    {"H264 L1T2 described", Codec::h264, 1, 2, always, true},
    {"H264 L1T3 described", Codec::h264, 1, 3, always, true},
    {"H264 L1T3 marked", Codec::h264, 1, 3, always, false, false, Marking::layers},
    {"H264 L1T2 marked without layers", Codec::h264, 1, 2, always, false, false, Marking::pictures},
    {"H264 L1T2 by its references", Codec::h264, 1, 2, always, false, false, Marking::references},
    {"VP8 L1T3 marked", Codec::vp8, 1, 3, always, false, false, Marking::layers},
    {"H265 L1T3", Codec::h265, 1, 3, always, false},
    {"VP9 L1T1", Codec::vp9, 1, 1, always, false},
    {"VP9 L1T3", Codec::vp9, 1, 3, always, false},
    {"VP9 L2T1", Codec::vp9, 2, 1, always, false},
    {"VP9 L2T2", Codec::vp9, 2, 2, always, false},
    {"VP9 L3T3", Codec::vp9, 3, 3, always, false},
    {"VP9 L3T3 flexible", Codec::vp9, 3, 3, always, false, true},
    {"VP9 L3T3 flexible, described", Codec::vp9, 3, 3, always, true, true},
    {"VP9 L3T3_KEY", Codec::vp9, 3, 3, key_pictures, false},
    {"VP9 L3T3_KEY flexible", Codec::vp9, 3, 3, key_pictures, false, true},
    {"VP9 L3T3_KEY flexible, described", Codec::vp9, 3, 3, key_pictures, true, true},
    {"AV1 L1T3", Codec::av1, 1, 3, always, true},
    {"AV1 L2T2", Codec::av1, 2, 2, always, true},
    {"AV1 L3T3", Codec::av1, 3, 3, always, true},
    {"AV1 L3T3_KEY", Codec::av1, 3, 3, key_pictures, true},
    {"AV1 S2T1", Codec::av1, 2, 1, never, true},
    {"AV1 S3T3", Codec::av1, 3, 3, never, true},
};

/// What a receiver of these layers is told to be active: the layers of which he lacks nothing.
std::set<std::pair<int, int>> targets_up_to(const ScalabilityMode& mode, int spatial, int temporal) {
  std::set<std::pair<int, int>> targets;
  for (int s = mode.inter_layer == always ? 0 : spatial; s <= spatial; ++s) {
    for (int t = 0; t <= temporal; ++t) targets.insert({s, t});
  }
  return targets;
}

}  // namespace

TEST_CASE("each mode: down at once where it allows that, up only where it can be decoded") {
  for (const ScalabilityMode& mode : kModes) {
    CAPTURE(std::string{mode.name});
    Scene scene{mode};
    const int top = mode.spatial - 1;
    const int fastest = mode.temporal - 1;
    scene.reach(top, fastest);
    scene.run(30);
    for (int spatial = top; spatial >= 0; --spatial) {
      for (int temporal = fastest; temporal >= 0; --temporal) {
        CAPTURE(spatial);
        CAPTURE(temporal);
        scene.wish(spatial, temporal);
        scene.world().run(30ms);
        const std::size_t keys = scene.stream().key_pictures();
        StreamChecker::Seen seen = scene.run(8);
        CHECK(seen.highest_temporal <= temporal);
        if (mode.inter_layer == always) {
          CHECK(seen.highest_spatial <= spatial);
          CHECK(scene.stream().key_pictures() == keys);
        }
        seen = scene.run(8);
        CHECK(seen.highest_spatial == spatial);
        CHECK(seen.highest_temporal == temporal);
        CHECK(seen.pictures >= 8 / (1 << fastest));
        if (mode.descriptor) {
          CHECK(scene.checker().active_targets() == targets_up_to(mode, spatial, temporal));
        }
        scene.wish(top, fastest);
        scene.reach(top, fastest);
        if (mode.descriptor) CHECK(scene.checker().active_targets() == targets_up_to(mode, top, fastest));
      }
    }
  }
}

TEST_CASE("each mode: temporal layers come back without a key frame where the stream says that they can") {
  for (const ScalabilityMode& mode : kModes) {
    if (mode.temporal == 1) continue;
    CAPTURE(std::string{mode.name});
    Scene scene{mode};
    const int top = mode.spatial - 1;
    const int fastest = mode.temporal - 1;
    scene.reach(top, fastest);
    scene.wish(top, 0);
    scene.run(12);
    const std::size_t keys = scene.stream().key_pictures();
    scene.wish(top, fastest);
    scene.reach(top, fastest, 12);
    CHECK(scene.stream().key_pictures() == keys);
  }
}

TEST_CASE("each mode: another person, and back, in one stream") {
  for (const ScalabilityMode& mode : kModes) {
    CAPTURE(std::string{mode.name});
    Scene scene{mode};
    scene.reach(mode.spatial - 1, mode.temporal - 1);
    for (int i = 0; i < 6; ++i) {
      scene.show(i % 2 == 1);
      const StreamChecker::Seen seen = scene.run(20);
      CHECK(seen.pictures >= 18);
      const StreamChecker::Seen next = scene.run(8);
      const std::uint32_t shown = i % 2 == 1 ? 1 : 2;
      CHECK((next.first_id >> 24) == shown);
      CHECK(next.highest_spatial == mode.spatial - 1);
    }
    CHECK(scene.world().drops(DropReason::RTP_PAYLOAD_MALFORMED) == 0);
  }
}

TEST_CASE("a layer that the sender enables without a key frame goes to who wanted it, and asks for none") {
  for (const ScalabilityMode& mode : kModes) {
    if (mode.spatial != 3 || mode.inter_layer != always) continue;
    CAPTURE(std::string{mode.name});
    Scene scene{mode};
    scene.stream().set_spatial_layers(2);
    scene.reach(1, mode.temporal - 1);
    scene.run(30);
    const std::size_t keys = scene.stream().key_pictures();
    scene.stream().set_spatial_layers(3);
    scene.reach(2, mode.temporal - 1, 40);
    CHECK(scene.stream().key_pictures() == keys);
  }
}

TEST_CASE(
    "a layer that comes back after it was left out is joined with its first frame, without a key frame") {
  for (const ScalabilityMode& mode : kModes) {
    if (mode.spatial != 3 || mode.inter_layer != always) continue;
    CAPTURE(std::string{mode.name});
    Scene scene{mode};
    scene.reach(2, mode.temporal - 1);
    scene.wish(1, mode.temporal - 1);
    scene.run(30);
    scene.stream().set_spatial_layers(2);
    scene.run(30);
    const std::size_t keys = scene.stream().key_pictures();
    scene.wish(2, mode.temporal - 1);
    scene.run(10);
    scene.stream().set_spatial_layers(3);
    scene.reach(2, mode.temporal - 1, 40);
    CHECK(scene.stream().key_pictures() == keys);
  }
}

TEST_CASE("frames that an encoder skips leave no picture open") {
  for (const ScalabilityMode& mode : kModes) {
    if (mode.spatial != 3 || mode.inter_layer == always) continue;
    CAPTURE(std::string{mode.name});
    Scene scene{mode};
    scene.reach(2, 2);
    // Of every picture of the upper temporal layer: as libvpx does behind a large key frame.
    scene.stream().skip_unreferenced(1);
    for (const int spatial : {0, 1, 2, 1, 0, 1}) {
      scene.wish(spatial, 2);
      const StreamChecker::Seen seen = scene.run(40);
      CHECK(seen.spatial == spatial);
    }
  }
}

TEST_CASE("H.264 pictures without references: none is lost while they become a layer, all may be left out") {
  const ScalabilityMode mode{
      "H264 L1T3 by its references", Codec::h264, 1, 3, always, false, false, Marking::references};
  Scene scene{mode};
  CHECK(scene.run(60).pictures == 60);
  const std::size_t keys = scene.stream().key_pictures();
  for (int i = 0; i < 3; ++i) {
    // The pictures between, to which others refer, are of the lower layer.
    scene.wish(0, 0);
    scene.world().run(30ms);
    const StreamChecker::Seen seen = scene.run(40);
    CHECK(seen.highest_temporal == 1);
    CHECK(seen.pictures == 20);
    scene.wish(0, 1);
    scene.reach(0, 2, 12);
    CHECK(scene.run(40).pictures == 40);
  }
  CHECK(scene.stream().key_pictures() == keys);
}

TEST_CASE("H.265 is forwarded whole") {
  const ScalabilityMode mode{"H265", Codec::h265};
  Scene scene{mode};
  scene.reach(0, 0);
  const StreamChecker::Seen seen = scene.run(60);
  CHECK(seen.pictures == 60);
  scene.show(false);
  CHECK(scene.run(40).pictures >= 38);
}
