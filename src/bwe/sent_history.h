// What was sent and not yet forgotten, by transport-wide sequence number, and what feedback says of it.
//
// A number that is not here is nobody's loss: reports may name packets of before a reset, and hostile ones
// name anything. A lost report leaves its packets unknown, not lost. A packet told as lost may come later;
// it is then told once more as recovered.
#pragma once

#include <deque>
#include <vector>

#include "base/sequence.h"
#include "bwe/types.h"
#include "rtp/transport_cc.h"

namespace weir::bwe {

class SentHistory {
 public:
  static constexpr std::size_t kMaxPackets = 8192;
  static constexpr Duration kMaxAge = std::chrono::seconds{60};

  void on_sent(const SentPacket& packet);

  struct Report {
    std::vector<PacketResult> packets;  // ascending by sequence number
    std::optional<Time> newest_sent;    // of those told as received for the first time
    bool clock_jumped = false;          // receive times before and after cannot be compared
  };
  Report on_feedback(const std::vector<rtp::PacketArrival>& arrivals);

  /// Bytes of packets of which nothing was told.
  std::size_t in_flight() const { return in_flight_; }
  std::size_t size() const { return packets_.size(); }
  void clear();

 private:
  enum class State : std::uint8_t { absent, unknown, lost, received };
  struct Entry {
    Time sent;
    std::uint32_t size = 0;
    std::uint32_t probe = 0;
    State state = State::absent;
  };
  void forget_front();
  Duration unwrap(Duration arrival, bool& jumped);

  Unwrapper<std::uint16_t> unwrapper_;
  std::deque<Entry> packets_;  // numbers first_, first_ + 1, ...
  std::int64_t first_ = 0;
  std::size_t in_flight_ = 0;
  std::optional<Duration> last_raw_;
  Duration last_arrival_{0};
};

}  // namespace weir::bwe
