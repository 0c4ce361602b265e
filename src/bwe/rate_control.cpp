#include "bwe/rate_control.h"

#include <algorithm>
#include <cmath>

namespace weir::bwe {
namespace {

constexpr double kStanding = 45;  // ms of queue that are overuse by themselves
constexpr double kDrained = 15;   // ms
constexpr int kVainCuts = 3;
constexpr double kFarGrowth = 1.08;      // a second
constexpr double kRecoverGrowth = 1.35;  // a second, up to what the link is known to carry
constexpr double kRecoverTo = 0.93;
constexpr Rate kNearGrowth = 20'000;  // a second; not by round trips, so that near and far flows share alike
constexpr double kNearShare = 0.02;   // of the rate, a second, if that is more

/// Jitter lifts the mean above the least transit time. That is not a queue.
double standing_queue(const RateControl::Input& input) {
  return std::max(0.0, milliseconds(input.queue) - std::min(40.0, 2.5 * milliseconds(input.jitter)));
}

}  // namespace

void LinkCapacity::note(Rate sample, double weight) {
  if (!mean_) {
    mean_ = sample;
    return;
  }
  const double error = (sample - *mean_) / *mean_;
  *mean_ += weight * (sample - *mean_);
  deviation_ = std::clamp(deviation_ + 0.2 * (std::abs(error) - deviation_), 0.03, 0.1);
}

void RateControl::update(const Input& input) {
  const double queue_ms = standing_queue(input);
  if (competing_ && queue_ms < kDrained) {
    competing_ = false;
    vain_cuts_ = 0;
  }
  const bool over = !competing_ && (input.usage == Usage::over || queue_ms > kStanding);
  if (over) {
    decrease(input, queue_ms);
  } else if (congested_ && !competing_ && queue_ms > kDrained && input.usage != Usage::normal) {
    // Draining.
  } else {
    if (queue_ms < kDrained) vain_cuts_ = 0;
    congested_ = congested_ && !competing_ && queue_ms > kDrained;
    if (!congested_) increase(input);
  }
  last_update_ = input.now;
  rate_ = std::clamp(rate_, least_, most_);
}

void RateControl::watch_competition(double queue_ms) {
  if (queue_ms < kStanding) return;
  const bool vain = vain_cuts_ > 0 && queue_ms > 0.8 * queue_at_cut_ms_;
  if (vain_cuts_ == 0) before_cuts_ = rate_;
  if (vain_cuts_ == 0 || vain) ++vain_cuts_;
  queue_at_cut_ms_ = queue_ms;
  if (vain_cuts_ <= kVainCuts) return;
  competing_ = true;
  congested_ = false;
  capacity_.forget();
  rate_ = std::max(rate_, 0.85 * before_cuts_);
}

void RateControl::decrease(const Input& input, double queue_ms) {
  const Duration pause = std::clamp(input.rtt, Duration{50'000}, Duration{400'000}) + from_ms(150);
  if (congested_ && last_decrease_ && input.now - *last_decrease_ < pause) return;
  watch_competition(queue_ms);
  if (competing_) return;
  congested_ = true;
  last_decrease_ = input.now;
  // 0.88 leaves a short queue 400 ms to go; a queue of a second takes two.
  const double factor = std::clamp(0.88 - (queue_ms - kStanding) / 800, 0.5, 0.88);
  // A source that offers little proves little: the cut starts from the rate itself.
  const bool proven = input.acked && !input.app_limited;
  if (proven) capacity_.on_overuse(*input.acked);
  rate_ = std::min(rate_, factor * (proven ? *input.acked : rate_));
}

void RateControl::increase(const Input& input) {
  const double elapsed = last_update_ ? std::clamp(seconds(input.now - *last_update_), 0.0, 0.5) : 0;
  if (input.acked && capacity_.mean() && *input.acked > capacity_.upper()) capacity_.forget();
  Rate wanted = rate_;
  if (competing_) {
    wanted += elapsed * std::max(2 * kNearGrowth, 0.05 * rate_);
  } else if (!capacity_.mean()) {
    wanted *= std::pow(kFarGrowth, elapsed);
  } else if (rate_ < kRecoverTo * *capacity_.mean()) {
    wanted = std::min(kRecoverTo * *capacity_.mean(), rate_ * std::pow(kRecoverGrowth, elapsed));
  } else {
    wanted += elapsed * std::max(kNearGrowth, kNearShare * rate_);
  }
  // Growth needs evidence: what arrives bounds it, and a source that offers little gives none.
  const Rate bound = input.acked ? 1.5 * *input.acked + 10'000 : rate_;
  if (!input.app_limited) rate_ = std::max(rate_, std::min(wanted, bound));
}

void RateControl::on_probe(Rate measured) {
  if (congested_ || competing_) return;
  if (capacity_.mean() && measured > capacity_.upper()) capacity_.forget();
  capacity_.on_probe(measured);
  rate_ = std::clamp(std::max(rate_, measured), least_, most_);
}

void RateControl::set(Rate rate) {
  rate_ = std::clamp(rate, least_, most_);
  capacity_.forget();
}

}  // namespace weir::bwe
