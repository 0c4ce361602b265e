#include "bwe/loss_events.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace weir::bwe {
namespace {

// RFC 5348 section 5.4.
constexpr std::array<double, LossEvents::kIntervals> kWeights = {1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2};
constexpr double kSegmentBits = 1200 * 8;
// One narrowing of the path loses for a second or so: that counts once.
constexpr Duration kFullEvery = std::chrono::seconds{2};
constexpr Duration kFullWithin = std::chrono::seconds{40};
constexpr std::size_t kFullTimes = 3;

}  // namespace

void LossEvents::on_packet(const PacketResult& packet, Duration rtt, bool queued) {
  if (intervals_.empty()) intervals_.push_front({0, 0, Time::min()});
  Interval& latest = intervals_.front();
  const bool inside = intervals_.size() > 1 && packet.sent - latest.since < rtt;
  if (packet.recovered) {
    if (!inside || latest.lost < 1) return;
    latest.lost -= 1;
    if (latest.lost >= 1) return;
    // No event after all.
    intervals_[1].packets += latest.packets;
    intervals_.pop_front();
    return;
  }
  if (packet.received || inside) {
    latest.packets += 1;
    if (!packet.received) latest.lost += 1;
    return;
  }
  intervals_.push_front({1, 1, packet.sent});
  if (intervals_.size() > kIntervals + 1) intervals_.pop_back();
  if (queued) note_full(packet.sent);
}

void LossEvents::note_full(Time at) {
  if (!full_.empty() && at - full_.back() < kFullEvery) return;
  full_.push_back(at);
  if (full_.size() > kFullTimes) full_.pop_front();
}

bool LossEvents::contended(Time now) const {
  return full_.size() == kFullTimes && now - full_.front() < kFullWithin;
}

double LossEvents::rate() const {
  // The interval that is still open counts where it makes the mean longer.
  double with = 0;
  double without = 0;
  double weights_with = 0;
  double weights_without = 0;
  for (std::size_t i = 0; i < std::min(intervals_.size(), kIntervals); ++i) {
    with += kWeights[i] * intervals_[i].packets;
    weights_with += kWeights[i];
    if (i == 0) continue;
    without += kWeights[i - 1] * intervals_[i].packets;
    weights_without += kWeights[i - 1];
  }
  const double mean = std::max(weights_with > 0 ? with / weights_with : 0,
                               weights_without > 0 ? without / weights_without : 0);
  return 1 / std::max(mean, 1.0);
}

Rate LossEvents::tcp_rate(Duration rtt) const {
  return kSegmentBits * std::sqrt(1.5 / rate()) / std::max(seconds(rtt), 0.02);
}

}  // namespace weir::bwe
