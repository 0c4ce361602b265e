#include "base/packet_pool.h"

#include <doctest/doctest.h>

#include <array>
#include <vector>

namespace weir {

TEST_CASE("a pool gives as many buffers as it has, then none") {
  PacketPool pool{2};
  PacketRef a = pool.acquire();
  PacketRef b = pool.acquire();
  CHECK(a);
  CHECK(b);
  CHECK(pool.used() == 2);
  CHECK_FALSE(pool.acquire());
  a.reset();
  CHECK(pool.used() == 1);
  CHECK(pool.acquire());
  CHECK(pool.capacity() == 2);
}

TEST_CASE("a buffer returns with its last reference") {
  PacketPool pool{1};
  PacketRef a = pool.acquire();
  PacketRef b = a;
  a.reset();
  CHECK(pool.used() == 1);
  PacketRef c = std::move(b);
  CHECK_FALSE(b);  // NOLINT(bugprone-use-after-move): a moved-from reference is empty
  CHECK(pool.used() == 1);
  c = PacketRef{};
  CHECK(pool.used() == 0);
}

TEST_CASE("assigning a reference to itself keeps the buffer") {
  PacketPool pool{1};
  PacketRef a = pool.acquire();
  const PacketRef& same = a;
  a = same;
  CHECK(a);
  CHECK(pool.used() == 1);
}

TEST_CASE("copies share bytes and size") {
  PacketPool pool{2};
  const std::array<std::uint8_t, 3> bytes{1, 2, 3};
  PacketRef a = pool.copy(bytes);
  PacketRef b;
  b = a;
  CHECK(b.data().size() == 3);
  a.data()[0] = 9;
  CHECK(b.data()[0] == 9);
  a.resize(2);
  CHECK(b.data().size() == 2);
}

TEST_CASE("a recycled buffer begins empty") {
  PacketPool pool{1};
  pool.copy(as_bytes("abc"));
  CHECK(pool.acquire().data().empty());
}

TEST_CASE("sizes at and beyond the buffer's") {
  PacketPool pool{1};
  const std::vector<std::uint8_t> largest(PacketPool::kBufferSize, 7);
  {
    const PacketRef a = pool.copy(largest);
    REQUIRE(a);
    CHECK(a.data().size() == PacketPool::kBufferSize);
    CHECK(a.data().back() == 7);
  }
  const std::vector<std::uint8_t> larger(PacketPool::kBufferSize + 1, 7);
  CHECK_FALSE(pool.copy(larger));
  CHECK(pool.used() == 0);
  const PacketRef b = pool.acquire();
  b.resize(SIZE_MAX);
  CHECK(b.data().size() == PacketPool::kBufferSize);
  CHECK_FALSE(pool.copy(as_bytes("x")));
}

TEST_CASE("buffers do not overlap") {
  PacketPool pool{3};
  std::vector<PacketRef> packets;
  for (std::uint8_t i = 0; i < 3; ++i) {
    packets.push_back(pool.acquire());
    packets.back().resize(PacketPool::kBufferSize);
    for (std::uint8_t& byte : packets.back().data()) byte = i;
  }
  for (std::uint8_t i = 0; i < 3; ++i) {
    CHECK(packets[i].data().front() == i);
    CHECK(packets[i].data().back() == i);
  }
}

}  // namespace weir
