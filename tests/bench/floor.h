// The machine's own floor for a forwarded packet: a frame encrypted for each receiver from one plaintext,
// straight into the buffer that leaves as one segmented message (UDP_SEGMENT), 32 messages a call. No core
// around it.
#pragma once

#include <cstddef>

#include "sink.h"

namespace weir::bench {

struct FloorSettings {
  std::size_t subscribers = 100;
  std::size_t payload = 1200;
  std::size_t frame = 14;  // packets; 1: sound
  bool gcm = false;        // else AES-CM with HMAC-SHA1-80
  std::size_t repeats = 60;
};

/// Processor time, ns a packet, the least of all repetitions.
struct FloorCost {
  double send = 0;
  double protect = 0;
  double both = 0;  // the floor
};

/// The three are measured in turns. Throws std::runtime_error where intel-ipsec-mb cannot run.
FloorCost measure_floor(const FloorSettings& settings, const Sink& sink);

}  // namespace weir::bench
