// What only the socket of Linux does: runs, and answers from the address that was asked.
#include <sys/socket.h>

#include "looped_socket.h"

using namespace weir;
using namespace weir::io;
using namespace weir::io::test;

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
