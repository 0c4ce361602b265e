// Is the queue of the path growing? Packets sent together form groups; the differences of their transit times
// add up to a delay, whose slope over the last groups is held against a threshold that adapts, so that a
// competing TCP's slow waves do not starve the flow (Carlucci et al., "Analysis and Design of the Google
// Congestion Control for WebRTC", 2016; constants as in libwebrtc).
#pragma once

#include <algorithm>
#include <vector>

#include "bwe/types.h"

namespace weir::bwe {

enum class Usage : std::uint8_t { normal, over, under };

class DelayTrend {
 public:
  /// Packets in the order of sending; reordered ones are passed over.
  void on_packet(Time sent, Time received);
  void reset();

  Usage usage() const { return usage_; }
  /// Mean absolute change of transit time between neighbouring groups, of what goes up and down again: a
  /// queue that grows is no jitter.
  Duration jitter() const { return from_ms(2 * std::min(up_ms_, down_ms_)); }
  double threshold_ms() const { return threshold_; }

 private:
  struct Group {
    Time first_sent;
    Time last_sent;
    Time last_received;
  };
  struct Sample {
    double at_ms;
    double delay_ms;
  };
  void on_group(double transit_change_ms, double send_gap_ms, Time received);
  double slope() const;
  void detect(double trend, double send_gap_ms, double now_ms);
  void adapt(double trend, double now_ms);

  std::optional<Group> current_;
  std::optional<Group> previous_;
  std::vector<Sample> samples_;
  std::optional<Time> first_received_;
  double accumulated_ = 0;
  double smoothed_ = 0;
  double up_ms_ = 0;  // mean change of transit time, of those that are longer
  double down_ms_ = 0;
  int groups_ = 0;
  double threshold_ = 12.5;
  std::optional<double> adapted_at_;
  double over_for_ms_ = 0;
  int over_count_ = 0;
  double last_slope_ = 0;
  Usage usage_ = Usage::normal;
};

}  // namespace weir::bwe
