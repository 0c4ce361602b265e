#include "bwe/pacer.h"

#include <doctest/doctest.h>

namespace weir::bwe {
namespace {

constexpr Duration kMs = std::chrono::milliseconds{1};
constexpr Time kStart = time_from_us(1'000'000);

/// Bytes that leave until `end`, called whenever the pacer asks.
std::uint32_t drain(Pacer& pacer, Time now, Time end) {
  std::uint32_t bytes = 0;
  for (; now <= end; now = std::max(now + Duration{1}, pacer.deadline())) {
    while (const auto item = pacer.pop(now)) bytes += item->size;
    if (pacer.deadline() == kNever) break;
  }
  return bytes;
}

}  // namespace

TEST_CASE("packets leave at the rate") {
  Pacer pacer;
  pacer.set_rate(1e6);
  CHECK(pacer.deadline() == kNever);
  for (int i = 0; i < 100; ++i) CHECK(pacer.push({1, 1000, PacketKind::video, 0}));
  CHECK(pacer.queued_bytes() == 100'000);
  CHECK(drain(pacer, kStart, kStart + 400 * kMs) == doctest::Approx(50'000).epsilon(0.1));
}

TEST_CASE("audio goes first and at once, then repairs, then video") {
  Pacer pacer;
  pacer.set_rate(100e3);
  pacer.push({1, 1000, PacketKind::video, 0});
  pacer.push({2, 1000, PacketKind::retransmission, 0});
  pacer.push({3, 100, PacketKind::audio, 0});
  CHECK(pacer.pop(kStart)->handle == 3);
  CHECK_FALSE(pacer.pop(kStart));
  CHECK(pacer.pop(kStart + 10 * kMs)->handle == 2);
  pacer.push({4, 100, PacketKind::audio, 0});
  CHECK(pacer.deadline() == Time{});
  CHECK(pacer.pop(kStart)->handle == 4);
  CHECK_FALSE(pacer.pop(kStart));
  CHECK(pacer.deadline() > kStart);
  CHECK(pacer.pop(kStart + 200 * kMs)->handle == 1);
}

TEST_CASE("a probe sends media first and then padding, at its own rate") {
  Pacer pacer;
  pacer.set_rate(100e3);
  pacer.push({1, 1200, PacketKind::video, 0});
  pacer.add_probe(kStart, {.id = 7, .rate = 4e6, .bytes = 7200, .packets = 5});
  const auto first = pacer.pop(kStart);
  CHECK(first->handle == 1);
  CHECK(first->probe == 7);
  std::uint32_t padding = 0;
  Time last = kStart;
  for (Time now = kStart; pacer.deadline() != kNever; now = std::max(now + Duration{1}, pacer.deadline())) {
    while (const auto item = pacer.pop(now)) {
      CHECK(item->kind == PacketKind::padding);
      padding += item->size;
      last = now;
    }
  }
  CHECK(padding == 6000);
  CHECK(last - kStart < 20 * kMs);
}

TEST_CASE("padding is as large as what a small probe lacks needs") {
  Pacer pacer;
  pacer.set_rate(100e3);
  pacer.add_probe(kStart, {.id = 7, .rate = 600e3, .bytes = 1500, .packets = 5});
  auto item = pacer.pop(kStart);
  REQUIRE(item);
  CHECK(item->size == 300);
  pacer.correct(kStart, *item, 700);
  item = pacer.pop(pacer.deadline());
  REQUIRE(item);
  CHECK(item->size == 200);
  pacer.clear();
  pacer.add_probe(kStart, {.id = 8, .rate = 8e6, .bytes = 15'000, .packets = 5});
  CHECK(pacer.pop(kStart + 20 * kMs)->size == Pacer::kPaddingSize);
}

TEST_CASE("a queue that would take longer than a second goes faster, by half at most") {
  Pacer pacer;
  pacer.set_rate(700e3);
  for (int i = 0; i < 100; ++i) pacer.push({1, 1000, PacketKind::video, 0});
  CHECK(drain(pacer, kStart, kStart + 100 * kMs) == doctest::Approx(10'000).epsilon(0.15));
  pacer.set_rate(100e3);
  CHECK(drain(pacer, kStart + 100 * kMs, kStart + 1100 * kMs) == doctest::Approx(19'000).epsilon(0.1));
}

TEST_CASE("an idle pacer lets a burst go at once, as deep as it may be and no deeper") {
  for (const int ms : {5, 20}) {
    Pacer pacer;
    pacer.set_rate(8e6);
    if (ms != 5) pacer.set_burst(ms * kMs);
    CHECK(pacer.burst() == ms * kMs);
    for (int i = 0; i < 100; ++i) pacer.push({1, 1000, PacketKind::video, 0});
    int at_once = 0;
    while (pacer.pop(kStart)) ++at_once;
    CHECK(at_once == ms + 1);  // the last one empties the credit
    // What follows goes at the rate.
    CHECK(drain(pacer, kStart + 1 * kMs, kStart + 10 * kMs) == 10'000);
    // Credit for time that passed is no more than the burst.
    at_once = 0;
    while (pacer.pop(kStart + 500 * kMs)) ++at_once;
    CHECK(at_once == ms + 1);
  }
}

TEST_CASE("sound is urgent, and what waits is known by its time") {
  Pacer pacer;
  pacer.set_rate(100e3);
  CHECK_FALSE(pacer.urgent());
  pacer.push({1, 1000, PacketKind::video, 0});
  CHECK(pacer.queued_time() == 80 * kMs);
  CHECK_FALSE(pacer.urgent());
  pacer.push({2, 100, PacketKind::audio, 0});
  CHECK(pacer.urgent());
  CHECK(pacer.queued() == 2);
}

TEST_CASE("a probe does not begin with the credit of an idle pacer, and takes media along") {
  Pacer pacer;
  pacer.set_rate(100e3);
  pacer.add_probe(kStart, {.id = 7, .rate = 9.6e6, .bytes = 6000, .packets = 5});
  CHECK(pacer.probing());
  pacer.push({1, 1200, PacketKind::video, 0});
  CHECK(pacer.pop(kStart)->probe == 7U);
  CHECK_FALSE(pacer.pop(kStart));
  CHECK(pacer.deadline() == kStart + 1 * kMs);
  auto padding = pacer.pop(kStart + 1 * kMs, 240);
  REQUIRE(padding);
  CHECK(padding->size == 240);
  pacer.correct(kStart + 1 * kMs, *padding, 1200);
  CHECK(pacer.deadline() == kStart + 2 * kMs);
  // A probe that cannot be filled ends.
  padding = pacer.pop(kStart + 2 * kMs);
  REQUIRE(padding);
  pacer.correct(kStart + 2 * kMs, *padding, 0);
  CHECK(pacer.deadline() == kNever);
}

TEST_CASE("what has become needless is taken out, and the rest keeps its order") {
  Pacer pacer;
  pacer.set_rate(1e6);
  for (std::uint64_t i = 0; i < 6; ++i) pacer.push({i, 1000, PacketKind::video, 0});
  pacer.push({9, 500, PacketKind::retransmission, 0});
  CHECK(pacer.remove(PacketKind::video, [](std::size_t place) { return place % 2 == 0; }) == 3);
  CHECK(pacer.queued() == 4);
  CHECK(pacer.queued_bytes() == 3500);
  CHECK(pacer.pop(kStart)->handle == 9);
  CHECK(pacer.pop(kStart + 100 * kMs)->handle == 1);
  CHECK(pacer.pop(kStart + 200 * kMs)->handle == 3);
  CHECK(pacer.pop(kStart + 300 * kMs)->handle == 5);
  CHECK(pacer.queued_bytes() == 0);
  CHECK(pacer.remove(PacketKind::video, [](std::size_t) { return true; }) == 0);
}

TEST_CASE("the queue is bounded; padding is not queued") {
  Pacer pacer;
  CHECK_FALSE(pacer.push({1, 100, PacketKind::padding, 0}));
  CHECK_FALSE(pacer.push({1, 0, PacketKind::video, 0}));
  for (std::size_t i = 0; i < Pacer::kMaxQueued; ++i) CHECK(pacer.push({1, 100, PacketKind::video, 0}));
  CHECK_FALSE(pacer.push({1, 100, PacketKind::video, 0}));
  for (int i = 0; i < 100; ++i) pacer.add_probe(kStart, {.id = 1, .rate = 1e6, .bytes = 1, .packets = 1});
  pacer.clear();
  CHECK(pacer.deadline() == kNever);
}

}  // namespace weir::bwe
