// What a receiver reports of the packets that came, so that the node can estimate: transport-wide feedback or
// RFC 8888, with libwebrtc's cadence: reports of 68 bytes shall take 5 % of the rate, every 50 to 250 ms.
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

namespace weir::test {

enum class Reports { none, transport_cc, rtp };

class ArrivalReports {
 public:
  static constexpr Duration kShortest = std::chrono::milliseconds{50};
  static constexpr Duration kLongest = std::chrono::milliseconds{250};

  explicit ArrivalReports(Reports kind) : kind_(kind) {}

  void on_packet(Time now, std::uint32_t ssrc, std::uint16_t sequence,
                 std::optional<std::uint16_t> transport_sequence, std::size_t size);
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
  Duration interval() const;

  Reports kind_;
  Time next_ = kNever;
  Time last_{};
  double bytes_ = 0;       // since the last report
  double rate_ = 300'000;  // bit/s
  rtp::TransportFeedbackBuilder builder_;
  std::map<std::uint32_t, Stream> streams_;
};

}  // namespace weir::test
