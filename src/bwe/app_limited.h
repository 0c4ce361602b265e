// Does the source offer less than the path is allowed to carry? Then what arrives says nothing of the path
// (libwebrtc: ALR, application-limited region). A budget fills at 65 % of the target and media empties it;
// padding does not count, or probes would hide the state that asks for them.
#pragma once

#include <algorithm>

#include "bwe/types.h"

namespace weir::bwe {

class AppLimited {
 public:
  void on_sent(Time now, std::uint32_t size, PacketKind kind, Rate target) {
    advance(now, target);
    if (kind != PacketKind::padding) budget_ = std::max(budget_ - size, -limit_);
    decide(now);
  }
  /// Time passes without packets.
  void advance(Time now, Rate target) {
    limit_ = kShare * target / 8 * seconds(kWindow);
    if (last_) budget_ = std::min(budget_ + kShare * target / 8 * seconds(now - *last_), limit_);
    last_ = now;
    decide(now);
  }
  bool active() const { return since_.has_value(); }
  std::optional<Time> since() const { return since_; }

 private:
  static constexpr Duration kWindow = std::chrono::milliseconds{500};
  static constexpr double kShare = 0.65;

  void decide(Time now) {
    if (!since_ && budget_ > 0.8 * limit_) since_ = now;
    if (since_ && budget_ < 0.5 * limit_) since_.reset();
  }

  double budget_ = 0;
  double limit_ = 0;
  std::optional<Time> last_;
  std::optional<Time> since_;
};

}  // namespace weir::bwe
