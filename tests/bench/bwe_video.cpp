#include "bwe_video.h"

#include <algorithm>

namespace weir::bench {

void VideoSource::set_target(Time now, double kbps) {
  const double wanted = std::clamp(kbps, kLeast, most_);
  if (coming_.empty() ? wanted != target_ : wanted != coming_.back().second)
    coming_.emplace_back(now + std::chrono::milliseconds{100}, wanted);
}

VideoSource::Frame VideoSource::next(Time now) {
  while (!coming_.empty() && coming_.front().first <= now) {
    target_ = coming_.front().second;
    coming_.pop_front();
  }
  const double fps = target_ < 200 ? 10 : target_ < 400 ? 15 : 30;
  wander_ = std::clamp(wander_ + 0.02 * (random_.unit() - 0.5), -0.05, 0.05);
  // Single frames differ by up to a third; over a second that averages out.
  const double frame = 1 + 0.6 * (random_.unit() - 0.5);
  const double bytes = target_ * 1000 / 8 / fps * frame * (1 + wander_);
  return {static_cast<std::uint32_t>(std::max(bytes, 100.0)), Duration{static_cast<std::int64_t>(1e6 / fps)}};
}

}  // namespace weir::bench
