#include "io/udp_socket.h"

#include "base/packet_pool.h"
#include "looped_socket.h"

using namespace weir;
using namespace weir::io;
using namespace weir::io::test;

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
