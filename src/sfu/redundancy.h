// Whether a receiver of sound gets earlier frames once more (RED, RFC 2198): from what its reports say of
// loss. On at once, off after a while of quiet, so that it does not come and go with single packets.
#pragma once

#include <algorithm>
#include <optional>

#include "base/time.h"

namespace weir::sfu {

class Redundancy {
 public:
  static constexpr double kOn = 0.02;     // fraction lost, above which one frame is repeated
  static constexpr double kHeavy = 0.10;  // and above which two are: losses come in pairs then
  static constexpr double kOff = 0.005;
  static constexpr Duration kQuiet = std::chrono::seconds{10};

  void on_report(Time now, double fraction_lost) {
    if (fraction_lost > kOn) frames_ = std::max(frames_, fraction_lost > kHeavy ? 2 : 1);
    if (fraction_lost >= kOff) {
      quiet_since_.reset();
    } else if (!quiet_since_) {
      quiet_since_ = now;
    } else if (now - *quiet_since_ >= kQuiet) {
      frames_ = 0;
    }
  }
  /// How many frames before each are repeated.
  int frames() const { return frames_; }

 private:
  int frames_ = 0;
  std::optional<Time> quiet_since_;
};

}  // namespace weir::sfu
