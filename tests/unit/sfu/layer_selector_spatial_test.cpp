// Spatial layers: which frames of a picture go, where its marker is, and when a layer is joined or left.
#include <utility>

#include "sfu/layer_selector.h"
#include "unit/sfu/pictures.h"

using namespace weir;
using namespace weir::sfu;
using Verdict = LayerSelector::Verdict;

TEST_CASE("spatial layers: a key picture is climbed up to what is wanted, with the marker there") {
  LayerSelector selector;
  selector.set_target(target(0, 1, 0));
  Forwarded sent = forward(selector, picture_of(1, 3, true, true));
  CHECK(sent.layers == std::vector<int>{0, 1});
  CHECK(sent.marker == 1);
  sent = forward(selector, picture_of(2, 3, false, true));
  CHECK(sent.layers == std::vector<int>{0, 1});
  CHECK(sent.marker == 1);
}

TEST_CASE("a key picture that is arriving is climbed before another one is asked for") {
  LayerSelector selector;
  selector.set_target(target(0, 1, 0));
  const auto frames = picture_of(1, 3, true, true);
  CHECK(selector.decide(0, frames[0]).verdict == Verdict::begin);
  CHECK_FALSE(selector.needs_keyframe());
  CHECK(selector.decide(0, frames[1]).verdict == Verdict::forward);
  CHECK(selector.decide(0, frames[2]).verdict == Verdict::other_layer);
  CHECK_FALSE(selector.needs_keyframe());
  // What was left out of it does not come again.
  selector.set_target(target(0, 2, 0));
  CHECK(selector.needs_keyframe());
  // Nor does what was lost of it, as the next frame of its layer shows.
  CHECK(selector.decide(0, picture_of(2, 1, true, true).front()).verdict == Verdict::forward);
  CHECK_FALSE(selector.needs_keyframe());
  const auto next = picture_of(3, 3, false, true);
  CHECK(selector.decide(0, next[0]).verdict == Verdict::forward);
  CHECK_FALSE(selector.needs_keyframe());
  const auto lost = selector.decide(0, next[1]);
  CHECK(lost.verdict == Verdict::other_layer);
  CHECK(lost.stuck);
  CHECK(selector.needs_keyframe());
}

TEST_CASE("a spatial layer is left with the next picture, and joined with a key picture") {
  LayerSelector selector;
  selector.set_target(target(0, 2, 0));
  CHECK(forward(selector, picture_of(1, 3, true, true)).layers == std::vector<int>{0, 1, 2});
  selector.set_target(target(0, 0, 0));
  CHECK_FALSE(selector.needs_keyframe());
  CHECK(forward(selector, picture_of(2, 3, false, true)).layers == std::vector<int>{0});
  selector.set_target(target(0, 1, 0));
  CHECK(selector.needs_keyframe());
  CHECK(forward(selector, picture_of(3, 3, false, true)).layers == std::vector<int>{0});
  auto alone = picture_of(4, 3, false, true);
  alone[1].inter_picture = false;  // the receiver has taken the picture for complete before it
  CHECK(forward(selector, alone).layers == std::vector<int>{0});
  CHECK(forward(selector, picture_of(5, 3, true, true)).layers == std::vector<int>{0, 1});
  CHECK(forward(selector, picture_of(6, 3, false, true)).layers == std::vector<int>{0, 1});
  CHECK_FALSE(selector.needs_keyframe());
}

TEST_CASE("L3T3_KEY: between key pictures the wanted layer alone, and leaving it needs a key frame") {
  LayerSelector selector;
  selector.set_target(target(0, 2, 0));
  CHECK(forward(selector, picture_of(1, 3, true, true)).layers == std::vector<int>{0, 1, 2});
  const Forwarded alone = forward(selector, picture_of(2, 3, false, false));
  CHECK(alone.layers == std::vector<int>{2});
  CHECK(alone.marker == 2);
  selector.set_target(target(0, 0, 0));
  CHECK(selector.needs_keyframe());
  CHECK(forward(selector, picture_of(4, 3, false, false)).layers == std::vector<int>{2});
  CHECK(forward(selector, picture_of(5, 3, true, true)).layers == std::vector<int>{0});
  CHECK_FALSE(selector.needs_keyframe());
}

TEST_CASE("L3T3_KEY: on the way down only the base temporal layer is sent") {
  LayerSelector selector;
  selector.set_target(target(0, 2, 2));
  forward(selector, picture_of(1, 3, true, true));
  forward(selector, picture_of(2, 3, false, false));
  selector.set_target(target(0, 0, 2, true));
  auto upper = picture_of(3, 3, false, false);
  for (LayerFacts& facts : upper) facts.temporal = 2;
  CHECK(forward(selector, upper).layers.empty());
  CHECK(forward(selector, picture_of(4, 3, false, false)).layers == std::vector<int>{2});
  CHECK(forward(selector, picture_of(5, 3, true, true)).layers == std::vector<int>{0});
  upper = picture_of(6, 3, false, false);
  for (LayerFacts& facts : upper) facts.temporal = 2;
  CHECK(forward(selector, upper).layers == std::vector<int>{0});
}

TEST_CASE("L3T3_KEY: a picture of which the encoder skips the wanted layer is left out whole") {
  // As Chromium's VP9 did behind a rise: the frame of layer 0 went out alone and without a marker, so that
  // its receiver never finished the picture, nor any later one whose frame of layer 0 refers to it.
  LayerSelector selector;
  selector.set_target(target(0, 0, 0));
  forward(selector, picture_of(1, 3, true, true));
  selector.set_target(target(0, 1, 0));
  CHECK(selector.needs_keyframe());
  CHECK(forward(selector, picture_of(2, 3, true, true)).layers == std::vector<int>{0, 1});
  for (std::uint32_t number = 3; number < 40; number += 2) {
    auto skipped = picture_of(number, 3, false, false);
    skipped.erase(skipped.begin() + 1);
    CHECK(forward(selector, skipped).layers.empty());
    const Forwarded sent = forward(selector, picture_of(number + 1, 3, false, false));
    CHECK(sent.layers == std::vector<int>{1});
    CHECK(sent.marker == 1);
  }
  CHECK_FALSE(selector.needs_keyframe());
}

TEST_CASE("simulcast in one stream: a layer alone, changed with key pictures") {
  LayerSelector selector;
  selector.set_target(target(0, 1, 0));
  CHECK(forward(selector, picture_of(1, 2, true, false)).layers == std::vector<int>{0, 1});
  CHECK(forward(selector, picture_of(2, 2, false, false)).layers == std::vector<int>{1});
  selector.set_target(target(0, 0, 0));
  CHECK(selector.needs_keyframe());
  CHECK(forward(selector, picture_of(3, 2, true, false)).layers == std::vector<int>{0});
  CHECK(forward(selector, picture_of(4, 2, false, false)).layers == std::vector<int>{0});
}

TEST_CASE("a spatial layer that comes without a key frame goes to who lacks nothing of it, with its marker") {
  LayerSelector selector;
  selector.set_target(target(0, 2, 0));
  CHECK(forward(selector, picture_of(1, 2, true, true)).layers == std::vector<int>{0, 1});
  CHECK(forward(selector, picture_of(2, 2, false, true)).marker == 1);
  CHECK_FALSE(selector.needs_keyframe());
  CHECK(selector.current()->spatial == 1);
  auto frames = picture_of(3, 3, false, true);
  frames[2].inter_picture = false;
  const Forwarded first = forward(selector, frames);
  CHECK(first.layers == std::vector<int>{0, 1, 2});
  CHECK(first.marker == 2);
  CHECK(selector.current()->spatial == 2);
  // It pauses, and comes back.
  CHECK(forward(selector, picture_of(4, 2, false, true)).marker == 1);
  CHECK(forward(selector, picture_of(5, 3, false, true)).layers == std::vector<int>{0, 1, 2});
}

namespace {

/// The receiver wanted less while the top layer was sent; the sender stopped it; then it is wanted again.
void miss_top_layer(LayerSelector& selector) {
  selector.set_target(target(0, 1, 0));
  forward(selector, picture_of(1, 3, true, true));
  forward(selector, picture_of(2, 3, false, true));
  for (std::uint32_t number = 3; number < 23; ++number) forward(selector, picture_of(number, 2, false, true));
  selector.set_target(target(0, 2, 0));
  CHECK_FALSE(selector.needs_keyframe());  // a key frame would not bring what is not sent
}

}  // namespace

TEST_CASE("a spatial layer that comes back with a frame of its own picture alone is joined there") {
  LayerSelector selector;
  miss_top_layer(selector);
  auto back = picture_of(23, 3, false, true);
  back[2].inter_picture = false;
  back[2].opens = kTemporalLayers;
  const Forwarded sent = forward(selector, back);
  CHECK(sent.layers == std::vector<int>{0, 1, 2});
  CHECK(sent.marker == 2);
  CHECK_FALSE(selector.needs_keyframe());
  CHECK(forward(selector, picture_of(24, 3, false, true)).layers == std::vector<int>{0, 1, 2});
}

TEST_CASE("a spatial layer that comes back with what was left out is not joined, and asks for a key frame") {
  for (const bool opens : {false, true}) {
    CAPTURE(opens);
    LayerSelector selector;
    miss_top_layer(selector);
    auto back = picture_of(23, 3, false, true);
    // Either it refers to earlier pictures, or it does not promise that later frames do not.
    back[2].inter_picture = opens;
    back[2].opens = opens ? kTemporalLayers : 0;
    selector.decide(0, back[0]);
    selector.decide(0, back[1]);
    const auto decision = selector.decide(0, back[2]);
    CHECK(decision.verdict == Verdict::other_layer);
    CHECK(decision.stuck);
    CHECK(selector.needs_keyframe());
    CHECK(forward(selector, picture_of(24, 3, false, true)).layers == std::vector<int>{0, 1});
    CHECK(forward(selector, picture_of(25, 3, true, true)).layers == std::vector<int>{0, 1, 2});
    CHECK_FALSE(selector.needs_keyframe());
  }
}

TEST_CASE("a descriptor's references tell whether a frame refers to its own picture alone") {
  struct Way {
    std::uint16_t reach;
    bool joined;
  };
  for (const Way way : {Way{1, true}, Way{2, true}, Way{3, false}, Way{6, false}}) {
    CAPTURE(way.reach);
    LayerSelector selector;
    miss_top_layer(selector);
    auto back = picture_of(23, 3, false, true);
    for (std::uint16_t s = 0; s < 3; ++s) {
      back[s].described = true;
      back[s].frame_number = static_cast<std::uint16_t>(0xffff + s);  // wraps within the picture
    }
    back[2].reach = way.reach;
    back[2].opens = 1;
    CHECK((forward(selector, back).layers.size() == 3) == way.joined);
    CHECK(selector.needs_keyframe() != way.joined);
  }
}

TEST_CASE("a key picture whose first packet is overtaken is climbed as well") {
  LayerSelector selector;
  selector.set_target(target(0, 1, 0));
  forward(selector, picture_of(1, 3, true, true));
  auto frames = picture_of(2, 3, true, true);
  std::swap(frames[0], frames[1]);
  CHECK(forward(selector, frames).layers == std::vector<int>{1, 0});
  CHECK(selector.current()->spatial == 1);
  // The first packet of a layer's frame is overtaken by its second.
  frames = picture_of(3, 2, true, true);
  frames[1].frame_start = false;
  CHECK(forward(selector, frames).layers == std::vector<int>{0, 1});
}

TEST_CASE("a spatial layer is not taken up in the middle of its frame") {
  LayerSelector selector;
  selector.set_target(target(0, 0, 0));
  const auto key_picture = picture_of(1, 2, true, true);
  selector.decide(0, key_picture[0]);
  CHECK(selector.decide(0, key_picture[1]).verdict == Verdict::other_layer);
  selector.set_target(target(0, 1, 0));
  LayerFacts rest = key_picture[1];
  rest.frame_start = false;
  CHECK(selector.decide(0, rest).verdict == Verdict::other_layer);
  CHECK(selector.needs_keyframe());
}

TEST_CASE("a target that sinks within a key picture leaves the picture whole") {
  LayerSelector selector;
  selector.set_target(target(0, 1, 0));
  const auto frames = picture_of(1, 2, true, true);
  CHECK_FALSE(selector.decide(0, frames[0]).marker);
  selector.set_target(target(0, 0, 0));
  const auto last = selector.decide(0, frames[1]);
  CHECK(last.verdict == Verdict::forward);
  CHECK(last.marker);
  CHECK(forward(selector, picture_of(2, 2, false, true)).layers == std::vector<int>{0});
}

TEST_CASE("a spatial layer that its sender stopped leaves the marker where the sender has it") {
  LayerSelector selector;
  selector.set_target(target(0, 2, 0));
  forward(selector, picture_of(1, 3, true, true));
  const Forwarded sent = forward(selector, picture_of(2, 2, false, true));
  CHECK(sent.layers == std::vector<int>{0, 1});
  CHECK(sent.marker == 1);
}
