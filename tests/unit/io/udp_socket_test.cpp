#include "io/udp_socket.h"

#include <doctest/doctest.h>
#include <poll.h>

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
using weir::io::ReceiveBatch;
using weir::io::SendOutcome;
using weir::io::UdpSocket;
using weir::test::UdpClient;

namespace {

UdpSocket open_at(const char* ip, std::uint16_t port = 0) {
  auto opened = UdpSocket::open(Address::parse(ip, port).value());
  REQUIRE_MESSAGE(opened.ok(), opened.error().reason);
  return std::move(*opened);
}

Address at(const char* ip, std::uint16_t port) {
  return Address::parse(ip, port).value();
}

void wait_readable(const UdpSocket& socket) {
  pollfd fd{socket.fd(), POLLIN, 0};
  REQUIRE(poll(&fd, 1, 5000) == 1);
}

std::vector<std::uint8_t> filled(std::size_t size, std::uint8_t value) {
  return std::vector<std::uint8_t>(size, value);
}

#define NEEDS_IPV6()                             \
  if (!weir::test::has_ipv6()) {                 \
    MESSAGE("skipped: this machine has no ::1"); \
    return;                                      \
  }

}  // namespace

TEST_CASE("more datagrams than a batch holds arrive in order, in batches") {
  UdpSocket socket = open_at("127.0.0.1");
  const UdpClient client;
  constexpr std::size_t kCount = 2 * ReceiveBatch::kDatagrams + 1;
  for (std::size_t i = 0; i < kCount; ++i)
    client.send(socket.local(), filled(i + 1, static_cast<std::uint8_t>(i)));

  ReceiveBatch batch;
  std::size_t seen = 0;
  while (seen < kCount) {
    wait_readable(socket);
    const std::size_t count = socket.receive(batch);
    CHECK(count <= ReceiveBatch::kDatagrams);
    REQUIRE(batch.datagrams().size() == count);
    for (const auto& datagram : batch.datagrams()) {
      CHECK(datagram.bytes.size() == seen + 1);
      CHECK(datagram.bytes.front() == static_cast<std::uint8_t>(seen));
      CHECK(datagram.path.remote == client.local());
      CHECK(datagram.path.local == socket.local());
      CHECK_FALSE(datagram.truncated);
      ++seen;
    }
  }
  CHECK(seen == kCount);
  CHECK(socket.receive(batch) == 0);
  CHECK(batch.datagrams().empty());
}

TEST_CASE("an empty datagram is a datagram") {
  UdpSocket socket = open_at("127.0.0.1");
  const UdpClient client;
  client.send(socket.local(), {});
  wait_readable(socket);
  ReceiveBatch batch;
  REQUIRE(socket.receive(batch) == 1);
  CHECK(batch.datagrams()[0].bytes.empty());
}

TEST_CASE("a datagram larger than a buffer is marked, one that fits is not") {
  UdpSocket socket = open_at("127.0.0.1");
  const UdpClient client;
  ReceiveBatch batch;
  for (const std::size_t size : {PacketPool::kBufferSize, PacketPool::kBufferSize + 1, std::size_t{9000}}) {
    CAPTURE(size);
    client.send(socket.local(), filled(size, 1));
    wait_readable(socket);
    REQUIRE(socket.receive(batch) == 1);
    CHECK(batch.datagrams()[0].truncated == (size > PacketPool::kBufferSize));
    CHECK(batch.datagrams()[0].bytes.size() == std::min(size, PacketPool::kBufferSize));
  }
}

TEST_CASE("an answer leaves from the address that was asked") {
  UdpSocket socket = open_at("0.0.0.0");
  const UdpClient client;
  for (const char* ip : {"127.0.0.1", "127.0.0.2"}) {
    const Address asked = at(ip, socket.local().port);
    client.send(asked, filled(4, 7));
    wait_readable(socket);
    ReceiveBatch batch;
    REQUIRE(socket.receive(batch) == 1);
    const FiveTuple path = batch.datagrams()[0].path;
    CHECK(path.local == asked);
    EgressBatch egress{1000};
    egress.push(path, filled(4, 8));
    CHECK(socket.send(egress).sent == 1);
    const auto answer = client.receive(5s);
    REQUIRE(answer);
    CHECK(answer->from == asked);
  }
}

TEST_CASE("IPv6 answers leave from the address that was asked, too") {
  NEEDS_IPV6();
  UdpSocket socket = open_at("::");
  const UdpClient client{"::1"};
  const Address asked = at("::1", socket.local().port);
  client.send(asked, filled(4, 7));
  wait_readable(socket);
  ReceiveBatch batch;
  REQUIRE(socket.receive(batch) == 1);
  CHECK(batch.datagrams()[0].path == FiveTuple{asked, client.local()});
  EgressBatch egress{1000};
  egress.push(batch.datagrams()[0].path, filled(4, 8));
  CHECK(socket.send(egress).sent == 1);
  const auto answer = client.receive(5s);
  REQUIRE(answer);
  CHECK(answer->from == asked);
}

TEST_CASE("an IPv6 socket does not take IPv4: both can have the same port") {
  NEEDS_IPV6();
  const UdpSocket ipv6 = open_at("::");
  const UdpSocket ipv4 = open_at("0.0.0.0", ipv6.local().port);
  CHECK(ipv4.local().port == ipv6.local().port);
}

TEST_CASE("a batch larger than one system call goes out whole and in order") {
  UdpSocket socket = open_at("127.0.0.1");
  const UdpClient client;
  EgressBatch egress{100'000};
  constexpr std::size_t kCount = 130;
  for (std::size_t i = 0; i < kCount; ++i) {
    REQUIRE(egress.push({socket.local(), client.local()}, filled(3, static_cast<std::uint8_t>(i))));
  }
  const SendOutcome outcome = socket.send(egress);
  CHECK(outcome.sent == kCount);
  CHECK(outcome.buffer_full + outcome.failed == 0);
  for (std::size_t i = 0; i < kCount; ++i) {
    const auto arrival = client.receive(5s);
    REQUIRE(arrival);
    CHECK(arrival->bytes == filled(3, static_cast<std::uint8_t>(i)));
  }
}

TEST_CASE("what the system refuses is counted and keeps nobody else back") {
  UdpSocket socket = open_at("127.0.0.1");
  const UdpClient client;
  EgressBatch egress{200'000};
  egress.push({socket.local(), client.local()}, filled(1, 1));
  egress.push({socket.local(), client.local()}, filled(65'530, 2));      // no datagram is so long
  egress.push({at("192.0.2.1", 1), client.local()}, filled(1, 3));       // not an address of this machine
  egress.push({socket.local(), at("127.0.0.1", 0)}, filled(1, 4));       // no port
  egress.push({socket.local(), at("2001:db8::1", 5000)}, filled(1, 5));  // not of this socket's family
  egress.push({socket.local(), client.local()}, filled(1, 6));
  const SendOutcome outcome = socket.send(egress);
  CHECK(outcome.sent == 2);
  CHECK(outcome.failed == 3);
  CHECK(outcome.buffer_full == 0);
  CHECK(client.receive(5s)->bytes == filled(1, 1));
  CHECK(client.receive(5s)->bytes == filled(1, 6));
}

TEST_CASE("a client that is gone disturbs nobody") {
  UdpSocket socket = open_at("127.0.0.1");
  const UdpClient client;
  Address gone;
  {
    const UdpClient leaving;
    gone = leaving.local();
  }
  for (int i = 0; i < 5; ++i) {
    EgressBatch egress{1000};
    egress.push({socket.local(), gone}, filled(1, 1));
    egress.push({socket.local(), client.local()}, filled(1, 2));
    CHECK(socket.send(egress).sent == 2);
    REQUIRE(client.receive(5s));
  }
  client.send(socket.local(), filled(1, 3));
  wait_readable(socket);
  ReceiveBatch batch;
  CHECK(socket.receive(batch) == 1);
}

TEST_CASE("a port in use and an address of elsewhere are told in one clear line") {
  const UdpSocket socket = open_at("127.0.0.1");
  const auto taken = UdpSocket::open(socket.local());
  REQUIRE_FALSE(taken.ok());
  CHECK(taken.error().status == WEIR_ERR_ADDRESS_IN_USE);
  CHECK(taken.error().reason == "cannot listen on " + socket.local().text() + "/udp: address already in use");
  const auto elsewhere = UdpSocket::open(at("192.0.2.1", 4000));
  REQUIRE_FALSE(elsewhere.ok());
  CHECK(elsewhere.error().status == WEIR_ERR_IO);
  CHECK(elsewhere.error().reason == "cannot listen on 192.0.2.1:4000/udp: address not available");
}
