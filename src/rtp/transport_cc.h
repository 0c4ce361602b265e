// Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01
// section 3.1).
//
//  |      base sequence number     |      packet status count      |
//  |        reference time (64 ms, signed 24 bits)  | fb pkt count |
//  |   packet chunks (run length or status vector)  | recv deltas (250 us) ...
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/sequence.h"
#include "base/time.h"

namespace weir::rtp {

/// One packet's fate as a feedback packet tells it.
struct PacketArrival {
  std::uint16_t sequence = 0;
  std::optional<Duration>
      arrival;  // relative to the sender of the feedback's own epoch; nothing: not received
};

/// Decodes the FCI. Nothing when it is malformed. At most 65535 packets.
std::optional<std::vector<PacketArrival>> parse_transport_feedback(Bytes fci);

/// Receiver side: remembers arrivals and writes feedback packets about them. Holds at most kWindow packets. A
/// packet that comes after its number was reported lost is reported once more, alone. Duplicates are the
/// caller's to keep out (SRTP does).
class TransportFeedbackBuilder {
 public:
  static constexpr std::size_t kWindow = 8192;

  void on_packet(Time now, std::uint16_t sequence);
  /// True when there is something to report.
  bool pending() const;
  /// Appends one whole RTCP packet (header included) about the oldest unreported packets, at most `out`'s
  /// free room. Returns false when nothing was pending or nothing fitted. Call again while pending().
  bool write(ByteWriter& out, std::uint32_t sender_ssrc, std::uint32_t media_ssrc);

 private:
  struct Arrival {
    std::int64_t sequence;
    Time time;
  };
  /// What one feedback packet says.
  struct Encoded {
    std::int64_t base = 0;
    std::int64_t reference = 0;  // in 64 ms
    std::size_t statuses = 0;
    std::size_t packets = 0;  // arrivals it covers
    std::vector<std::uint16_t> chunks;
    std::vector<std::uint8_t> deltas;
  };
  /// About at most `packets` arrivals from the front; at least one.
  Encoded encode(std::size_t packets) const;

  Unwrapper<std::uint16_t> unwrapper_;
  std::vector<Arrival> arrivals_;     // ascending by sequence
  std::optional<std::int64_t> next_;  // first sequence number that the next feedback covers
  std::uint8_t feedback_count_ = 0;
};

}  // namespace weir::rtp
