// The socket of Linux: the calls that no other system has are in this file only.
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/packet_pool.h"
#include "io/clock.h"
#include "io/send_runs.h"
#include "io/socket_address.h"
#include "io/udp_socket_kinds.h"

namespace weir::io {
namespace {

constexpr std::size_t kReceiveDatagrams = 32;
constexpr std::size_t kSendMessages = 64;
constexpr std::size_t kSendParts = 1024;
static_assert(kSendParts >= SendRuns::kMaxSegments);
// A refusal from ICMP belongs to an earlier datagram and is cleared by being reported; so many in one go are
// retried.
constexpr int kIcmpRetries = 8;

constexpr std::size_t kPacketInfo = CMSG_SPACE(sizeof(in6_pktinfo));
static_assert(sizeof(in6_pktinfo) >= sizeof(in_pktinfo));

// Room for either kind of packet information and the size of segments, aligned as a control message header
// wants it.
struct alignas(cmsghdr) Control {
  std::array<char, kPacketInfo + CMSG_SPACE(sizeof(std::uint16_t))> bytes;
};

/// The buffers of one recvmmsg, used for every read.
struct ReceiveMemory {
  std::array<mmsghdr, kReceiveDatagrams> messages{};
  std::array<iovec, kReceiveDatagrams> parts{};
  std::array<SocketAddress, kReceiveDatagrams> from{};
  std::array<Control, kReceiveDatagrams> control{};
  std::array<std::array<std::uint8_t, PacketPool::kBufferSize>, kReceiveDatagrams> bytes;
  std::array<engine::Datagram, kReceiveDatagrams> datagrams{};
};

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

/// Writes control messages one behind the other.
class ControlWriter {
 public:
  ControlWriter(msghdr& header, Control& control) : header_(header), control_(control) {
    header_.msg_control = control_.bytes.data();
    header_.msg_controllen = 0;
  }
  ~ControlWriter() {
    if (header_.msg_controllen == 0) header_.msg_control = nullptr;
  }
  ControlWriter(const ControlWriter&) = delete;
  ControlWriter& operator=(const ControlWriter&) = delete;

  template <typename T>
  void add(int level, int type, const T& value) {
    char* const at = control_.bytes.data() + header_.msg_controllen;
    std::memset(at, 0, CMSG_SPACE(sizeof value));
    cmsghdr head{};
    head.cmsg_level = level;
    head.cmsg_type = type;
    head.cmsg_len = CMSG_LEN(sizeof value);
    std::memcpy(at, &head, sizeof head);
    std::memcpy(at + CMSG_LEN(0), &value, sizeof value);
    header_.msg_controllen += CMSG_SPACE(sizeof value);
  }

 private:
  msghdr& header_;
  Control& control_;
};

// Makes the datagram leave from `local`.
void add_departure_address(ControlWriter& control, const Address& local) {
  if (local.is_unspecified()) return;
  if (local.v6) {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, local.ip.data(), 16);
    control.add(IPPROTO_IPV6, IPV6_PKTINFO, info);
  } else {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, local.ip.data(), 4);
    control.add(IPPROTO_IP, IP_PKTINFO, info);
  }
}

/// The messages of one sendmmsg.
template <std::size_t Messages, std::size_t Parts>
class SendMemory {
 public:
  bool has_room(const SendRun& run) const { return count_ < Messages && part_count_ + run.count <= Parts; }
  void add(const EgressBatch& batch, const SendRuns& runs, const SendRun& run) {
    iovec* const parts = &parts_[part_count_];
    std::size_t used = 0;
    std::uint32_t entry = run.first;
    for (std::uint32_t i = 0; i < run.count; ++i, entry = runs.next(entry)) {
      const Bytes bytes = batch.bytes(batch.entries()[entry]);
      auto* const begin = const_cast<std::uint8_t*>(bytes.data());  // sendmmsg only reads
      iovec* const before = used == 0 ? nullptr : &parts[used - 1];
      if (before != nullptr && static_cast<std::uint8_t*>(before->iov_base) + before->iov_len == begin) {
        before->iov_len += bytes.size();
      } else {
        parts[used++] = {begin, bytes.size()};
      }
    }
    const FiveTuple& path = batch.entries()[run.first].path;
    msghdr& header = messages_[count_].msg_hdr;
    header = {};
    header.msg_name = &to_[count_];
    header.msg_namelen = to_sockaddr(path.remote, to_[count_]);
    header.msg_iov = parts;
    header.msg_iovlen = used;
    ControlWriter control{header, control_[count_]};
    add_departure_address(control, path.local);
    if (run.count > 1) control.add(SOL_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(run.segment));
    part_count_ += used;
    ++count_;
  }
  mmsghdr* message(std::size_t i) { return &messages_[i]; }
  std::size_t count() const { return count_; }
  void clear() { count_ = part_count_ = 0; }

 private:
  std::array<mmsghdr, Messages> messages_{};
  std::array<iovec, Parts> parts_{};
  std::array<SocketAddress, Messages> to_{};
  std::array<Control, Messages> control_{};
  std::size_t count_ = 0;
  std::size_t part_count_ = 0;
};

class LinuxSocket final : public UdpSocket {
 public:
  LinuxSocket(int fd, const Address& local, bool segmentation)
      : UdpSocket(local), fd_(fd), segmentation_(segmentation && knows_segmentation(fd)) {}
  ~LinuxSocket() override { ::close(fd_); }

  int start(uv_loop_t& loop, Receiver receiver) override;
  SendOutcome send(const EgressBatch& batch) override;

 private:
  static bool knows_segmentation(int fd) {
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_UDP, UDP_SEGMENT, &value, &size) == 0;
  }
  void on_readable();
  std::size_t receive();

  bool flush(const EgressBatch& batch, std::span<const SendRun> runs, SendOutcome& outcome);
  bool refused(const EgressBatch& batch, const SendRun& run, int code, SendOutcome& outcome);
  int send_one(const EgressBatch& batch, std::uint32_t entry);
  void count(const SendRun& run, SendOutcome& outcome);

  const int fd_;
  bool segmentation_;
  uv_poll_t poll_{};
  Receiver receiver_;
  ReceiveMemory in_;
  SendRuns runs_;
  SendMemory<kSendMessages, kSendParts> out_;
  SendMemory<1, 1> single_;
};

int LinuxSocket::start(uv_loop_t& loop, Receiver receiver) {
  receiver_ = receiver;
  if (const int code = uv_poll_init(&loop, &poll_, fd_); code != 0) return code;
  poll_.data = this;
  return uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* handle, int, int) {
    static_cast<LinuxSocket*>(handle->data)->on_readable();
  });
}

void LinuxSocket::on_readable() {
  const Time end = monotonic_now() + kTurnBudget;
  do {
    const std::size_t got = receive();
    if (got > 0) receiver_.take(receiver_.context, std::span{in_.datagrams}.first(got));
    if (got < kReceiveDatagrams) return;
  } while (monotonic_now() < end);
}

std::size_t LinuxSocket::receive() {
  for (std::size_t i = 0; i < kReceiveDatagrams; ++i) {
    in_.parts[i] = {in_.bytes[i].data(), in_.bytes[i].size()};
    in_.messages[i].msg_hdr = {&in_.from[i],
                               sizeof in_.from[i],
                               &in_.parts[i],
                               1,
                               &in_.control[i].bytes,
                               sizeof in_.control[i].bytes,
                               0};
  }
  int got = -1;
  for (int attempt = 0; got < 0 && attempt < kIcmpRetries; ++attempt) {
    got = recvmmsg(fd_, in_.messages.data(), kReceiveDatagrams, 0, nullptr);
    // Anything but "nothing there" is an interruption or an ICMP error of an earlier send, which reading
    // clears.
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
  }
  if (got < 0) return 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
    msghdr& header = in_.messages[i].msg_hdr;
    engine::Datagram& datagram = in_.datagrams[i];
    datagram.path.local = arrival_address(header, local_);
    datagram.path.remote = from_sockaddr(in_.from[i]);
    datagram.bytes = Bytes{in_.bytes[i]}.first(in_.messages[i].msg_len);
    datagram.truncated = (header.msg_flags & MSG_TRUNC) != 0;
  }
  return static_cast<std::size_t>(got);
}

SendOutcome LinuxSocket::send(const EgressBatch& batch) {
  SendOutcome outcome;
  runs_.group(batch, local_.v6, segmentation_);
  const std::span<const SendRun> runs = runs_.runs();
  bool open = true;
  for (std::size_t begin = 0; begin < runs.size();) {
    std::size_t end = begin;
    out_.clear();
    while (open && end < runs.size() && out_.has_room(runs[end])) out_.add(batch, runs_, runs[end++]);
    if (open) open = flush(batch, runs.subspan(begin, end - begin), outcome);
    if (!open) {
      for (; end < runs.size(); ++end) outcome.buffer_full += runs[end].count;
    }
    begin = end;
  }
  return outcome;
}

// False when the socket's buffer is full and further sending is pointless.
bool LinuxSocket::flush(const EgressBatch& batch, std::span<const SendRun> runs, SendOutcome& outcome) {
  std::size_t done = 0;
  int icmp_retries = kIcmpRetries;
  while (done < runs.size()) {
    const int n = sendmmsg(fd_, out_.message(done), static_cast<unsigned>(runs.size() - done), 0);
    ++counters_.calls;
    if (n > 0) {
      for (int i = 0; i < n; ++i) count(runs[done++], outcome);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
      for (; done < runs.size(); ++done) outcome.buffer_full += runs[done].count;
      return false;
    } else if (errno == EINTR || (errno == ECONNREFUSED && icmp_retries-- > 0)) {
      continue;
    } else if (!refused(batch, runs[done++], errno, outcome)) {
      for (; done < runs.size(); ++done) outcome.buffer_full += runs[done].count;
      return false;
    }
  }
  return true;
}

/// A run that is refused goes again one by one. If that is how it can go, runs are at fault (no checksums by
/// the device: EIO; segments above the path's MTU: EINVAL) and are sent no more. False: the buffer is full.
bool LinuxSocket::refused(const EgressBatch& batch, const SendRun& run, int code, SendOutcome& outcome) {
  if (run.count == 1 || (code != EIO && code != EINVAL && code != EMSGSIZE)) {
    outcome.failed += run.count;
    return true;
  }
  std::uint32_t entry = run.first;
  std::uint32_t left = run.count;
  bool any = false;
  for (; left > 0; --left, entry = runs_.next(entry)) {
    const int error = send_one(batch, entry);
    if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS) {
      outcome.buffer_full += left;
      return false;
    }
    any |= error == 0;
    ++(error == 0 ? outcome.sent : outcome.failed);
  }
  if (any && segmentation_) {
    segmentation_ = false;
    ++counters_.fallbacks;
  }
  return true;
}

/// 0 or errno.
int LinuxSocket::send_one(const EgressBatch& batch, std::uint32_t entry) {
  const std::uint32_t size = batch.entries()[entry].size;
  single_.clear();
  single_.add(batch, runs_, {entry, entry, 1, size, size});
  ++counters_.calls;
  if (sendmsg(fd_, &single_.message(0)->msg_hdr, 0) < 0) return errno;
  ++counters_.messages;
  return 0;
}

void LinuxSocket::count(const SendRun& run, SendOutcome& outcome) {
  outcome.sent += run.count;
  ++counters_.messages;
  if (run.count > 1) counters_.segments += run.count;
}

bool enable(int fd, int level, int option) {
  const int on = 1;
  return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

}  // namespace

bool prepare_linux_socket(int fd, bool v6) {
  return v6 ? enable(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO) : enable(fd, IPPROTO_IP, IP_PKTINFO);
}

std::unique_ptr<UdpSocket> make_linux_socket(int fd, const Address& local, bool segmentation) {
  return std::make_unique<LinuxSocket>(fd, local, segmentation);
}

}  // namespace weir::io
