#include <doctest/doctest.h>

#include "sdp/session.h"

using namespace weir;
using namespace weir::sdp;

namespace {

void check_fault(const std::string& text, const std::string& reason) {
  const auto result = check_candidate(text);
  REQUIRE_MESSAGE(!result.ok(), text);
  CHECK(result.error().status == WEIR_ERR_SDP);
  CHECK_MESSAGE(result.error().reason.find(reason) != std::string::npos, result.error().reason);
}

}  // namespace

TEST_CASE("candidates as browsers send them") {
  for (const char* text : {
           "candidate:1669605774 1 udp 2122260223 192.168.115.173 64356 typ host generation 0 network-id 1 "
           "network-cost 10",
           "candidate:755488126 1 tcp 1518280447 192.168.115.173 9 typ host tcptype active generation 0 "
           "ufrag v8Lx",
           "a=candidate:0 1 UDP 2122252543 4d1c1d0e-93a1-4d1a-8d6b-3c1a2b3c4d5e.local 50000 typ host",
           "candidate:a0+B/3 2 udp 2130706432 ::1 0 typ srflx raddr 192.168.1.5 rport 2348 generation 2",
           "candidate:1 256 udp 2147483647 fe80::1%eth0 65535 typ relay raddr 0.0.0.0 rport 0",
           "  candidate:1 1 udp 1 192.0.2.1 9 typ host  ",
           "",
           "candidate:",
           "a=",
       }) {
    CHECK_MESSAGE(check_candidate(text).ok(), text);
  }
}

TEST_CASE("what is no candidate is told why") {
  check_fault("foo", "no candidate");
  check_fault("a=a=candidate:1 1 udp 1 192.0.2.1 9 typ host", "no candidate");
  check_fault("candidate:1 1 udp 1 192.0.2.1", "needs foundation");
  check_fault("candidate:" + std::string(33, 'f') + " 1 udp 1 192.0.2.1 9 typ host", "foundation");
  CHECK(check_candidate("candidate:" + std::string(32, 'f') + " 1 udp 1 192.0.2.1 9 typ host").ok());
  check_fault("candidate:1 0 udp 1 192.0.2.1 9 typ host", "component");
  check_fault("candidate:1 257 udp 1 192.0.2.1 9 typ host", "component");
  check_fault("candidate:1 1 u:p 1 192.0.2.1 9 typ host", "transport");
  check_fault("candidate:1 1 udp 2147483648 192.0.2.1 9 typ host", "priority");
  check_fault("candidate:1 1 udp x 192.0.2.1 9 typ host", "priority");
  check_fault("candidate:1 1 udp 1 <b> 9 typ host", "address");
  check_fault("candidate:1 1 udp 1 192.0.2.1 65536 typ host", "port");
  check_fault("candidate:1 1 udp 1 192.0.2.1 9 type host", "typ");
  check_fault("candidate:1 1 udp 1 192.0.2.1 9 typ", "type");
  check_fault("candidate:1 1 udp 1 192.0.2.1 9 typ host raddr", "raddr");
  check_fault("candidate:1 1 udp 1 192.0.2.1 9 typ host rport 65536", "rport");
  check_fault("candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=mid:1", "visible");
  check_fault("candidate:" + std::string(2000, '1'), "1024");
}
