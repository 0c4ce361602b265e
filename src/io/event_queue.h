// Events from the workers to whoever pulls them. Bounded: what does not fit is counted, and one
// WEIR_EVENT_LOST stands in the place of the gap.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "base/time.h"
#include "weir/node.h"

namespace weir::io {

class EventQueue {
 public:
  /// Throws std::system_error when the system has no descriptor left.
  explicit EventQueue(std::size_t limit);
  ~EventQueue();
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  void push(const weir_event& event);

  /// Takes the oldest event. `timeout` of nothing waits until there is one. WEIR_ERR_AGAIN when there was
  /// none in time, WEIR_ERR_CLOSED when there is none and close() was called.
  weir_status pop(weir_event& event, std::optional<Duration> timeout);

  /// Nobody waits any more. Events may still be pushed and taken.
  void close();
  /// close(), and what is still there is forgotten.
  void discard();

  /// Polls readable while events wait, and for good after close().
  int fd() const { return fd_; }
  std::uint64_t lost() const { return lost_total_.load(std::memory_order_relaxed); }

 private:
  bool empty() const { return events_.empty() && lost_here_ == 0; }
  weir_event take();
  weir_event lost_event();
  void update_fd();

  const std::size_t limit_;
  const int fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<weir_event> events_;
  std::uint64_t lost_here_ = 0;    // since the newest event of the queue
  std::int64_t lost_time_us_ = 0;  // of the newest lost one
  bool closed_ = false;
  bool discarding_ = false;
  bool readable_ = false;
  std::atomic<std::uint64_t> lost_total_{0};
};

}  // namespace weir::io
