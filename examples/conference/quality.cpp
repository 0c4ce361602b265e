#include "quality.h"

#include <algorithm>
#include <cmath>

namespace conference {

int quality_score(double loss, double round_trip_time, bool connected) {
  if (!connected) return 0;
  // A call survives one percent of loss and 150 ms (ITU-T G.114) without notice. Ten percent or half a second
  // more cost about three marks each. Whoever is connected has one mark at least.
  const double for_loss = 30.0 * std::max(0.0, loss - 0.01);
  const double for_delay = 6.0 * std::max(0.0, round_trip_time - 0.15);
  return static_cast<int>(std::lround(std::clamp(5.0 - for_loss - for_delay, 1.0, 5.0)));
}

}  // namespace conference
