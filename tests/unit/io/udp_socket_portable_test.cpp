// Where the socket of libuv alone differs.
#include "looped_socket.h"

using namespace weir;
using namespace weir::io;
using namespace weir::io::test;

TEST_CASE("the local address is the one that it is bound to, and each datagram is a call") {
  Looped socket{"0.0.0.0", SocketKind::portable};
  const UdpClient client;
  client.send(at("127.0.0.1", socket->local().port), filled(4, 7));
  const FiveTuple path = socket.until(1)[0].path;
  CHECK(path.local == socket->local());
  CHECK(path.remote == client.local());
  EgressBatch egress{1000};
  for (std::uint8_t i = 0; i < 3; ++i) put(egress, path, filled(100, i), 1);
  CHECK(socket->send(egress).sent == 3);
  CHECK(socket->counters().calls == 3);
  CHECK(socket->counters().segments == 0);
  for (std::uint8_t i = 0; i < 3; ++i) {
    const auto answer = client.receive(5s);
    REQUIRE(answer);
    CHECK(answer->from == at("127.0.0.1", socket->local().port));
    CHECK(answer->bytes == filled(100, i));
  }
}

TEST_CASE("a socket that was never started lets its port go") {
  std::uint16_t port = 0;
  {
    const auto socket = UdpSocket::open(at("127.0.0.1", 0), SocketKind::portable);
    REQUIRE(socket.ok());
    port = (*socket)->local().port;
  }
  CHECK(UdpSocket::open(at("127.0.0.1", port), SocketKind::portable).ok());
}
