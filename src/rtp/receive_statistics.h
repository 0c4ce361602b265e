// Statistics of one received stream (RFC 3550 section 6.4.1, appendix A.1, A.3 and A.8).
//
// Retransmissions count as packets and bytes, but repair no loss here: report blocks tell the sender what the
// network lost, which its rate control needs to know (RFC 4588 section 6.2 keeps the two streams apart in the
// same way).
#pragma once

#include <cstdint>
#include <optional>

#include "base/sequence.h"
#include "base/time.h"
#include "rtp/rtcp.h"

namespace weir::rtp {

class ReceiveStatistics {
 public:
  explicit ReceiveStatistics(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

  void on_packet(Time now, std::uint16_t sequence, std::uint32_t timestamp, std::size_t payload_size,
                 bool retransmitted);
  void on_sender_report(Time now, NtpTime ntp);
  /// Report block for the time since the last call.
  ReportBlock report(Time now, std::uint32_t ssrc);

  std::uint64_t packets() const { return packets_; }
  std::uint64_t payload_bytes() const { return payload_bytes_; }
  std::int64_t cumulative_lost() const;
  double jitter_seconds() const;
  /// Payload bit/s over the last full second.
  std::uint64_t bitrate(Time now);

 private:
  bool in_order_or_restart(std::uint16_t sequence);
  void update_jitter(Time now, std::uint32_t timestamp);
  void roll(Time now);
  std::int64_t expected() const;

  std::uint32_t clock_rate_;
  Unwrapper<std::uint16_t> unwrapper_;
  std::int64_t base_ = 0;
  std::uint64_t packets_ = 0;
  std::uint64_t counted_ = 0;                // of packets_, those that loss is reckoned with
  std::optional<std::uint16_t> after_jump_;  // the number that would confirm a jump
  std::uint64_t payload_bytes_ = 0;
  std::int64_t expected_prior_ = 0;
  std::uint64_t received_prior_ = 0;
  double jitter_ = 0;  // timestamp units
  std::optional<std::uint32_t> transit_;
  std::uint32_t last_sr_ = 0;
  Time last_sr_time_{};
  std::optional<Time> bucket_start_;
  std::uint64_t bucket_bytes_ = 0;
  std::uint64_t last_rate_ = 0;
};

}  // namespace weir::rtp
