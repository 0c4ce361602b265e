#include "io/udp_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/packet_pool.h"

namespace weir::io {
namespace {

constexpr int kSocketBufferBytes = 4 << 20;
constexpr std::size_t kSendDatagrams = 64;
// A refusal from ICMP belongs to an earlier datagram and is cleared by being reported; so many in one go are
// retried.
constexpr int kIcmpRetries = 8;

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

// Room for either kind of packet information, aligned as a control message header wants it.
struct alignas(cmsghdr) Control {
  std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> bytes;
};
static_assert(sizeof(in6_pktinfo) >= sizeof(in_pktinfo));

socklen_t to_sockaddr(const Address& address, SocketAddress& out) {
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

Address from_sockaddr(const SocketAddress& from) {
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

// Where the datagram was sent to. Falls back to what the socket is bound to.
Address arrival_address(msghdr& header, const Address& bound) {
  Address address = bound;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      std::memcpy(address.ip.data(), &info.ipi_addr, 4);
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      std::memcpy(address.ip.data(), &info.ipi6_addr, 16);
    }
  }
  return address;
}

// Makes the datagram leave from `local`.
void set_departure_address(msghdr& header, Control& control, const Address& local) {
  if (local.is_unspecified()) {
    header.msg_control = nullptr;
    header.msg_controllen = 0;
    return;
  }
  control.bytes.fill(0);
  header.msg_control = control.bytes.data();
  header.msg_controllen = local.v6 ? CMSG_SPACE(sizeof(in6_pktinfo)) : CMSG_SPACE(sizeof(in_pktinfo));
  cmsghdr* c = CMSG_FIRSTHDR(&header);
  if (local.v6) {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, local.ip.data(), 16);
    c->cmsg_level = IPPROTO_IPV6;
    c->cmsg_type = IPV6_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(c), &info, sizeof info);
  } else {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, local.ip.data(), 4);
    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type = IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(c), &info, sizeof info);
  }
}

bool enable(int fd, int level, int option) {
  const int on = 1;
  return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

Error listen_error(const Address& listen, int code) {
  Error error;
  error.status = code == EADDRINUSE ? WEIR_ERR_ADDRESS_IN_USE : WEIR_ERR_IO;
  error.reason = "cannot listen on " + listen.text() + "/udp: " + uv_strerror(uv_translate_sys_error(code));
  return error;
}

}  // namespace

struct ReceiveBatch::Memory {
  std::array<mmsghdr, kDatagrams> messages{};
  std::array<iovec, kDatagrams> parts{};
  std::array<SocketAddress, kDatagrams> from{};
  std::array<Control, kDatagrams> control{};
  std::array<std::array<std::uint8_t, PacketPool::kBufferSize>, kDatagrams> bytes;
  std::array<engine::Datagram, kDatagrams> datagrams{};
  std::size_t count = 0;
};

ReceiveBatch::ReceiveBatch() : memory_(std::make_unique<Memory>()) {}
ReceiveBatch::~ReceiveBatch() = default;

std::span<const engine::Datagram> ReceiveBatch::datagrams() const {
  return std::span{memory_->datagrams}.first(memory_->count);
}

struct UdpSocket::SendMemory {
  std::array<mmsghdr, kSendDatagrams> messages{};
  std::array<iovec, kSendDatagrams> parts{};
  std::array<SocketAddress, kSendDatagrams> to{};
  std::array<Control, kSendDatagrams> control{};

  void prepare(std::size_t i, const FiveTuple& path, Bytes bytes) {
    parts[i].iov_base = const_cast<std::uint8_t*>(bytes.data());  // sendmmsg only reads
    parts[i].iov_len = bytes.size();
    msghdr& header = messages[i].msg_hdr;
    header = {};
    header.msg_name = &to[i];
    header.msg_namelen = to_sockaddr(path.remote, to[i]);
    header.msg_iov = &parts[i];
    header.msg_iovlen = 1;
    set_departure_address(header, control[i], path.local);
  }
};

Result<UdpSocket> UdpSocket::open(const Address& listen) {
  const int fd =
      ::socket(listen.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd < 0) return listen_error(listen, errno);
  UdpSocket socket{fd, listen};

  // One family per socket: a mapped IPv4 address would make two five-tuples of one path.
  const bool ready = listen.v6
                         ? enable(fd, IPPROTO_IPV6, IPV6_V6ONLY) && enable(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO)
                         : enable(fd, IPPROTO_IP, IP_PKTINFO);
  if (!ready) return listen_error(listen, errno);
  // The system may grant less than is asked for; that is no reason to refuse.
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kSocketBufferBytes, sizeof kSocketBufferBytes);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSocketBufferBytes, sizeof kSocketBufferBytes);

  SocketAddress address;
  socklen_t size = to_sockaddr(listen, address);
  if (::bind(fd, &address.any, size) != 0) return listen_error(listen, errno);
  if (getsockname(fd, &address.any, &size) != 0) return listen_error(listen, errno);
  socket.local_ = from_sockaddr(address);
  return socket;
}

UdpSocket::UdpSocket(int fd, const Address& local)
    : fd_(fd), local_(local), send_(std::make_unique<SendMemory>()) {}

UdpSocket::UdpSocket(UdpSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), local_(other.local_), send_(std::move(other.send_)) {}

UdpSocket& UdpSocket::operator=(UdpSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(local_, other.local_);
  std::swap(send_, other.send_);
  return *this;
}

UdpSocket::~UdpSocket() {
  if (fd_ >= 0) ::close(fd_);
}

std::size_t UdpSocket::receive(ReceiveBatch& batch) {
  ReceiveBatch::Memory& m = *batch.memory_;
  m.count = 0;
  for (std::size_t i = 0; i < ReceiveBatch::kDatagrams; ++i) {
    m.parts[i] = {m.bytes[i].data(), m.bytes[i].size()};
    m.messages[i].msg_hdr = {
        &m.from[i], sizeof m.from[i], &m.parts[i], 1, &m.control[i].bytes, sizeof m.control[i].bytes, 0};
  }
  int count = -1;
  for (int attempt = 0; count < 0 && attempt < kIcmpRetries; ++attempt) {
    count = recvmmsg(fd_, m.messages.data(), ReceiveBatch::kDatagrams, 0, nullptr);
    // Anything but "nothing there" is an interruption or an ICMP error of an earlier send, which reading
    // clears.
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
  }
  if (count < 0) return 0;
  m.count = static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < m.count; ++i) {
    msghdr& header = m.messages[i].msg_hdr;
    engine::Datagram& datagram = m.datagrams[i];
    datagram.path.local = arrival_address(header, local_);
    datagram.path.remote = from_sockaddr(m.from[i]);
    datagram.bytes = Bytes{m.bytes[i]}.first(m.messages[i].msg_len);
    datagram.truncated = (header.msg_flags & MSG_TRUNC) != 0;
  }
  return m.count;
}

SendOutcome UdpSocket::send(const EgressBatch& batch) {
  SendOutcome outcome;
  const auto& entries = batch.entries();
  bool open = true;
  std::size_t count = 0;
  for (const EgressBatch::Entry& entry : entries) {
    if (entry.path.remote.v6 != local_.v6) continue;
    if (!open) {
      ++outcome.buffer_full;
      continue;
    }
    send_->prepare(count++, entry.path, batch.bytes(entry));
    if (count == kSendDatagrams) {
      open = flush(count, outcome);
      count = 0;
    }
  }
  if (count > 0) flush(count, outcome);
  return outcome;
}

// False when the socket's buffer is full and further sending is pointless.
bool UdpSocket::flush(std::size_t count, SendOutcome& outcome) {
  std::size_t done = 0;
  int icmp_retries = kIcmpRetries;
  while (done < count) {
    const int n = sendmmsg(fd_, &send_->messages[done], static_cast<unsigned>(count - done), 0);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
      outcome.sent += static_cast<std::uint64_t>(n);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
      outcome.buffer_full += count - done;
      return false;
    } else if (errno == EINTR || (errno == ECONNREFUSED && icmp_retries-- > 0)) {
      continue;
    } else {
      ++outcome.failed;
      ++done;
    }
  }
  return true;
}

}  // namespace weir::io
