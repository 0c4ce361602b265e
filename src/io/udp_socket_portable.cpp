// The socket for systems without batched calls: libuv's own.
#include <unistd.h>

#include <array>

#include "base/packet_pool.h"
#include "io/socket_address.h"
#include "io/udp_socket_kinds.h"

namespace weir::io {
namespace {

class PortableSocket final : public UdpSocket {
 public:
  PortableSocket(int fd, const Address& local) : UdpSocket(local), fd_(fd) {}
  ~PortableSocket() override {
    if (fd_ >= 0) ::close(fd_);
  }

  int start(uv_loop_t& loop, Receiver receiver) override;
  SendOutcome send(const EgressBatch& batch) override;

 private:
  void take(ssize_t size, const sockaddr* from, unsigned flags);

  int fd_;  // until libuv has it
  uv_udp_t udp_{};
  Receiver receiver_;
  std::array<char, PacketPool::kBufferSize> buffer_;
};

int PortableSocket::start(uv_loop_t& loop, Receiver receiver) {
  receiver_ = receiver;
  if (const int code = uv_udp_init(&loop, &udp_); code != 0) return code;
  udp_.data = this;
  if (const int code = uv_udp_open(&udp_, fd_); code != 0) return code;
  fd_ = -1;
  return uv_udp_recv_start(
      &udp_,
      [](uv_handle_t* handle, std::size_t, uv_buf_t* out) {
        auto& buffer = static_cast<PortableSocket*>(handle->data)->buffer_;
        *out = uv_buf_init(buffer.data(), static_cast<unsigned>(buffer.size()));
      },
      [](uv_udp_t* handle, ssize_t size, const uv_buf_t*, const sockaddr* from, unsigned flags) {
        static_cast<PortableSocket*>(handle->data)->take(size, from, flags);
      });
}

// Below zero: an ICMP error of an earlier send, which this read cleared. No sender: nothing is there.
void PortableSocket::take(ssize_t size, const sockaddr* from, unsigned flags) {
  if (size < 0 || from == nullptr) return;
  SocketAddress remote;
  std::memcpy(&remote, from, from->sa_family == AF_INET6 ? sizeof remote.v6 : sizeof remote.v4);
  engine::Datagram datagram;
  datagram.path = {local_, from_sockaddr(remote)};
  datagram.bytes =
      Bytes{reinterpret_cast<const std::uint8_t*>(buffer_.data()), static_cast<std::size_t>(size)};
  datagram.truncated = (flags & UV_UDP_PARTIAL) != 0;
  receiver_.take(receiver_.context, {&datagram, 1});
}

SendOutcome PortableSocket::send(const EgressBatch& batch) {
  SendOutcome outcome;
  bool open = true;
  for (const EgressBatch::Entry& entry : batch.entries()) {
    if (entry.path.remote.v6 != local_.v6 || entry.size == 0) continue;
    if (!open) {
      ++outcome.buffer_full;
      continue;
    }
    const Bytes bytes = batch.bytes(entry);
    const uv_buf_t part = uv_buf_init(const_cast<char*>(reinterpret_cast<const char*>(bytes.data())),
                                      static_cast<unsigned>(bytes.size()));  // libuv only reads
    SocketAddress to;
    to_sockaddr(entry.path.remote, to);
    int code = uv_udp_try_send(&udp_, &part, 1, &to.any);
    // A refusal from ICMP belongs to an earlier datagram.
    if (code == UV_ECONNREFUSED) code = uv_udp_try_send(&udp_, &part, 1, &to.any);
    ++counters_.calls;
    if (code >= 0) {
      ++outcome.sent;
      ++counters_.messages;
    } else if (code == UV_EAGAIN || code == UV_ENOBUFS) {
      ++outcome.buffer_full;
      open = false;
    } else {
      ++outcome.failed;
    }
  }
  return outcome;
}

}  // namespace

std::unique_ptr<UdpSocket> make_portable_socket(int fd, const Address& local) {
  return std::make_unique<PortableSocket>(fd, local);
}

}  // namespace weir::io
