#include "base/address.h"

#include <arpa/inet.h>

#include <cstring>

namespace weir {

bool Address::is_unspecified() const {
  return ip == std::array<std::uint8_t, 16>{};
}

bool Address::is_loopback() const {
  if (!v6) return ip[0] == 127;
  static constexpr std::array<std::uint8_t, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return ip == kLoopback;
}

bool Address::is_link_local() const {
  if (!v6) return ip[0] == 169 && ip[1] == 254;
  return ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80;
}

std::string Address::ip_text() const {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(v6 ? AF_INET6 : AF_INET, ip.data(), text, sizeof text);
  return text;
}

std::string Address::text() const {
  const std::string number = std::to_string(port);
  return v6 ? "[" + ip_text() + "]:" + number : ip_text() + ":" + number;
}

std::optional<Address> Address::parse(std::string_view ip, std::uint16_t port) {
  char text[INET6_ADDRSTRLEN] = "";
  // A zero byte would end the text for inet_pton, and what stands behind it would pass unread.
  if (ip.size() >= sizeof text || ip.find('\0') != std::string_view::npos) return std::nullopt;
  std::memcpy(text, ip.data(), ip.size());
  Address address;
  address.port = port;
  if (inet_pton(AF_INET, text, address.ip.data()) == 1) return address;
  address.v6 = true;
  if (inet_pton(AF_INET6, text, address.ip.data()) == 1) return address;
  return std::nullopt;
}

std::size_t FiveTupleHash::operator()(const FiveTuple& tuple) const noexcept {
  std::uint64_t h = 0xcbf29ce484222325U;
  const auto mix = [&h](std::uint64_t v) {
    h ^= v;
    h *= 0x9e3779b97f4a7c15U;
    h ^= h >> 32;
  };
  for (const Address* a : {&tuple.local, &tuple.remote}) {
    mix(load_u64(a->ip.data()));
    mix(load_u64(a->ip.data() + 8));
    mix((std::uint64_t{a->port} << 1) | (a->v6 ? 1U : 0U));
  }
  return static_cast<std::size_t>(h);
}

}  // namespace weir
