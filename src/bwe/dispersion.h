// What the path carries when its queue begins to grow: packets that left close together come apart at the
// rate of the bottleneck. The acknowledged rate needs its whole window for that, in which much of the time
// before is left.
#pragma once

#include <deque>

#include "bwe/types.h"

namespace weir::bwe {

class Dispersion {
 public:
  static constexpr Duration kWindow = std::chrono::milliseconds{150};
  static constexpr std::size_t kMaxPackets = 64;

  /// Packets in the order of sending; reordered ones are passed over.
  void on_packet(Time sent, Time received, std::uint32_t size);
  void reset() { packets_.clear(); }
  /// Nothing unless, over the window, packets took longer and longer.
  std::optional<Rate> rate() const;

 private:
  struct Packet {
    Time sent;
    Time received;
    std::uint32_t size;
  };
  std::deque<Packet> packets_;
};

}  // namespace weir::bwe
