#include "io/clock.h"

#include <time.h>

namespace weir::io {
namespace {

// Seconds from 1900, where NTP begins, to 1970 (RFC 5905 figure 4).
constexpr std::int64_t kNtpToUnixSeconds = 2'208'988'800;

std::int64_t read_us(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

Time monotonic_now() {
  return time_from_us(read_us(CLOCK_MONOTONIC));
}

Duration thread_processor_time() {
  return Duration{read_us(CLOCK_THREAD_CPUTIME_ID)};
}

std::int64_t unix_now_seconds() {
  return read_us(CLOCK_REALTIME) / 1'000'000;
}

std::uint64_t ntp_at_monotonic_zero() {
  const std::int64_t unix_at_zero = read_us(CLOCK_REALTIME) - read_us(CLOCK_MONOTONIC);
  return ntp_from_us(unix_at_zero + kNtpToUnixSeconds * 1'000'000);
}

}  // namespace weir::io
