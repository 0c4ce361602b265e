// The sockets of one worker: one of each address family, both on the same port.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/log.h"
#include "base/result.h"
#include "io/udp_socket.h"

namespace weir::io {

struct Sockets {
  std::unique_ptr<UdpSocket> ipv4;
  std::unique_ptr<UdpSocket> ipv6;

  std::uint16_t port() const { return ipv4 ? ipv4->local().port : ipv6->local().port; }
  std::array<UdpSocket*, 2> all() { return {ipv4.get(), ipv6.get()}; }
};

/// Opens them. Port 0: the system chooses one that is free in both families. A machine without IPv6 is no
/// error when the address is "::" and IPv4 is on, since that is the default; it is logged.
Result<Sockets> open_sockets(std::optional<Address> ipv4, std::optional<Address> ipv6, std::uint16_t port,
                             const Log& log, SocketKind kind = SocketKind::best);

}  // namespace weir::io
