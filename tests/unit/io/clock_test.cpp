#include "io/clock.h"

#include <doctest/doctest.h>

using namespace weir;

TEST_CASE("the monotonic clock does not go back, and NTP time agrees with the wall clock") {
  const Time first = io::monotonic_now();
  const Time second = io::monotonic_now();
  CHECK(second >= first);
  const NtpTime ntp{io::ntp_at_monotonic_zero() + ntp_from_us(to_us(second))};
  const std::int64_t unix_seconds = us_from_ntp(ntp) / 1'000'000 - 2'208'988'800;
  const std::int64_t apart = unix_seconds - io::unix_now_seconds();
  CHECK(apart >= -1);
  CHECK(apart <= 1);
}

TEST_CASE("a thread's processor time grows with its work") {
  const Duration before = io::thread_processor_time();
  for (int i = 0; i < 100'000'000 && io::thread_processor_time() == before; ++i) {
  }
  CHECK(io::thread_processor_time() > before);
}
