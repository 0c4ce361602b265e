#include "engine/intake.h"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace weir;
using namespace weir::engine;

namespace {

constexpr Time kNow = time_from_us(1'000'000);

struct Node {
  SeededRandom random{1};
  Core core{{}, *crypto::Certificate::make(random, 1'700'000'000), random, Log{}};
  FiveTuple path{*Address::parse("192.0.2.1", 9), *Address::parse("203.0.113.9", 40'000)};
  std::array<std::uint8_t, 40> media{0x80, 96};

  Datagram datagram(Bytes bytes) const { return {.path = path, .bytes = bytes}; }
};

}  // namespace

TEST_CASE("each datagram of a read is counted, and each that goes no further has its reason") {
  Node node;
  std::vector<Datagram> read(100, node.datagram(node.media));
  read[3].bytes = {};
  read[40].truncated = true;
  CHECK(receive_datagrams(node.core, kNow, read) == 100);
  CHECK(node.core.counters.datagrams_received == 100);
  CHECK(node.core.counters.bytes_received == 99 * node.media.size());
  CHECK(node.core.drops.of(DropReason::UNKNOWN_ADDRESS) == 98);
  CHECK(node.core.drops.of(DropReason::EMPTY) == 1);
  CHECK(node.core.drops.of(DropReason::TRUNCATED) == 1);
  CHECK(node.core.pool.used() == 0);
}

TEST_CASE("nothing is taken while the arena has no room for answers") {
  Node node;
  const std::vector<Datagram> read(3, node.datagram(node.media));
  const std::vector<std::uint8_t> large(60'000);
  while (node.core.egress.free_bytes() >= node.core.egress.capacity() / 2) {
    REQUIRE(node.core.egress.push(node.path, large));
  }
  CHECK(receive_datagrams(node.core, kNow, read) == 0);
  CHECK(node.core.counters.datagrams_received == 0);
  node.core.egress.clear();
  CHECK(receive_datagrams(node.core, kNow, read) == 3);
  CHECK(receive_datagrams(node.core, kNow, {}) == 0);
}
