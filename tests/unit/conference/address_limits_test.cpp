#include "address_limits.h"

#include <doctest/doctest.h>

#include <string>

using namespace conference;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t start = 1000 * second;

}  // namespace

TEST_CASE("a bucket gives its burst at once and refills evenly") {
  TokenBucket bucket{2, 3};
  for (int i = 0; i < 3; ++i) CHECK(bucket.take(start));
  CHECK_FALSE(bucket.take(start));
  CHECK_FALSE(bucket.take(start + second / 2 - 1));
  CHECK(bucket.take(start + second / 2 + 1));
  CHECK_FALSE(bucket.take(start + second / 2 + 1));
  CHECK(bucket.full(start + 100 * second));
  for (int i = 0; i < 3; ++i) CHECK(bucket.take(start + 100 * second));
  CHECK_FALSE(bucket.take(start + 100 * second));
}

TEST_CASE("a clock that stands still or goes back refills nothing") {
  TokenBucket bucket{1000, 1};
  CHECK(bucket.take(start));
  CHECK_FALSE(bucket.take(start - 50 * second));
  CHECK_FALSE(bucket.take(start));
}

TEST_CASE("one household is one address") {
  CHECK(limit_key("::ffff:192.0.2.1") == "192.0.2.1");
  CHECK(limit_key("192.0.2.1") == "192.0.2.1");
  CHECK(limit_key("2001:db8:1:2:3:4:5:6") == limit_key("2001:db8:1:2::9"));
  CHECK(limit_key("2001:db8:1:2::") != limit_key("2001:db8:1:3::"));
}

TEST_CASE("connections of one address and of all") {
  AddressLimits limits{{2, 100, 3}};
  CHECK(limits.open("192.0.2.1"));
  CHECK(limits.open("::ffff:192.0.2.1"));
  CHECK_FALSE(limits.open("192.0.2.1"));
  CHECK(limits.open("192.0.2.2"));
  CHECK_FALSE(limits.open("192.0.2.3"));
  CHECK(limits.refused_connections() == 2);
  limits.close("192.0.2.1");
  CHECK(limits.open("192.0.2.3"));
  CHECK(limits.connections() == 3);
  limits.close("192.0.2.9");
  CHECK(limits.connections() == 3);
}

TEST_CASE("joins of one address in a minute") {
  AddressLimits limits{{10, 3, 10}};
  for (int i = 0; i < 3; ++i) CHECK(limits.join("192.0.2.1", start));
  CHECK_FALSE(limits.join("192.0.2.1", start));
  CHECK(limits.join("192.0.2.2", start));
  CHECK(limits.join("192.0.2.1", start + 21 * second));
  CHECK_FALSE(limits.join("192.0.2.1", start + 21 * second));
  CHECK(limits.refused_joins() == 2);
}

TEST_CASE("addresses are forgotten, but not while they matter") {
  AddressLimits limits{{10, 60, 10}};
  CHECK(limits.open("192.0.2.1"));
  CHECK(limits.join("192.0.2.2", start));
  limits.forget_idle(start);
  CHECK(limits.addresses() == 2);
  limits.forget_idle(start + 2 * second);
  CHECK(limits.addresses() == 1);
  limits.close("192.0.2.1");
  limits.forget_idle(start + 2 * second);
  CHECK(limits.addresses() == 0);
}

TEST_CASE("the table of addresses has an end") {
  AddressLimits limits{{10, 60, 10}};
  for (std::size_t i = 0; i < AddressLimits::max_addresses; ++i)
    REQUIRE(limits.join(std::to_string(i), start));
  CHECK_FALSE(limits.join("one more", start));
  CHECK_FALSE(limits.open("one more"));
  CHECK(limits.join("0", start));
}
