// Events in virtual time. Those of the same time happen in the order in which they were asked for.
#pragma once

#include <functional>
#include <queue>
#include <vector>

#include "base/time.h"

namespace weir::bench {

class Simulator {
 public:
  using Action = std::function<void()>;

  Time now() const { return now_; }
  void at(Time when, Action action) { events_.push({std::max(when, now_), next_++, std::move(action)}); }
  void after(Duration delay, Action action) { at(now_ + delay, std::move(action)); }
  void run_until(Time end) {
    while (!events_.empty() && events_.top().when <= end) {
      Event event = events_.top();
      events_.pop();
      now_ = event.when;
      event.action();
    }
    now_ = end;
  }

 private:
  struct Event {
    Time when;
    std::uint64_t order;
    Action action;
    bool operator<(const Event& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };
  std::priority_queue<Event> events_;
  std::uint64_t next_ = 0;
  Time now_{};
};

inline Time at_seconds(double s) {
  return time_from_us(static_cast<std::int64_t>(s * 1e6));
}
inline double to_seconds(Time t) {
  return static_cast<double>(to_us(t)) * 1e-6;
}

}  // namespace weir::bench
