// Congestion control feedback (RFC 8888 section 3.1), the message "ccfb": what of each RTP stream arrived,
// and when. Transport-wide numbers (transport_cc.h) tell the same by another numbering.
//
//   |                    SSRC of the RTP stream                     |   a block for each stream
//   |          begin_seq            |          num_reports          |
//   |R|ECN| arrival time offset (13)|  ...                              filled up to 32 bits
//   |                 report timestamp (32 bits)                    |   at the end of the packet
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "rtp/rtcp.h"

namespace weir::rtp {

/// RFC 3168 section 5, as the receiver saw it.
enum class Ecn : std::uint8_t { not_ect = 0, ect1 = 1, ect0 = 2, congestion_experienced = 3 };

/// One packet's fate.
struct CongestionArrival {
  std::uint16_t sequence = 0;
  bool received = false;
  Ecn ecn = Ecn::not_ect;
  /// How long before the report timestamp it came, to 1/1024 s. Nothing: not told, or longer than 7.9 s ago.
  std::optional<Duration> age;
};

struct StreamArrivals {
  std::uint32_t ssrc = 0;
  std::vector<CongestionArrival> packets;  // in the order of their numbers
};

/// Decodes the blocks, in their order. Nothing when they are malformed.
std::optional<std::vector<StreamArrivals>> parse_congestion_feedback(const CongestionFeedback& feedback);

/// Most reports of one block (section 3.1).
inline constexpr std::size_t kMaxCongestionReports = 16384;

/// Appends one whole RTCP packet; with too little room, or when a stream has more than
/// kMaxCongestionReports, the writer's ok() turns false. Numbers of a stream must follow one another.
void write_congestion_feedback(ByteWriter& out, std::uint32_t sender_ssrc,
                               std::span<const StreamArrivals> streams, std::uint32_t report_timestamp);

}  // namespace weir::rtp
