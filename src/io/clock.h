// The only place of the library that reads a clock. Everything below io/ gets its time as an argument.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace weir::io {

/// The operating system's monotonic clock, so that a host can compare event times with its own.
Time monotonic_now();

/// Processor time that the calling thread has taken.
Duration thread_processor_time();

/// Seconds since 1970.
std::int64_t unix_now_seconds();

/// NTP time (32.32 fixed point, RFC 5905 section 6) of the moment when the monotonic clock read zero.
std::uint64_t ntp_at_monotonic_zero();

}  // namespace weir::io
