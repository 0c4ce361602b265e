// The rate of a flow over about a second.
#pragma once

#include <cmath>
#include <cstddef>

#include "base/time.h"

namespace weir::engine {

class RateMeter {
 public:
  void on_packet(Time now, std::size_t bytes) {
    value_ = rate(now) + static_cast<double>(bytes) * 8 / kSeconds;
    at_ = now;
  }
  /// bit/s
  double rate(Time now) const {
    const double passed = static_cast<double>((now - at_).count()) * 1e-6;
    return passed <= 0 ? value_ : value_ * std::exp(-passed / kSeconds);
  }

 private:
  static constexpr double kSeconds = 1;
  double value_ = 0;
  Time at_{};
};

}  // namespace weir::engine
