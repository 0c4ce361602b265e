#include "bwe/sent_history.h"

#include <doctest/doctest.h>

namespace weir::bwe {
namespace {

constexpr Duration kMs = std::chrono::milliseconds{1};
constexpr Time kStart = time_from_us(1'000'000);

void send(SentHistory& history, std::uint16_t from, int count, Time at = kStart) {
  for (int i = 0; i < count; ++i)
    history.on_sent({static_cast<std::uint16_t>(from + i), at + i * kMs, 100, PacketKind::video, 0});
}

}  // namespace

TEST_CASE("what arrives and what does not, over the wrap of the numbers") {
  SentHistory history;
  send(history, 65'534, 4);
  CHECK(history.in_flight() == 400);
  const auto report = history.on_feedback({{65'534, 10 * kMs}, {65'535, std::nullopt}, {0, 12 * kMs}});
  REQUIRE(report.packets.size() == 3);
  CHECK(report.packets[0].sent == kStart);
  CHECK_FALSE(report.packets[1].received);
  CHECK(*report.packets[2].received - *report.packets[0].received == 2 * kMs);
  CHECK(*report.newest_sent == kStart + 2 * kMs);
  CHECK(history.in_flight() == 100);
}

TEST_CASE("a lost packet that comes after all is told once more, and a repeated report nothing") {
  SentHistory history;
  send(history, 0, 2);
  history.on_feedback({{0, std::nullopt}, {1, 1 * kMs}});
  CHECK(history.on_feedback({{0, std::nullopt}, {1, 1 * kMs}}).packets.empty());
  const auto late = history.on_feedback({{0, 5 * kMs}});
  REQUIRE(late.packets.size() == 1);
  CHECK(late.packets[0].recovered);
  CHECK(history.on_feedback({{0, 5 * kMs}}).packets.empty());
  CHECK(history.in_flight() == 0);
}

TEST_CASE("numbers never sent are nobody's loss") {
  SentHistory history;
  send(history, 10, 2);
  CHECK(history.on_feedback({{9, std::nullopt}, {12, std::nullopt}, {30'000, 1 * kMs}}).packets.empty());
}

TEST_CASE("the reference time wraps after 12 days") {
  constexpr Duration kWrap{(std::int64_t{1} << 24) * 64'000};
  SentHistory history;
  send(history, 0, 2);
  // Parsed as signed: from the largest to the smallest.
  const auto before = history.on_feedback({{0, kWrap / 2 - 64 * kMs}});
  const auto after = history.on_feedback({{1, -kWrap / 2}});
  CHECK_FALSE(after.clock_jumped);
  CHECK(*after.packets[0].received - *before.packets[0].received == 64 * kMs);
}

TEST_CASE("another clock is noticed") {
  SentHistory history;
  send(history, 0, 2);
  history.on_feedback({{0, 0 * kMs}});
  CHECK(history.on_feedback({{1, 600'000 * kMs}}).clock_jumped);
}

TEST_CASE("memory is bounded by number, by age, and by jumps") {
  SentHistory history;
  for (int i = 0; i < 20'000; ++i) send(history, static_cast<std::uint16_t>(i), 1);
  CHECK(history.size() == SentHistory::kMaxPackets);
  CHECK(history.in_flight() == SentHistory::kMaxPackets * 100);
  send(history, 20'000, 1, kStart + std::chrono::seconds{120});
  CHECK(history.size() == 1);
  send(history, 40'000, 1, kStart + std::chrono::seconds{121});
  CHECK(history.size() == 1);
  CHECK(history.in_flight() == 100);
}

}  // namespace weir::bwe
