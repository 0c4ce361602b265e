#include "base/time.h"

#include <doctest/doctest.h>

namespace weir {

TEST_CASE("times convert to microseconds and back") {
  CHECK(to_us(time_from_us(123)) == 123);
  CHECK(time_from_us(5) + std::chrono::milliseconds{2} == time_from_us(2005));
  CHECK(to_us(std::chrono::seconds{3}) == 3'000'000);
  CHECK(kNever > time_from_us(INT64_MAX - 1));
}

TEST_CASE("NTP time is seconds and a binary fraction") {
  CHECK(ntp_from_us(0) == 0);
  CHECK(ntp_from_us(500'000) == 0x80000000U);
  CHECK(ntp_from_us(1'000'000) == std::uint64_t{1} << 32);
  CHECK(ntp_from_us(1'250'000) == ((std::uint64_t{1} << 32) | 0x40000000U));
}

TEST_CASE("microseconds survive the way through NTP to within one") {
  for (const std::int64_t us : {std::int64_t{0}, std::int64_t{1}, std::int64_t{999'999},
                                std::int64_t{1'000'000}, std::int64_t{3'900'000'000'123'457}}) {
    const std::int64_t back = us_from_ntp(NtpTime{ntp_from_us(us)});
    CAPTURE(us);
    CHECK(back <= us);
    CHECK(back >= us - 1);
  }
  CHECK(us_from_ntp(NtpTime{UINT64_MAX}) == std::int64_t{0xffffffff} * 1'000'000 + 999'999);
}

TEST_CASE("ticks of an RTP clock wrap, and nothing else does") {
  CHECK(ticks_from_us(0, 90'000) == 0);
  CHECK(ticks_from_us(1'000'000, 90'000) == 90'000);
  CHECK(ticks_from_us(20'000, 48'000) == 960);
  CHECK(ticks_from_us(-1'000'000, 90'000) == static_cast<std::uint32_t>(-90'000));
  CHECK(ticks_from_us(-20'000, 48'000) == static_cast<std::uint32_t>(-960));
  // 2^32 ticks of 90 kHz are 47,721 s and a fraction.
  CHECK(ticks_from_us(std::int64_t{47'722} * 1'000'000, 90'000) == 47'722U * 90'000U);
  for (const std::int64_t us : {INT64_MAX, INT64_MIN}) {
    const std::int64_t next = us > 0 ? us - 1'000'000 : us + 1'000'000;
    const auto step = static_cast<std::int32_t>(ticks_from_us(us, 90'000) - ticks_from_us(next, 90'000));
    CHECK(step == (us > 0 ? 90'000 : -90'000));
  }
}

TEST_CASE("the middle of an NTP time is 16.16 seconds") {
  CHECK(NtpTime{0x1122334455667788U}.middle() == 0x33445566U);
}

}  // namespace weir
