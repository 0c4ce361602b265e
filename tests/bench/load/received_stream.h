// One stream that a client receives: what came, what is missing, what to ask for.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "rtp/nack_tracker.h"
#include "rtp/receive_statistics.h"

namespace weir::load {

/// Counts of a client, or of all.
struct Received {
  std::uint64_t packets = 0;     // of media, each once, repaired ones among them
  std::uint64_t repaired = 0;    // came after being asked for
  std::uint64_t duplicates = 0;  // and probes that repeat a packet
  Received& operator+=(const Received& other) {
    packets += other.packets;
    repaired += other.repaired;
    duplicates += other.duplicates;
    return *this;
  }
};

/// The share of `expected` packets that did not come; 0 when more came than were expected.
double loss_of(std::uint64_t expected, std::uint64_t received);

class ReceivedStream {
 public:
  ReceivedStream(std::uint32_t ssrc, std::uint8_t payload_type, std::uint32_t clock_rate)
      : ssrc_(ssrc), payload_type_(payload_type), statistics_(clock_rate) {}

  std::uint32_t ssrc() const { return ssrc_; }
  std::uint8_t payload_type() const { return payload_type_; }
  /// `again`: came as a repair packet. Statistics for reports leave those out (RFC 4588 section 6.2).
  void on_packet(Time now, std::uint16_t sequence, std::uint32_t timestamp, std::size_t size, bool again,
                 Received& counts);
  rtp::NackTracker& missing() { return missing_; }
  rtp::ReceiveStatistics& statistics() { return statistics_; }
  std::uint64_t packets() const { return packets_; }

 private:
  std::uint32_t ssrc_;
  std::uint8_t payload_type_;
  std::uint64_t packets_ = 0;
  rtp::NackTracker missing_;
  rtp::ReceiveStatistics statistics_;
};

}  // namespace weir::load
