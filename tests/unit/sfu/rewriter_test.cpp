#include "sfu/rewriter.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::sfu;

namespace {

constexpr Origin kAnn{Id{IdKind::track, 0, 1, 1}};
constexpr Origin kBob{Id{IdKind::track, 0, 1, 2}};
constexpr Time kStart = time_from_us(1'000'000);

SourceNumbers packet(std::int64_t sequence, std::uint32_t timestamp, std::uint16_t picture = 0,
                     std::uint8_t tl0 = 0) {
  return {.sequence = sequence, .timestamp = timestamp, .picture_id = picture, .tl0_picture_index = tl0};
}

}  // namespace

TEST_CASE("the first source begins at the numbers given") {
  Rewriter rewriter{100, 5000, 90'000};
  CHECK_FALSE(rewriter.rewrite(kStart, packet(7, 1)));  // no source yet
  rewriter.begin(kStart, kAnn, packet(70'000, 900, 40, 9));
  const auto first = rewriter.rewrite(kStart, packet(70'000, 900, 40, 9));
  REQUIRE(first);
  CHECK(first->sequence == 100);
  CHECK(first->timestamp == 5000);
  CHECK(rewriter.origin() == kAnn);
}

TEST_CASE("a switch goes on where the last source stopped, with the time that passed") {
  Rewriter rewriter{65'534, 0xffff'ff00U, 90'000};
  rewriter.begin(kStart, kAnn, packet(10, 1000, 0x7ffe, 254));
  CHECK(rewriter.rewrite(kStart, packet(10, 1000, 0x7ffe, 254))->sequence == 65'534);
  const auto last = rewriter.rewrite(kStart, packet(11, 1000 + 3000, 0x7fff, 255));
  CHECK(last->sequence == 65'535);
  rewriter.begin(kStart + std::chrono::milliseconds{100}, kBob, packet(5000, 77, 3, 1));
  const auto next = rewriter.rewrite(kStart + std::chrono::milliseconds{100}, packet(5000, 77, 3, 1));
  CHECK(next->sequence == 0);  // wraps
  CHECK(next->timestamp == last->timestamp + 9000);
  CHECK(next->picture_id == static_cast<std::uint16_t>((last->picture_id + 1) & 0x7fff));
  CHECK(next->tl0_picture_index == static_cast<std::uint8_t>(last->tl0_picture_index + 1));
}

TEST_CASE("two switches in one instant still move the timestamp") {
  Rewriter rewriter{1, 1, 90'000};
  rewriter.begin(kStart, kAnn, packet(10, 1000));
  const auto a = rewriter.rewrite(kStart, packet(10, 1000));
  rewriter.begin(kStart, kBob, packet(10, 1000));
  const auto b = rewriter.rewrite(kStart, packet(10, 1000));
  CHECK(b->timestamp == a->timestamp + 1);
}

TEST_CASE("what is older than the switch is not sent; what is late within it is") {
  Rewriter rewriter{1, 1, 90'000};
  rewriter.begin(kStart, kAnn, packet(100, 1000));
  CHECK_FALSE(rewriter.rewrite(kStart, packet(99, 900)));
  CHECK(rewriter.rewrite(kStart, packet(103, 1000))->sequence == 4);
  CHECK(rewriter.rewrite(kStart, packet(101, 1000))->sequence == 2);
  // The next source follows the highest, not the latest.
  rewriter.begin(kStart, kBob, packet(7, 0));
  CHECK(rewriter.rewrite(kStart, packet(7, 0))->sequence == 5);
}

TEST_CASE("a sent packet is found again, with the numbers it had, over switches") {
  Rewriter rewriter{200, 1, 90'000};
  rewriter.begin(kStart, kAnn, packet(100, 1000, 5, 6));
  const auto sent = rewriter.rewrite(kStart, packet(100, 1000, 5, 6));
  rewriter.rewrite(kStart, packet(101, 1000, 5, 6));
  rewriter.begin(kStart, kBob, packet(9, 0));
  rewriter.rewrite(kStart, packet(9, 0));
  const auto origin = rewriter.find(200);
  REQUIRE(origin);
  CHECK(origin->origin == kAnn);
  CHECK(origin->sequence == 100);
  const EgressNumbers again = rewriter.again(*origin, packet(100, 1000, 5, 6));
  CHECK(again.sequence == sent->sequence);
  CHECK(again.timestamp == sent->timestamp);
  CHECK(again.picture_id == sent->picture_id);
  CHECK(again.tl0_picture_index == sent->tl0_picture_index);
  CHECK(rewriter.find(202)->origin == kBob);
  CHECK_FALSE(rewriter.find(203));  // not sent yet
  CHECK_FALSE(rewriter.find(199));  // before the first
}

TEST_CASE("after more switches than are held, the oldest are forgotten, never mistaken") {
  Rewriter rewriter{1, 1, 90'000};
  for (std::int64_t i = 0; i < 76; ++i) {
    rewriter.begin(kStart, i % 2 == 0 ? kAnn : kBob, packet(1000 * i, 0));
    rewriter.rewrite(kStart, packet(1000 * i, 0));
  }
  CHECK_FALSE(rewriter.find(12));
  CHECK(rewriter.find(13)->sequence == 12'000);
  CHECK(rewriter.find(76)->sequence == 75'000);
}

TEST_CASE("a packet without a picture does not move the picture numbers") {
  Rewriter rewriter{100, 5000, 90'000};
  rewriter.begin(kStart, kAnn, packet(10, 900, 40, 9));
  const auto picture = rewriter.rewrite(kStart, packet(10, 900, 40, 9));
  SourceNumbers padding = packet(11, 900);
  padding.picture = false;
  CHECK(rewriter.rewrite(kStart, padding)->sequence == 101);
  rewriter.begin(kStart, kBob, packet(500, 70, 7000, 200));
  const auto next = rewriter.rewrite(kStart, packet(500, 70, 7000, 200));
  CHECK(next->picture_id == picture->picture_id + 1);
  CHECK(next->tl0_picture_index == picture->tl0_picture_index + 1);
}
