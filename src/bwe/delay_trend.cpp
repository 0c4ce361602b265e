#include "bwe/delay_trend.h"

#include <algorithm>
#include <cmath>

namespace weir::bwe {
namespace {

constexpr Duration kGroup = std::chrono::milliseconds{5};
constexpr Duration kSilence = std::chrono::seconds{2};
constexpr std::size_t kSamples = 20;
constexpr double kSmoothing = 0.9;
constexpr double kGain = 4;
constexpr double kThresholdMin = 6;
constexpr double kThresholdMax = 600;
constexpr double kGainUp = 0.0087;
constexpr double kGainDown = 0.039;
constexpr double kOverTime = 10;  // ms

}  // namespace

void DelayTrend::reset() {
  const double up = up_ms_;
  const double down = down_ms_;
  *this = DelayTrend{};
  up_ms_ = up;
  down_ms_ = down;
}

void DelayTrend::on_packet(Time sent, Time received) {
  if (current_ && sent < current_->first_sent) return;
  if (current_ && sent - current_->last_sent > kSilence) reset();
  if (current_ && sent - current_->first_sent <= kGroup) {
    current_->last_sent = std::max(current_->last_sent, sent);
    current_->last_received = std::max(current_->last_received, received);
    return;
  }
  if (current_ && previous_) {
    const Duration send_gap = current_->last_sent - previous_->last_sent;
    const Duration receive_gap = current_->last_received - previous_->last_received;
    on_group(milliseconds(receive_gap - send_gap), milliseconds(send_gap), current_->last_received);
  }
  if (current_) previous_ = current_;
  current_ = Group{sent, sent, received};
}

void DelayTrend::on_group(double transit_change_ms, double send_gap_ms, Time received) {
  if (!first_received_) first_received_ = received;
  groups_ = std::min(groups_ + 1, 1000);
  up_ms_ += (std::max(transit_change_ms, 0.0) - up_ms_) / 16;
  down_ms_ += (std::max(-transit_change_ms, 0.0) - down_ms_) / 16;
  accumulated_ += transit_change_ms;
  smoothed_ = kSmoothing * smoothed_ + (1 - kSmoothing) * accumulated_;
  const double at_ms = milliseconds(received - *first_received_);
  samples_.push_back({at_ms, smoothed_});
  if (samples_.size() > kSamples) samples_.erase(samples_.begin());
  if (samples_.size() == kSamples) detect(slope(), send_gap_ms, at_ms);
}

/// Least squares.
double DelayTrend::slope() const {
  const auto n = static_cast<double>(samples_.size());
  double at = 0;
  double delay = 0;
  for (const Sample& s : samples_) {
    at += s.at_ms / n;
    delay += s.delay_ms / n;
  }
  double covariance = 0;
  double variance = 0;
  for (const Sample& s : samples_) {
    covariance += (s.at_ms - at) * (s.delay_ms - delay);
    variance += (s.at_ms - at) * (s.at_ms - at);
  }
  return variance > 0 ? covariance / variance : 0;
}

void DelayTrend::detect(double slope, double send_gap_ms, double now_ms) {
  const double trend = std::min(groups_, 60) * slope * kGain;
  if (trend > threshold_) {
    // Half a gap at first: overuse began somewhere between the two groups.
    over_for_ms_ += over_count_ == 0 ? send_gap_ms / 2 : send_gap_ms;
    ++over_count_;
    if (over_for_ms_ > kOverTime && over_count_ > 1 && slope >= last_slope_) {
      over_for_ms_ = 0;
      over_count_ = 0;
      usage_ = Usage::over;
    }
  } else {
    over_for_ms_ = 0;
    over_count_ = 0;
    usage_ = trend < -threshold_ ? Usage::under : Usage::normal;
  }
  last_slope_ = slope;
  adapt(trend, now_ms);
}

void DelayTrend::adapt(double trend, double now_ms) {
  const double distance = std::abs(trend);
  // A leap is a change of route or of capacity, not the network's usual restlessness.
  if (distance <= threshold_ + 15) {
    const double gain = distance < threshold_ ? kGainDown : kGainUp;
    const double elapsed = adapted_at_ ? std::clamp(now_ms - *adapted_at_, 0.0, 100.0) : 0;
    threshold_ =
        std::clamp(threshold_ + gain * (distance - threshold_) * elapsed, kThresholdMin, kThresholdMax);
  }
  adapted_at_ = now_ms;
}

}  // namespace weir::bwe
