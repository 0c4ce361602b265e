#include "load/received_stream.h"

namespace weir::load {

double loss_of(std::uint64_t expected, std::uint64_t received) {
  if (received >= expected) return 0;
  return static_cast<double>(expected - received) / static_cast<double>(expected);
}

void ReceivedStream::on_packet(Time now, std::uint16_t sequence, std::uint32_t timestamp, std::size_t size,
                               bool again, Received& counts) {
  statistics_.on_packet(now, sequence, timestamp, size, again);
  switch (missing_.on_packet(now, sequence)) {
    case rtp::NackTracker::Arrival::duplicate:
      ++counts.duplicates;
      return;
    case rtp::NackTracker::Arrival::repaired:
      ++counts.repaired;
      break;
    case rtp::NackTracker::Arrival::fresh:
      break;
  }
  ++counts.packets;
  ++packets_;
}

}  // namespace weir::load
