// Statistics of one received stream (RFC 3550 section 6.4.1, appendix A.3 and A.8).
#pragma once

#include <cstdint>

#include "base/sequence.h"
#include "base/time.h"
#include "rtp/rtcp.h"

namespace weir::rtp {

class ReceiveStatistics {
 public:
  explicit ReceiveStatistics(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

  void on_packet(Time now, std::uint16_t sequence, std::uint32_t timestamp, std::size_t payload_size, bool retransmitted);
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
  std::uint32_t clock_rate_;
  Unwrapper<std::uint16_t> unwrapper_;
  std::int64_t base_ = 0;
  std::uint64_t packets_ = 0;
  std::uint64_t payload_bytes_ = 0;
  std::uint64_t expected_prior_ = 0;
  std::uint64_t received_prior_ = 0;
  double jitter_ = 0;  // timestamp units
  std::int64_t transit_ = 0;
  bool started_ = false;
  std::uint32_t last_sr_ = 0;
  Time last_sr_time_{};
  Time bucket_start_{};
  std::uint64_t bucket_bytes_ = 0;
  std::uint64_t last_rate_ = 0;
};

}  // namespace weir::rtp
