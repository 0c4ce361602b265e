#include "support/udp_client.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

namespace weir::test {
namespace {

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

socklen_t to_sockaddr(const Address& address, SocketAddress& out) {
  std::memset(&out, 0, sizeof out);
  out.any.sa_family = address.v6 ? AF_INET6 : AF_INET;
  (address.v6 ? out.v6.sin6_port : out.v4.sin_port) = htons(address.port);
  std::memcpy(address.v6 ? static_cast<void*>(&out.v6.sin6_addr) : &out.v4.sin_addr, address.ip.data(),
              address.v6 ? 16 : 4);
  return address.v6 ? sizeof out.v6 : sizeof out.v4;
}

Address from_sockaddr(const SocketAddress& from) {
  Address address;
  address.v6 = from.any.sa_family == AF_INET6;
  address.port = ntohs(address.v6 ? from.v6.sin6_port : from.v4.sin_port);
  std::memcpy(address.ip.data(),
              address.v6 ? static_cast<const void*>(&from.v6.sin6_addr) : &from.v4.sin_addr,
              address.v6 ? 16 : 4);
  return address;
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

}  // namespace

Time real_time() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return Time{std::chrono::duration_cast<Duration>(now)};
}

UdpClient::UdpClient(const char* address) {
  const Address wanted = Address::parse(address, 0).value();
  fd_ = ::socket(wanted.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail("socket");
  SocketAddress bound;
  socklen_t size = to_sockaddr(wanted, bound);
  if (::bind(fd_, &bound.any, size) != 0 || ::getsockname(fd_, &bound.any, &size) != 0) {
    ::close(fd_);
    fail("bind");
  }
  local_ = from_sockaddr(bound);
}

UdpClient::~UdpClient() {
  ::close(fd_);
}

void UdpClient::send(const Address& to, Bytes bytes) const {
  SocketAddress address;
  const socklen_t size = to_sockaddr(to, address);
  if (::sendto(fd_, bytes.data(), bytes.size(), 0, &address.any, size) < 0) fail("sendto");
}

std::optional<UdpClient::Arrival> UdpClient::receive(Duration timeout) const {
  pollfd readable{fd_, POLLIN, 0};
  const auto milliseconds = static_cast<int>((std::max(timeout, Duration::zero()).count() + 999) / 1000);
  if (::poll(&readable, 1, milliseconds) <= 0) return std::nullopt;
  Arrival arrival;
  arrival.bytes.resize(65'536);
  SocketAddress from;
  socklen_t size = sizeof from;
  const ssize_t count = ::recvfrom(fd_, arrival.bytes.data(), arrival.bytes.size(), 0, &from.any, &size);
  if (count < 0) return std::nullopt;
  arrival.bytes.resize(static_cast<std::size_t>(count));
  arrival.from = from_sockaddr(from);
  return arrival;
}

bool has_ipv6() {
  try {
    const UdpClient probe{"::1"};
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace weir::test
