#include "load/port.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "io/clock.h"
#include "io/socket_address.h"
#include "load/error.h"

namespace weir::load {
namespace {

constexpr std::uint32_t kFirstLoopback = 0x7f400001;  // 127.64.0.1

}  // namespace

Port::Port(uv_loop_t& loop, const Address& listen) {
  auto opened = io::UdpSocket::open(listen);
  if (!opened) throw LoadError{opened.error().reason};
  socket_ = std::move(*opened);
  const io::Receiver receiver{[](void* context, std::span<const engine::Datagram> datagrams) {
                                static_cast<Port*>(context)->take(datagrams);
                              },
                              this};
  if (const int code = socket_->start(loop, receiver); code != 0) throw LoadError{uv_strerror(code)};
}

void Port::take(std::span<const engine::Datagram> datagrams) {
  const Time now = io::monotonic_now();
  for (const engine::Datagram& datagram : datagrams) {
    for (const User& user : users_) {
      if (users_.size() > 1 && user.local != datagram.path.local) continue;
      user.user->receive(now, datagram);
      break;
    }
  }
}

void Port::send(EgressBatch& batch) {
  socket_->send(batch);
  batch.clear();
}

Address local_address_towards(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0 || found == nullptr) {
    throw LoadError{"no address of '" + host + "'"};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{found, freeaddrinfo};
  const int fd = ::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  io::SocketAddress local{};
  socklen_t size = sizeof local;
  const bool known = fd >= 0 && ::connect(fd, found->ai_addr, found->ai_addrlen) == 0 &&
                     ::getsockname(fd, &local.any, &size) == 0;
  if (fd >= 0) ::close(fd);
  if (!known) throw LoadError{"no way to '" + host + "'"};
  Address address = io::from_sockaddr(local);
  address.port = 0;
  return address;
}

Ports::Place Ports::next() {
  const bool shared = local_.is_loopback() && !local_.v6;
  if (ports_.empty() || !shared || ports_.back()->users() == Port::kMostUsers) {
    ports_.push_back(std::make_unique<Port>(loop_, shared ? Address{} : local_));
  }
  Place place{ports_.back().get(), local_};
  if (shared) store_u32(place.local.ip.data(), kFirstLoopback + given_);
  place.local.port = place.port->number();
  ++given_;
  return place;
}

std::vector<std::uint16_t> Ports::numbers() const {
  std::vector<std::uint16_t> numbers;
  for (const auto& port : ports_) numbers.push_back(port->number());
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace weir::load
