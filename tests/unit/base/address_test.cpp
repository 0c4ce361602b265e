#include "base/address.h"

#include <doctest/doctest.h>

#include <unordered_set>

namespace weir {

TEST_CASE("literal addresses parse and print") {
  const auto v4 = Address::parse("192.0.2.1", 5000);
  REQUIRE(v4);
  CHECK_FALSE(v4->v6);
  CHECK(v4->ip_text() == "192.0.2.1");
  CHECK(v4->text() == "192.0.2.1:5000");
  CHECK(v4->ip_bytes().size() == 4);

  const auto v6 = Address::parse("2001:DB8:0::1", 443);
  REQUIRE(v6);
  CHECK(v6->v6);
  CHECK(v6->ip_text() == "2001:db8::1");
  CHECK(v6->text() == "[2001:db8::1]:443");
  CHECK(v6->ip_bytes().size() == 16);
}

TEST_CASE("what is no literal address is refused") {
  for (const std::string text : {"", "localhost", "a.local", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4:80",
                                 "[::1]", "::1%lo", "fe80::1%eth0", ":::", " 1.2.3.4", "1.2.3.4 "}) {
    CAPTURE(text);
    CHECK_FALSE(Address::parse(text, 1));
  }
  CHECK_FALSE(Address::parse(std::string(10'000, '1'), 1));
  CHECK_FALSE(Address::parse(std::string_view{"1.2.3.4\0x", 9}, 1).has_value());
}

TEST_CASE("addresses of special meaning are known") {
  CHECK(Address::parse("0.0.0.0", 9)->is_unspecified());
  CHECK(Address::parse("::", 9)->is_unspecified());
  CHECK_FALSE(Address::parse("::1", 9)->is_unspecified());
  CHECK(Address::parse("127.255.0.1", 0)->is_loopback());
  CHECK(Address::parse("::1", 0)->is_loopback());
  CHECK_FALSE(Address::parse("128.0.0.1", 0)->is_loopback());
  CHECK_FALSE(Address::parse("7f00::1", 0)->is_loopback());
  CHECK(Address::parse("169.254.3.4", 0)->is_link_local());
  CHECK(Address::parse("fe80::1", 0)->is_link_local());
  CHECK(Address::parse("febf::1", 0)->is_link_local());
  CHECK_FALSE(Address::parse("fec0::1", 0)->is_link_local());
  CHECK_FALSE(Address::parse("169.253.3.4", 0)->is_link_local());
}

TEST_CASE("five-tuples compare and hash by all their parts") {
  const Address a = *Address::parse("192.0.2.1", 1);
  const Address b = *Address::parse("192.0.2.2", 1);
  const Address mapped = *Address::parse("c000:201::", 1);  // the same first bytes as `a`
  CHECK(FiveTuple{a, b} == FiveTuple{a, b});
  CHECK(FiveTuple{a, b} != FiveTuple{b, a});
  CHECK(a != mapped);
  std::unordered_set<FiveTuple, FiveTupleHash> set;
  for (std::uint16_t port = 0; port < 1000; ++port) {
    Address remote = b;
    remote.port = port;
    set.insert({a, remote});
    set.insert({a, remote});
    set.insert({mapped, remote});
  }
  CHECK(set.size() == 2000);
  CHECK(FiveTupleHash{}({a, b}) == FiveTupleHash{}({a, b}));
  CHECK(FiveTupleHash{}({a, b}) != FiveTupleHash{}({b, a}));
  CHECK(FiveTupleHash{}({a, b}) != FiveTupleHash{}({mapped, b}));
}

}  // namespace weir
