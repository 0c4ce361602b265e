// The synthetic video encoder of RFC 8867 section 4.2: 150 to 1500 kbit/s, 10 to 30 frames a second, within
// 5 % of its target over a second, 100 ms late to follow a new one.
#pragma once

#include <deque>

#include "base/random.h"
#include "bwe_simulator.h"

namespace weir::bench {

class VideoSource {
 public:
  static constexpr double kLeast = 150;
  static constexpr double kMost = 1500;

  VideoSource(std::uint64_t seed, double most) : random_(seed), most_(most) {}

  void set_target(Time now, double kbps);
  struct Frame {
    std::uint32_t bytes;
    Duration until_next;
  };
  Frame next(Time now);

 private:
  SeededRandom random_;
  double most_;
  double target_ = kLeast;
  std::deque<std::pair<Time, double>> coming_;
  double wander_ = 0;  // slow part of the deviation
};

}  // namespace weir::bench
