// What was sent and not yet forgotten, by transport-wide sequence number, and what feedback says of it. Where
// the receiver reports by RFC 8888, packets are found by SSRC and RTP sequence number; their order across
// SSRCs is that of sending.
//
// A number that is not here is nobody's loss: reports may name packets of before a reset, RFC 8888 names the
// holes that a publisher's uplink made in the RTP numbers, and hostile reports name anything. A lost report
// leaves its packets unknown, not lost. A packet told as lost may come later; it is then told once more as
// recovered. What has arrived is forgotten as soon as it is the oldest: nothing more can be told of it.
#pragma once

#include <unordered_map>
#include <vector>

#include "base/ring.h"
#include "base/sequence.h"
#include "bwe/types.h"
#include "rtp/transport_cc.h"

namespace weir::bwe {

class SentHistory {
 public:
  static constexpr std::size_t kMaxPackets = 8192;
  static constexpr Duration kMaxAge = std::chrono::seconds{60};
  /// What was told as lost may have been late; nobody tells of it after this.
  static constexpr Duration kLate = std::chrono::seconds{2};

  SentHistory();

  void on_sent(const SentPacket& packet);

  struct Report {
    std::vector<PacketResult> packets;  // ascending by sequence number
    std::optional<Time> newest_sent;    // of those told as received for the first time
    bool clock_jumped = false;          // receive times before and after cannot be compared
  };
  Report on_feedback(const std::vector<rtp::PacketArrival>& arrivals);
  Report on_feedback(const std::vector<RtpArrival>& arrivals);

  /// Bytes of packets of which nothing was told.
  std::size_t in_flight() const { return in_flight_; }
  std::size_t size() const { return packets_.size(); }
  void clear();

 private:
  enum class State : std::uint8_t { absent, unknown, lost, received };
  struct Entry {
    Time sent;
    std::uint64_t rtp = 0;  // SSRC and RTP sequence number; 0: not indexed
    std::uint32_t size = 0;
    std::uint32_t probe = 0;
    State state = State::absent;
  };
  /// The receiver's clock as one format of reports shows it, unwrapped.
  struct Clock {
    std::int64_t wrap;
    std::optional<Duration> last_raw;
    Duration last{0};
    Time unwrap(Duration arrival, bool& jumped);
  };
  enum class Format : std::uint8_t { none, transport, rtp };

  void index(std::uint64_t rtp, std::int64_t sequence);
  void forget(const Entry& entry, std::int64_t sequence);
  void forget_front();
  static bool settled(const Entry& entry, Time now);
  void forget_arrived();
  void begin_report(Report& report, Format format, std::size_t size);
  void note(Report& report, std::int64_t sequence, std::optional<Time> received);

  Unwrapper<std::uint16_t> unwrapper_;
  Ring<Entry> packets_;  // numbers first_, first_ + 1, ...
  std::int64_t first_ = 0;
  std::unordered_map<std::uint64_t, std::int64_t> by_rtp_;
  std::size_t in_flight_ = 0;
  Format format_ = Format::none;  // of the latest report
  Clock transport_clock_;
  Clock rtp_clock_;
};

}  // namespace weir::bwe
