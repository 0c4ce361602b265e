// Time is an argument (law 1). `Time` is a point on a monotonic clock that the caller reads; this clock has
// no now(), so nothing that only knows this header can read one.
#pragma once

#include <chrono>
#include <cstdint>

namespace weir {

using Duration = std::chrono::microseconds;

struct MonotonicClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};

using Time = MonotonicClock::time_point;

/// "No deadline": later than every time that occurs.
inline constexpr Time kNever = Time::max();

constexpr Time time_from_us(std::int64_t us) {
  return Time{Duration{us}};
}
constexpr std::int64_t to_us(Time t) {
  return t.time_since_epoch().count();
}
constexpr std::int64_t to_us(Duration d) {
  return d.count();
}

/// Ticks of an RTP clock for a time in microseconds, modulo 2^32. Right for every time: seconds and rest
/// apart, so that nothing overflows that is not meant to wrap.
constexpr std::uint32_t ticks_from_us(std::int64_t us, std::uint32_t clock_rate) {
  const std::int64_t rest = us % 1'000'000 * std::int64_t{clock_rate} / 1'000'000;
  return static_cast<std::uint32_t>(us / 1'000'000) * clock_rate + static_cast<std::uint32_t>(rest);
}

/// 32.32 fixed point seconds since 1900 (RFC 5905 section 6), as sender reports carry it.
struct NtpTime {
  std::uint64_t value = 0;

  /// The middle 32 bits, as LSR carries it (RFC 3550 section 6.4.1).
  constexpr std::uint32_t middle() const { return static_cast<std::uint32_t>(value >> 16); }
  constexpr bool operator==(const NtpTime&) const = default;
};

constexpr std::uint64_t ntp_from_us(std::int64_t us) {
  const auto whole = static_cast<std::uint64_t>(us / 1'000'000);
  const auto part = static_cast<std::uint64_t>(us % 1'000'000);
  return (whole << 32) | ((part << 32) / 1'000'000);
}

constexpr std::int64_t us_from_ntp(NtpTime ntp) {
  const auto whole = static_cast<std::int64_t>(ntp.value >> 32);
  const auto part = static_cast<std::int64_t>(((ntp.value & 0xffffffffU) * 1'000'000) >> 32);
  return whole * 1'000'000 + part;
}

}  // namespace weir
