// How often a TCP would be told of congestion here: loss events and the intervals between them, in packets
// (RFC 5348 section 5), and what such a TCP would have (section 3.1). A share of packets lost over seconds
// says less: at 20 packets a second it is nothing or a tenth.
//
// And whether somebody else fills the queue to its end. A flow that keeps the queue short by itself loses
// packets to it when the path narrows, all within a moment. Losses with a queue that come back every few
// seconds are another's doing.
#pragma once

#include <deque>

#include "bwe/types.h"

namespace weir::bwe {

class LossEvents {
 public:
  static constexpr std::size_t kIntervals = 8;

  /// `queued`: the path has a queue at this time.
  void on_packet(const PacketResult& packet, Duration rtt, bool queued);
  void reset() { *this = LossEvents{}; }

  /// Events for each packet, counting one more than was seen.
  double rate() const;
  /// What a TCP would have at that rate.
  Rate tcp_rate(Duration rtt) const;
  bool contended(Time now) const;

 private:
  struct Interval {
    double packets = 1;  // from the event's first lost packet on
    double lost = 0;     // in the event; late arrivals are taken back
    Time since;
  };
  void note_full(Time at);

  std::deque<Interval> intervals_;  // latest first; of the last nothing begins it
  std::deque<Time> full_;           // when a full queue was met, once a while
};

}  // namespace weir::bwe
