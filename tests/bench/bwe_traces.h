// Recorded links as cases. The formats are told by name and content:
//   *.up, *.down   mahimahi: a line is the ms at which a packet of 1500 bytes may leave; taken in steps of 20
//   ms
//   *.json         AlphaRTC gym: steps of duration, capacity, loss, rtt
//   *.csv          G-NetTrack logs of 3G to 5G: DL_bitrate, a second each
//   other          two columns: seconds, Mbit/s
#pragma once

#include <string>
#include <vector>

#include "bwe_case.h"

namespace weir::bench {

/// Cases of all files below a folder that hold a link, sorted by name; at most 120 s of each.
std::vector<Case> trace_cases(const std::string& folder);

}  // namespace weir::bench
