// Addresses as the operating system has them.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "base/address.h"

namespace weir::io {

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

inline socklen_t to_sockaddr(const Address& address, SocketAddress& out) {
  std::memset(&out, 0, sizeof out);
  if (address.v6) {
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(address.port);
    std::memcpy(&out.v6.sin6_addr, address.ip.data(), 16);
    return sizeof out.v6;
  }
  out.v4.sin_family = AF_INET;
  out.v4.sin_port = htons(address.port);
  std::memcpy(&out.v4.sin_addr, address.ip.data(), 4);
  return sizeof out.v4;
}

inline Address from_sockaddr(const SocketAddress& from) {
  Address address;
  if (from.any.sa_family == AF_INET6) {
    address.v6 = true;
    address.port = ntohs(from.v6.sin6_port);
    std::memcpy(address.ip.data(), &from.v6.sin6_addr, 16);
  } else {
    address.port = ntohs(from.v4.sin_port);
    std::memcpy(address.ip.data(), &from.v4.sin_addr, 4);
  }
  return address;
}

}  // namespace weir::io
