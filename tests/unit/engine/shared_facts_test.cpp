#include "engine/shared_facts.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::engine;

TEST_CASE("facts are held as long as anybody refers to them, and so is their packet") {
  PacketPool packets{4};
  FactsPool pool;
  PacketFacts facts;
  facts.buffer = packets.acquire();
  facts.level = 5;
  FactsRef first = pool.share(std::move(facts));
  FactsRef second = first;
  CHECK(&*first == &*second);
  CHECK(second->level == 5);
  first.reset();
  CHECK_FALSE(first);
  CHECK(packets.used() == 1);
  CHECK(pool.used() == 1);
  FactsRef third = std::move(second);
  CHECK(pool.used() == 1);
  third = FactsRef{};
  CHECK(packets.used() == 0);
  CHECK(pool.used() == 0);
}

TEST_CASE("places are used again, and what is in use stays where it is") {
  FactsPool pool;
  const FactsRef kept = pool.share({});
  const PacketFacts* const at = &*kept;
  const PacketFacts* again = nullptr;
  for (int i = 0; i < 1000; ++i) {
    PacketFacts facts;
    facts.level = static_cast<std::uint8_t>(i);
    const FactsRef passing = pool.share(std::move(facts));
    CHECK(passing->level == static_cast<std::uint8_t>(i));
    if (again == nullptr) again = &*passing;
    CHECK(&*passing == again);
  }
  CHECK(&*kept == at);
  CHECK(pool.used() == 1);
}
