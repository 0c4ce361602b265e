// What a probe shows: the lesser of the rates at which its packets left and arrived.
#pragma once

#include <vector>

#include "bwe/types.h"

namespace weir::bwe {

struct ProbeResult {
  Rate rate = 0;
  bool saturated = false;  // the path gave less than was asked: this is its capacity, not only a part of it
};

class ProbeEstimator {
 public:
  static constexpr std::size_t kMaxClusters = 8;

  void on_cluster(const ProbeCluster& cluster);
  /// The result, once enough of the packet's cluster has arrived; at most once a cluster.
  std::optional<ProbeResult> on_packet(const PacketResult& packet);

 private:
  struct Cluster {
    ProbeCluster plan;
    std::uint32_t packets = 0;
    double bytes = 0;
    std::uint32_t last_sent_size = 0;       // leaves after the send interval
    std::uint32_t first_received_size = 0;  // came before the receive interval
    Time first_sent;
    Time last_sent;
    Time first_received;
    Time last_received;
    bool told = false;
  };
  static std::optional<ProbeResult> measure(const Cluster& cluster);
  std::vector<Cluster> clusters_;
};

}  // namespace weir::bwe
