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
  // 5 % of loss at 100 ms: RFC 5348 section 3.1 gives 526 kbit/s for packets of 1200 bytes.
  const auto lossy = [&] {
    auto input = queue(control.rate(), 90);
    input.loss = 0.05;
    input.usual_loss = 0.05;
    return input;
  };
  for (int i = 0; i < 600; ++i) clock.run(0.1, lossy());
  CHECK(control.share() == doctest::Approx(525'800).epsilon(0.01));
  CHECK(control.rate() > 0.7 * control.share());
  CHECK(control.rate() < 1.1 * control.share());
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

}  // namespace weir::bwe
