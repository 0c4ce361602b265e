#include "base/egress.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace weir {
namespace {

FiveTuple path_to(std::uint16_t port) {
  return {*Address::parse("192.0.2.1", 1), *Address::parse("192.0.2.2", port)};
}

}  // namespace

TEST_CASE("datagrams come out as they went in, in order") {
  EgressBatch batch{100};
  CHECK(batch.push(path_to(1), as_bytes("one")));
  CHECK(batch.push(path_to(2), as_bytes("three")));
  REQUIRE(batch.entries().size() == 2);
  CHECK(as_text(batch.bytes(batch.entries()[0])) == "one");
  CHECK(as_text(batch.bytes(batch.entries()[1])) == "three");
  CHECK(batch.entries()[1].path == path_to(2));
  CHECK(batch.free_bytes() == 92);
}

TEST_CASE("a reservation may be used in part or not at all") {
  EgressBatch batch{100};
  MutableBytes room = batch.reserve(50);
  REQUIRE(room.size() == 50);
  std::fill(room.begin(), room.end(), std::uint8_t{7});
  batch.commit(path_to(1), 10);
  CHECK(batch.free_bytes() == 90);
  CHECK(batch.reserve(90).size() == 90);
  CHECK(batch.free_bytes() == 90);
  CHECK(batch.push(path_to(2), as_bytes("x")));
  CHECK(batch.bytes(batch.entries()[0]).size() == 10);
  CHECK(batch.bytes(batch.entries()[0]).back() == 7);
  CHECK(as_text(batch.bytes(batch.entries()[1])) == "x");
}

TEST_CASE("a full arena takes nothing, and takes again once cleared") {
  EgressBatch batch{8};
  CHECK(batch.reserve(9).empty());
  CHECK(batch.push(path_to(1), as_bytes("12345678")));
  CHECK(batch.free_bytes() == 0);
  CHECK_FALSE(batch.push(path_to(1), as_bytes("9")));
  CHECK(batch.entries().size() == 1);
  batch.clear();
  CHECK(batch.entries().empty());
  CHECK(batch.free_bytes() == batch.capacity());
  CHECK(batch.push(path_to(1), as_bytes("9")));
}

TEST_CASE("datagrams lie one behind the other, whatever was reserved for them") {
  EgressBatch batch{30};
  REQUIRE(batch.reserve(20).size() == 20);
  batch.commit(path_to(1), 10, 3);
  CHECK(batch.free_bytes() == 20);
  CHECK(batch.used_bytes() == 10);
  CHECK(batch.entries()[0].flow == 3);
  CHECK(batch.push(path_to(1), as_bytes("x")));
  CHECK(batch.entries()[1].offset == 10);
  CHECK(batch.entries()[1].flow == EgressBatch::kNoFlow);
}

TEST_CASE("what is taken back is nothing to send") {
  EgressBatch batch{30};
  CHECK(batch.push(path_to(1), as_bytes("one")));
  CHECK(batch.push(path_to(1), as_bytes("two")));
  batch.cancel(0);
  CHECK(batch.waiting() == 1);
  CHECK(batch.bytes(batch.entries()[0]).empty());
  CHECK(as_text(batch.bytes(batch.entries()[1])) == "two");
  CHECK(batch.total_datagrams() == 1);
  CHECK(batch.total_bytes() == 3);
  batch.clear();
  CHECK(batch.waiting() == 0);
}

TEST_CASE("an empty datagram is refused") {
  EgressBatch batch{8};
  CHECK_FALSE(batch.push(path_to(1), {}));
  CHECK(batch.entries().empty());
}

}  // namespace weir
