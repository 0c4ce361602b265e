#include "bwe/squeeze.h"

#include <algorithm>

namespace weir::bwe {
namespace {

constexpr Duration kSqueezedFor = std::chrono::seconds{4};
constexpr Duration kRelief = std::chrono::seconds{5};  // so long without too much
constexpr Duration kTrial = std::chrono::seconds{20};
constexpr double kOurs = 60;  // ms of queue
constexpr Duration kPauseMost = std::chrono::seconds{80};

}  // namespace

void Squeeze::update(Time now, bool low, bool over, double queue_ms) {
  if (trying(now)) {
    if (queue_ms < kOurs) return;
    trial_end_ = now;
    next_trial_ = now + pause_;
    pause_ = std::min(2 * pause_, kPauseMost);
    since_.reset();
    return;
  }
  if (!low || (since_ && now - last_over_ > kRelief)) since_.reset();
  if (!low || !over) return;
  if (!since_) since_ = now;
  last_over_ = now;
  if (now - *since_ < kSqueezedFor || now < next_trial_) return;
  trial_end_ = now + kTrial;
  since_.reset();
}

}  // namespace weir::bwe
