#include "bwe/probe_controller.h"

#include <doctest/doctest.h>

#include <vector>

namespace weir::bwe {
namespace {

std::vector<Rate> take_all(ProbeController& prober) {
  std::vector<Rate> rates;
  while (const auto cluster = prober.take()) {
    CHECK(cluster->bytes >= 5 * 300);
    rates.push_back(cluster->rate);
  }
  return rates;
}

ProbeController::Input input(double at, Rate target, std::optional<double> limited_since = std::nullopt) {
  ProbeController::Input in;
  in.now = Time{} + from_ms(at * 1000);
  in.target = target;
  in.clear = true;
  if (limited_since) in.app_limited_since = Time{} + from_ms(*limited_since * 1000);
  return in;
}

using Rates = std::vector<Rate>;

}  // namespace

TEST_CASE("the start is probed at three and six times, then twice the result while that holds") {
  ProbeController prober{20e6};
  prober.start(input(0, 300e3));
  CHECK(take_all(prober) == Rates{900e3, 1800e3});
  prober.on_result(input(0.2, 1700e3), 1700e3);
  CHECK(take_all(prober) == Rates{3400e3});
  prober.on_result(input(0.4, 1700e3), 1800e3);
  CHECK(take_all(prober).empty());
}

TEST_CASE("nothing above twice the wanted, nor above the most") {
  ProbeController prober{1e6};
  prober.set_wanted(input(0, 300e3), 350e3);
  prober.start(input(0, 300e3));
  CHECK(take_all(prober) == Rates{700e3, 700e3});
}

TEST_CASE(
    "after a drop, and after a probe that showed more, the next comes soon; where it shows nothing, late") {
  ProbeController prober{20e6};
  prober.start(input(0, 300e3));
  take_all(prober);
  prober.on_drop(input(10, 1e6), 1.4e6);  // no fall by a third
  prober.on_time(input(10.1, 1e6));
  CHECK(take_all(prober) == Rates{1.5e6});
  prober.on_result(input(10.3, 1.5e6), 1.5e6);
  CHECK(take_all(prober) == Rates{2.25e6});
  prober.on_result(input(10.5, 1.6e6), 1.6e6);  // held up
  prober.on_time(input(13.2, 1.6e6));
  CHECK(take_all(prober).empty());
  prober.on_time(input(13.4, 1.6e6));
  CHECK(take_all(prober) == Rates{2.4e6});
  prober.on_result(input(13.6, 1.6e6), 1.6e6);
  prober.on_time(input(19, 1.6e6));
  CHECK(take_all(prober).empty());
}

TEST_CASE("where a probe was refuted, the next waits and asks for a quarter more, no further") {
  ProbeController prober{20e6};
  prober.start(input(0, 300e3));
  take_all(prober);
  prober.on_refuted(input(5, 0).now);
  prober.on_time(input(14.9, 1e6));
  CHECK(take_all(prober).empty());
  prober.on_time(input(16, 1e6));
  CHECK(take_all(prober) == Rates{1.25e6});
  prober.on_result(input(16.2, 1.25e6), 1.25e6);
  CHECK(take_all(prober).empty());
  prober.on_time(input(80, 1.25e6));  // long ago
  CHECK(take_all(prober) == Rates{1.875e6});
}

TEST_CASE("a probe that held ends the caution; another refutation waits twice as long") {
  ProbeController prober{20e6};
  prober.start(input(0, 300e3));
  take_all(prober);
  prober.on_refuted(input(5, 0).now);
  prober.on_confirmed(input(14, 0).now);  // one of before
  prober.on_time(input(16, 1e6));
  CHECK(take_all(prober) == Rates{1.25e6});
  prober.on_confirmed(input(21, 0).now);
  prober.on_time(input(30, 1e6));
  CHECK(take_all(prober) == Rates{1.5e6});
  prober.on_refuted(input(31, 0).now);
  prober.on_time(input(50.9, 1e6));
  CHECK(take_all(prober).empty());
  prober.on_time(input(52, 1e6));
  CHECK(take_all(prober) == Rates{1.25e6});
}

TEST_CASE("a source that offers little is probed every 5 s") {
  ProbeController prober{20e6};
  prober.start(input(0, 300e3));
  take_all(prober);
  prober.on_time(input(4, 1e6, 0.5));
  CHECK(take_all(prober).empty());
  prober.on_time(input(5.6, 1e6, 0.5));
  CHECK(take_all(prober) == Rates{2e6});
  auto unclear = input(20, 1e6, 0.5);
  unclear.clear = false;
  prober.on_time(unclear);
  CHECK(take_all(prober).empty());
}

TEST_CASE("a wish for more is probed at once when the source offers little; a tenth is no wish") {
  ProbeController prober{20e6};
  prober.set_wanted(input(0, 300e3), 300e3);
  prober.start(input(0, 300e3));
  take_all(prober);
  prober.set_wanted(input(9, 600e3, 1), 320e3);
  CHECK(take_all(prober).empty());
  prober.set_wanted(input(9, 600e3, 1), 4e6);
  CHECK(take_all(prober) == Rates{1200e3, 2400e3});
}

TEST_CASE("after a deep fall the old rate is tried once the path is clear, no more than twice the new one") {
  ProbeController prober{20e6};
  prober.start(input(0, 300e3));
  take_all(prober);
  prober.on_drop(input(10, 900e3), 1e6);
  prober.on_time(input(11, 900e3));
  take_all(prober);
  prober.on_drop(input(20, 400e3), 1e6);
  auto congested = input(21, 400e3);
  congested.clear = false;
  prober.on_time(congested);
  CHECK(take_all(prober).empty());
  prober.on_time(input(22, 400e3));
  CHECK(take_all(prober) == Rates{800e3});
  prober.on_drop(input(22.1, 600e3), 1e6);
  prober.on_time(input(23.5, 600e3));
  CHECK(take_all(prober) == Rates{850e3});
  prober.on_result(input(23.6, 400e3), 400e3);
  prober.on_time(input(24, 400e3));
  CHECK(take_all(prober).empty());
}

TEST_CASE(
    "a source of steps is probed every 3 s for the next one, and at once for twice of what a probe showed") {
  ProbeController prober{20e6};
  prober.set_steps(true);
  prober.set_wanted(input(0, 300e3), 2e6);
  prober.start(input(0, 300e3));
  CHECK(take_all(prober) == Rates{900e3, 1800e3});
  for (int i = 1; i < 8; ++i) {  // the link carries no more, and it is asked no less
    prober.on_time(input(3.1 * i - 0.2, 300e3));
    CHECK(take_all(prober).empty());
    prober.on_time(input(3.1 * i, 300e3));
    CHECK(take_all(prober) == Rates{600e3});
    prober.on_result(input(3.1 * i + 0.2, 310e3), 310e3);
    CHECK(take_all(prober).empty());
  }
  prober.on_time(input(30, 300e3));
  CHECK(take_all(prober) == Rates{600e3});
  prober.on_result(input(30.1, 590e3), 590e3);
  CHECK(take_all(prober) == Rates{1180e3});
  prober.on_result(input(30.2, 900e3), 900e3);  // the picture was in its way
  CHECK(take_all(prober) == Rates{1800e3});
  prober.on_result(input(30.3, 1800e3), 1800e3);
  CHECK(take_all(prober) == Rates{3600e3});
  prober.on_result(input(30.5, 2.1e6), 2.1e6);
  // What is wanted fits: as any other source.
  prober.on_time(input(34, 2.1e6));
  CHECK(take_all(prober) == Rates{3150e3});
}

TEST_CASE("where probes were refuted a source of steps waits as others do") {
  ProbeController prober{20e6};
  prober.set_steps(true);
  prober.set_wanted(input(0, 300e3), 2e6);
  prober.start(input(0, 300e3));
  take_all(prober);
  prober.on_refuted(Time{} + from_ms(1000));
  for (double at = 1; at < 11; at += 0.5) prober.on_time(input(at, 300e3));
  CHECK(take_all(prober).empty());
  prober.on_time(input(11.5, 300e3));
  CHECK(take_all(prober) == Rates{375e3});
  prober.on_time(input(15, 300e3));
  CHECK(take_all(prober).empty());
}

TEST_CASE("jitter makes longer clusters; what is planned is bounded") {
  ProbeController prober{20e6};
  auto jittery = input(0, 2e6);
  jittery.jitter = from_ms(6);
  prober.verify(jittery, 4e6);
  CHECK(prober.take()->bytes == static_cast<std::uint32_t>(4e6 / 8 * 0.048));
  for (int i = 0; i < 100; ++i) prober.verify(jittery, 4e6);
  CHECK(take_all(prober).size() == 4);
}

}  // namespace weir::bwe
