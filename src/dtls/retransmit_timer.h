// mbedTLS' timer (mbedtls_ssl_set_timer_cb) with the time as an argument.
//
// A lost flight of a meeting that is starting should not cost the second of RFC 6347 section 4.2.4.1. mbedTLS
// doubles the interval and gives up once it reaches its maximum, so the maximum is out of reach and this
// timer rings earlier: after 250, 500, 1000 and from then on every 2000 ms. The session's own timeout ends
// it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace weir::dtls {

struct RetransmitTimer {
  // What mbedTLS is configured with.
  static constexpr std::uint32_t kFirstMs = 250;
  static constexpr std::uint32_t kNeverMs = 0x7fff'ffff;
  static constexpr std::uint32_t kLongestMs = 2'000;

  Time now{};
  Time intermediate = kNever;
  Time final = kNever;

  static void set(void* self, std::uint32_t intermediate_ms, std::uint32_t final_ms) {
    RetransmitTimer& timer = *static_cast<RetransmitTimer*>(self);
    const auto after = [&](std::uint32_t ms) {
      return timer.now + std::chrono::milliseconds{std::min(ms, kLongestMs)};
    };
    timer.intermediate = final_ms == 0 ? kNever : after(intermediate_ms);
    timer.final = final_ms == 0 ? kNever : after(final_ms);
  }
  static int get(void* self) {
    const RetransmitTimer& timer = *static_cast<const RetransmitTimer*>(self);
    if (timer.final == kNever) return -1;
    if (timer.now >= timer.final) return 2;
    return timer.now >= timer.intermediate ? 1 : 0;
  }
};

}  // namespace weir::dtls
