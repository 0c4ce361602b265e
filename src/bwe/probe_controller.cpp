#include "bwe/probe_controller.h"

#include <algorithm>

namespace weir::bwe {
namespace {

constexpr std::size_t kMaxPlanned = 4;
constexpr Duration kResultWait = std::chrono::seconds{1};
constexpr double kGoOn = 0.7;     // of the probed rate
constexpr double kPassed = 0.85;  // as good as all of it
constexpr Duration kLimitedEvery = std::chrono::seconds{5};
// A link that has just changed changes again: a probe that shows more, or a drop, is the reason for the next.
constexpr Duration kRestlessEvery = std::chrono::seconds{3};
constexpr Duration kSteadyEveryMax = std::chrono::seconds{10};
// Who waits for a larger picture is to have it within 8 s of the link's getting wide. Such a probe is short.
constexpr Duration kStepEvery = std::chrono::seconds{3};
constexpr double kLimitedStep = 2;
constexpr double kSteadyStep = 1.5;
constexpr Duration kDropMemory = std::chrono::seconds{5};
constexpr double kDrop = 0.66;
constexpr double kAfterDrop = 0.85;
constexpr Duration kRest = std::chrono::seconds{10};
constexpr Duration kRestMost = std::chrono::seconds{60};
constexpr double kDoubtfulStep = 1.25;  // where probes were refuted lately
constexpr double kWorthwhile = 1.1;     // a probe this little above the target tells nothing new
constexpr std::uint32_t kMinPackets = 5;
constexpr std::uint32_t kPacket = 300;  // bytes, of padding

}  // namespace

Rate ProbeController::limit() const {
  return wanted_ ? std::min(most_, 2 * *wanted_) : most_;
}

bool ProbeController::doubtful(Time now) const {
  return refuted_ && now - rest_until_ <= kRestMost;
}

bool ProbeController::waits_for_step(const Input& input) const {
  return steps_ && !doubtful(input.now) && wanted() > kWorthwhile * input.target;
}

void ProbeController::plan(const Input& input, Rate rate) {
  rate = std::min(rate, limit());
  if (doubtful(input.now)) rate = std::min(rate, kDoubtfulStep * input.target);
  if (input.now < rest_until_ || rate <= kWorthwhile * input.target || planned_.size() >= kMaxPlanned) return;
  // Long enough that jitter cannot make up a rate, and no longer: what is too much waits in front of media.
  const double ms = std::clamp(8 * milliseconds(input.jitter), 15.0, 60.0);
  ProbeCluster cluster;
  cluster.id = next_id_++;
  cluster.rate = rate;
  cluster.bytes = std::max(static_cast<std::uint32_t>(rate / 8 * ms / 1000), kMinPackets * kPacket);
  cluster.packets = kMinPackets;
  planned_.push_back(cluster);
  last_probe_ = input.now;
  last_rate_ = rate;
  last_target_ = input.target;
}

void ProbeController::start(const Input& input) {
  exponential_ = true;
  last_probe_ = input.now;  // also when there is nothing to probe for yet
  plan(input, 3 * input.target);
  plan(input, 6 * input.target);
}

void ProbeController::on_time(const Input& input) {
  const bool waiting = last_probe_ && input.now - *last_probe_ < kResultWait;
  if (!waiting) exponential_ = false;
  if (!input.clear || waiting || !last_probe_) return;
  if (before_drop_) {
    // The path is clear again. Was it only a dip?
    const Rate old = *before_drop_;
    before_drop_.reset();
    // Not with all of it at once: what a deep cut has left would be busy with that for long.
    if (input.now - dropped_at_ < kDropMemory)
      return plan(input, std::min(kAfterDrop * old, kLimitedStep * input.target));
  }
  if (waits_for_step(input) && input.now - *last_probe_ > kStepEvery)
    return plan(input, kLimitedStep * input.target);
  if (input.app_limited_since && input.now - std::max(*last_probe_, *input.app_limited_since) > kLimitedEvery)
    return plan(input, kLimitedStep * input.target);
  if (!input.app_limited_since && input.now - *last_probe_ > patience_) {
    patience_ = std::min(patience_ * 2, kSteadyEveryMax);
    plan(input, kSteadyStep * input.target);
  }
}

void ProbeController::on_drop(const Input& input, Rate old) {
  if (input.target > kDrop * old) return;
  before_drop_ = std::max(old, before_drop_.value_or(0));
  dropped_at_ = input.now;
  patience_ = doubtful(input.now) ? kSteadyEveryMax : kRestlessEvery;
}

void ProbeController::set_wanted(const Input& input, Rate wanted) {
  const bool more = !wanted_ || wanted > 1.1 * *wanted_;
  if (wanted_ && !more && wanted > 0.9 * *wanted_) return;
  wanted_ = wanted;
  if (!more || !input.clear || !last_probe_ || !input.app_limited_since) return;
  plan(input, std::min(wanted, 2 * input.target));
  plan(input, std::min(2 * wanted, 4 * input.target));
}

void ProbeController::on_result(const Input& input, Rate measured) {
  // Among equals a probe takes some of what is theirs, and is held up; only a path with room lets it pass.
  const bool more = measured > kWorthwhile * last_target_ && measured > kPassed * last_rate_;
  if (more && !doubtful(input.now)) patience_ = kRestlessEvery;
  // Each success of a probe is the ground of the next, while the path gives way.
  if (!input.clear || measured < kGoOn * last_rate_ || doubtful(input.now)) return;
  const bool higher = steps_ && measured > kWorthwhile * last_target_;
  if (exponential_ || input.app_limited_since || higher) return plan(input, kLimitedStep * measured);
  if (more) plan(input, kSteadyStep * measured);
}

void ProbeController::on_refuted(Time now) {
  if (now < rest_until_) return;
  if (rest_until_ == Time::min() || now - rest_until_ > kRestMost) rest_ = kRest;
  refuted_ = true;
  rest_until_ = now + rest_;
  rest_ = std::min(rest_ * 2, kRestMost);
  patience_ = kSteadyEveryMax;
  exponential_ = false;
  planned_.clear();
}

void ProbeController::on_confirmed(Time now) {
  if (now >= rest_until_) refuted_ = false;
}

void ProbeController::verify(const Input& input, Rate rate) {
  plan(input, rate);
}

std::optional<ProbeCluster> ProbeController::take() {
  if (planned_.empty()) return std::nullopt;
  const ProbeCluster cluster = planned_.front();
  planned_.erase(planned_.begin());
  return cluster;
}

}  // namespace weir::bwe
