// A UDP socket that receives and sends in batches (recvmmsg, sendmmsg) and knows on which local address a
// datagram came in, so that the answer leaves from there: a host with two addresses must not answer from the
// wrong one, and a consent check is valid for one five-tuple only (RFC 8445 section 7.2.5.2.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/address.h"
#include "base/egress.h"
#include "base/result.h"
#include "engine/engine.h"

namespace weir::io {

/// Buffers for one recvmmsg, made once and used for every read.
class ReceiveBatch {
 public:
  static constexpr std::size_t kDatagrams = 32;

  ReceiveBatch();
  ~ReceiveBatch();
  ReceiveBatch(const ReceiveBatch&) = delete;
  ReceiveBatch& operator=(const ReceiveBatch&) = delete;

  /// What the last read brought. Valid until the next.
  std::span<const engine::Datagram> datagrams() const;

 private:
  friend class UdpSocket;
  struct Memory;
  std::unique_ptr<Memory> memory_;
};

/// What became of a batch of datagrams.
struct SendOutcome {
  std::uint64_t sent = 0;
  std::uint64_t buffer_full = 0;  // dropped: no room in the socket's buffer
  std::uint64_t failed = 0;       // dropped: refused by the operating system
};

class UdpSocket {
 public:
  /// Binds, without blocking mode. Port 0: the system chooses. The error is WEIR_ERR_ADDRESS_IN_USE or
  /// WEIR_ERR_IO, with a reason for people.
  static Result<UdpSocket> open(const Address& listen);

  UdpSocket(UdpSocket&& other) noexcept;
  UdpSocket& operator=(UdpSocket&& other) noexcept;
  ~UdpSocket();

  int fd() const { return fd_; }
  /// What it is bound to, with the port that the system chose.
  const Address& local() const { return local_; }

  /// Reads at most one batch, without waiting. Returns how many datagrams came.
  std::size_t receive(ReceiveBatch& batch);

  /// Sends the datagrams of this socket's family, without waiting. Those of the other family are not touched.
  SendOutcome send(const EgressBatch& batch);

 private:
  struct SendMemory;

  UdpSocket(int fd, const Address& local);
  bool flush(std::size_t count, SendOutcome& outcome);

  int fd_ = -1;
  Address local_;
  std::unique_ptr<SendMemory> send_;
};

}  // namespace weir::io
