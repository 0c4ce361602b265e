// Network addresses as values. No sockets here: io/ converts to and from sockaddr.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace weir {

/// An IPv4 or IPv6 address with a port. IPv4 uses the first 4 bytes of `ip`, the rest is zero.
struct Address {
  std::array<std::uint8_t, 16> ip{};
  std::uint16_t port = 0;
  bool v6 = false;

  auto operator<=>(const Address&) const = default;

  Bytes ip_bytes() const { return Bytes{ip}.first(v6 ? 16 : 4); }
  bool is_unspecified() const;
  bool is_loopback() const;
  bool is_link_local() const;
  /// "192.0.2.1" or "2001:db8::1", without the port.
  std::string ip_text() const;
  /// "192.0.2.1:5000" or "[2001:db8::1]:5000".
  std::string text() const;

  /// Parses a literal IPv4 or IPv6 address; names and zones are refused.
  static std::optional<Address> parse(std::string_view ip, std::uint16_t port);
};

/// Where a datagram came in and where it came from (or, leaving, goes to). UDP is implied.
struct FiveTuple {
  Address local;
  Address remote;

  auto operator<=>(const FiveTuple&) const = default;
};

struct FiveTupleHash {
  std::size_t operator()(const FiveTuple& tuple) const noexcept;
};

}  // namespace weir
