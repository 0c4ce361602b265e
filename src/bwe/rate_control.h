// The rate that delay allows: additive increase, multiplicative decrease (RFC 8868's fairness rests on that),
// with a memory of what the link carried when it was last full.
//
// It differs from libwebrtc's in three ways. A queue that stands is reason to decrease as one that grows is,
// and the longer it is the deeper the cut, so that it is gone soon after a drop of capacity. After a cut the
// rate returns quickly to just below the remembered capacity and only then feels its way. And where cuts do
// not shorten the queue, somebody else fills it: delay is then no longer obeyed, until it is gone, and loss
// decides. Where somebody fills a queue that is too short to stand, delay is obeyed, but takes no more than
// leaves most of what a TCP would have.
#pragma once

#include "bwe/delay_trend.h"
#include "bwe/probe_estimator.h"
#include "bwe/squeeze.h"
#include "bwe/types.h"

namespace weir::bwe {

/// What the link carried at its fullest, as mean and deviation over the occasions.
class LinkCapacity {
 public:
  /// A slower memory would keep shares of a link that were given up.
  void on_overuse(Rate acked) { note(acked, 0.5); }
  void on_probe(Rate measured) { note(measured, 0.5); }
  void forget() { mean_.reset(); }
  std::optional<Rate> mean() const { return mean_; }
  /// Three deviations above the mean.
  Rate upper() const { return *mean_ * (1 + 3 * deviation_); }
  Rate lower() const { return *mean_ * (1 - 3 * deviation_); }

 private:
  void note(Rate sample, double weight);
  std::optional<Rate> mean_;
  double deviation_ = 0.05;  // of the mean
};

class RateControl {
 public:
  RateControl(Rate start, Rate least, Rate most) : rate_(start), least_(least), most_(most) {}

  struct Input {
    Time now;
    Usage usage = Usage::normal;
    Duration queue{0};
    Duration jitter{0};
    Duration rtt{0};
    std::optional<Rate> acked;
    std::optional<Rate> acked_recent;
    std::optional<Rate> dispersed;   // while the queue begins to grow
    double loss = 0;                 // share of the last half second
    Rate tcp = 0;                    // what one would have here
    Time newest_sent = Time::min();  // of what feedback has told of
    bool contended = false;          // somebody else fills the queue to its end
    bool app_limited = false;        // acked tells what was offered, not what the path carries
  };
  void update(const Input& input);
  /// A full path that carried less lowers the rate only where the source shows nothing of the path itself.
  void on_probe(const ProbeResult& probe, bool app_limited);
  /// No feedback, or another reason outside of delay.
  void set(Rate rate);
  void limit(Rate rate);

  Rate rate() const { return rate_; }
  bool congested() const { return congested_; }
  bool competing() const { return competing_; }
  /// There is some queue, whosever it is.
  bool queued() const { return queued_; }
  /// Beside a competitor: what neither delay nor loss take; else 0.
  Rate share() const { return share_; }
  std::optional<Time> last_decrease() const { return last_decrease_; }
  const LinkCapacity& capacity() const { return capacity_; }

 private:
  void decrease(const Input& input, double queue_ms);
  void increase(const Input& input);
  void watch_competition(Time now, double queue_ms);
  void watch_floor(Time now, double queue_ms);
  void compete(const Input& input);
  bool low() const;
  Rate least_share(const Input& input) const;

  Rate rate_;
  Rate least_;
  Rate most_;
  LinkCapacity capacity_;
  std::optional<Time> last_decrease_;
  std::optional<Time> last_update_;
  bool congested_ = false;
  bool competing_ = false;
  bool queued_ = false;
  Rate share_ = 0;
  Squeeze squeeze_;
  std::optional<Time> short_since_;  // the queue
  int vain_cuts_ = 0;                // cuts in a row that did not shorten the queue
  Time vain_since_;
  std::optional<Time> floor_since_;
  int growing_cuts_ = 0;  // cuts in a row after which the queue grew on
  double queue_at_cut_ms_ = 0;
  Rate before_cuts_ = 0;
};

}  // namespace weir::bwe
