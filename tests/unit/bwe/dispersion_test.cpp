#include "bwe/dispersion.h"

#include <doctest/doctest.h>

namespace weir::bwe {
namespace {

constexpr Duration kMs = std::chrono::milliseconds{1};
constexpr Time kStart = time_from_us(1'000'000);

/// `count` packets of 1200 bytes.
void feed(Dispersion& dispersion, int count, Duration sent_apart, Duration received_apart) {
  for (int i = 0; i < count; ++i) {
    dispersion.on_packet(kStart + i * sent_apart, kStart + 20 * kMs + i * received_apart, 1200);
  }
}

}  // namespace

TEST_CASE("packets that left together come apart at the rate of the bottleneck") {
  Dispersion dispersion;
  CHECK_FALSE(dispersion.rate());
  feed(dispersion, 3, 4 * kMs, 32 * kMs);
  CHECK_FALSE(dispersion.rate());  // too few
  dispersion.reset();
  feed(dispersion, 4, 4 * kMs, 32 * kMs);
  REQUIRE(dispersion.rate());
  CHECK(*dispersion.rate() == doctest::Approx(300e3));
  feed(dispersion, 1, kMs, kMs);  // comes too late to count
  CHECK(*dispersion.rate() == doctest::Approx(300e3));
}

TEST_CASE("where the queue does not grow, or hardly, what arrives is what was sent") {
  Dispersion dispersion;
  feed(dispersion, 40, 10 * kMs, 10 * kMs);
  CHECK_FALSE(dispersion.rate());
  dispersion.reset();
  feed(dispersion, 40, 10 * kMs, 19 * kMs);
  CHECK_FALSE(dispersion.rate());
  dispersion.reset();
  feed(dispersion, 40, 10 * kMs, 21 * kMs);
  CHECK(dispersion.rate());
}

TEST_CASE("a burst that comes within less than 80 ms tells nothing, nor does one that comes at once") {
  Dispersion dispersion;
  feed(dispersion, 20, kMs, 4 * kMs);
  CHECK_FALSE(dispersion.rate());
  dispersion.reset();
  feed(dispersion, 1000, Duration{0}, Duration{0});
  CHECK_FALSE(dispersion.rate());
}

}  // namespace weir::bwe
