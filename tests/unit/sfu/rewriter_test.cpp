#include "sfu/rewriter.h"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

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

TEST_CASE("a packet that is sent again has the marker that it had, whatever was decided since") {
  Rewriter rewriter{65'534, 1, 90'000};
  rewriter.begin(kStart, kAnn, packet(100, 1000));
  for (int i = 0; i < 5000; ++i) {
    CHECK(rewriter.rewrite(kStart, packet(100 + i, 1000), i % 3 == 0)->marker == (i % 3 == 0));
  }
  for (int i = 4000; i < 5000; ++i) {
    const auto found = rewriter.find(static_cast<std::uint16_t>(65'534 + i));
    REQUIRE(found);
    CHECK(rewriter.again(*found, packet(100 + i, 1000)).marker == (i % 3 == 0));
  }
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

TEST_CASE("what is left out closes: sequence numbers, and picture ids where they are to") {
  Rewriter rewriter{100, 1, 90'000};
  rewriter.begin(kStart, kAnn, packet(10, 0, 50, 5));
  CHECK(rewriter.rewrite(kStart, packet(10, 0, 50, 5))->sequence == 100);
  // Two packets of a picture of a higher temporal layer.
  CHECK_FALSE(rewriter.skip(packet(11, 3000, 51, 5), true));
  CHECK_FALSE(rewriter.skip(packet(12, 3000, 51, 5), true));
  const auto next = rewriter.rewrite(kStart, packet(13, 6000, 52, 6));
  CHECK(next->sequence == 101);
  CHECK(next->picture_id == 2);
  CHECK(next->timestamp == 6001);
  // Of a picture that is sent, some packets are not (a spatial layer).
  CHECK_FALSE(rewriter.skip(packet(14, 6000, 52, 6), false));
  CHECK(rewriter.rewrite(kStart, packet(15, 9000, 53, 7))->picture_id == 3);
  // Asked for again they have the numbers that they had.
  REQUIRE(rewriter.find(101));
  CHECK(rewriter.find(100)->sequence == 10);
  CHECK(rewriter.find(101)->sequence == 13);
  CHECK(rewriter.find(102)->sequence == 15);
  CHECK(rewriter.again(*rewriter.find(101), packet(13, 6000, 52, 6)).picture_id == 2);
}

TEST_CASE("a packet that comes late finds the number that was kept for it, sent or filled") {
  Rewriter rewriter{100, 1, 90'000};
  rewriter.begin(kStart, kAnn, packet(10, 0, 50));
  rewriter.rewrite(kStart, packet(10, 0, 50));
  // 11 and 12 have not come; 13 is left out, 14 is sent.
  CHECK_FALSE(rewriter.skip(packet(13, 6000, 52), true));
  CHECK(rewriter.rewrite(kStart, packet(14, 9000, 53))->sequence == 103);
  CHECK(rewriter.rewrite(kStart, packet(11, 3000, 51))->sequence == 101);  // late, and wanted
  const auto open = rewriter.skip(packet(12, 3000, 51), true);             // late, and not
  REQUIRE(open);
  CHECK(open->sequence == 102);
  CHECK_FALSE(rewriter.rewrite(kStart, packet(13, 6000, 52)));  // its number is another's
  CHECK_FALSE(rewriter.skip(packet(13, 6000, 52), true));
  CHECK_FALSE(rewriter.skip(packet(9, 0, 49), true));  // before the switch
}

TEST_CASE("left out at the very beginning, and between two switches") {
  Rewriter rewriter{100, 1, 90'000};
  CHECK_FALSE(rewriter.skip(packet(1, 0), true));
  rewriter.begin(kStart, kAnn, packet(10, 0, 50));
  CHECK_FALSE(rewriter.skip(packet(10, 0, 50), true));
  CHECK_FALSE(rewriter.skip(packet(11, 0, 50), true));
  CHECK(rewriter.rewrite(kStart, packet(12, 3000, 51))->sequence == 100);
  CHECK_FALSE(rewriter.skip(packet(13, 6000, 52), true));
  rewriter.begin(kStart, kBob, packet(500, 0, 7));
  CHECK(rewriter.rewrite(kStart, packet(500, 0, 7))->sequence == 101);
  CHECK(rewriter.find(100)->sequence == 12);
  CHECK(rewriter.find(101)->origin == kBob);
}

TEST_CASE("picture ids close over the wrap of seven and of fifteen bits") {
  for (const std::uint8_t bits : {std::uint8_t{7}, std::uint8_t{15}}) {
    Rewriter rewriter{100, 1, 90'000};
    const int circle = 1 << bits;
    const auto numbered = [&](int i) {
      SourceNumbers n = packet(i, static_cast<std::uint32_t>(i) * 3000,
                               static_cast<std::uint16_t>((circle - 5 + i) % circle));
      n.picture_bits = bits;
      return n;
    };
    rewriter.begin(kStart, kAnn, numbered(0));
    std::uint16_t last = rewriter.rewrite(kStart, numbered(0))->picture_id;
    for (int i = 1; i < 40; ++i) {
      if (i % 2 == 1) {
        CHECK_FALSE(rewriter.skip(numbered(i), true));
        continue;
      }
      const std::uint16_t id = rewriter.rewrite(kStart, numbered(i))->picture_id;
      CHECK((id - last) % circle == 1);
      last = id;
    }
  }
}

TEST_CASE("many stretches: every packet within reach is found as it was, and nothing else") {
  Rewriter rewriter{60'000, 1, 90'000};
  rewriter.begin(kStart, kAnn, packet(0, 0));
  std::vector<std::pair<std::uint16_t, std::int64_t>> sent;
  std::uint32_t state = 1;
  for (std::int64_t i = 0; i < 3000; ++i) {
    state = state * 1'664'525 + 1'013'904'223;
    if ((state >> 24) % 3 == 0) {
      CHECK_FALSE(rewriter.skip(packet(i, 0), false));
    } else {
      const auto numbers = rewriter.rewrite(kStart, packet(i, 0));
      REQUIRE(numbers);
      if (!sent.empty()) REQUIRE(numbers->sequence == static_cast<std::uint16_t>(sent.back().first + 1));
      sent.emplace_back(numbers->sequence, i);
    }
  }
  for (std::size_t back = 1; back <= 60; ++back) {
    const auto& [egress, source] = sent[sent.size() - back];
    REQUIRE(rewriter.find(egress));
    CHECK(rewriter.find(egress)->sequence == source);
  }
}

TEST_CASE("the sender's clock tells how far apart two sources are, where it is known") {
  Rewriter rewriter{1, 1, 90'000};
  rewriter.begin(kStart, kAnn, packet(10, 0));
  const auto a = rewriter.rewrite(kStart, packet(10, 0));
  rewriter.begin(kStart + std::chrono::milliseconds{500}, kBob, packet(5, 777),
                 std::chrono::milliseconds{33});
  const auto b = rewriter.rewrite(kStart + std::chrono::milliseconds{500}, packet(5, 777));
  CHECK(b->timestamp - a->timestamp == 2970);
  // Captured before what was sent last: time does not go back.
  rewriter.begin(kStart, kAnn, packet(11, 0), std::chrono::milliseconds{-40});
  CHECK(rewriter.rewrite(kStart, packet(11, 0))->timestamp == b->timestamp + 1);
}

TEST_CASE("frame numbers go on, and a new structure gets template ids that the last one did not use") {
  Rewriter rewriter{1, 1, 90'000};
  const auto described = [](std::int64_t sequence, std::uint16_t frame, std::uint8_t first,
                            std::uint8_t count) {
    SourceNumbers n = packet(sequence, 0);
    n.picture = false;
    n.described = true;
    n.frame_number = frame;
    n.first_template = first;
    n.templates = count;
    return n;
  };
  rewriter.begin(kStart, kAnn, described(10, 65'535, 60, 6));
  const auto a = rewriter.rewrite(kStart, described(10, 65'535, 60, 6));
  const auto b = rewriter.rewrite(kStart, described(11, 0, 0, 0));
  CHECK(b->frame_number == static_cast<std::uint16_t>(a->frame_number + 1));
  rewriter.begin(kStart, kBob, described(10, 500, 0, 5));
  const auto c = rewriter.rewrite(kStart, described(10, 500, 0, 5));
  CHECK(c->frame_number == b->frame_number + 1);
  const int last = (60 + a->template_shift + 6 - 1) % 64;
  CHECK(c->template_shift % 64 == (last + 1) % 64);
}

TEST_CASE(
    "a source that begins with what is past catches up: timestamps rise by a tick until they are right") {
  Rewriter rewriter{0, 50'000, 90'000};
  rewriter.begin(kStart, kAnn, packet(10, 1000));
  const Time now = kStart + std::chrono::milliseconds{20};
  REQUIRE(rewriter.rewrite(kStart, packet(10, 1000)));
  const std::uint32_t last = rewriter.rewrite(kStart, packet(10, 1000))->timestamp;
  // Bob's key frame is 100 ms old, three pictures followed it.
  rewriter.begin(now, kBob, packet(500, 0), std::nullopt, std::chrono::milliseconds{100});
  std::vector<std::uint32_t> steps;
  for (int i = 0; i < 5; ++i) {
    const Time at = i < 4 ? now : now + std::chrono::milliseconds{33};
    const auto numbers = rewriter.rewrite(at, packet(500 + i, static_cast<std::uint32_t>(3000 * i)));
    REQUIRE(numbers);
    CHECK(numbers->sequence == static_cast<std::uint16_t>(1 + i));
    steps.push_back(numbers->timestamp - last);
  }
  // 9000 ticks old, 1800 since Ann's: the newest of the four, captured now, is 1800 after hers.
  CHECK(steps == std::vector<std::uint32_t>{1, 2, 3, 1800, 4800});
  // A packet that is asked for again has the timestamp that it had.
  const auto found = rewriter.find(2);
  REQUIRE(found);
  CHECK(rewriter.again(*found, packet(501, 3000)).timestamp == last + 2);
}

TEST_CASE(
    "the first source of a line may be past as well; clocks that disagree wildly squeeze nothing for long") {
  Rewriter rewriter{0, 0, 90'000};
  rewriter.begin(kStart, kAnn, packet(10, 0), std::nullopt, std::chrono::hours{1});
  std::uint32_t squeezed = 0;
  std::uint32_t before = rewriter.rewrite(kStart, packet(10, 0))->timestamp;
  for (int i = 1; i < 100; ++i) {
    const auto numbers = rewriter.rewrite(kStart, packet(10 + i, static_cast<std::uint32_t>(3000 * i)));
    REQUIRE(numbers);
    const std::uint32_t step = numbers->timestamp - before;
    REQUIRE(step > 0);
    REQUIRE(step <= 3000);
    squeezed += 3000 - step;
    before = numbers->timestamp;
  }
  CHECK(squeezed == 45'000);
}

TEST_CASE("what waited before a key picture is not sent, and its numbers are given again") {
  Rewriter rewriter{65'530, 5000, 90'000};
  rewriter.begin(kStart, kAnn, packet(100, 900, 40));
  for (int i = 0; i < 10; ++i) rewriter.rewrite(kStart, packet(100 + i, 900));
  // Of 65530 to 3, what comes after 65533 still waits when a key picture comes.
  rewriter.take_back(65'533);
  rewriter.resume(packet(112, 9900));
  const auto next = rewriter.rewrite(kStart, packet(112, 9900));
  REQUIRE(next);
  CHECK(next->sequence == 65'534);
  CHECK(next->timestamp == 5000 + 9000);
  CHECK(rewriter.find(65'534)->sequence == 112);
  CHECK(rewriter.find(65'533)->sequence == 103);
  CHECK_FALSE(rewriter.find(65'535));                        // is not given yet
  CHECK_FALSE(rewriter.rewrite(kStart, packet(111, 9000)));  // late, of before
  CHECK(rewriter.rewrite(kStart, packet(114, 9900))->sequence == 0);
  CHECK(rewriter.is_obsolete(65'533));
  CHECK_FALSE(rewriter.is_obsolete(65'534));
  // Another source behind what has left.
  rewriter.take_back(65'534);
  rewriter.begin(kStart, kBob, packet(7, 1, 3));
  CHECK(rewriter.rewrite(kStart, packet(7, 1, 3))->sequence == 65'535);
  CHECK(rewriter.is_obsolete(65'534));
}

TEST_CASE("nothing is taken back when all has left; a key picture makes what is before it obsolete") {
  Rewriter rewriter{10, 0, 90'000};
  rewriter.enter(packet(5, 1));  // no source yet
  rewriter.begin(kStart, kAnn, packet(100, 900));
  for (int i = 0; i < 5; ++i) rewriter.rewrite(kStart, packet(100 + i, 900));
  CHECK_FALSE(rewriter.is_obsolete(10));
  rewriter.enter(packet(105, 1800));
  CHECK(rewriter.is_obsolete(14));
  CHECK_FALSE(rewriter.is_obsolete(15));
  rewriter.rewrite(kStart, packet(105, 1800));
  rewriter.enter(packet(102, 900));  // an older one that comes late
  CHECK(rewriter.is_obsolete(14));
  rewriter.take_back(20);
  rewriter.resume(packet(106, 2700));
  CHECK(rewriter.rewrite(kStart, packet(106, 2700))->sequence == 16);
}
