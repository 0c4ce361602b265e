#include "io/sockets.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "support/udp_client.h"
#include "weir/node.h"

using weir::Address;
using weir::io::open_sockets;

namespace {

Address at(const char* ip) {
  return Address::parse(ip, 0).value();
}

}  // namespace

TEST_CASE("one family alone has the port it was given, or one that the system chose") {
  const auto chosen = open_sockets(at("127.0.0.1"), std::nullopt, 0, {});
  REQUIRE(chosen.ok());
  CHECK(chosen->port() != 0);
  CHECK(chosen->ipv6 == nullptr);
  const auto taken = open_sockets(at("127.0.0.1"), std::nullopt, chosen->port(), {});
  REQUIRE_FALSE(taken.ok());
  CHECK(taken.error().status == WEIR_ERR_ADDRESS_IN_USE);
}

TEST_CASE("both families have one port, and one of them taken is an error") {
  if (!weir::test::has_ipv6()) {
    MESSAGE("skipped: this machine has no ::1");
    return;
  }
  auto sockets = open_sockets(at("0.0.0.0"), at("::"), 0, {});
  REQUIRE(sockets.ok());
  CHECK(sockets->ipv4->local().port == sockets->ipv6->local().port);
  CHECK(sockets->all()[0] == sockets->ipv4.get());
  CHECK(sockets->all()[1] == sockets->ipv6.get());
  const std::uint16_t port = sockets->port();
  sockets->ipv4.reset();
  CHECK(sockets->port() == port);
  const auto second = open_sockets(at("0.0.0.0"), at("::"), port, {});
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().status == WEIR_ERR_ADDRESS_IN_USE);
  CHECK(second.error().reason ==
        "cannot listen on [::]:" + std::to_string(port) + "/udp: address already in use");
}

TEST_CASE("an IPv6 address that was asked for by name must be there") {
  const auto sockets = open_sockets(at("127.0.0.1"), at("2001:db8::1"), 0, {});
  REQUIRE_FALSE(sockets.ok());
  CHECK(sockets.error().reason.find("2001:db8::1") != std::string::npos);
}
