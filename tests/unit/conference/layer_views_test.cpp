#include "layer_views.h"

#include <doctest/doctest.h>

using namespace conference;

TEST_CASE("the value of a layer event holds all numbers at their limits") {
  const LayerView full = layer_of_event(0xffff'fffe'0201'0803ULL);
  CHECK(full.reason == WEIR_LAYER_REDUCED_SIZE);
  CHECK(full.encoding == 7);
  CHECK(full.spatial == 1);
  CHECK(full.temporal == 2);
  CHECK(full.width == 65'534);
  CHECK(full.height == 65'535);
  const LayerView none = layer_of_event(WEIR_LAYER_PAUSED_LAYOUT);
  CHECK(none.encoding == -1);
  CHECK(none.reason == WEIR_LAYER_PAUSED_LAYOUT);
}

TEST_CASE("only what the publisher was told to stop is not wanted") {
  weir_track_layer low{};
  low.wanted = 1;
  weir_track_layer high{};
  high.encoding = 1;
  CHECK(wanted_layers({}) == ~0ULL);
  CHECK(wanted_layers({low, high}) == (~0ULL & ~0x100ULL));
  high.encoding = 99;  // of a node with more encodings than the event can name
  CHECK(wanted_layers({high}) == ~0ULL);
}
