#include "bwe/rate_control.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weir::bwe {
namespace {

constexpr double kStanding = 45;  // ms of queue that are overuse by themselves
constexpr double kGrowing = 12;   // ms from which on a trend is believed
constexpr double kDrained = 15;   // ms
// A short queue that no longer changes is a longer way, or somebody else's.
constexpr Duration kDrainedBy = std::chrono::seconds{2};
// Where a queue grows on after a cut, others fill it too, and what arrives is more than there is to share.
constexpr double kGrewOnce = 0.3;
constexpr double kGrewOn = 0.4;
// A queue that outlives cuts to this share of the rate is not ours.
constexpr int kVainCuts = 5;
constexpr int kVainCutsMost = 8;  // a source has a least rate: it cannot always get there
// A cut is felt only when the queue before it has passed.
constexpr Duration kVainFor = std::chrono::seconds{3};
constexpr double kVainShare = 0.35;
constexpr double kFloor = 2;          // times the least rate
constexpr Rate kFloorRate = 150'000;  // or this: sound and the smallest picture
constexpr Duration kFloorFor = std::chrono::seconds{4};
// A competing TCP empties the queue for a moment after each of its cuts.
constexpr double kAlone = 30;  // ms
constexpr Duration kAloneFor = std::chrono::seconds{4};
constexpr Rate kCompeteGrowth = 80'000;  // a second
// Of what a TCP would have, where the queue is kept short by our part. The rest is for what the formula does
// not know: of how many the losses are.
constexpr double kShortQueueShare = 0.6;
constexpr double kCompeteLoss = 0.02;
constexpr double kCompeteCut = 0.75;
// Who offers little beside others is let grow so far without proof: else a video that was paused for want of
// bandwidth would never come back.
constexpr Rate kCompeteUnproven = 300'000;
// What arrives is that much less than the last cut left: that was made on what came before the fall.
constexpr double kFarBelow = 0.6;
// Of what the link carried while it was full. Cuts are deeper than that, so that the queue goes.
constexpr double kReturn = 0.8;
// A sample that far from the mean is a change, not a deviation.
constexpr double kOtherLink = 0.25;
constexpr double kLess = 0.9;
constexpr double kFarGrowth = 1.08;      // a second
constexpr double kRecoverGrowth = 1.35;  // a second, up to what the link is known to carry
// What flows that share a link come back to is what makes their shares alike: each gives up the same part of
// its own, and all gain the same in the time that follows.
constexpr double kRecoverTo = 0.92;
constexpr Rate kNearGrowth = 40'000;  // a second; not by round trips, so that near and far flows share alike
constexpr double kNearShare = 0.01;   // of the rate, a second, if that is more
// As CUBIC: long after the last cut the remembered capacity is doubted.
constexpr double kDoubtAfter = 3;    // s
constexpr Rate kDoubtGain = 15'000;  // more growth, a second
constexpr Rate kDoubtMost = 100'000;

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
  if (std::abs(error) > kOtherLink) {
    mean_ = sample;
    return;
  }
  *mean_ += weight * (sample - *mean_);
  deviation_ = std::clamp(deviation_ + 0.2 * (std::abs(error) - deviation_), 0.03, 0.1);
}

void RateControl::update(const Input& input) {
  const double queue_ms = standing_queue(input);
  queued_ = queue_ms > kGrowing;
  if (queue_ms > kAlone || !short_since_) short_since_ = input.now;
  if (competing_ && input.now - *short_since_ > kAloneFor) {
    competing_ = false;
    vain_cuts_ = 0;
  }
  // Jitter makes trends without a queue.
  const bool over = queue_ms > kStanding || (input.usage == Usage::over && queued_);
  squeeze_.update(input.now, low(), over && !competing_, queue_ms);
  share_ = least_share(input);
  if (competing_) {
    compete(input);
  } else if (rate_ < share_) {
    congested_ = false;
    increase(input);
  } else if (over) {
    decrease(input, queue_ms);
  } else if (congested_ && queue_ms > kDrained && input.usage != Usage::normal) {
    // Draining.
  } else {
    if (queue_ms < kDrained) vain_cuts_ = 0;
    const bool soon = last_decrease_ && input.now - *last_decrease_ < kDrainedBy;
    const bool was = std::exchange(congested_, congested_ && queue_ms > kDrained && soon);
    if (was && !congested_ && capacity_.mean()) rate_ = std::max(rate_, kReturn * *capacity_.mean());
    if (!congested_) increase(input);
  }
  last_update_ = input.now;
  rate_ = std::clamp(rate_, least_, most_);
}

/// Who fills the queue as a TCP does may keep what one would have; who keeps it short, most of that.
Rate RateControl::least_share(const Input& input) const {
  if (competing_) return input.tcp;
  if (input.contended) return kShortQueueShare * input.tcp;
  return squeeze_.trying(input.now) ? std::min(kShortQueueShare * input.tcp, kCompeteUnproven) : 0;
}

void RateControl::watch_competition(Time now, double queue_ms) {
  if (queue_ms < kStanding) return;
  if (vain_cuts_ == 0 || queue_ms < 0.8 * queue_at_cut_ms_) {
    if (vain_cuts_ == 0) before_cuts_ = rate_;
    vain_cuts_ = 1;
    vain_since_ = now;
    return;
  }
  ++vain_cuts_;
  const bool deep = rate_ < kVainShare * before_cuts_ || vain_cuts_ > kVainCutsMost;
  if (vain_cuts_ <= kVainCuts || !deep || now - vain_since_ < kVainFor) return;
  competing_ = true;
  congested_ = false;
  capacity_.forget();
  rate_ = std::max(rate_, 0.7 * before_cuts_);
}

bool RateControl::low() const {
  return rate_ <= std::max(kFloor * least_, kFloorRate);
}

/// A TCP shortens the queue with each of its own cuts, and the count above begins anew. At the least rate a
/// queue that stands again and again is not ours all the same.
void RateControl::watch_floor(Time now, double queue_ms) {
  if (competing_ || !low()) {
    floor_since_.reset();
  } else if (queue_ms >= kStanding) {
    if (!floor_since_) floor_since_ = now;
    if (now - *floor_since_ < kFloorFor) return;
    competing_ = true;
    congested_ = false;
    capacity_.forget();
  }
}

/// Beside a flow that fills the queue: as TCP does, but with smaller steps. What it loses to the other's full
/// queue is no reason to have less than another TCP would.
void RateControl::compete(const Input& input) {
  const Duration pause = std::clamp(2 * input.rtt, Duration{500'000}, Duration{2'000'000});
  if (input.loss < kCompeteLoss || rate_ < share_) {
    increase(input);
  } else if (!last_decrease_ || input.now - *last_decrease_ > pause) {
    last_decrease_ = input.now;
    const Rate cut = kCompeteCut * (input.app_limited ? rate_ : std::min(rate_, input.acked.value_or(rate_)));
    rate_ = std::max(cut, std::min(rate_, share_));
  }
}

void RateControl::decrease(const Input& input, double queue_ms) {
  // A source that offers little proves little (pion/interceptor 156), unless already that little makes a
  // queue stand.
  if (input.app_limited && queue_ms < kStanding) return;
  const Duration pause = std::clamp(input.rtt, Duration{50'000}, Duration{400'000}) + from_ms(100);
  Rate acked = input.acked.value_or(rate_ / 2);
  if (input.acked_recent) acked = std::min(acked, *input.acked_recent);
  if (input.dispersed) acked = std::min(acked, *input.dispersed);
  const bool far = acked < kFarBelow * rate_;
  if (congested_ && last_decrease_ && input.now - *last_decrease_ < pause && !far) return;
  // What left before the last cut does not tell what came of it.
  const bool felt = last_decrease_ && input.newest_sent > *last_decrease_;
  growing_cuts_ = congested_ && felt && queue_ms > queue_at_cut_ms_ ? growing_cuts_ + 1 : 0;
  watch_competition(input.now, queue_ms);
  watch_floor(input.now, queue_ms);
  queue_at_cut_ms_ = queue_ms;
  if (competing_) return;
  congested_ = true;
  last_decrease_ = input.now;
  // 0.88 leaves a short queue 400 ms to go; a queue of a second takes two.
  const double more = growing_cuts_ == 0 ? 0 : growing_cuts_ == 1 ? kGrewOnce : kGrewOn;
  const double factor = std::clamp(0.88 - (queue_ms - kStanding) / 800, 0.5, 0.88) - more;
  if (input.acked) capacity_.on_overuse(acked);
  rate_ = std::min(rate_, std::max(factor * acked, share_));
}

void RateControl::increase(const Input& input) {
  const double elapsed = last_update_ ? std::clamp(seconds(input.now - *last_update_), 0.0, 0.5) : 0;
  if (input.acked && capacity_.mean() && *input.acked > capacity_.upper()) capacity_.forget();
  Rate wanted = rate_;
  if (competing_ || rate_ < share_) {
    wanted += elapsed * std::max(kCompeteGrowth, 0.05 * rate_);
  } else if (!capacity_.mean()) {
    wanted *= std::pow(kFarGrowth, elapsed);
  } else if (rate_ < kRecoverTo * *capacity_.mean()) {
    wanted = std::min(kRecoverTo * *capacity_.mean(), rate_ * std::pow(kRecoverGrowth, elapsed));
  } else {
    const double calm = last_decrease_ ? seconds(input.now - *last_decrease_) - kDoubtAfter : 0;
    const Rate doubt = std::clamp(kDoubtGain * calm, 0.0, kDoubtMost);
    wanted += elapsed * (std::max(kNearGrowth, kNearShare * rate_) + doubt);
  }
  // Growth needs evidence: what arrives bounds it, and a source that offers little gives none.
  const Rate bound = input.acked ? 1.5 * *input.acked + 10'000 : rate_;
  if (!input.app_limited) rate_ = std::max(rate_, std::min(wanted, bound));
  if (input.app_limited && (competing_ || rate_ < share_))
    rate_ = std::max(rate_, std::min(wanted, std::max(kCompeteUnproven, kShortQueueShare * input.tcp)));
}

void RateControl::on_probe(const ProbeResult& probe, bool app_limited) {
  if (congested_ || competing_) return;
  if (capacity_.mean() && probe.rate > capacity_.upper()) capacity_.forget();
  if (probe.saturated) capacity_.on_probe(probe.rate);
  const bool less = app_limited && probe.saturated && probe.rate < kLess * rate_;
  rate_ = std::clamp(less ? probe.rate : std::max(rate_, probe.rate), least_, most_);
}

void RateControl::limit(Rate rate) {
  rate_ = std::clamp(rate, least_, rate_);
}

void RateControl::set(Rate rate) {
  rate_ = std::clamp(rate, least_, most_);
  capacity_.forget();
}

}  // namespace weir::bwe
