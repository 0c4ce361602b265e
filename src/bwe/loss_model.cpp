#include "bwe/loss_model.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace weir::bwe {
namespace {

constexpr std::size_t kEnough = 3;
constexpr double kAging = 0.9;
// Inherent losses tried. Above a quarter something is wrong with the rate.
constexpr std::array<double, 9> kInherent = {0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25};
// A bound is one parameter more; it must earn this much log-likelihood (Akaike asks for 1).
constexpr double kEvidence = 3;
constexpr double kNoLoss = 0.02;
constexpr double kTrialLoss = 0.05;
constexpr double kHopeless = 0.25;
constexpr double kHopelessCut = 0.9;
constexpr Duration kTrial = std::chrono::milliseconds{1250};
constexpr Duration kTrialPause = std::chrono::seconds{5};
constexpr Duration kTrialPauseMost = std::chrono::seconds{60};
constexpr Duration kHoldMax = std::chrono::seconds{20};

double loss_at(Rate sent, Rate bound, double inherent) {
  const double excess = sent > bound ? (sent - bound) / sent : 0;
  return std::clamp(inherent + (1 - inherent) * excess, 0.0005, 0.999);
}

}  // namespace

void LossModel::reset() {
  *this = LossModel{};
}

void LossModel::on_packet(const PacketResult& packet) {
  if (packet.recovered) {
    // Counted as lost before, here or in a closed observation.
    Observation* where = open_.lost >= 1 ? &open_ : window_.empty() ? nullptr : &window_.front();
    if (where != nullptr && where->lost >= 1) {
      where->lost -= 1;
      where->received += 1;
    }
    return;
  }
  if (!open_since_) open_since_ = packet.sent;
  if (packet.sent - *open_since_ >= kObservation) close(packet.sent);
  (packet.received ? open_.received : open_.lost) += 1;
  open_bytes_ += packet.size;
}

void LossModel::close(Time end) {
  open_.sent = open_bytes_ * 8 / seconds(end - *open_since_);
  window_.insert(window_.begin(), open_);
  if (window_.size() > kWindow) window_.pop_back();
  open_ = {};
  open_bytes_ = 0;
  open_since_ = end;
  fresh_ = true;
}

double LossModel::share(std::size_t observations) const {
  double lost = 0;
  double all = 0;
  for (std::size_t i = 0; i < std::min(observations, window_.size()); ++i) {
    lost += window_[i].lost;
    all += window_[i].lost + window_[i].received;
  }
  return all > 0 ? lost / all : 0;
}

double LossModel::likelihood(Rate bound) const {
  double best = -1e300;
  for (const double inherent : kInherent) {
    double sum = 0;
    double weight = 1;
    for (const Observation& o : window_) {
      const double p = loss_at(o.sent, bound, inherent);
      sum += weight * (o.lost * std::log(p) + o.received * std::log1p(-p));
      weight *= kAging;
    }
    best = std::max(best, sum);
  }
  return best;
}

Rate LossModel::choose(Rate allowed, std::optional<Rate> acked) const {
  const Rate now = bound_.value_or(allowed);
  const Rate proven = acked.value_or(now);
  // What arrives is carried. Old losses say nothing against it.
  const Rate least = std::min(allowed, 0.85 * proven);
  // No radio loses that much for long. A path that was full before the first packet shows no other sign.
  const bool hopeless = average() > kHopeless && recent() > kHopeless;
  const Rate most =
      hopeless ? std::min(allowed, std::max(least, kHopelessCut * std::min(now, proven))) : allowed;
  std::array<Rate, 7> candidates = {allowed, now * 1.05, now, proven, now * 0.95, now * 0.85, proven * 0.85};
  std::array<double, 7> likelihoods{};
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    candidates[i] = std::clamp(candidates[i], least, most);
    likelihoods[i] = likelihood(candidates[i]);
  }
  const double best = *std::max_element(likelihoods.begin(), likelihoods.end());
  Rate chosen = least;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (likelihoods[i] >= best - kEvidence) chosen = std::max(chosen, candidates[i]);
  }
  return chosen;
}

/// True while a trial lasts.
bool LossModel::try_less(Time now, Rate allowed, std::optional<Rate> acked) {
  if (trial_end_) {
    if (now < *trial_end_) return true;
    const bool helped = recent() < 0.5 * trial_loss_;
    trial_pause_ = helped ? kTrialPause : std::min(trial_pause_ * 2, kTrialPauseMost);
    next_trial_ = now + trial_pause_;
    trial_end_.reset();
    return false;
  }
  if (bound_ || average() < kTrialLoss || now < next_trial_) return false;
  trial_loss_ = average();
  trial_end_ = now + kTrial;
  bound_ = std::min(allowed, 0.9 * acked.value_or(allowed));
  return true;
}

void LossModel::update(Time now, Rate allowed, std::optional<Rate> acked) {
  if (!fresh_ || window_.size() < kEnough) return;
  fresh_ = false;
  if (try_less(now, allowed, acked)) return;
  if (average() < kNoLoss) {
    bound_.reset();
    hold_ = std::chrono::milliseconds{300};
    return;
  }
  const Rate chosen = choose(allowed, acked);
  if (chosen < bound_.value_or(allowed)) {
    hold_until_ = now + hold_;
    hold_ = std::min(hold_ * 2, kHoldMax);
    bound_ = chosen;
  } else if (now >= hold_until_) {
    // By steps: the model forgets sooner than the link changes.
    const Rate next = bound_ ? std::min(chosen, *bound_ * 1.05) : allowed;
    if (next >= allowed) {
      bound_.reset();
    } else {
      bound_ = next;
    }
  }
}

}  // namespace weir::bwe
