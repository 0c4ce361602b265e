// A socket in a loop of its own, for the tests of each kind.
#pragma once

#include <doctest/doctest.h>
#include <uv.h>

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "io/udp_socket.h"
#include "support/udp_client.h"

namespace weir::io::test {

using namespace std::chrono_literals;
using weir::test::UdpClient;

inline Address at(const char* ip, std::uint16_t port) {
  return Address::parse(ip, port).value();
}

inline std::vector<std::uint8_t> filled(std::size_t size, std::uint8_t value) {
  return std::vector<std::uint8_t>(size, value);
}

struct Arrival {
  FiveTuple path;
  std::vector<std::uint8_t> bytes;
  bool truncated = false;
};

/// A socket in a loop of its own, and what it read.
class Looped {
 public:
  Looped(const char* ip, SocketKind kind, std::uint16_t port = 0) {
    auto opened = UdpSocket::open(Address::parse(ip, port).value(), kind);
    REQUIRE_MESSAGE(opened.ok(), opened.error().reason);
    socket_ = std::move(*opened);
    REQUIRE(uv_loop_init(&loop_) == 0);
    const auto take = [](void* context, std::span<const engine::Datagram> datagrams) {
      static_cast<Looped*>(context)->take(datagrams);
    };
    REQUIRE(socket_->start(loop_, {take, this}) == 0);
  }
  ~Looped() {
    uv_walk(
        &loop_, [](uv_handle_t* handle, void*) { uv_close(handle, nullptr); }, nullptr);
    while (uv_loop_close(&loop_) == UV_EBUSY) uv_run(&loop_, UV_RUN_DEFAULT);
  }
  Looped(const Looped&) = delete;
  Looped& operator=(const Looped&) = delete;

  UdpSocket& operator*() { return *socket_; }
  UdpSocket* operator->() { return socket_.get(); }

  /// Turns the loop until so many have come, or nothing came for seconds.
  const std::vector<Arrival>& until(std::size_t count) {
    uv_timer_t patience;
    uv_timer_init(&loop_, &patience);
    bool over = false;
    patience.data = &over;
    uv_timer_start(
        &patience, [](uv_timer_t* timer) { *static_cast<bool*>(timer->data) = true; }, 5000, 0);
    while (arrivals_.size() < count && !over) uv_run(&loop_, UV_RUN_ONCE);
    uv_close(reinterpret_cast<uv_handle_t*>(&patience), nullptr);
    uv_run(&loop_, UV_RUN_NOWAIT);
    REQUIRE(arrivals_.size() == count);
    return arrivals_;
  }
  int descriptor() {
    int found = -1;
    uv_walk(
        &loop_,
        [](uv_handle_t* handle, void* out) {
          uv_os_fd_t fd = -1;
          if (uv_fileno(handle, &fd) == 0) *static_cast<int*>(out) = fd;
        },
        &found);
    return found;
  }
  std::size_t largest_batch() const { return largest_batch_; }

 private:
  void take(std::span<const engine::Datagram> datagrams) {
    largest_batch_ = std::max(largest_batch_, datagrams.size());
    for (const engine::Datagram& d : datagrams)
      arrivals_.push_back({d.path, {d.bytes.begin(), d.bytes.end()}, d.truncated});
  }

  std::unique_ptr<UdpSocket> socket_;
  uv_loop_t loop_{};
  std::vector<Arrival> arrivals_;
  std::size_t largest_batch_ = 0;
};

inline constexpr SocketKind kKinds[] = {SocketKind::best, SocketKind::unsegmented, SocketKind::portable};

#define NEEDS_IPV6()                             \
  if (!weir::test::has_ipv6()) {                 \
    MESSAGE("skipped: this machine has no ::1"); \
    return;                                      \
  }

inline void put(EgressBatch& egress, const FiveTuple& path, const std::vector<std::uint8_t>& bytes,
                std::uint32_t flow) {
  const MutableBytes room = egress.reserve(bytes.size());
  REQUIRE(room.size() == bytes.size());
  std::copy(bytes.begin(), bytes.end(), room.begin());
  egress.commit(path, bytes.size(), flow);
}

}  // namespace weir::io::test
