// What a client receives: counted by the clear header, one of so many packets decrypted for its delay; and
// what it reports: transport-wide feedback, NACK, receiver reports.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "load/clear_header.h"
#include "load/descriptions.h"
#include "load/distribution.h"
#include "load/outbox.h"
#include "load/received_stream.h"
#include "rtp/transport_cc.h"

namespace weir::load {

class Receiver {
 public:
  static constexpr std::size_t kMaxStreams = 512;  // packets of further SSRCs are not looked at

  Receiver(const Remote& remote, std::uint32_t own_ssrc, std::uint32_t sample)
      : remote_(remote), own_ssrc_(own_ssrc), sample_(sample) {}

  /// What a later description says.
  void set_remote(const Remote& remote) { remote_ = remote; }
  /// A protected packet, changed in place when it is decrypted.
  void take_rtp(Time now, MutableBytes packet, srtp::Session& srtp, Distribution& delays);
  /// Plain.
  void take_rtcp(Time now, Bytes packet);
  void step(Time now, Outbox& out);
  Time deadline() const;

  const Received& counts() const { return counts_; }
  /// Streams of media from which packets came since the last mark().
  void mark() { counts_ = {}; }
  std::size_t streams() const { return streams_.size(); }
  const std::vector<ReceivedStream>& all_streams() const { return streams_; }

 private:
  static constexpr Duration kFeedbackInterval = std::chrono::milliseconds{100};
  static constexpr Duration kReportInterval = std::chrono::seconds{1};
  static constexpr Duration kRoundTrip = std::chrono::milliseconds{50};  // between two requests for a packet

  ReceivedStream* find(std::uint32_t ssrc);
  ReceivedStream* find_or_add(const ClearHeader& header);
  void take_repair(Time now, const ClearHeader& header, Bytes plain);
  void count(Time now, ReceivedStream& stream, std::uint16_t sequence, std::uint32_t timestamp,
             std::size_t size, bool again);
  void send_feedback(Outbox& out);
  void send_requests(Time now, Outbox& out);
  void send_reports(Time now, Outbox& out);

  Remote remote_;
  std::uint32_t own_ssrc_;
  std::uint32_t sample_;
  std::uint64_t packets_ = 0;
  std::vector<ReceivedStream> streams_;
  Received counts_;
  rtp::TransportFeedbackBuilder arrivals_;
  Time feedback_at_ = kNever;
  Time report_at_ = kNever;
  Time request_at_ = kNever;
};

}  // namespace weir::load
