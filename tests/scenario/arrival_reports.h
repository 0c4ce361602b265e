// What a client reports of the packets that came, so that the node can estimate: transport-wide feedback or
// RFC 8888, with libwebrtc's cadence.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/sequence.h"
#include "base/time.h"
#include "rtp/congestion_feedback.h"
#include "rtp/transport_cc.h"

namespace weir::scenario {

enum class Reports { none, transport_cc, rtp };

class ArrivalReports {
 public:
  static constexpr Duration kInterval = std::chrono::milliseconds{50};

  explicit ArrivalReports(Reports kind) : kind_(kind) {}

  void on_packet(Time now, std::uint32_t ssrc, std::uint16_t sequence,
                 std::optional<std::uint16_t> transport_sequence);
  Time deadline() const { return next_; }
  /// Whole RTCP packets that are due.
  std::vector<std::vector<std::uint8_t>> take(Time now);

 private:
  struct Stream {
    Unwrapper<std::uint16_t> unwrapper;
    std::optional<std::int64_t> next;  // not reported yet
    std::map<std::int64_t, Time> arrivals;
  };
  std::vector<std::uint8_t> by_rtp(Time now);

  Reports kind_;
  Time next_ = kNever;
  rtp::TransportFeedbackBuilder builder_;
  std::map<std::uint32_t, Stream> streams_;
};

}  // namespace weir::scenario
