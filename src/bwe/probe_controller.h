// When to probe, and how high. Growth without evidence is guessing (pion/interceptor 299), and no evidence
// comes by itself when the source offers less than the path carries.
#pragma once

#include <vector>

#include "bwe/types.h"

namespace weir::bwe {

class ProbeController {
 public:
  explicit ProbeController(Rate most) : most_(most) {}

  struct Input {
    Time now;
    Rate target = 0;
    Duration jitter{0};
    std::optional<Time> app_limited_since;
    bool clear = false;  // neither congested, nor limited by loss, nor beside a competitor
  };
  /// The first packet leaves: three and six times the start.
  void start(const Input& input);
  void on_time(const Input& input);
  /// The estimate fell from `old` to input.target.
  void on_drop(const Input& input, Rate old);
  /// The receiver could use `wanted`. A tenth more or less is no news (mediasoup PR 712).
  void set_wanted(const Input& input, Rate wanted);
  /// 0 before anything is known to be wanted.
  Rate wanted() const { return wanted_.value_or(0); }
  /// The source has steps: what lies between two of them it does not show, and only probes do.
  void set_steps(bool steps) { steps_ = steps; }
  void on_result(const Input& input, Rate measured);
  /// What a probe had shown did not hold, by loss: a policer lets short bursts pass. The next ones wait, each
  /// time twice as long.
  void on_refuted(Time now);
  /// What a probe has shown held: if it came after that wait, probes go as far as ever again.
  void on_confirmed(Time now);
  /// Verifies a rate that was true some time ago.
  void verify(const Input& input, Rate rate);

  /// A cluster to send now.
  std::optional<ProbeCluster> take();

 private:
  void plan(const Input& input, Rate rate);
  Rate limit() const;
  /// Probes were refuted not long ago.
  bool doubtful(Time now) const;
  /// A step is out of reach that the receiver wants.
  bool waits_for_step(const Input& input) const;

  Rate most_;
  std::optional<Rate> wanted_;
  std::vector<ProbeCluster> planned_;
  std::uint32_t next_id_ = 1;
  Rate last_rate_ = 0;    // of the latest cluster
  Rate last_target_ = 0;  // when it was planned
  bool exponential_ = false;
  bool refuted_ = false;  // and none was confirmed since
  bool steps_ = false;
  std::optional<Time> last_probe_;
  std::optional<Rate> before_drop_;
  Time dropped_at_;
  Time rest_until_ = Time::min();
  Duration rest_ = std::chrono::seconds{10};
  Duration patience_ = std::chrono::seconds{5};
};

}  // namespace weir::bwe
