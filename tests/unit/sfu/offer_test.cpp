#include "sfu/offer.h"

#include <doctest/doctest.h>

#include <vector>

using namespace weir;
using namespace weir::sfu;
using namespace std::chrono_literals;

namespace {

constexpr Time kStart = time_from_us(100'000'000);
constexpr LayerMask kAll = layer_bit(0, 0) | layer_bit(1, 0) | layer_bit(2, 0);

SeenLayer simulcast(std::uint8_t encoding, std::uint64_t bitrate) {
  const std::uint32_t height = 180U << encoding;
  return {.id = {encoding, 0, 0},
          .bitrate = bitrate,
          .width = height * 16 / 9,
          .height = height,
          .milli_fps = 30'000};
}

std::vector<SeenLayer> three(std::uint64_t low, std::uint64_t middle, std::uint64_t high) {
  return {simulcast(0, low), simulcast(1, middle), simulcast(2, high)};
}

/// The demand of somebody who gave up what is not in `wanted`, 2 s ago.
Demand demand_for(LayerMask wanted, Time now) {
  Demand demand;
  demand.update(now - 4s, kAll, wanted);
  demand.update(now - 2s, kAll, wanted);
  return demand;
}

}  // namespace

/// Seen for long enough that what is measured counts.
void watch(Offer& offer, std::uint64_t low, std::uint64_t middle, std::uint64_t high) {
  offer.update(kStart - 10s, three(low, middle, high), {});
  offer.update(kStart, three(low, middle, high), {});
}

TEST_CASE("what is sent is offered as it is measured") {
  Offer offer;
  watch(offer, 150'000, 500'000, 1'700'000);
  REQUIRE(offer.layers().size() == 3);
  CHECK(offer.take_changed());
  CHECK(offer.layers()[2].bitrate == 1'700'000);
  CHECK(offer.layers()[2].height == 720);
  offer.update(kStart + 1s, three(150'000, 500'000, 1'900'000), {});
  CHECK(offer.layers()[2].bitrate == 1'900'000);
  // Less is believed slowly.
  offer.update(kStart + 2s, three(150'000, 500'000, 1'400'000), {});
  CHECK(offer.layers()[2].bitrate == 1'800'000);
  offer.update(kStart + 20s, three(150'000, 500'000, 1'400'000), {});
  CHECK(offer.layers()[2].bitrate == 1'400'000);
  CHECK_FALSE(offer.take_changed());
}

TEST_CASE("what the publisher stops by itself is not offered") {
  Offer offer;
  watch(offer, 150'000, 500'000, 1'700'000);
  offer.take_changed();
  offer.update(kStart + 2s, three(150'000, 500'000, 0), {});
  REQUIRE(offer.layers().size() == 2);
  CHECK(offer.take_changed());
  CHECK(offer.known().size() == 3);
  offer.update(kStart + 4s, three(150'000, 500'000, 900'000), {});
  CHECK(offer.layers().size() == 3);
  CHECK(offer.take_changed());
}

TEST_CASE("what the publisher was told to stop stays on offer, at what it was measured last") {
  Offer offer;
  watch(offer, 150'000, 500'000, 1'700'000);
  const Demand demand = demand_for(layer_bit(0, 0), kStart);
  // The means fall while it ends.
  offer.update(kStart + 1s, three(150'000, 300'000, 700'000), demand);
  offer.update(kStart + 60s, three(150'000, 0, 0), demand);
  REQUIRE(offer.layers().size() == 3);
  CHECK(offer.layers()[1].bitrate == 500'000);
  CHECK(offer.layers()[2].bitrate == 1'700'000);
  CHECK_FALSE(offer.layers()[2].active);
}

TEST_CASE("a layer that does not come after it was asked back is gone; one that comes settles") {
  Offer offer;
  watch(offer, 150'000, 500'000, 1'700'000);
  Demand demand = demand_for(layer_bit(0, 0), kStart);
  const Time back = kStart + 60s;
  offer.update(back, three(150'000, 0, 0), demand);
  REQUIRE(demand.update(back, kAll, kAll));
  offer.update(back + Offer::kReturn - 1us, three(150'000, 0, 0), demand);
  CHECK(offer.layers().size() == 3);
  SUBCASE("gone") {
    offer.update(back + Offer::kReturn, three(150'000, 0, 0), demand);
    CHECK(offer.layers().size() == 1);
  }
  SUBCASE("back") {
    offer.update(back + Offer::kReturn, three(150'000, 100'000, 200'000), demand);
    CHECK(offer.layers()[2].bitrate == 1'700'000);
    offer.update(back + Offer::kReturn + Offer::kSettling, three(150'000, 400'000, 1'100'000), demand);
    offer.update(back + 20s, three(150'000, 400'000, 1'100'000), demand);
    CHECK(offer.layers()[2].bitrate == 1'100'000);
  }
}

TEST_CASE("a publisher from whom nothing comes of what it was asked for offers nothing") {
  Offer offer;
  watch(offer, 150'000, 500'000, 1'700'000);
  SUBCASE("asked for all") {
    offer.update(kStart + 2s, three(0, 0, 0), {});
    CHECK(offer.layers().empty());
  }
  SUBCASE("asked for the lowest") {
    offer.update(kStart + 60s, three(0, 0, 0), demand_for(layer_bit(0, 0), kStart));
    CHECK(offer.layers().empty());
  }
  SUBCASE("asked for nothing, it offers all") {
    offer.update(kStart + 60s, three(0, 0, 0), demand_for(0, kStart));
    CHECK(offer.layers().size() == 3);
  }
}

TEST_CASE("what has just begun is guessed by its size until it is measured") {
  Offer offer;
  offer.update(kStart, std::vector{simulcast(1, 40'000)}, {});
  REQUIRE(offer.layers().size() == 1);
  CHECK(offer.discoveries() == 1);
  CHECK(offer.layers()[0].bitrate == 640 * 360 * 13 / 5);
  offer.update(kStart + 1s, std::vector{simulcast(1, 700'000)}, {});
  CHECK(offer.layers()[0].bitrate == 700'000);
  offer.update(kStart + Offer::kSettling, std::vector{simulcast(1, 450'000)}, {});
  CHECK(offer.layers()[0].bitrate == 450'000);
  CHECK(offer.discoveries() == 2);
  // It stops and begins again: known from before.
  offer.update(kStart + 20s, std::vector{simulcast(1, 0)}, {});
  CHECK(offer.layers().empty());
  offer.update(kStart + 30s, std::vector{simulcast(1, 10'000)}, {});
  CHECK(offer.layers()[0].bitrate == 450'000);
  offer.update(kStart + 32s, std::vector{simulcast(1, 100'000)}, {});
  offer.update(kStart + 40s, std::vector{simulcast(1, 100'000)}, {});
  CHECK(offer.layers()[0].bitrate == 100'000);
}

TEST_CASE("what the sender announces stands in for the guess, and for what never came") {
  Offer offer;
  offer.announce(three(100'000, 400'000, 2'000'000));
  offer.update(kStart, std::vector{simulcast(0, 40'000)}, {});
  REQUIRE(offer.layers().size() == 1);
  CHECK(offer.layers()[0].bitrate == 100'000);
  REQUIRE(offer.known().size() == 3);
  CHECK(offer.known()[2].layer.height == 720);
  // Nobody wanted the highest before it was ever sent: it can be had all the same.
  offer.update(kStart, std::vector{simulcast(0, 40'000)}, demand_for(layer_bit(0, 0), kStart));
  REQUIRE(offer.layers().size() == 3);
  CHECK(offer.layers()[2].bitrate == 2'000'000);
  // Measured, it is what it is.
  offer.update(kStart + 1s, three(40'000, 300'000, 900'000), {});
  offer.update(kStart + 9s, three(40'000, 300'000, 900'000), {});
  CHECK(offer.layers()[2].bitrate == 900'000);
  offer.announce(three(0, 0, 0));
  offer.update(kStart + 10s, three(40'000, 300'000, 900'000), {});
  CHECK(offer.layers()[2].bitrate == 900'000);
}

TEST_CASE("what was measured long ago counts ever less, down to what such a layer usually takes") {
  Offer offer;
  watch(offer, 150'000, 500'000, 9'000'000);
  const Demand demand = demand_for(layer_bit(0, 0), kStart);
  const auto rate_after = [&](Duration time) {
    offer.update(kStart + time, three(150'000, 0, 0), demand);
    REQUIRE(offer.layers().size() == 3);
    CHECK(offer.layers()[1].bitrate == 500'000);  // less than usual: as it was
    return offer.layers()[2].bitrate;
  };
  constexpr std::uint64_t kUsual = 1280 * 720 * 13 / 5;
  CHECK(rate_after(1s) == 9'000'000);
  CHECK(rate_after(Offer::kRemember) == 9'000'000);
  const std::uint64_t half = rate_after(Offer::kRemember * 3 / 2);
  CHECK(half > (9'000'000 + kUsual) / 2 - 50'000);
  CHECK(half < (9'000'000 + kUsual) / 2 + 50'000);
  CHECK(rate_after(2 * Offer::kRemember) == kUsual);
  CHECK(rate_after(24h) == kUsual);
  // What is sent is as it is measured, however long.
  CHECK(offer.layers()[0].bitrate == 150'000);
}

TEST_CASE("a layer of unknown size that was measured long ago is believed to take half") {
  Offer offer;
  const SeenLayer seen{.id = {0, 0, 0}, .bitrate = 100'000};
  const SeenLayer nameless{.id = {1, 0, 0}, .bitrate = 3'000'000};
  for (const Time now : {kStart - 10s, kStart}) offer.update(now, std::vector{seen, nameless}, {});
  const Demand demand = demand_for(layer_bit(0, 0), kStart);
  offer.update(kStart + 2 * Offer::kRemember, std::vector{seen}, demand);
  REQUIRE(offer.layers().size() == 2);
  CHECK(offer.layers()[1].bitrate == 1'500'000);
}

TEST_CASE("a doubt that proves wrong waits twice as long the next time, one that proves right does not") {
  Offer offer;
  watch(offer, 150'000, 500'000, 9'000'000);
  const Demand demand = demand_for(layer_bit(0, 0), kStart);
  constexpr std::uint64_t kUsual = 1280 * 720 * 13 / 5;
  Time now = kStart;
  Duration waits = Offer::kRemember;
  /// Somebody takes the layer as it is offered; it comes for ten seconds.
  const auto tried = [&](std::uint64_t takes) {
    for (int i = 0; i < 20; ++i, now += 500ms) offer.update(now, three(150'000, 500'000, takes), {});
    now -= 500ms;
  };
  const auto rate = [&](Duration later) {
    offer.update(now + later, three(150'000, 0, 0), demand);
    return offer.layers()[2].bitrate;
  };
  for (int trial = 0; trial < 8; ++trial) {
    CHECK(rate(waits) == 9'000'000);
    CHECK(rate(2 * waits) == kUsual);
    now += 2 * waits;
    tried(9'000'000);
    waits = std::min(2 * waits, Offer::kRememberMost);
  }
  CHECK(waits == Offer::kRememberMost);
  CHECK(rate(2 * waits) == kUsual);
  now += 2 * waits;
  tried(3'000'000);
  CHECK(rate(Offer::kRemember) == offer.known()[2].layer.bitrate);
  CHECK(rate(2 * Offer::kRemember) == kUsual);
}

TEST_CASE("more layers than anybody sends are not kept, in whatever order they come") {
  Offer offer;
  std::vector<SeenLayer> seen;
  for (std::uint8_t encoding = 0; encoding < 8; ++encoding) {
    for (std::uint8_t temporal = 8; temporal-- > 0;) {
      seen.push_back({.id = {encoding, 0, temporal}, .bitrate = 1000});
    }
  }
  offer.update(kStart, seen, {});
  CHECK(offer.known().size() == Offer::kMaxLayers);
  for (std::size_t i = 1; i < offer.known().size(); ++i) {
    CHECK(offer.known()[i - 1].layer.id < offer.known()[i].layer.id);
  }
  offer.clear();
  CHECK(offer.layers().empty());
  CHECK(offer.known().empty());
}
