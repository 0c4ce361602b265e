#include "clock.h"

#include <chrono>

namespace conference {

Clock system_clock() {
  using namespace std::chrono;
  return {[] { return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count(); },
          [] {
            return duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
          }};
}

}  // namespace conference
