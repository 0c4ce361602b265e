#include "load/socket_drops.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

using namespace weir;

namespace {

constexpr const char* kTable =
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref "
    "pointer drops\n"
    "   35: 0100007F:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12345 2 "
    "0000000000000000 7\n"
    "   36: 00000000:1F91 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12346 2 "
    "0000000000000000 20\n"
    "   37: 00000000000000000000000001000000:1F92 00000000000000000000000000000000:0000 07 00000000:00000000 "
    "00:00000000 "
    "00000000     0        0 12347 2 0000000000000000 300";

}  // namespace

TEST_CASE("drops are summed over the sockets with these ports, the last line without an end included") {
  CHECK(load::drops_of(kTable, {0x1f90}) == 7);
  CHECK(load::drops_of(kTable, {0x1f90, 0x1f92}) == 307);
  CHECK(load::drops_of(kTable, {0x1f8f, 0x1f93}) == 0);
  CHECK(load::drops_of(kTable, {}) == 0);
}

TEST_CASE("a table that is cut anywhere or none at all is read as far as it goes") {
  const std::string_view table = kTable;
  for (std::size_t size = 0; size <= table.size(); ++size) {
    CHECK(load::drops_of(table.substr(0, size), {0x1f90, 0x1f91, 0x1f92}) <= 327);
  }
  CHECK(load::drops_of("\n\n   \n:", {0}) == 0);
}

TEST_CASE("what a full socket of this process does not take is counted by the system") {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  REQUIRE(fd >= 0);
  const int least = 1;  // the system rounds it up to some packets
  REQUIRE(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least) == 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  socklen_t size = sizeof address;
  REQUIRE(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const std::vector<std::uint16_t> ports{ntohs(address.sin_port)};
  CHECK(load::udp_drops(ports) == 0);
  const std::array<char, 1000> packet{};
  for (int i = 0; i < 100; ++i) {
    sendto(fd, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&address), size);
  }
  CHECK(load::udp_drops(ports) > 0);
  CHECK(load::udp_drops(ports) < 100);
  close(fd);
}
