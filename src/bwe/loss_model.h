// The rate that loss allows. Loss is explained by two numbers: a share that is lost whatever is sent (radio),
// and a rate above which the rest is dropped (a full queue, a policer):
//     p(s) = inherent                                             for s <= bound
//     p(s) = inherent + (1 - inherent) * (s - bound) / s          for s >  bound
// Of the bounds tried the highest is taken that explains the last seconds about as well as the best does. So
// loss that does not depend on the rate never lowers it. At one rate both numbers explain the same, so where
// loss stays, a lower rate is tried for a moment: if the loss goes with it, the rate was the reason. (The
// model is libwebrtc's loss_based_bwe_v2, the choice is simpler.)
#pragma once

#include <vector>

#include "bwe/types.h"

namespace weir::bwe {

class LossModel {
 public:
  static constexpr std::size_t kWindow = 15;
  static constexpr Duration kObservation = std::chrono::milliseconds{250};

  void on_packet(const PacketResult& packet);
  /// Takes what was seen into account; `allowed`: what delay allows.
  void update(Time now, Rate allowed, std::optional<Rate> acked);
  void reset();

  /// Nothing when loss is no limit.
  std::optional<Rate> bound() const { return bound_; }
  /// Share of bytes lost over the window, late arrivals taken back.
  double average() const { return share(kWindow); }
  /// The same over the last half second.
  double recent() const { return share(2); }

 private:
  struct Observation {
    double lost = 0;  // packets
    double received = 0;
    Rate sent = 0;
  };
  double share(std::size_t observations) const;
  void close(Time end);
  double likelihood(Rate bound) const;
  bool try_less(Time now, Rate allowed, std::optional<Rate> acked);
  Rate choose(Rate allowed, std::optional<Rate> acked) const;

  std::vector<Observation> window_;  // latest first
  Observation open_;
  double open_bytes_ = 0;
  std::optional<Time> open_since_;
  bool fresh_ = false;
  std::optional<Rate> bound_;
  std::optional<Time> trial_end_;
  double trial_loss_ = 0;  // before it
  Time next_trial_;
  Duration trial_pause_ = std::chrono::seconds{5};
  Time hold_until_;
  Duration hold_ = std::chrono::milliseconds{300};
};

}  // namespace weir::bwe
