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

TEST_CASE("what was told is not kept: the received at once, the lost while it may have been late") {
  SentHistory history;
  send(history, 0, 100);
  std::vector<rtp::PacketArrival> arrivals;
  for (std::uint16_t i = 0; i < 100; ++i)
    arrivals.push_back({i, i == 50 ? std::nullopt : std::optional<Duration>{i * kMs}});
  history.on_feedback(arrivals);
  CHECK(history.size() == 50);  // from the lost one on
  CHECK(history.on_feedback({{50, 150 * kMs}}).packets.size() == 1);
  CHECK(history.size() == 0);
  send(history, 100, 2, kStart + 200 * kMs);
  history.on_feedback({{100, std::nullopt}, {101, 300 * kMs}});
  send(history, 102, 1, kStart + 200 * kMs + SentHistory::kLate);
  CHECK(history.size() == 3);
  send(history, 103, 1, kStart + 201 * kMs + SentHistory::kLate);
  CHECK(history.size() == 2);
  CHECK(history.on_feedback({{100, 250 * kMs}}).packets.empty());
  CHECK(history.in_flight() == 200);
}

TEST_CASE("RFC 8888 names packets by SSRC and RTP number; only what was sent can be lost") {
  SentHistory history;
  // Two streams, sent in turns; the second one has a hole that its publisher made.
  history.on_sent({10, kStart, 100, PacketKind::video, 0, 7, 65'535});
  history.on_sent({11, kStart + kMs, 200, PacketKind::video, 0, 9, 500});
  history.on_sent({12, kStart + 2 * kMs, 300, PacketKind::video, 3, 7, 0});
  history.on_sent({13, kStart + 3 * kMs, 400, PacketKind::video, 0, 9, 502});
  const std::vector<RtpArrival> arrivals = {
      {7, 65'535, 50 * kMs},  {7, 0, 53 * kMs},       {9, 499, std::nullopt}, {9, 500, 51 * kMs},
      {9, 501, std::nullopt}, {9, 502, std::nullopt}, {8, 0, 40 * kMs}};
  const auto report = history.on_feedback(arrivals);
  REQUIRE(report.packets.size() == 4);
  CHECK(report.packets[0].size == 100);
  CHECK(report.packets[1].size == 200);
  CHECK(report.packets[2].probe == 3);
  CHECK(*report.packets[2].received - *report.packets[1].received == 2 * kMs);
  CHECK_FALSE(report.packets[3].received);
  CHECK(history.in_flight() == 0);
}

TEST_CASE("RFC 8888: the report timestamp wraps after 18 hours, and the other format is another clock") {
  constexpr Duration kWrap = std::chrono::seconds{65'536};
  SentHistory history;
  for (std::uint16_t i = 0; i < 3; ++i)
    history.on_sent({i, kStart + i * kMs, 100, PacketKind::video, 0, 7, i});
  const auto before = history.on_feedback(std::vector<RtpArrival>{{7, 0, kWrap - 5 * kMs}});
  const auto after = history.on_feedback(std::vector<RtpArrival>{{7, 1, 5 * kMs}});
  CHECK_FALSE(before.clock_jumped);
  CHECK_FALSE(after.clock_jumped);
  CHECK(*after.packets[0].received - *before.packets[0].received == 10 * kMs);
  CHECK(history.on_feedback({{2, 20 * kMs}}).clock_jumped);
}

TEST_CASE("RFC 8888: the index forgets with the packets, and the second of two equals counts") {
  SentHistory history;
  history.on_sent({0, kStart, 100, PacketKind::video, 0, 7, 5});
  history.on_sent({1, kStart + kMs, 100, PacketKind::retransmission, 0, 7, 5});
  CHECK(history.in_flight() == 100);
  const auto report = history.on_feedback(std::vector<RtpArrival>{{7, 5, 1 * kMs}});
  REQUIRE(report.packets.size() == 1);
  CHECK(report.packets[0].sent == kStart + kMs);
  for (int i = 2; i < 20'000; ++i) {
    const auto n = static_cast<std::uint16_t>(i);
    history.on_sent({n, kStart + 2 * kMs, 100, PacketKind::video, 0, 7, n});
  }
  CHECK(history.size() == SentHistory::kMaxPackets);
  CHECK(history.on_feedback(std::vector<RtpArrival>{{7, 5, std::nullopt}}).packets.empty());
  CHECK(history.on_feedback(std::vector<RtpArrival>{{7, 19'999, std::nullopt}}).packets.size() == 1);
}

}  // namespace weir::bwe
