// The two clocks, as an argument: tests turn them by hand.
#pragma once

#include <cstdint>
#include <functional>

namespace conference {

struct Clock {
  std::function<std::int64_t()> monotonic_us;
  std::function<std::int64_t()> wall_ms;  // since 1970
};

Clock system_clock();

}  // namespace conference
