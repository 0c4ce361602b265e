// A UDP socket for tests that meet a node over the real loopback: one thread, waits with a limit.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/time.h"

namespace weir::test {

/// The clock of tests that run in real time.
Time real_time();

class UdpClient {
 public:
  struct Arrival {
    Address from;
    std::vector<std::uint8_t> bytes;
  };

  /// Bound to `address`, the system chooses the port. Throws when the machine has no such address.
  explicit UdpClient(const char* address = "127.0.0.1");
  ~UdpClient();
  UdpClient(const UdpClient&) = delete;
  UdpClient& operator=(const UdpClient&) = delete;

  const Address& local() const { return local_; }
  void send(const Address& to, Bytes bytes) const;
  /// The next datagram; nothing when none came in time.
  std::optional<Arrival> receive(Duration timeout) const;

 private:
  int fd_;
  Address local_;
};

/// Whether the machine can use ::1.
bool has_ipv6();

}  // namespace weir::test
