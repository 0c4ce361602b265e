#include "bwe/loss_model.h"

#include <doctest/doctest.h>

#include "base/random.h"

namespace weir::bwe {
namespace {

constexpr std::uint32_t kSize = 1000;

/// Sends at `rate` for `seconds`; `loss(rate)` are lost. The time after.
template <typename Loss>
Time feed(LossModel& model, Time at, Rate rate, double duration, const Loss& loss, SeededRandom& random) {
  const Time end = at + from_ms(duration * 1000);
  for (; at < end; at += time_to_send(kSize, rate)) {
    const bool lost = random.unit() < loss(rate);
    model.on_packet({at, lost ? std::nullopt : std::optional<Time>{at}, kSize, 0, false});
    model.update(at, rate, rate * (1 - loss(rate)));
  }
  return at;
}

}  // namespace

TEST_CASE("a share that is lost at any rate is no limit") {
  for (const double share : {0.01, 0.05, 0.1, 0.2}) {
    SeededRandom random{1};
    LossModel model;
    Time at;
    for (const Rate rate : {1e6, 2e6, 1.5e6, 2.5e6})
      at = feed(
          model, at, rate, 3, [&](Rate) { return share; }, random);
    // A trial may be on. It is short.
    at = feed(
        model, at, 2.5e6, 1.5, [&](Rate) { return share; }, random);
    CHECK(model.bound().value_or(2.5e6) > 0.6 * 2.5e6);
    CHECK(model.average() == doctest::Approx(share).epsilon(0.4));
  }
}

TEST_CASE("what is dropped above a rate is found as a bound") {
  SeededRandom random{1};
  LossModel model;
  const auto policed = [](Rate rate) { return rate > 1e6 ? (rate - 1e6) / rate : 0; };
  Time at = feed(model, {}, 0.8e6, 3, policed, random);
  CHECK_FALSE(model.bound());
  at = feed(model, at, 1.6e6, 2, policed, random);
  REQUIRE(model.bound());
  CHECK(*model.bound() < 1.3e6);
  CHECK(*model.bound() > 0.7e6);
  feed(model, at, 0.8e6, 10, policed, random);
  CHECK_FALSE(model.bound());
}

TEST_CASE("where half is lost the bound is below what arrives, though more is sent than allowed") {
  SeededRandom random{1};
  LossModel model;
  Time at;
  for (int i = 0; i < 20'000; ++i, at += time_to_send(kSize, 3.3e6)) {
    const bool lost = random.unit() < 0.55;
    model.on_packet({at, lost ? std::nullopt : std::optional<Time>{at}, kSize, 0, false});
    model.update(at, 2.5e6, 1.5e6);
  }
  REQUIRE(model.bound());
  CHECK(*model.bound() < 1.5e6);
}

TEST_CASE("a packet that came after all is no loss") {
  LossModel model;
  Time at;
  for (int i = 0; i < 2000; ++i, at += from_ms(1)) {
    model.on_packet({at, std::nullopt, kSize, 0, false});
    model.on_packet({at, at, kSize, 0, true});
  }
  model.update(at, 8e6, 8e6);
  CHECK(model.average() == 0);
  CHECK(model.recent() == 0);
  model.reset();
  CHECK_FALSE(model.bound());
}

}  // namespace weir::bwe
