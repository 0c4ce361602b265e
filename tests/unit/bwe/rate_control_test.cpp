#include "bwe/rate_control.h"

#include <doctest/doctest.h>

namespace weir::bwe {
namespace {

/// Updates every 50 ms.
class Clock {
 public:
  explicit Clock(RateControl& control) : control_(control) {}
  void run(double duration, RateControl::Input input) {
    const Time end = now_ + from_ms(duration * 1000);
    for (; now_ < end; now_ += from_ms(50)) {
      input.now = now_;
      input.rtt = from_ms(100);
      input.newest_sent = now_ - input.rtt;
      control_.update(input);
    }
  }

 private:
  RateControl& control_;
  Time now_ = time_from_us(1'000'000);
};

RateControl::Input clear(Rate acked) {
  RateControl::Input input;
  input.acked = acked;
  return input;
}
RateControl::Input queue(Rate acked, double ms) {
  RateControl::Input input = clear(acked);
  input.queue = from_ms(ms);
  return input;
}

}  // namespace

TEST_CASE("far from what the link is known to carry the rate grows by 8 % a second") {
  RateControl control{1e6, 1e5, 1e7};
  Clock clock{control};
  clock.run(2, clear(1e6));
  CHECK(control.rate() == doctest::Approx(1.16e6).epsilon(0.02));
}

TEST_CASE("growth ends at one and a half times what arrives") {
  RateControl control{1e6, 1e5, 1e7};
  Clock clock{control};
  clock.run(60, clear(1e6));
  CHECK(control.rate() == doctest::Approx(1.51e6));
  auto limited = clear(1e6);
  limited.app_limited = true;
  RateControl idle{1e6, 1e5, 1e7};
  Clock other{idle};
  other.run(60, limited);
  CHECK(idle.rate() == 1e6);
}

TEST_CASE("a queue that stands cuts below what arrives; a long one deeper") {
  RateControl control{2e6, 1e5, 1e7};
  Clock clock{control};
  clock.run(0.1, queue(1e6, 60));
  CHECK(control.congested());
  CHECK(control.rate() == doctest::Approx(0.86e6).epsilon(0.02));
  RateControl deep{2e6, 1e5, 1e7};
  Clock other{deep};
  other.run(0.1, queue(1e6, 500));
  CHECK(deep.rate() == doctest::Approx(0.5e6).epsilon(0.01));
}

TEST_CASE("a trend without a queue is jitter") {
  RateControl control{1e6, 1e5, 1e7};
  Clock clock{control};
  auto input = clear(1e6);
  input.usage = Usage::over;
  input.queue = from_ms(12);
  input.jitter = from_ms(5);
  clock.run(1, input);
  CHECK_FALSE(control.congested());
  CHECK(control.rate() > 1e6);
}

TEST_CASE("after the cut the rate returns soon to just below the link's capacity, then slowly") {
  RateControl control{2e6, 1e5, 1e7};
  Clock clock{control};
  clock.run(0.1, queue(1e6, 200));
  const Rate cut = control.rate();
  CHECK(cut < 0.8e6);
  clock.run(1.5, clear(0.9e6));
  CHECK(control.rate() > 0.92e6);
  CHECK(control.rate() < 0.99e6);
}

TEST_CASE("a source that offers little is not cut to what it offers, unless that makes a queue stand") {
  RateControl control{10e6, 1e5, 2e7};
  Clock clock{control};
  auto input = queue(0.3e6, 20);
  input.usage = Usage::over;
  input.app_limited = true;
  clock.run(2, input);
  CHECK(control.rate() == 10e6);
  input.queue = from_ms(100);
  clock.run(0.1, input);
  CHECK(control.rate() < 0.3e6);
}

TEST_CASE("a queue that outlives all cuts is somebody else's: then loss decides") {
  RateControl control{1e6, 0.5e5, 1e7};
  Clock clock{control};
  for (int i = 0; i < 200 && !control.competing(); ++i) clock.run(0.05, queue(control.rate(), 150));
  REQUIRE(control.competing());
  CHECK(control.rate() >= 0.7e6);
  const Rate before = control.rate();
  clock.run(1, queue(before, 150));
  CHECK(control.rate() > before);
  auto lossy = queue(control.rate(), 150);
  lossy.loss = 0.1;
  clock.run(0.1, lossy);
  CHECK(control.rate() < before);
  clock.run(5, clear(control.rate()));
  CHECK_FALSE(control.competing());
}

TEST_CASE("beside a competitor loss takes no more than leaves what another TCP would have") {
  RateControl control{1.2e5, 3e4, 1e7};
  Clock clock{control};
  CHECK(control.share() == 0);
  for (int i = 0; i < 6 && !control.competing(); ++i) clock.run(1, queue(3e4, 90));
  REQUIRE(control.competing());
  const auto lossy = [&] {
    auto input = queue(control.rate(), 90);
    input.loss = 0.05;
    input.tcp = 525'800;
    return input;
  };
  for (int i = 0; i < 600; ++i) clock.run(0.1, lossy());
  CHECK(control.share() == doctest::Approx(525'800));
  CHECK(control.rate() > 0.7 * control.share());
  CHECK(control.rate() < 1.1 * control.share());
}

TEST_CASE("where somebody fills a short queue delay leaves most of what a TCP would have") {
  RateControl control{1e6, 3e4, 1e7};
  Clock clock{control};
  const auto short_queue = [&](double ms) {
    auto input = queue(control.rate(), ms);
    input.usage = Usage::over;
    input.contended = true;
    input.tcp = 1e6;
    return input;
  };
  // Too short to stand, and gone between.
  for (int i = 0; i < 30; ++i) {
    clock.run(1, short_queue(40));
    clock.run(0.3, short_queue(5));
  }
  CHECK_FALSE(control.competing());
  CHECK(control.share() == 0.6e6);
  CHECK(control.rate() >= 0.6e6);
  CHECK(control.rate() < 0.7e6);
  // Who has less comes back to it, whatever the queue.
  RateControl poor{1e5, 3e4, 1e7};
  Clock other{poor};
  for (int i = 0; i < 200; ++i) {
    auto input = short_queue(40);
    input.acked = poor.rate();
    other.run(0.1, input);
  }
  CHECK(poor.rate() >= 0.59e6);
  // And without losses that come back delay rules.
  auto alone = short_queue(40);
  alone.contended = false;
  for (int i = 0; i < 15; ++i) {
    alone.acked = poor.rate();
    other.run(0.1, alone);
  }
  CHECK(poor.share() == 0);
  CHECK(poor.rate() < 0.4e6);
}

TEST_CASE("who offers little beside others may grow to most of what a TCP would have") {
  RateControl control{1e5, 3e4, 1e7};
  Clock clock{control};
  auto input = queue(5e4, 40);
  input.app_limited = true;
  input.contended = true;
  input.tcp = 1e6;
  clock.run(20, input);
  CHECK(control.rate() == doctest::Approx(0.6e6).epsilon(0.02));
  clock.run(20, input);
  CHECK(control.rate() < 0.62e6);
}

TEST_CASE("squeezed to the least rate by a queue too short to stand, a little more is tried") {
  RateControl control{1e5, 3e4, 1e7};
  Clock clock{control};
  auto input = queue(5e4, 40);
  input.usage = Usage::over;
  input.tcp = 2e6;
  clock.run(4, input);
  CHECK(control.rate() < 1e5);
  const Rate before = control.rate();
  for (int i = 0; i < 40; ++i) {
    input.acked = control.rate();
    clock.run(0.1, input);
  }
  CHECK(control.rate() > before);
  CHECK(control.rate() < 3.1e5);
}

TEST_CASE("a probe lifts the rate, and tells the capacity only when the path was full") {
  RateControl control{1e6, 1e5, 1e7};
  control.on_probe({3e6, false}, false);
  CHECK(control.rate() == 3e6);
  CHECK_FALSE(control.capacity().mean());
  control.on_probe({2e6, true}, false);
  CHECK(control.rate() == 3e6);
  CHECK(*control.capacity().mean() == 2e6);
}

TEST_CASE("a probe that filled the path lowers the rate only where the source shows nothing itself") {
  RateControl control{2e6, 1e5, 1e7};
  control.on_probe({1e6, true}, false);
  CHECK(control.rate() == 2e6);
  control.on_probe({1e6, false}, true);
  CHECK(control.rate() == 2e6);
  control.on_probe({1.9e6, true}, true);
  CHECK(control.rate() == 2e6);
  control.on_probe({1e6, true}, true);
  CHECK(control.rate() == 1e6);
}

TEST_CASE("at the least rate a queue that comes back between is a competitor's") {
  RateControl control{1.2e5, 1e5, 1e7};
  Clock clock{control};
  for (int i = 0; i < 6 && !control.competing(); ++i) {
    clock.run(1, queue(1e5, 90));
    clock.run(0.5, queue(1e5, 5));
  }
  CHECK(control.competing());
  RateControl fast{2e6, 1e5, 1e7};
  Clock other{fast};
  for (int i = 0; i < 6; ++i) {
    other.run(1, queue(1e6, 90));
    other.run(0.5, queue(1e6, 5));
  }
  CHECK_FALSE(fast.competing());
}

TEST_CASE("a short queue that stays after a cut does not hold the rate down for ever") {
  RateControl control{2e6, 1e5, 1e7};
  Clock clock{control};
  clock.run(0.1, queue(1e6, 60));
  CHECK(control.congested());
  const Rate cut = control.rate();
  clock.run(1.5, queue(1e6, 26));
  CHECK(control.congested());
  clock.run(2, queue(1e6, 26));
  CHECK_FALSE(control.congested());
  CHECK(control.rate() > cut);
}

TEST_CASE("where the queue grows on, each cut is deeper than the last") {
  RateControl control{2e6, 1e5, 1e7};
  Clock clock{control};
  clock.run(0.05, queue(1e6, 50));
  CHECK(control.rate() == doctest::Approx(0.87e6).epsilon(0.02));
  clock.run(0.3, queue(1e6, 60));
  CHECK(control.rate() == doctest::Approx(0.56e6).epsilon(0.02));
  clock.run(0.3, queue(1e6, 70));
  CHECK(control.rate() == doctest::Approx(0.45e6).epsilon(0.02));
}

TEST_CASE("what left before a cut does not tell what came of it: the next one is as deep as the queue asks") {
  RateControl control{2e6, 1e5, 1e7};
  Clock clock{control};
  clock.run(0.05, queue(1e6, 50));
  RateControl::Input before = queue(1e6, 120);
  before.now = time_from_us(1'350'000);
  before.rtt = from_ms(100);
  before.newest_sent = time_from_us(999'000);
  control.update(before);
  CHECK(control.rate() == doctest::Approx(0.786e6).epsilon(0.02));
}

TEST_CASE("a cut that was made on what came before the fall is corrected at once") {
  RateControl control{2e6, 1e5, 1e7};
  Clock clock{control};
  clock.run(0.05, queue(1e6, 50));
  CHECK(control.rate() == doctest::Approx(0.87e6).epsilon(0.02));
  clock.run(0.05, queue(0.6e6, 60));  // not that far below
  CHECK(control.rate() == doctest::Approx(0.87e6).epsilon(0.02));
  clock.run(0.05, queue(0.3e6, 60));
  CHECK(control.rate() == doctest::Approx(0.26e6).epsilon(0.02));
}

TEST_CASE("what packets come apart by counts when the queue begins to grow") {
  RateControl control{2e6, 1e5, 1e7};
  Clock clock{control};
  RateControl::Input input = queue(1.5e6, 50);
  input.dispersed = 0.3e6;
  clock.run(0.05, input);
  CHECK(control.rate() == doctest::Approx(0.26e6).epsilon(0.02));
}

TEST_CASE("when the queue is gone the rate returns to just below what the link carried") {
  RateControl control{2e6, 1e5, 1e7};
  Clock clock{control};
  clock.run(0.05, queue(1e6, 300));
  CHECK(control.rate() < 0.6e6);
  clock.run(0.05, queue(1e6, 20));
  CHECK(control.rate() < 0.6e6);
  clock.run(0.05, queue(0.6e6, 10));
  CHECK(control.rate() == doctest::Approx(0.8e6).epsilon(0.02));
  CHECK_FALSE(control.congested());
}

}  // namespace weir::bwe
