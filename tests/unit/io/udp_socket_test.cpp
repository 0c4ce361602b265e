#include "io/udp_socket.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/packet_pool.h"
#include "support/udp_client.h"

using namespace std::chrono_literals;
using weir::Address;
using weir::Bytes;
using weir::EgressBatch;
using weir::FiveTuple;
using weir::PacketPool;
using weir::engine::Datagram;
using weir::io::SendOutcome;
using weir::io::SocketKind;
using weir::io::UdpSocket;
using weir::test::UdpClient;

namespace {

Address at(const char* ip, std::uint16_t port) {
  return Address::parse(ip, port).value();
}

std::vector<std::uint8_t> filled(std::size_t size, std::uint8_t value) {
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
    const auto take = [](void* context, std::span<const Datagram> datagrams) {
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
  void take(std::span<const Datagram> datagrams) {
    largest_batch_ = std::max(largest_batch_, datagrams.size());
    for (const Datagram& d : datagrams)
      arrivals_.push_back({d.path, {d.bytes.begin(), d.bytes.end()}, d.truncated});
  }

  std::unique_ptr<UdpSocket> socket_;
  uv_loop_t loop_{};
  std::vector<Arrival> arrivals_;
  std::size_t largest_batch_ = 0;
};

constexpr SocketKind kKinds[] = {SocketKind::best, SocketKind::unsegmented, SocketKind::portable};

#define NEEDS_IPV6()                             \
  if (!weir::test::has_ipv6()) {                 \
    MESSAGE("skipped: this machine has no ::1"); \
    return;                                      \
  }

void put(EgressBatch& egress, const FiveTuple& path, const std::vector<std::uint8_t>& bytes,
         std::uint32_t flow) {
  const weir::MutableBytes room = egress.reserve(bytes.size());
  REQUIRE(room.size() == bytes.size());
  std::copy(bytes.begin(), bytes.end(), room.begin());
  egress.commit(path, bytes.size(), flow);
}

}  // namespace

TEST_CASE("more datagrams than a batch holds arrive in order") {
  for (const SocketKind kind : kKinds) {
    CAPTURE(static_cast<int>(kind));
    Looped socket{"127.0.0.1", kind};
    const UdpClient client;
    constexpr std::size_t kCount = 65;
    for (std::size_t i = 0; i < kCount; ++i)
      client.send(socket->local(), filled(i + 1, static_cast<std::uint8_t>(i)));
    const auto& arrivals = socket.until(kCount);
    for (std::size_t i = 0; i < kCount; ++i) {
      CHECK(arrivals[i].bytes == filled(i + 1, static_cast<std::uint8_t>(i)));
      CHECK(arrivals[i].path == FiveTuple{socket->local(), client.local()});
      CHECK_FALSE(arrivals[i].truncated);
    }
    CHECK(socket.largest_batch() == (kind == SocketKind::portable ? 1 : 32));
  }
}

TEST_CASE("an empty datagram is a datagram") {
  for (const SocketKind kind : kKinds) {
    CAPTURE(static_cast<int>(kind));
    Looped socket{"127.0.0.1", kind};
    const UdpClient client;
    client.send(socket->local(), {});
    CHECK(socket.until(1)[0].bytes.empty());
  }
}

TEST_CASE("a datagram larger than a buffer is marked, one that fits is not") {
  for (const SocketKind kind : kKinds) {
    CAPTURE(static_cast<int>(kind));
    Looped socket{"127.0.0.1", kind};
    const UdpClient client;
    std::size_t count = 0;
    for (const std::size_t size : {PacketPool::kBufferSize, PacketPool::kBufferSize + 1, std::size_t{9000}}) {
      CAPTURE(size);
      client.send(socket->local(), filled(size, 1));
      const Arrival& arrival = socket.until(++count).back();
      CHECK(arrival.truncated == (size > PacketPool::kBufferSize));
      CHECK(arrival.bytes.size() == std::min(size, PacketPool::kBufferSize));
    }
  }
}

TEST_CASE("an answer leaves from the address that was asked") {
  Looped socket{"0.0.0.0", SocketKind::best};
  const UdpClient client;
  std::size_t count = 0;
  for (const char* ip : {"127.0.0.1", "127.0.0.2"}) {
    const Address asked = at(ip, socket->local().port);
    client.send(asked, filled(4, 7));
    const FiveTuple path = socket.until(++count).back().path;
    CHECK(path.local == asked);
    EgressBatch egress{1000};
    egress.push(path, filled(4, 8));
    CHECK(socket->send(egress).sent == 1);
    const auto answer = client.receive(5s);
    REQUIRE(answer);
    CHECK(answer->from == asked);
  }
}

TEST_CASE("a run leaves from the address that was asked, too") {
  Looped socket{"0.0.0.0", SocketKind::best};
  const UdpClient client;
  const Address asked = at("127.0.0.2", socket->local().port);
  EgressBatch egress{10'000};
  for (std::uint8_t i = 0; i < 3; ++i) put(egress, {asked, client.local()}, filled(100, i), 1);
  CHECK(socket->send(egress).sent == 3);
  CHECK(socket->counters().messages == 1);
  for (std::uint8_t i = 0; i < 3; ++i) {
    const auto arrival = client.receive(5s);
    REQUIRE(arrival);
    CHECK(arrival->from == asked);
    CHECK(arrival->bytes == filled(100, i));
  }
}

TEST_CASE("IPv6 answers leave from the address that was asked, alone and in runs") {
  NEEDS_IPV6();
  Looped socket{"::", SocketKind::best};
  const UdpClient client{"::1"};
  const Address asked = at("::1", socket->local().port);
  client.send(asked, filled(4, 7));
  const FiveTuple path = socket.until(1)[0].path;
  CHECK(path == FiveTuple{asked, client.local()});
  EgressBatch egress{1000};
  egress.push(path, filled(4, 8));
  for (std::uint8_t i = 0; i < 3; ++i) put(egress, path, filled(100, i), 1);
  CHECK(socket->send(egress).sent == 4);
  CHECK(socket->counters().messages == 2);
  for (int i = 0; i < 4; ++i) {
    const auto answer = client.receive(5s);
    REQUIRE(answer);
    CHECK(answer->from == asked);
    CHECK(answer->bytes.size() == (i == 0 ? 4 : 100));
  }
}

TEST_CASE("an IPv6 socket does not take IPv4: both can have the same port") {
  NEEDS_IPV6();
  for (const SocketKind kind : kKinds) {
    Looped ipv6{"::", kind};
    Looped ipv4{"0.0.0.0", kind, ipv6->local().port};
    CHECK(ipv4->local().port == ipv6->local().port);
  }
}

TEST_CASE("a batch larger than one system call goes out whole and in order") {
  for (const SocketKind kind : kKinds) {
    CAPTURE(static_cast<int>(kind));
    Looped socket{"127.0.0.1", kind};
    const UdpClient client;
    EgressBatch egress{100'000};
    constexpr std::size_t kCount = 130;
    for (std::size_t i = 0; i < kCount; ++i) {
      REQUIRE(egress.push({socket->local(), client.local()}, filled(3, static_cast<std::uint8_t>(i))));
    }
    const SendOutcome outcome = socket->send(egress);
    CHECK(outcome.sent == kCount);
    CHECK(outcome.buffer_full + outcome.failed == 0);
    CHECK(socket->counters().messages == kCount);
    CHECK(socket->counters().segments == 0);
    CHECK(socket->counters().calls == (kind == SocketKind::portable ? kCount : 3));
    for (std::size_t i = 0; i < kCount; ++i) {
      const auto arrival = client.receive(5s);
      REQUIRE(arrival);
      CHECK(arrival->bytes == filled(3, static_cast<std::uint8_t>(i)));
    }
  }
}

TEST_CASE("equal datagrams to one receiver leave as one message and arrive one by one, whatever is between") {
  for (const SocketKind kind : kKinds) {
    CAPTURE(static_cast<int>(kind));
    Looped socket{"127.0.0.1", kind};
    const UdpClient ann;
    const UdpClient bob;
    EgressBatch egress{300'000};
    constexpr std::size_t kEach = 14;
    for (std::size_t i = 0; i < kEach; ++i) {
      const auto value = static_cast<std::uint8_t>(i);
      const std::size_t size = i + 1 == kEach ? 700 : 1200;
      put(egress, {socket->local(), ann.local()}, filled(size, value), 0);
      put(egress, {socket->local(), bob.local()}, filled(size, value), 1);
    }
    const SendOutcome outcome = socket->send(egress);
    CHECK(outcome.sent == 2 * kEach);
    const bool runs = kind == SocketKind::best;
    CHECK(socket->counters().messages == (runs ? 2 : 2 * kEach));
    CHECK(socket->counters().segments == (runs ? 2 * kEach : 0));
    CHECK(socket->counters().fallbacks == 0);
    for (const UdpClient* client : {&ann, &bob}) {
      for (std::size_t i = 0; i < kEach; ++i) {
        const auto arrival = client->receive(5s);
        REQUIRE(arrival);
        CHECK(arrival->bytes == filled(i + 1 == kEach ? 700 : 1200, static_cast<std::uint8_t>(i)));
      }
    }
  }
}

TEST_CASE("runs that the system refuses go one by one, and there are no more of them") {
  Looped socket{"127.0.0.1", SocketKind::best};
  const UdpClient client;
  const FiveTuple path{socket->local(), client.local()};
  // Without checksums Linux sends no runs (EINVAL), as it does where the path's MTU is below their segments.
  const int on = 1;
  REQUIRE(setsockopt(socket.descriptor(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on) == 0);
  for (const std::uint64_t fallbacks : {1U, 1U}) {
    EgressBatch egress{10'000};
    for (std::uint8_t i = 0; i < 3; ++i) put(egress, path, filled(100, i), 1);
    for (std::uint8_t i = 3; i < 5; ++i) put(egress, path, filled(100, i), 2);
    const SendOutcome outcome = socket->send(egress);
    CHECK(outcome.sent == 5);
    CHECK(outcome.failed + outcome.buffer_full == 0);
    CHECK(socket->counters().fallbacks == fallbacks);
    CHECK(socket->counters().segments == 0);
    for (std::uint8_t i = 0; i < 5; ++i) {
      const auto arrival = client.receive(5s);
      REQUIRE(arrival);
      CHECK(arrival->bytes == filled(100, i));
    }
  }
  CHECK(socket->counters().messages == 10);
}

TEST_CASE("a run to where nothing can be sent is counted whole and does not end runs") {
  Looped socket{"127.0.0.1", SocketKind::best};
  const UdpClient client;
  EgressBatch egress{10'000};
  for (std::uint8_t i = 0; i < 3; ++i) put(egress, {at("192.0.2.1", 1), client.local()}, filled(100, i), 1);
  for (std::uint8_t i = 0; i < 3; ++i) put(egress, {socket->local(), client.local()}, filled(100, i), 2);
  const SendOutcome outcome = socket->send(egress);
  CHECK(outcome.failed == 3);
  CHECK(outcome.sent == 3);
  CHECK(socket->counters().fallbacks == 0);
  CHECK(socket->counters().segments == 3);
}

TEST_CASE("what the system refuses is counted and keeps nobody else back") {
  for (const SocketKind kind : kKinds) {
    CAPTURE(static_cast<int>(kind));
    Looped socket{"127.0.0.1", kind};
    const UdpClient client;
    const FiveTuple path{socket->local(), client.local()};
    EgressBatch egress{200'000};
    egress.push(path, filled(1, 1));
    egress.push(path, filled(65'530, 2));                                   // no datagram is so long
    egress.push({socket->local(), at("127.0.0.1", 0)}, filled(1, 4));       // no port
    egress.push({socket->local(), at("2001:db8::1", 5000)}, filled(1, 5));  // not of this socket's family
    egress.push(path, filled(1, 6));
    const SendOutcome outcome = socket->send(egress);
    CHECK(outcome.sent == 2);
    CHECK(outcome.failed == 2);
    CHECK(outcome.buffer_full == 0);
    CHECK(client.receive(5s)->bytes == filled(1, 1));
    CHECK(client.receive(5s)->bytes == filled(1, 6));
  }
}

TEST_CASE("a client that is gone disturbs nobody") {
  for (const SocketKind kind : kKinds) {
    CAPTURE(static_cast<int>(kind));
    Looped socket{"127.0.0.1", kind};
    const UdpClient client;
    Address gone;
    {
      const UdpClient leaving;
      gone = leaving.local();
    }
    for (int i = 0; i < 5; ++i) {
      EgressBatch egress{1000};
      egress.push({socket->local(), gone}, filled(1, 1));
      egress.push({socket->local(), client.local()}, filled(1, 2));
      CHECK(socket->send(egress).sent == 2);
      REQUIRE(client.receive(5s));
    }
    client.send(socket->local(), filled(1, 3));
    socket.until(1);
  }
}

TEST_CASE("a port in use and an address of elsewhere are told in one clear line") {
  for (const SocketKind kind : kKinds) {
    Looped socket{"127.0.0.1", kind};
    const auto taken = UdpSocket::open(socket->local(), kind);
    REQUIRE_FALSE(taken.ok());
    CHECK(taken.error().status == WEIR_ERR_ADDRESS_IN_USE);
    CHECK(taken.error().reason ==
          "cannot listen on " + socket->local().text() + "/udp: address already in use");
    const auto elsewhere = UdpSocket::open(at("192.0.2.1", 4000), kind);
    REQUIRE_FALSE(elsewhere.ok());
    CHECK(elsewhere.error().status == WEIR_ERR_IO);
    CHECK(elsewhere.error().reason == "cannot listen on 192.0.2.1:4000/udp: address not available");
  }
}
