#include "io/sockets.h"

#include <utility>

#include "weir/node.h"

namespace weir::io {
namespace {

// A port that the system chose for IPv4 may be taken in IPv6; then another one is tried.
constexpr int kPortAttempts = 32;

}  // namespace

Result<Sockets> open_sockets(std::optional<Address> ipv4, std::optional<Address> ipv6, std::uint16_t port,
                             const Log& log, SocketKind kind) {
  for (int attempt = 1;; ++attempt) {
    Sockets sockets;
    std::uint16_t common = port;
    if (ipv4) {
      ipv4->port = common;
      auto opened = UdpSocket::open(*ipv4, kind);
      if (!opened) return opened.error();
      common = (*opened)->local().port;
      sockets.ipv4 = std::move(*opened);
    }
    if (!ipv6) return sockets;

    ipv6->port = common;
    auto opened = UdpSocket::open(*ipv6, kind);
    if (opened) {
      sockets.ipv6 = std::move(*opened);
      return sockets;
    }
    const bool taken = opened.error().status == WEIR_ERR_ADDRESS_IN_USE;
    if (taken && port == 0 && attempt < kPortAttempts) continue;
    if (taken || !ipv4 || !ipv6->is_unspecified()) return opened.error();
    log(WEIR_LOG_WARNING, "%s; going on with IPv4 only", opened.error().reason.c_str());
    return sockets;
  }
}

}  // namespace weir::io
