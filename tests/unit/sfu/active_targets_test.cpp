#include "sfu/active_targets.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::sfu;

TEST_CASE("a receiver of everything is told nothing beside the structure") {
  ActiveTargets targets;
  CHECK_FALSE(targets.tell({.active = 7, .says = 7, .ends_chained = false}));
  CHECK_FALSE(targets.tell({.active = 7, .says = std::nullopt, .ends_chained = true}));
  CHECK(targets.told() == 7U);
}

TEST_CASE("a change goes along until a frame that the receiver must have is over") {
  ActiveTargets targets;
  targets.tell({.active = 7, .says = 7, .ends_chained = true});
  CHECK(targets.tell({.active = 3, .says = std::nullopt, .ends_chained = false}) == 3U);
  CHECK(targets.tell({.active = 3, .says = std::nullopt, .ends_chained = false}) == 3U);
  CHECK(targets.tell({.active = 3, .says = std::nullopt, .ends_chained = true}) == 3U);
  CHECK_FALSE(targets.tell({.active = 3, .says = std::nullopt, .ends_chained = false}));
  CHECK(targets.told() == 3U);
  // Two changes before such a frame: the latter counts.
  CHECK(targets.tell({.active = 1, .says = std::nullopt, .ends_chained = false}) == 1U);
  CHECK(targets.tell({.active = 7, .says = std::nullopt, .ends_chained = true}) == 7U);
  CHECK_FALSE(targets.tell({.active = 7, .says = std::nullopt, .ends_chained = true}));
}

TEST_CASE("a structure, or what the sender says itself, begins anew") {
  ActiveTargets targets;
  CHECK(targets.tell({.active = 3, .says = 7, .ends_chained = true}) == 3U);
  CHECK_FALSE(targets.tell({.active = 3, .says = std::nullopt, .ends_chained = true}));
  CHECK(targets.tell({.active = 3, .says = 7, .ends_chained = false}) == 3U);
  CHECK(targets.tell({.active = 3, .says = std::nullopt, .ends_chained = true}) == 3U);
  CHECK_FALSE(targets.tell({.active = 1, .says = 1, .ends_chained = false}));
}
