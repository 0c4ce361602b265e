#include "support/library_time.h"

#include <sys/time.h>

#include <atomic>
#include <chrono>

namespace {

std::atomic<std::int64_t> virtual_us{-1};

}  // namespace

namespace weir::test {

void set_library_time(Time now) {
  constexpr std::int64_t kEpoch = std::int64_t{1'800'000'000} * 1'000'000;
  virtual_us.store(kEpoch + to_us(now));
}

}  // namespace weir::test

// A program's own definition takes the place of the C library's also for shared libraries.
extern "C" __attribute__((visibility("default"))) int gettimeofday(timeval* out, void*) noexcept {
  std::int64_t us = virtual_us.load();
  if (us < 0) {
    us = std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
             .count();
  }
  out->tv_sec = us / 1'000'000;
  out->tv_usec = us % 1'000'000;
  return 0;
}
