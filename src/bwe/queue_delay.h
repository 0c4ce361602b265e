// How long packets wait in the path: transit time above the least one seen in half a minute. The trend tells
// that a queue grows; only this tells that one stands.
#pragma once

#include <array>

#include "bwe/types.h"

namespace weir::bwe {

class QueueDelay {
 public:
  void on_packet(Time sent, Time received);
  /// After a jump of the receiver's clock.
  void reset() { *this = QueueDelay{}; }

  /// Smoothed over about 100 ms; zero before the first packet.
  Duration current() const;

 private:
  static constexpr std::size_t kBuckets = 6;
  static constexpr Duration kBucket = std::chrono::seconds{5};  // short enough for clocks that drift 500 ppm

  void turn(Time sent, Duration transit);
  Duration base() const;

  std::array<Duration, kBuckets> least_{};
  std::size_t used_ = 0;
  Time bucket_start_;
  Time last_received_;
  Time last_sent_;
  double smoothed_us_ = 0;
};

}  // namespace weir::bwe
