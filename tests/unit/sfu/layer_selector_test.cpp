#include "sfu/layer_selector.h"

#include "unit/sfu/pictures.h"

using namespace weir;
using namespace weir::sfu;
using Verdict = LayerSelector::Verdict;

TEST_CASE("nothing is sent without a target, before a key frame, or while paused") {
  LayerSelector selector;
  CHECK(selector.decide(0, key(1)).verdict == Verdict::paused);
  selector.set_target(target(0, 0, 0));
  CHECK(selector.needs_keyframe());
  CHECK(selector.decide(0, picture(2)).verdict == Verdict::await_keyframe);
  CHECK(selector.decide(0, key(3)).verdict == Verdict::begin);
  CHECK_FALSE(selector.needs_keyframe());
  CHECK(selector.decide(0, picture(4)).verdict == Verdict::forward);
  selector.set_target(std::nullopt);
  CHECK(selector.decide(0, key(5)).verdict == Verdict::paused);
  CHECK_FALSE(selector.current());
  selector.set_target(target(0, 0, 0));
  CHECK(selector.decide(0, picture(6)).verdict == Verdict::await_keyframe);  // what was missed is missing
}

TEST_CASE("another encoding begins with its key frame; the present one goes on until then") {
  LayerSelector selector;
  selector.set_target(target(0, 0, 0));
  selector.decide(0, key(1));
  selector.set_target(target(2, 0, 0));
  CHECK(selector.needs_keyframe());
  CHECK(selector.decide(2, picture(2)).verdict == Verdict::other_encoding);
  CHECK(selector.decide(0, picture(2)).verdict == Verdict::forward);
  CHECK(selector.decide(1, key(3)).verdict == Verdict::other_encoding);  // not the one that is wanted
  CHECK(selector.decide(2, key(3)).verdict == Verdict::begin);
  CHECK(selector.decide(0, picture(3)).verdict == Verdict::other_encoding);
  CHECK(selector.current()->encoding == 2);
}

TEST_CASE("who sees nothing begins with any encoding that is allowed as an entry") {
  LayerSelector selector;
  LayerSelector::Target wanted = target(1, 0, 7);
  wanted.entries = 0b001;
  selector.set_target(wanted);
  CHECK(selector.decide(2, key(1)).verdict == Verdict::other_encoding);
  CHECK(selector.decide(0, key(1)).verdict == Verdict::begin);
  CHECK(selector.needs_keyframe());
  CHECK(selector.decide(1, key(2)).verdict == Verdict::begin);
  CHECK_FALSE(selector.needs_keyframe());
}

TEST_CASE("on the way to a lower encoding only the base temporal layer is sent, at once") {
  LayerSelector selector;
  selector.set_target(target(2, 0, 2));
  selector.decide(2, key(1));
  CHECK(selector.decide(2, picture(2, 2)).verdict == Verdict::forward);
  selector.set_target(target(0, 0, 2, true));
  const auto left_out = selector.decide(2, picture(3, 2));
  CHECK(left_out.verdict == Verdict::other_layer);
  CHECK(left_out.whole_picture);
  CHECK(selector.decide(2, picture(4, 0)).verdict == Verdict::forward);
  CHECK(selector.decide(0, key(5)).verdict == Verdict::begin);
  CHECK(selector.decide(0, picture(6, 2)).verdict == Verdict::forward);
}

TEST_CASE("a temporal layer is left with the next picture and never within one") {
  LayerSelector selector;
  selector.set_target(target(0, 0, 2));
  selector.decide(0, key(1));
  LayerFacts first = picture(2, 2);
  first.marker = false;
  CHECK(selector.decide(0, first).verdict == Verdict::forward);
  selector.set_target(target(0, 0, 0));
  LayerFacts rest = picture(2, 2);
  rest.frame_start = false;
  CHECK(selector.decide(0, rest).verdict == Verdict::forward);
  CHECK(selector.decide(0, picture(3, 1)).verdict == Verdict::other_layer);
  CHECK(selector.decide(0, picture(4, 0)).verdict == Verdict::forward);
}

TEST_CASE("a temporal layer is joined only where nothing before it is missing") {
  LayerSelector selector;
  selector.set_target(target(0, 0, 0));
  selector.decide(0, key(1));
  selector.set_target(target(0, 0, 2));
  CHECK(selector.decide(0, picture(2, 1)).verdict == Verdict::other_layer);
  LayerFacts sync = picture(3, 2);
  sync.sync = true;
  CHECK(selector.decide(0, sync).verdict == Verdict::other_layer);  // layer 1 is not there yet
  sync = picture(4, 1);
  sync.sync = true;
  CHECK(selector.decide(0, sync).verdict == Verdict::forward);
  CHECK(selector.decide(0, picture(5, 2)).verdict == Verdict::other_layer);
  sync = picture(6, 2);
  sync.sync = true;
  CHECK(selector.decide(0, sync).verdict == Verdict::forward);
  CHECK(selector.decide(0, picture(7, 2)).verdict == Verdict::forward);
}

TEST_CASE(
    "shedding leaves out the uppermost temporal layers that there are, and ends where they can be joined") {
  LayerSelector selector;
  selector.set_target(target(0, 0, kTemporalLayers - 1));
  CHECK(selector.decide(0, key(1)).verdict == Verdict::begin);
  CHECK(selector.decide(0, picture(2, 2)).verdict == Verdict::forward);
  CHECK(selector.decide(0, picture(3, 1)).verdict == Verdict::forward);
  selector.shed(1);
  CHECK(selector.decide(0, picture(4, 2)).verdict == Verdict::other_layer);
  CHECK(selector.decide(0, picture(5, 0)).verdict == Verdict::forward);
  CHECK(selector.decide(0, picture(6, 2)).verdict == Verdict::other_layer);
  CHECK(selector.decide(0, picture(7, 1)).verdict == Verdict::forward);
  selector.shed(8);
  CHECK(selector.decide(0, picture(8, 1)).verdict == Verdict::other_layer);
  CHECK(selector.decide(0, picture(9, 0)).verdict == Verdict::forward);
  selector.shed(0);
  CHECK(selector.decide(0, picture(10, 2)).verdict == Verdict::other_layer);  // not joined in the middle
  CHECK(selector.decide(0, key(11)).verdict == Verdict::forward);
  CHECK(selector.decide(0, picture(12, 2)).verdict == Verdict::forward);
}

TEST_CASE("a base picture that says so opens the higher temporal layers, up to what is wanted") {
  LayerSelector selector;
  selector.set_target(target(0, 0, 0));
  selector.decide(0, key(1));
  selector.set_target(target(0, 0, 1));
  LayerFacts open = picture(2);
  open.switch_to = kTemporalLayers - 1;
  CHECK(selector.decide(0, open).verdict == Verdict::forward);
  CHECK(selector.decide(0, picture(3, 1)).verdict == Verdict::forward);
  CHECK(selector.decide(0, picture(4, 2)).verdict == Verdict::other_layer);
  // One that opens less than what is wanted.
  LayerSelector other;
  other.set_target(target(0, 0, 0));
  other.decide(0, key(1));
  other.set_target(target(0, 0, 2));
  open.switch_to = 1;
  other.decide(0, open);
  CHECK(other.current()->temporal == 1);
}

TEST_CASE("an encoding that begins anew is waited for") {
  LayerSelector selector;
  selector.set_target(target(0, 0, 0));
  selector.decide(0, key(1));
  selector.restart();
  CHECK(selector.decide(0, picture(2)).verdict == Verdict::await_keyframe);
  CHECK(selector.decide(0, key(3)).verdict == Verdict::begin);
}

TEST_CASE("a stream without a place to join a temporal layer is asked for a key frame after a while") {
  LayerSelector selector;
  selector.set_target(target(0, 0, 0));
  selector.decide(0, key(1));
  selector.set_target(target(0, 0, 1));
  std::uint32_t number = 2;
  for (int i = 0; i < 60; ++i) {
    CHECK_FALSE(selector.needs_keyframe());
    selector.decide(0, picture(number++, 0));
    selector.decide(0, picture(number++, 1));
  }
  CHECK(selector.needs_keyframe());
  CHECK(selector.decide(0, key(number++)).verdict == Verdict::forward);
  CHECK_FALSE(selector.needs_keyframe());
  CHECK(selector.decide(0, picture(number, 1)).verdict == Verdict::forward);
}

TEST_CASE("what turns out to be two temporal layers goes on as both, where it was wanted and carried") {
  LayerSelector selector;
  selector.widen(0, 1);  // nothing is wanted
  CHECK_FALSE(selector.target());
  selector.set_target(target(0, 0, 0));
  selector.decide(0, key(1));
  selector.widen(1, 1);  // another encoding
  CHECK(selector.target()->layer == LayerId{0, 0, 0});
  selector.widen(0, 1);
  CHECK(selector.target()->layer == LayerId{0, 0, 1});
  CHECK(selector.decide(0, picture(2, 1)).verdict == Verdict::forward);
  selector.set_target(target(0, 0, 3));
  selector.widen(0, 1);
  CHECK(selector.target()->layer.temporal == 3);
}
