// Wakes threads that wait in weir_subscription_read. A reader notes the count of its bell, tries, and sleeps
// only while the count has not moved: what arrives between trying and sleeping is not missed.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/slots.h"
#include "base/time.h"

namespace weir::io {

class ReadableSignal {
 public:
  std::uint64_t count(Id subscription) {
    Bell& bell = bell_of(subscription);
    const std::scoped_lock lock{bell.mutex};
    return bell.count;
  }

  void ring(Id subscription) { ring(bell_of(subscription)); }
  void ring_all() {
    for (Bell& bell : bells_) ring(bell);
  }

  /// Sleeps until the count differs from `seen`; false when the time is over. No timeout waits for ever.
  bool wait(Id subscription, std::uint64_t seen, std::optional<Duration> timeout) {
    Bell& bell = bell_of(subscription);
    std::unique_lock lock{bell.mutex};
    const auto moved = [&] { return bell.count != seen; };
    if (timeout) return bell.rung.wait_for(lock, *timeout, moved);
    bell.rung.wait(lock, moved);
    return true;
  }

 private:
  // Subscriptions share bells, so that no table of waiting readers is needed and few are woken in vain.
  struct Bell {
    std::mutex mutex;
    std::condition_variable rung;
    std::uint64_t count = 0;
  };

  Bell& bell_of(Id subscription) { return bells_[subscription.index() % bells_.size()]; }
  static void ring(Bell& bell) {
    const std::scoped_lock lock{bell.mutex};
    ++bell.count;
    bell.rung.notify_all();
  }

  std::array<Bell, 64> bells_;
};

}  // namespace weir::io
