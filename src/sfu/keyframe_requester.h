// When to ask a sender for a key frame: many receivers ask, one request goes out. At most one each kInterval;
// asked again with a growing pause until a key frame comes. libwebrtc hears no request that follows one that
// it heard within kDeaf: what may have been in vain is repeated when that is over.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace weir::sfu {

class KeyframeRequester {
 public:
  static constexpr Duration kInterval = std::chrono::milliseconds{150};
  static constexpr Duration kDeaf = std::chrono::milliseconds{310};
  static constexpr Duration kFirstRetry = std::chrono::milliseconds{250};
  static constexpr Duration kLastRetry = std::chrono::seconds{4};

  /// Somebody needs one.
  void want(Time now) {
    if (wanted_) return;
    wanted_ = true;
    retry_ = kFirstRetry;
    maybe_deaf_ = asked_;
    next_ = asked_ ? std::max(now, last_ + kInterval) : now;
  }

  /// True when a request is to be sent now.
  bool take(Time now) {
    if (!wanted_ || now < next_) return false;
    if (maybe_deaf_ && now < last_ + kDeaf) {
      next_ = last_ + kDeaf;
    } else {
      next_ = now + retry_;
      retry_ = std::min(retry_ * 2, kLastRetry);
    }
    maybe_deaf_ = false;
    last_ = now;
    asked_ = true;
    return true;
  }

  void on_keyframe() { wanted_ = false; }
  /// Nobody needs one any more.
  void cancel() { wanted_ = false; }
  bool wanted() const { return wanted_; }
  Time deadline() const { return wanted_ ? next_ : kNever; }

 private:
  bool wanted_ = false;
  bool asked_ = false;
  bool maybe_deaf_ = false;  // the first request may come too soon after those of before
  Time last_{};
  Time next_{};
  Duration retry_ = kFirstRetry;
};

}  // namespace weir::sfu
