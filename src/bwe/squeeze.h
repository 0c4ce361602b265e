// Cut to the least rates, and still the queue comes back: is it somebody else's? Where another flow never
// lets the queue get empty, its length is not seen, and what loses few packets has no losses to tell. So a
// little more is tried. If the queue then stays short it was not ours; if it grows, the path carries no more,
// and the next trial waits longer.
#pragma once

#include "bwe/types.h"

namespace weir::bwe {

class Squeeze {
 public:
  /// `low`: the rate is among the least; `over`: there is too much on the path.
  void update(Time now, bool low, bool over, double queue_ms);
  bool trying(Time now) const { return now < trial_end_; }

 private:
  std::optional<Time> since_;
  Time last_over_;
  Time trial_end_ = Time::min();
  Time next_trial_ = Time::min();
  Duration pause_ = std::chrono::seconds{10};
};

}  // namespace weir::bwe
