#include "io/event_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace weir::io {
namespace {

int make_event_fd() {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw std::system_error{errno, std::generic_category(), "cannot make an event descriptor"};
  return fd;
}

}  // namespace

EventQueue::EventQueue(std::size_t limit) : limit_(limit), fd_(make_event_fd()) {}

EventQueue::~EventQueue() {
  ::close(fd_);
}

void EventQueue::push(const weir_event& event) {
  const std::scoped_lock lock{mutex_};
  if (discarding_) return;
  // The mark of a gap stands before what came after it and takes a place of its own.
  if (lost_here_ > 0 && events_.size() < limit_) events_.push_back(lost_event());
  if (events_.size() < limit_) {
    events_.push_back(event);
  } else {
    ++lost_here_;
    lost_time_us_ = event.time_us;
    lost_total_.fetch_add(1, std::memory_order_relaxed);
  }
  update_fd();
  changed_.notify_one();
}

weir_status EventQueue::pop(weir_event& event, std::optional<Duration> timeout) {
  std::unique_lock lock{mutex_};
  const auto ready = [this] { return !empty() || closed_; };
  if (timeout) {
    if (!changed_.wait_for(lock, *timeout, ready)) return WEIR_ERR_AGAIN;
  } else {
    changed_.wait(lock, ready);
  }
  if (empty()) return WEIR_ERR_CLOSED;
  event = take();
  update_fd();
  return WEIR_OK;
}

void EventQueue::close() {
  const std::scoped_lock lock{mutex_};
  closed_ = true;
  update_fd();
  changed_.notify_all();
}

void EventQueue::discard() {
  {
    const std::scoped_lock lock{mutex_};
    discarding_ = true;
    events_.clear();
    lost_here_ = 0;
  }
  close();
}

weir_event EventQueue::take() {
  if (events_.empty()) return lost_event();
  const weir_event event = events_.front();
  events_.pop_front();
  return event;
}

weir_event EventQueue::lost_event() {
  weir_event event{};
  event.struct_size = sizeof event;
  event.type = WEIR_EVENT_LOST;
  event.time_us = lost_time_us_;
  event.value = lost_here_;
  lost_here_ = 0;
  return event;
}

void EventQueue::update_fd() {
  const bool readable = !empty() || closed_;
  if (readable == readable_) return;
  readable_ = readable;
  if (readable) {
    eventfd_write(fd_, 1);
  } else {
    eventfd_t ignored = 0;
    eventfd_read(fd_, &ignored);
  }
}

}  // namespace weir::io
