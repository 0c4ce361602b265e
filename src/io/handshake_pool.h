// Threads for DTLS handshakes. One costs milliseconds, which a thread that forwards media must not spend.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"
#include "transport/transport.h"

namespace weir::io {

/// Runs a job. Should memory run out, the job comes back as failed, so that its session ends and is not
/// forgotten.
void run_handshake(transport::HandshakeJob& job, const Log& log);

/// Whoever gave a job, and takes it back. Called on a thread of the pool.
class HandshakeOwner {
 public:
  virtual ~HandshakeOwner() = default;
  virtual void handshake_done(transport::HandshakeJob job) = 0;
};

class HandshakePool {
 public:
  HandshakePool(std::uint32_t threads, Log log);
  ~HandshakePool();
  HandshakePool(const HandshakePool&) = delete;
  HandshakePool& operator=(const HandshakePool&) = delete;

  /// The queue is as long as there are participants at most: each has one job out at a time (transport.h).
  void submit(transport::HandshakeJob job, HandshakeOwner& owner);

  /// Ends the threads; jobs that wait are forgotten. No owner is called after this.
  void stop();

 private:
  struct Item {
    transport::HandshakeJob job;
    HandshakeOwner* owner;
  };

  void work();

  Log log_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Item> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace weir::io
