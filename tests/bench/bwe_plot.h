// A run as a picture for a person to judge: rate against capacity, and below it the wait in the queue.
#pragma once

#include <string>

#include "bwe_case.h"

namespace weir::bench {

/// SVG of about 20 kB.
std::string plot(const Result& result, const Series& series);

}  // namespace weir::bench
