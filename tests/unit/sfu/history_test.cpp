#include "sfu/history.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::sfu;

namespace {

constexpr Origin kAnn{Id{IdKind::track, 0, 1, 1}};
constexpr Origin kBob{Id{IdKind::track, 0, 1, 2}};

}  // namespace

TEST_CASE("packets are found by track and number until newer ones push them out") {
  PacketPool pool{10};
  History history{4};
  HistoryIndex ann{8};
  HistoryIndex bob{8};
  const std::uint8_t byte = 7;
  for (std::int64_t i = 0; i < 3; ++i) history.add(kAnn, ann, i, pool.copy({&byte, 1}));
  history.add(kBob, bob, 0, pool.copy({&byte, 1}));
  CHECK(history.find(kAnn, ann, 0));
  CHECK(history.find(kBob, bob, 0));
  CHECK_FALSE(history.find(kBob, bob, 1));
  history.add(kBob, bob, 1, pool.copy({&byte, 1}));  // the ring holds 4: Ann's first goes
  CHECK_FALSE(history.find(kAnn, ann, 0));
  CHECK(history.find(kAnn, ann, 1));
  CHECK(pool.used() == 4);
}

TEST_CASE("an index reaches so many numbers back and never finds another number's packet") {
  PacketPool pool{100};
  History history{100};
  HistoryIndex index{8};
  for (std::int64_t i = 65'530; i < 65'550; ++i) history.add(kAnn, index, i, pool.acquire());
  CHECK_FALSE(history.find(kAnn, index, 65'541));
  CHECK(history.find(kAnn, index, 65'542));
  CHECK(history.find(kAnn, index, 65'549));
  CHECK_FALSE(history.find(kAnn, index, 65'550));
  CHECK_FALSE(history.find(kAnn, index, 65'542 - 8));
}

TEST_CASE("an index that never had a packet finds none, also of numbers that are nothing") {
  PacketPool pool{4};
  History history{4};
  HistoryIndex used{8};
  const HistoryIndex fresh{8};
  CHECK_FALSE(history.find(kAnn, fresh, 0));
  history.add(kAnn, used, 7, pool.acquire());
  CHECK(history.find(kAnn, used, 7));
  // Places of the index that were not written show the first packet, which is another number's.
  for (std::int64_t i = 0; i < 7; ++i) CHECK_FALSE(history.find(kAnn, used, i));
  CHECK_FALSE(history.find(kBob, used, 7));
  CHECK_FALSE(history.find(kAnn, fresh, 7));
}
