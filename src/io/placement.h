// Which worker gets the next room: the one with the least to do, as measured.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>

#include "base/time.h"

namespace weir::io {

/// Of one worker.
struct WorkerLoad {
  double busy = 0;  // share of a core, 0 to 1
  std::uint32_t people = 0;
  std::uint32_t rooms = 0;
};

/// What is there but has not cost anything yet, because it has just come or pauses, counts as well: a person
/// as a small share of a core, so that many who come at once do not all go to one worker, and so that what is
/// measured decides wherever it is more than noise.
inline double expected_load(const WorkerLoad& load) {
  constexpr double kPerson = 0.001;
  return load.busy + kPerson * load.people;
}

/// The place of the least loaded; of equals the one with fewer rooms, then the first. `loads` is not empty.
inline std::size_t least_loaded(std::span<const WorkerLoad> loads) {
  const auto rank = [](const WorkerLoad& load) { return std::tuple{expected_load(load), load.rooms}; };
  const auto least =
      std::min_element(loads.begin(), loads.end(),
                       [&](const WorkerLoad& a, const WorkerLoad& b) { return rank(a) < rank(b); });
  return static_cast<std::size_t>(least - loads.begin());
}

/// The share of a core that a thread takes, from readings of its processor time; the latest two seconds count
/// most.
class BusyMeter {
 public:
  static constexpr Duration kInterval = std::chrono::milliseconds{500};

  /// To be told every kInterval. Answers the share in whole thousandths, so that idle threads are equal.
  double note(Time now, Duration processor_time) {
    if (known_ && now > at_) {
      const double share = static_cast<double>((processor_time - processor_).count()) /
                           static_cast<double>((now - at_).count());
      share_ += kWeight * (std::clamp(share, 0.0, 1.0) - share_);
    }
    known_ = true;
    at_ = now;
    processor_ = processor_time;
    return std::round(share_ * 1000) / 1000;
  }

 private:
  static constexpr double kWeight = 0.25;

  bool known_ = false;
  Time at_{};
  Duration processor_{};
  double share_ = 0;
};

}  // namespace weir::io
