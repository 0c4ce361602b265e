#include "base/slots.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

namespace weir {
namespace {

struct Thing {
  Thing(Id i, std::string n) : id(i), name(std::move(n)) {}
  Id id;
  std::string name;
};

}  // namespace

TEST_CASE("an id holds its parts and nothing else") {
  const Id id{IdKind::track, 7, 0xabcdef, 0x123456};
  CHECK(id.kind() == IdKind::track);
  CHECK(id.worker() == 7);
  CHECK(id.generation() == 0xabcdef);
  CHECK(id.index() == 0x123456);
  CHECK(Id{id.value} == id);
  CHECK_FALSE(Id{});
}

TEST_CASE("what was put in is found by its id until it is erased") {
  Slots<Thing> slots{IdKind::room, 3, 10};
  Thing* a = slots.emplace("a");
  Thing* b = slots.emplace("b");
  REQUIRE(a != nullptr);
  REQUIRE(b != nullptr);
  CHECK(slots.find(a->id) == a);
  CHECK(slots.find(b->id)->name == "b");
  const Id old = a->id;
  CHECK(slots.erase(old));
  CHECK(slots.find(old) == nullptr);
  CHECK_FALSE(slots.erase(old));
  CHECK(slots.size() == 1);
}

TEST_CASE("an id of a former generation does not find the slot's new value") {
  Slots<Thing> slots{IdKind::room, 0, 1};
  const Id first = slots.emplace("first")->id;
  slots.erase(first);
  const Thing* second = slots.emplace("second");
  CHECK(second->id.index() == first.index());
  CHECK(second->id != first);
  CHECK(slots.find(first) == nullptr);
  CHECK(slots.find(second->id) == second);
}

TEST_CASE("ids of another kind, another worker or beyond the end find nothing") {
  Slots<Thing> slots{IdKind::room, 1, 4};
  const Id id = slots.emplace("x")->id;
  CHECK(slots.find(Id{IdKind::track, 1, id.generation(), id.index()}) == nullptr);
  CHECK(slots.find(Id{IdKind::room, 2, id.generation(), id.index()}) == nullptr);
  CHECK(slots.find(Id{IdKind::room, 1, id.generation(), 1}) == nullptr);
  CHECK(slots.find(Id{}) == nullptr);
  CHECK(slots.find(Id{UINT64_MAX}) == nullptr);
}

TEST_CASE("the limit holds and an erased place is free again") {
  Slots<Thing> slots{IdKind::room, 0, 2};
  const Id a = slots.emplace("a")->id;
  CHECK_FALSE(slots.full());
  slots.emplace("b");
  CHECK(slots.full());
  CHECK(slots.emplace("c") == nullptr);
  CHECK(slots.size() == 2);
  slots.erase(a);
  CHECK(slots.emplace("d") != nullptr);
}

TEST_CASE("values keep their address while others come") {
  Slots<Thing> slots{IdKind::room, 0, 1000};
  const Thing* first = slots.emplace("first");
  for (int i = 0; i < 999; ++i) slots.emplace("another");
  CHECK(slots.find(first->id) == first);
  CHECK(first->name == "first");
}

TEST_CASE("for_each visits exactly what lives") {
  Slots<Thing> slots{IdKind::room, 0, 10};
  slots.emplace("a");
  const Id b = slots.emplace("b")->id;
  slots.emplace("c");
  slots.erase(b);
  std::set<std::string> names;
  slots.for_each([&](const Thing& t) { names.insert(t.name); });
  CHECK(names == std::set<std::string>{"a", "c"});
}

}  // namespace weir
