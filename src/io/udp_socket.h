// A UDP socket in an event loop: hands over what it reads in batches and sends batches.
//
// Two kinds. On Linux (udp_socket_linux.cpp): recvmmsg, sendmmsg, runs of equal datagrams to one receiver as
// one message that is cut below (UDP_SEGMENT); and it knows on which local address a datagram came in, so
// that the answer leaves from there: a host with two addresses must not answer from the wrong one, and a
// consent check is valid for one five-tuple only (RFC 8445 section 7.2.5.2.1). Everywhere
// (udp_socket_portable.cpp): libuv alone, a call for each datagram, and the local address is the one that it
// is bound to.
#pragma once

#include <uv.h>

#include <cstdint>
#include <memory>
#include <span>

#include "base/address.h"
#include "base/egress.h"
#include "base/result.h"
#include "engine/engine.h"

namespace weir::io {

/// What became of a batch of datagrams.
struct SendOutcome {
  std::uint64_t sent = 0;
  std::uint64_t buffer_full = 0;  // dropped: no room in the socket's buffer
  std::uint64_t failed = 0;       // dropped: refused by the operating system
};

/// Since the socket was opened.
struct SendCounters {
  std::uint64_t calls = 0;      // of the operating system
  std::uint64_t messages = 0;   // that were sent: datagrams and runs of them
  std::uint64_t segments = 0;   // datagrams that were sent in runs of two and more
  std::uint64_t fallbacks = 0;  // 1: the system or the path refuses runs, and they are sent no more
};

/// Takes what a socket read. Valid during the call only.
struct Receiver {
  void (*take)(void* context, std::span<const engine::Datagram> datagrams) = nullptr;
  void* context = nullptr;
};

enum class SocketKind : std::uint8_t {
  best,         // of this system
  unsegmented,  // the same without UDP_SEGMENT
  portable
};

class UdpSocket {
 public:
  /// How long one socket may keep a turn of the loop for itself.
  static constexpr Duration kTurnBudget = std::chrono::milliseconds{2};

  /// Binds, without blocking mode. Port 0: the system chooses. The error is WEIR_ERR_ADDRESS_IN_USE or
  /// WEIR_ERR_IO, with a reason for people.
  static Result<std::unique_ptr<UdpSocket>> open(const Address& listen, SocketKind kind = SocketKind::best);

  /// After start(): the loop must have closed its handles (uv_close on each) first.
  virtual ~UdpSocket() = default;
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  /// Begins to read in the loop's turns. Once. Answers libuv's error, 0: none.
  virtual int start(uv_loop_t& loop, Receiver receiver) = 0;
  /// Sends the datagrams of this socket's family, without waiting. Those of the other family are not touched.
  virtual SendOutcome send(const EgressBatch& batch) = 0;

  /// What it is bound to, with the port that the system chose.
  const Address& local() const { return local_; }
  const SendCounters& counters() const { return counters_; }

 protected:
  explicit UdpSocket(const Address& local) : local_(local) {}

  Address local_;
  SendCounters counters_;
};

}  // namespace weir::io
