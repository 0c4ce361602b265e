#include "bwe/queue_delay.h"

#include <algorithm>
#include <cmath>

namespace weir::bwe {
namespace {

constexpr Duration kLeastGap = std::chrono::milliseconds{1};

double weight_of(Duration gap) {
  return 1 - std::exp(-seconds(gap) / 0.1);
}

}  // namespace

void QueueDelay::turn(Time sent, Duration transit) {
  bucket_start_ = sent;
  std::copy_backward(least_.begin(), least_.end() - 1, least_.end());
  least_.front() = transit;
  used_ = std::min(used_ + 1, kBuckets);
}

Duration QueueDelay::base() const {
  return *std::min_element(least_.begin(), least_.begin() + static_cast<std::ptrdiff_t>(used_));
}

void QueueDelay::on_packet(Time sent, Time received) {
  const Duration transit = received - sent;
  const auto value = static_cast<double>(transit.count());
  if (used_ == 0) {
    turn(sent, transit);
    smoothed_us_ = value;
    last_sent_ = sent;
    last_received_ = received;
    return;
  }
  if (sent - bucket_start_ > kBucket) turn(sent, transit);
  least_.front() = std::min(least_.front(), transit);
  // Where a queue builds, what left together comes one by one.
  const Duration gap = std::max({sent - last_sent_, received - last_received_, kLeastGap});
  static const double kLeastWeight = weight_of(kLeastGap);  // most packets leave in bursts
  smoothed_us_ += (gap == kLeastGap ? kLeastWeight : weight_of(gap)) * (value - smoothed_us_);
  last_sent_ = std::max(last_sent_, sent);
  last_received_ = std::max(last_received_, received);
}

Duration QueueDelay::current() const {
  if (used_ == 0) return Duration{0};
  return std::max(Duration{static_cast<std::int64_t>(smoothed_us_)} - base(), Duration{0});
}

}  // namespace weir::bwe
