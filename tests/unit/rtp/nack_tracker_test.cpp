#include "rtp/nack_tracker.h"

#include <doctest/doctest.h>

#include <numeric>

namespace weir::rtp {
namespace {

using Arrival = NackTracker::Arrival;
using Numbers = std::vector<std::uint16_t>;

constexpr Duration kMs = std::chrono::milliseconds{1};
constexpr Duration kRtt = 50 * kMs;
constexpr Time kStart = time_from_us(1'000'000);

/// Receives from..to without gap.
void receive(NackTracker& tracker, Time now, std::uint16_t from, std::uint16_t to) {
  for (std::uint16_t s = from;; ++s) {
    tracker.on_packet(now, s);
    if (s == to) return;
  }
}

}  // namespace

TEST_CASE("a stream without gaps asks for nothing") {
  NackTracker tracker;
  receive(tracker, kStart, 65000, 500);
  CHECK(tracker.missing() == 0);
  CHECK(tracker.deadline() == kNever);
  CHECK(tracker.due(kStart + std::chrono::hours{1}, kRtt).empty());
}

TEST_CASE("a gap is asked for 5 ms after it was seen") {
  NackTracker tracker;
  receive(tracker, kStart, 1, 10);
  CHECK(tracker.on_packet(kStart, 13) == Arrival::fresh);
  CHECK(tracker.missing() == 2);
  CHECK(tracker.deadline() == kStart + 5 * kMs);
  CHECK(tracker.due(kStart + 5 * kMs - Duration{1}, kRtt).empty());
  CHECK(tracker.due(kStart + 5 * kMs, kRtt) == Numbers{11, 12});
}

TEST_CASE("three later packets make a gap due at once; two do not") {
  NackTracker tracker;
  receive(tracker, kStart, 1, 10);
  tracker.on_packet(kStart, 12);
  tracker.on_packet(kStart, 13);
  CHECK(tracker.due(kStart, kRtt).empty());
  tracker.on_packet(kStart, 14);
  CHECK(tracker.deadline() <= kStart);
  CHECK(tracker.due(kStart, kRtt) == Numbers{11});
}

TEST_CASE("what only came out of order is never asked for and is fresh") {
  NackTracker tracker;
  receive(tracker, kStart, 1, 10);
  tracker.on_packet(kStart, 12);
  CHECK(tracker.on_packet(kStart + kMs, 11) == Arrival::fresh);
  CHECK(tracker.missing() == 0);
  CHECK(tracker.deadline() == kNever);
  CHECK(tracker.due(kStart + std::chrono::seconds{1}, kRtt).empty());
}

TEST_CASE("what had been asked for is repaired when it comes, and a duplicate when it comes again") {
  NackTracker tracker;
  receive(tracker, kStart, 1, 10);
  tracker.on_packet(kStart, 12);
  CHECK(tracker.due(kStart + 5 * kMs, kRtt) == Numbers{11});
  CHECK(tracker.on_packet(kStart + 50 * kMs, 11) == Arrival::repaired);
  CHECK(tracker.missing() == 0);
  CHECK(tracker.on_packet(kStart + 51 * kMs, 11) == Arrival::duplicate);
}

TEST_CASE("it is asked for again after a round trip, but not within 20 ms") {
  NackTracker tracker;
  receive(tracker, kStart, 1, 10);
  tracker.on_packet(kStart, 12);
  const Time first = kStart + 5 * kMs;
  CHECK(tracker.due(first, kRtt).size() == 1);
  CHECK(tracker.deadline() == first + kRtt);
  CHECK(tracker.due(first + kRtt - Duration{1}, kRtt).empty());
  CHECK(tracker.due(first + kRtt, Duration{0}).size() == 1);
  CHECK(tracker.deadline() == first + kRtt + 20 * kMs);
}

TEST_CASE("it is given up after ten requests") {
  NackTracker tracker;
  receive(tracker, kStart, 1, 10);
  tracker.on_packet(kStart, 12);
  int requests = 0;
  Time now = kStart;
  while (tracker.deadline() != kNever) {
    REQUIRE(requests < 100);
    now = std::max(now, tracker.deadline());
    requests += static_cast<int>(tracker.due(now, kRtt).size());
  }
  CHECK(requests == NackTracker::kMaxRequests);
  CHECK(tracker.missing() == 0);
  CHECK_FALSE(tracker.take_overflow());
  // Late after all: new to us, though nobody waited any more.
  CHECK(tracker.on_packet(now, 11) == Arrival::fresh);
}

TEST_CASE("numbers are ascending over the wrap and at most 250 at a time") {
  NackTracker tracker;
  tracker.on_packet(kStart, 65400);
  tracker.on_packet(kStart, 65400 + 601 - 65536);
  CHECK(tracker.missing() == 600);
  const Time now = kStart + 5 * kMs;
  Numbers all;
  for (const std::size_t expected : {250U, 250U, 100U, 0U}) {
    const Numbers some = tracker.due(now, kRtt);
    CHECK(some.size() == expected);
    CHECK((expected == 0 || tracker.deadline() <= now) == (all.size() + expected < 600));
    all.insert(all.end(), some.begin(), some.end());
    if (all.size() == 600) break;
  }
  REQUIRE(all.size() == 600);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == static_cast<std::uint16_t>(65401 + i));
  CHECK(tracker.due(now, kRtt).empty());
}

TEST_CASE("duplicates are told within the window; older packets are duplicates, too") {
  NackTracker tracker;
  receive(tracker, kStart, 0, 9000);
  CHECK(tracker.on_packet(kStart, 9000) == Arrival::duplicate);
  CHECK(tracker.on_packet(kStart, static_cast<std::uint16_t>(9000 - NackTracker::kWindow + 1)) ==
        Arrival::duplicate);
  CHECK(tracker.on_packet(kStart, static_cast<std::uint16_t>(9000 - NackTracker::kWindow)) ==
        Arrival::duplicate);
  CHECK(tracker.on_packet(kStart, 1) == Arrival::duplicate);
}

TEST_CASE("packets from before the first are fresh once") {
  NackTracker tracker;
  tracker.on_packet(kStart, 0);
  CHECK(tracker.on_packet(kStart, 65535) == Arrival::fresh);
  CHECK(tracker.on_packet(kStart, 65535) == Arrival::duplicate);
  CHECK(tracker.missing() == 0);
}

TEST_CASE("a number is missing again after a whole turn of the window") {
  NackTracker tracker;
  receive(tracker, kStart, 0, static_cast<std::uint16_t>(NackTracker::kWindow + 99));
  tracker.on_packet(kStart, static_cast<std::uint16_t>(NackTracker::kWindow + 101));
  // Its bit was that of number 100, which had been received.
  CHECK(tracker.on_packet(kStart, static_cast<std::uint16_t>(NackTracker::kWindow + 100)) == Arrival::fresh);
}

TEST_CASE("up to a thousand are tracked; more overflow once") {
  NackTracker tracker;
  tracker.on_packet(kStart, 0);
  tracker.on_packet(kStart, 1001);
  CHECK(tracker.missing() == NackTracker::kMaxMissing);
  CHECK_FALSE(tracker.take_overflow());
  tracker.on_packet(kStart, 1003);
  CHECK(tracker.missing() == 0);
  CHECK(tracker.deadline() == kNever);
  CHECK(tracker.take_overflow());
  CHECK_FALSE(tracker.take_overflow());
  tracker.on_packet(kStart, 1005);
  CHECK(tracker.missing() == 1);
}

TEST_CASE("a jump over the half circle's worth of numbers costs no time and no memory") {
  NackTracker tracker;
  std::uint16_t sequence = 0;
  for (int i = 0; i < 10'000; ++i) {
    tracker.on_packet(kStart, sequence);
    sequence = static_cast<std::uint16_t>(sequence + 32'767);
    CHECK(tracker.missing() == 0);
  }
  CHECK(tracker.take_overflow());
}

TEST_CASE("a key frame makes the missing packets before it unimportant") {
  NackTracker tracker;
  tracker.on_packet(kStart, 65530);
  tracker.on_packet(kStart, 65533);
  tracker.on_packet(kStart, 2);
  CHECK(tracker.missing() == 2 + 4);
  tracker.on_keyframe(0);
  CHECK(tracker.missing() == 2);
  CHECK(tracker.due(kStart + 5 * kMs, kRtt) == Numbers{0, 1});
  tracker.on_keyframe(2);
  CHECK(tracker.missing() == 0);
}

TEST_CASE("missing packets that fall out of the window are forgotten") {
  NackTracker tracker;
  receive(tracker, kStart, 0, 10);
  tracker.on_packet(kStart, 12);
  receive(tracker, kStart, 13, static_cast<std::uint16_t>(11 + NackTracker::kWindow - 1));
  CHECK(tracker.missing() == 1);
  tracker.on_packet(kStart, static_cast<std::uint16_t>(11 + NackTracker::kWindow));
  CHECK(tracker.missing() == 0);
}

}  // namespace weir::rtp
