#include "io/udp_socket.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "io/socket_address.h"
#include "io/udp_socket_kinds.h"

namespace weir::io {
namespace {

constexpr int kSocketBufferBytes = 4 << 20;

/// Closes unless it is given away.
struct Descriptor {
  explicit Descriptor(int opened) : fd(opened) {}
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int release() { return std::exchange(fd, -1); }

  int fd;
};

Error listen_error(const Address& listen, int code) {
  Error error;
  error.status = code == EADDRINUSE ? WEIR_ERR_ADDRESS_IN_USE : WEIR_ERR_IO;
  error.reason = "cannot listen on " + listen.text() + "/udp: " + uv_strerror(uv_translate_sys_error(code));
  return error;
}

// One family for each socket: a mapped IPv4 address would make two five-tuples of one path.
bool prepare(int fd, bool v6) {
  const int on = 1;
  if (v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) return false;
  // The system may grant less than is asked for; that is no reason to refuse.
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kSocketBufferBytes, sizeof kSocketBufferBytes);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSocketBufferBytes, sizeof kSocketBufferBytes);
  return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

}  // namespace

Result<std::unique_ptr<UdpSocket>> UdpSocket::open(const Address& listen, SocketKind kind) {
  Descriptor socket{::socket(listen.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, IPPROTO_UDP)};
  if (socket.fd < 0 || !prepare(socket.fd, listen.v6)) return listen_error(listen, errno);
#ifdef __linux__
  if (kind != SocketKind::portable && !prepare_linux_socket(socket.fd, listen.v6))
    return listen_error(listen, errno);
#endif
  SocketAddress address;
  socklen_t size = to_sockaddr(listen, address);
  if (::bind(socket.fd, &address.any, size) != 0) return listen_error(listen, errno);
  if (getsockname(socket.fd, &address.any, &size) != 0) return listen_error(listen, errno);
  const Address local = from_sockaddr(address);
#ifdef __linux__
  if (kind != SocketKind::portable)
    return make_linux_socket(socket.release(), local, kind == SocketKind::best);
#endif
  return make_portable_socket(socket.release(), local);
}

}  // namespace weir::io
