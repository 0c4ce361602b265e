#include "bwe/probe_estimator.h"

#include <algorithm>

namespace weir::bwe {
namespace {

constexpr double kEnough = 0.8;  // of the packets and bytes
constexpr Duration kLongest = std::chrono::seconds{1};
constexpr double kMaxRatio = 2;        // received faster than sent: the network held them back, no measure
constexpr double kSaturated = 0.9;     // received slower than this share: the path was full
constexpr double kUtilisation = 0.95;  // and is to stay below

}  // namespace

void ProbeEstimator::on_cluster(const ProbeCluster& cluster) {
  clusters_.push_back({});
  clusters_.back().plan = cluster;
  if (clusters_.size() > kMaxClusters) clusters_.erase(clusters_.begin());
}

std::optional<ProbeResult> ProbeEstimator::measure(const Cluster& c) {
  const Duration sent = c.last_sent - c.first_sent;
  const Duration received = c.last_received - c.first_received;
  if (sent <= Duration{0} || received <= Duration{0} || sent > kLongest || received > kLongest)
    return std::nullopt;
  const Rate send_rate = (c.bytes - c.last_sent_size) * 8 / seconds(sent);
  const Rate receive_rate = (c.bytes - c.first_received_size) * 8 / seconds(received);
  if (receive_rate > kMaxRatio * send_rate) return std::nullopt;
  if (receive_rate < kSaturated * send_rate) return ProbeResult{kUtilisation * receive_rate, true};
  return ProbeResult{std::min({send_rate, receive_rate, c.plan.rate}), false};
}

std::optional<ProbeResult> ProbeEstimator::on_packet(const PacketResult& packet) {
  if (packet.probe == 0 || !packet.received) return std::nullopt;
  const auto at = std::find_if(clusters_.begin(), clusters_.end(),
                               [&](const Cluster& c) { return c.plan.id == packet.probe; });
  if (at == clusters_.end() || at->told) return std::nullopt;
  Cluster& c = *at;
  if (c.packets == 0 || packet.sent < c.first_sent) c.first_sent = packet.sent;
  if (c.packets == 0 || packet.sent >= c.last_sent) {
    c.last_sent = packet.sent;
    c.last_sent_size = packet.size;
  }
  if (c.packets == 0 || *packet.received < c.first_received) {
    c.first_received = *packet.received;
    c.first_received_size = packet.size;
  }
  if (c.packets == 0 || *packet.received > c.last_received) c.last_received = *packet.received;
  ++c.packets;
  c.bytes += packet.size;
  if (c.packets < kEnough * c.plan.packets || c.bytes < kEnough * c.plan.bytes) return std::nullopt;
  c.told = true;
  return measure(c);
}

}  // namespace weir::bwe
